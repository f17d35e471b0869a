//! Reading the configuration at start, at reload and for `--config-test`.

use std::fs::File;
use std::io::{IsTerminal as _, Write};
use std::path::Path;
use std::process::ExitCode;

use super::exit::Exit;
use super::heap;
use crate::cli::Options;
use crate::config::diagnostic::{Diagnostic, Severity};
use crate::config::model::Config;
use crate::config::model::naming::Naming;
use crate::config::{self, Format, Host as _, Interfaces, Loaded, Palette};

/// What the configuration says of the daemon's names, if anything. It is read as a whole only where it
/// could: most files have none of these words.
pub(super) fn naming(options: &Options) -> Option<Naming> {
    let system = || options.system(Interfaces::Needed);
    let text = system().read(&options.config).ok()?;
    if !may_name(&text) {
        return None;
    }
    let naming = heap::without_crumbs(
        || config::load(&system(), &options.config),
        |loaded| loaded.config.naming.clone(),
    );
    (naming != Naming::default()).then_some(naming)
}

fn may_name(text: &[u8]) -> bool {
    let is_part = |octet: &u8| octet.is_ascii_alphabetic() || *octet == b'_';
    let mut words = text.split(|octet| !is_part(octet));
    words.any(|word| matches!(word, b"instance" | b"use_pid_dir") || word.starts_with(b"include"))
}

/// Reads the configuration of a daemon that starts; what is wrong with it is logged.
///
/// # Errors
/// How the process must end if there is nothing to run.
pub(super) fn at_start(options: &Options) -> Result<Config, Exit> {
    heap::without_crumbs(
        || read_first(options),
        |read| match read {
            Ok(config) => Ok(config.detached()),
            Err(exit) => Err(*exit),
        },
    )
}

fn read_first(options: &Options) -> Result<Config, Exit> {
    let loaded = config::load(&options.system(Interfaces::Needed), &options.config);
    say(&loaded);
    if !loaded.readable {
        return Err(Exit::NoConfig);
    }
    if loaded.is_fatal() {
        return Err(Exit::Config);
    }
    Ok(loaded.config)
}

/// A file that was read for a daemon that runs.
pub(super) struct Reread {
    /// What is to be in force; or why what is in force stays.
    pub(super) config: Result<Config, String>,
    /// Everything that there is to say about the file.
    pub(super) remarks: Vec<Diagnostic>,
}

/// Reads a new configuration for a daemon that runs; what is wrong with it is logged.
///
/// With an error in it a daemon starts, by keepalived's rules for such a file: nobody runs one
/// otherwise. But one that runs has something better.
#[must_use]
pub(super) fn at_reload(options: &Options) -> Reread {
    let loaded = config::load(&options.system(Interfaces::Needed), &options.config);
    say(&loaded);
    judge(loaded, options)
}

/// As [`at_reload`], for somebody who only wants to know; nothing is logged.
#[must_use]
pub(super) fn for_comparison(options: &Options) -> Reread {
    judge(
        config::load(&options.system(Interfaces::Needed), &options.config),
        options,
    )
}

fn judge(loaded: Loaded, options: &Options) -> Reread {
    let fault = if !loaded.readable {
        Some("it cannot be read")
    } else if loaded.has_errors() {
        Some("there are errors in it")
    } else if loaded.config == Config::default() {
        // An editor that is half-way through saving leaves such a file.
        Some("it says nothing: stop the daemon to leave every router")
    } else {
        None
    };
    let refusal = fault.map(|fault| format!("{}: {fault}", options.config.display()));
    Reread {
        config: refusal.map_or(Ok(loaded.config), Err),
        remarks: loaded.diagnostics,
    }
}

/// `--config-test`: says what is wrong with the configuration, in `destination`, or on standard
/// error; to programs on standard output.
#[must_use]
pub(super) fn test(options: &Options, destination: Option<&Path>) -> ExitCode {
    let system = options.system(match options.check_interfaces {
        true => Interfaces::Asked,
        false => Interfaces::Elsewhere,
    });
    let loaded = config::load(&system, &options.config);
    match tell(&loaded, options.format, destination) {
        Ok(()) => ExitCode::from(loaded.test_status()),
        Err(error) => {
            // If standard error is what cannot be written to, nobody wants to know.
            let place = destination.map_or("the findings".into(), Path::to_string_lossy);
            let _ = writeln!(std::io::stderr(), "vipd: cannot write {place}: {error}");
            Exit::Fatal.into()
        }
    }
}

fn tell(
    loaded: &Loaded,
    format: Option<Format>,
    destination: Option<&Path>,
) -> std::io::Result<()> {
    let is_terminal = destination.is_none()
        && match format {
            Some(Format::Json) => std::io::stdout().is_terminal(),
            _ => std::io::stderr().is_terminal(),
        };
    let format = format.unwrap_or(match is_terminal {
        true => Format::Picture,
        false => Format::Plain,
    });
    let text = loaded.render(format, Palette::of_environment(is_terminal));
    match (destination, format) {
        (Some(file), _) => File::create(file)?.write_all(text.as_bytes()),
        (None, Format::Json) => std::io::stdout().write_all(text.as_bytes()),
        (None, _) => std::io::stderr().write_all(text.as_bytes()),
    }
}

fn say(loaded: &Loaded) {
    for diagnostic in &loaded.diagnostics {
        match diagnostic.severity {
            Severity::Notice => log::info!("{diagnostic}"),
            Severity::Warning | Severity::Security => log::warn!("{diagnostic}"),
            Severity::Error | Severity::Stray | Severity::Absent | Severity::Fatal => {
                log::error!("{diagnostic}")
            }
        }
    }
}
