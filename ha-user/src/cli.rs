//! The daemon's command line: keepalived's, as unit files and scripts spell it.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::config::{Format, Interfaces, System};
use crate::logging::Facility;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args as _, FromArgMatches as _};

/// Options of `vipd`, and of `keepalived` when called by that name.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Configuration file
    #[arg(
        short = 'f',
        long = "use-file",
        value_name = "FILE",
        default_value = "/etc/keepalived/keepalived.conf"
    )]
    pub config: PathBuf,
    /// Stay in the foreground
    #[arg(short = 'n', long)]
    pub dont_fork: bool,
    /// Log to standard error
    #[arg(short = 'l', long)]
    pub log_console: bool,
    /// Log details
    #[arg(short = 'D', long)]
    pub log_detail: bool,
    /// Part of the system that lines in syslog come from: 0 to 7 or local0 to local7, user, daemon
    #[arg(short = 'S', long, value_name = "FACILITY")]
    pub log_facility: Option<String>,
    /// Do not log to syslog
    #[arg(short = 'G', long)]
    pub no_syslog: bool,
    /// Pid file of the parent process
    #[arg(
        short = 'p',
        long = "pid",
        value_name = "FILE",
        default_value = "/run/keepalived.pid"
    )]
    pub pid: PathBuf,
    /// Pid file of the process that runs VRRP
    #[arg(
        short = 'r',
        long = "vrrp_pid",
        value_name = "FILE",
        default_value = "/run/keepalived_vrrp.pid"
    )]
    pub vrrp_pid: PathBuf,
    /// Pid file of the checkers; there is no such process yet
    #[arg(
        short = 'c',
        long = "checkers_pid",
        value_name = "FILE",
        default_value = "/run/keepalived_checkers.pid"
    )]
    pub checkers_pid: PathBuf,
    /// Check the configuration, write what is wrong with it to FILE or standard error, and exit:
    /// 0 good, 4 cannot run, 5 warnings or errors, 6 insecure scripts. Needs neither root nor the
    /// interfaces
    #[arg(short = 't', long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub config_test: Option<Option<PathBuf>>,
    /// With -t: whether it would start here; an interface that is not there is status 5
    #[arg(long, requires = "config_test")]
    pub check_interfaces: bool,
    /// With -t: how to write it; json goes to standard output [default: picture on a terminal, else
    /// plain]
    #[arg(long, value_name = "FORMAT", requires = "config_test")]
    pub format: Option<Format>,
    /// Say what a keyword of the configuration takes, where it stands, and what vipd does with it
    #[arg(long, value_name = "KEYWORD")]
    pub explain: Option<String>,
    /// Who this director is to lines `@ID ...` of the configuration [default: the machine's name]
    #[arg(short = 'i', long, value_name = "ID")]
    pub config_id: Option<String>,
    /// Control socket for vipctl [default: the parent's pid file with the ending .sock]
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Name of this daemon among others, as the configuration has it
    #[arg(long, value_name = "NAME", hide = true)]
    pub instance: Option<String>,
    /// Print the number of a signal: STOP, RELOAD, DATA, STATS, STATS_CLEAR or JSON
    #[arg(long, value_name = "NAME")]
    pub signum: Option<String>,
    /// Log what the XDP program does with packets (slow)
    #[arg(long)]
    pub debug_xdp: bool,
    /// Version
    #[arg(short = 'v', long)]
    pub version: bool,
}

impl Options {
    /// The machine that the configuration is read for, whose interfaces are so much to it.
    #[must_use]
    pub fn system(&self, interfaces: Interfaces) -> System {
        System::now(self.config_id.clone(), interfaces)
    }

    /// Which part of the system log lines come from.
    ///
    /// # Errors
    /// A name that is none, which keepalived takes for "daemon".
    pub fn facility(&self) -> Result<Facility, &str> {
        let name = self.log_facility.as_deref().unwrap_or("daemon");
        name.parse().map_err(|()| name)
    }

    /// Where `vipctl` finds this daemon.
    #[must_use]
    pub fn control_socket(&self) -> PathBuf {
        self.socket
            .clone()
            .unwrap_or_else(|| self.pid.with_extension("sock"))
    }
}

/// A command line, and the options in it that do nothing here.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Options with effect.
    pub options: Options,
    /// Names of options that were not given, and that the configuration may speak for.
    pub unsaid: Vec<&'static str>,
    /// Long names of options that were given and have none.
    pub without_effect: Vec<&'static str>,
}

/// Whether an option of keepalived takes a value.
#[derive(Clone, Copy)]
enum Takes {
    Nothing,
    Value,
    OptionalValue,
}

/// keepalived's options that are accepted, said to have no effect, and ignored.
const WITHOUT_EFFECT: &[(Option<char>, &str, Takes)] = &[
    (Some('P'), "vrrp", Takes::Nothing),
    (Some('C'), "check", Takes::Nothing),
    (Some('B'), "no_bfd", Takes::Nothing),
    (None, "all", Takes::Nothing),
    (Some('g'), "log-file", Takes::OptionalValue),
    (None, "flush-log-file", Takes::Nothing),
    (Some('u'), "umask", Takes::Value),
    (Some('X'), "release-vips", Takes::Nothing),
    (Some('V'), "dont-release-vrrp", Takes::Nothing),
    (Some('I'), "dont-release-ipvs", Takes::Nothing),
    (Some('R'), "dont-respawn", Takes::Nothing),
    (Some('d'), "dump-conf", Takes::Nothing),
    (Some('b'), "bfd_pid", Takes::Value),
    (Some('T'), "genhash", Takes::Nothing),
    (Some('a'), "address-monitoring", Takes::Nothing),
    (Some('s'), "namespace", Takes::Value),
    (Some('e'), "all-config", Takes::Nothing),
    (Some('x'), "snmp", Takes::Nothing),
    (Some('A'), "snmp-agent-socket", Takes::Value),
    (Some('m'), "core-dump", Takes::Nothing),
    (Some('M'), "core-dump-pattern", Takes::OptionalValue),
    (None, "config-fd", Takes::Value),
    (None, "ignore-sigint", Takes::Nothing),
    (None, "perf", Takes::OptionalValue),
    (None, "debug", Takes::OptionalValue),
    (None, "no-mem-check", Takes::Nothing),
];

/// Reads a command line.
///
/// # Errors
/// What clap says: a usage error, or the text of `--help`.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Invocation, clap::Error> {
    let args = args.into_iter().map(detach_value);
    let matches = command().try_get_matches_from(args)?;
    Ok(Invocation {
        options: Options::from_arg_matches(&matches)?,
        unsaid: unsaid(&matches),
        without_effect: given_without_effect(&matches),
    })
}

/// To keepalived, all that follows the letter of an option whose value may be missing is that value:
/// `-gFILE`.
fn detach_value(arg: OsString) -> OsString {
    let letters = ["-g", "-M", "-t"];
    let value = arg.to_str().and_then(|text| {
        let mut found = letters
            .iter()
            .filter_map(|letter| Some((letter, text.strip_prefix(letter)?)));
        found.next()
    });
    match value {
        Some((letter, value)) if !value.is_empty() && !value.starts_with('=') => {
            format!("{letter}={value}").into()
        }
        _ => arg,
    }
}

fn command() -> clap::Command {
    let command = clap::Command::new("vipd")
        .after_help(
            "HUP reloads the configuration, TERM or INT stops. USR1 and USR2 write dumps, as do the \
             signals of --signum. `vipctl status` shows what the daemon is doing.\nkeepalived's other options are accepted and have no effect.",
        )
        .infer_long_args(true)
        .args_override_self(true);
    Options::augment_args(command)
        .about("The virtual-IP daemon: keepalived's configuration, election and options, with the data path in XDP")
        .args(WITHOUT_EFFECT.iter().map(|&(short, long, takes)| {
        let arg = Arg::new(long).long(long).hide(true);
        let arg = match short {
            Some(short) => arg.short(short),
            None => arg,
        };
        match takes {
            Takes::Nothing => arg.action(ArgAction::Count),
            Takes::Value => arg.num_args(1).allow_hyphen_values(true),
            Takes::OptionalValue => arg.num_args(0..=1).require_equals(true),
        }
    }))
}

fn unsaid(matches: &ArgMatches) -> Vec<&'static str> {
    let mut names = vec!["pid", "vrrp_pid", "checkers_pid", "instance"];
    names.retain(|name| matches.value_source(name) != Some(ValueSource::CommandLine));
    names
}

fn given_without_effect(matches: &ArgMatches) -> Vec<&'static str> {
    WITHOUT_EFFECT
        .iter()
        .map(|&(_, long, _)| long)
        .filter(|long| matches.value_source(long) == Some(ValueSource::CommandLine))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Host as _;

    fn parse_words(line: &str) -> Invocation {
        parse(line.split_whitespace().map(OsString::from)).expect("a valid command line")
    }

    #[test]
    fn command_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn keepalived_spellings_are_understood() {
        let short = parse_words("keepalived -nlDG -f a.conf -p p -r r -c c").options;
        let long = parse_words(
            "keepalived --dont-fork --log-console --log-detail --no-syslog --use-file=a.conf \
             --pid=p --vrrp_pid=r --checkers_pid c",
        )
        .options;
        for options in [short, long] {
            assert!(options.dont_fork && options.log_console);
            assert!(options.log_detail && options.no_syslog);
            assert_eq!(options.config, PathBuf::from("a.conf"));
            assert_eq!(options.pid, PathBuf::from("p"));
            assert_eq!(options.vrrp_pid, PathBuf::from("r"));
            assert_eq!(options.checkers_pid, PathBuf::from("c"));
        }
    }

    #[test]
    fn the_unit_file_starts_it_as_it_wants_to_be_started() {
        let unit = include_str!("../../dist/vipd.service");
        let start = unit
            .lines()
            .find_map(|line| line.strip_prefix("ExecStart="));
        let start = start.expect("a command").replace("$DAEMON_ARGS", "-D");
        let options = parse_words(&start).options;
        assert!(options.dont_fork && options.log_detail);
    }

    #[test]
    fn config_test_takes_an_optional_file() {
        assert_eq!(parse_words("vipd -t").options.config_test, Some(None));
        for line in ["vipd --config-test=log -f x", "vipd -t=log", "vipd -tlog"] {
            let to_file = parse_words(line).options;
            assert_eq!(to_file.config_test, Some(Some(PathBuf::from("log"))));
        }
        let elsewhere = parse_words("keepalived -n -g/x -Mcore");
        assert_eq!(elsewhere.without_effect, ["log-file", "core-dump-pattern"]);
    }

    #[test]
    fn a_facility_that_is_none_is_told() {
        let facility = |line| {
            parse_words(line)
                .options
                .facility()
                .map(Facility::number)
                .map_err(str::to_owned)
        };
        assert_eq!(facility("vipd"), Ok(3));
        assert_eq!(facility("vipd -S 2"), Ok(18));
        assert_eq!(facility("vipd --log-facility=mail"), Err("mail".to_owned()));
    }

    #[test]
    fn a_director_has_the_name_that_it_is_given() {
        for line in ["keepalived -i lb1", "vipd --config-id=lb1"] {
            let system = parse_words(line).options.system(Interfaces::Needed);
            assert_eq!(system.config_id(), "lb1");
        }
    }

    /// As `keepalived --help` lists them, of 2.2 and 2.4.
    #[test]
    fn every_option_of_keepalived_is_accepted() {
        const LONG: &str = "--use-file=x --vrrp --check --no_bfd --all --log-console --log-detail \
                            --log-facility=7 --log-file --log-file=x --flush-log-file --no-syslog \
                            --umask=077 --release-vips --dont-release-vrrp --dont-release-ipvs \
                            --dont-respawn --dont-fork --dump-conf --pid=x --vrrp_pid=x \
                            --checkers_pid=x --bfd_pid=x --genhash --address-monitoring \
                            --namespace=x --all-config --config-id=x --snmp \
                            --snmp-agent-socket=x --core-dump --core-dump-pattern \
                            --core-dump-pattern=x --signum=JSON --config-test --config-test=x \
                            --config-fd=3 --ignore-sigint --perf --perf=all --debug --debug=all \
                            --no-mem-check --version";
        const SHORT: &str = "-f x -P -C -B -l -D -S 7 -g -G -u 077 -X -V -I -R -n -d -p x -r x -c x \
                             -b x -T -a -s x -e -i x -x -A x -m -M -t -v";
        for options in [LONG, SHORT] {
            for option in options.split(" -") {
                let option = option.trim_start_matches('-');
                let dash = if option
                    .split([' ', '='])
                    .next()
                    .is_some_and(|name| name.len() > 1)
                {
                    "--"
                } else {
                    "-"
                };
                parse_words(&format!("keepalived {dash}{option}"));
            }
        }
        assert_eq!(
            parse_words("keepalived --signum=JSON")
                .options
                .signum
                .as_deref(),
            Some("JSON")
        );
    }

    #[test]
    fn what_was_not_said_is_known() {
        let unsaid = parse_words("vipd --vrrp_pid=x -p y").unsaid;
        assert_eq!(unsaid, ["checkers_pid", "instance"]);
    }

    #[test]
    fn options_without_effect_are_named() {
        let given = parse_words("keepalived -P --perf -s 7 --log-file=/x -d").without_effect;
        assert_eq!(
            given,
            ["vrrp", "log-file", "dump-conf", "namespace", "perf"]
        );
        assert!(parse_words("keepalived").without_effect.is_empty());
    }

    #[test]
    fn the_control_socket_lies_beside_the_pid_file() {
        let options = parse_words("vipd -p /x/lb1.pid").options;
        assert_eq!(options.control_socket(), PathBuf::from("/x/lb1.sock"));
    }
}
