//! How often probes are run, and what it takes to believe in a change.

use super::super::draft::check::{MethodDraft, RhythmDraft, VrrpCheckDraft};
use super::super::model::check::CheckRhythm;
use std::time::Duration;

/// keepalived's, of real servers.
const DELAY_LOOP: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where a checker stands.
#[derive(Clone, Copy)]
pub(super) enum Level<'a> {
    /// In a `vrrp_check`.
    Priority(&'a VrrpCheckDraft),
    /// In a real server, with what it and its virtual server say.
    Server(&'a RhythmDraft),
}

impl Level<'_> {
    /// The rhythm of a checker that says `own` of itself.
    pub(super) fn rhythm(self, own: RhythmDraft, method: &MethodDraft) -> CheckRhythm {
        match self {
            Self::Priority(check) => of_priority(check, own),
            Self::Server(outer) => {
                let outer = match method {
                    MethodDraft::File(_) => of_files(),
                    _ => outer.clone(),
                };
                of_server(outer, own, &Manners::of(method))
            }
        }
    }
}

/// What is around a file's check is not meant for it: keepalived sees a file change, and believes it.
fn of_files() -> RhythmDraft {
    RhythmDraft {
        delay_loop: Some(Duration::from_secs(1)),
        warmup: Some(Duration::ZERO),
        ..RhythmDraft::default()
    }
}

fn of_priority(check: &VrrpCheckDraft, own: RhythmDraft) -> CheckRhythm {
    let interval = own.delay_loop.or(check.interval);
    let interval = interval.unwrap_or(Duration::from_secs(1));
    let alpha = own.alpha.unwrap_or(check.init_fail);
    CheckRhythm {
        interval,
        timeout: own.timeout.or(check.timeout).unwrap_or(interval),
        warmup: own.warmup.unwrap_or_default(),
        retry: own.delay_before_retry,
        rise: check.rise.unwrap_or(1),
        fall: own.retry.map(believed).or(check.fall).unwrap_or(1),
        assumed: alpha.then_some(false),
        logs_all_failures: own.log_all_failures.unwrap_or(false),
    }
}

fn of_server(outer: RhythmDraft, own: RhythmDraft, manners: &Manners) -> CheckRhythm {
    let timeout = if manners.runs_a_command {
        own.timeout
    } else {
        own.timeout.or(outer.timeout).or(Some(CONNECT_TIMEOUT))
    };
    let rhythm = own.or(outer);
    let interval = rhythm.delay_loop.unwrap_or(DELAY_LOOP);
    let retry = rhythm.delay_before_retry.or(manners.delay_before_retry);
    let alpha = rhythm.alpha.unwrap_or(false);
    CheckRhythm {
        interval,
        timeout: timeout.unwrap_or(interval),
        warmup: rhythm.warmup.unwrap_or(interval),
        retry,
        rise: 1,
        fall: believed(rhythm.retry.unwrap_or(manners.retry)),
        assumed: Some(!alpha),
        logs_all_failures: rhythm.log_all_failures.unwrap_or(false),
    }
}

/// Failures in a row that are believed where so many are not.
const fn believed(retry: u32) -> u32 {
    retry.saturating_add(1)
}

/// What keepalived has of each kind, of real servers.
struct Manners {
    retry: u32,
    /// `None` is `delay_loop`.
    delay_before_retry: Option<Duration>,
    /// `connect_timeout` of what is around it is not meant for it.
    runs_a_command: bool,
}

impl Manners {
    const fn of(method: &MethodDraft) -> Self {
        let (retry, seconds) = match method {
            MethodDraft::Http(_) | MethodDraft::Https(_) => (1, Some(3)),
            MethodDraft::Dns(_) => (3, None),
            MethodDraft::Misc(_) => (0, Some(1)),
            MethodDraft::File(_) => (0, None),
            _ => (1, Some(1)),
        };
        Self {
            retry,
            delay_before_retry: match seconds {
                Some(seconds) => Some(Duration::from_secs(seconds)),
                None => None,
            },
            runs_a_command: matches!(method, MethodDraft::Misc(_)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::diagnostic::{At, Place};
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn priority() -> VrrpCheckDraft {
        VrrpCheckDraft::new(At {
            value: "c".into(),
            at: Place::default(),
        })
    }

    #[test]
    fn a_vrrp_check_is_run_every_second_and_believed_at_once() {
        let check = priority();
        let rhythm = Level::Priority(&check).rhythm(RhythmDraft::default(), &MethodDraft::Tcp);
        let expected = CheckRhythm {
            interval: seconds(1),
            timeout: seconds(1),
            warmup: Duration::ZERO,
            retry: None,
            rise: 1,
            fall: 1,
            assumed: None,
            logs_all_failures: false,
        };
        assert_eq!(rhythm, expected);
    }

    #[test]
    fn a_checker_may_differ_from_its_vrrp_check() {
        let mut check = priority();
        check.fall = Some(4);
        check.interval = Some(seconds(2));
        let mut own = RhythmDraft::default();
        let fall = |own: &RhythmDraft| {
            let level = Level::Priority(&check);
            level.rhythm(own.clone(), &MethodDraft::Ping).fall
        };
        assert_eq!(fall(&own), 4);
        own.retry = Some(u32::MAX);
        assert_eq!(fall(&own), u32::MAX);
        own.delay_loop = Some(seconds(7));
        let rhythm = Level::Priority(&check).rhythm(own, &MethodDraft::Ping);
        assert_eq!((rhythm.interval, rhythm.timeout), (seconds(7), seconds(7)));
    }

    #[test]
    fn real_servers_are_checked_as_keepalived_does() {
        let outer = RhythmDraft::default();
        let of = |method| Level::Server(&outer).rhythm(RhythmDraft::default(), &method);
        let tcp = of(MethodDraft::Tcp);
        assert_eq!((tcp.interval, tcp.timeout), (seconds(60), seconds(5)));
        assert_eq!((tcp.warmup, tcp.assumed), (seconds(60), Some(true)));
        assert_eq!((tcp.fall, tcp.retry), (2, Some(seconds(1))));
        let http = of(MethodDraft::Http(Default::default()));
        assert_eq!((http.fall, http.retry), (2, Some(seconds(3))));
        let dns = of(MethodDraft::Dns(Default::default()));
        assert_eq!((dns.fall, dns.retry), (4, None));
        let misc = of(MethodDraft::Misc(Default::default()));
        assert_eq!((misc.fall, misc.timeout), (1, seconds(60)));
    }

    #[test]
    fn a_file_is_read_soon_and_believed_whatever_its_server_is_checked_by() {
        let outer = RhythmDraft {
            delay_loop: Some(seconds(9)),
            warmup: Some(seconds(8)),
            retry: Some(7),
            alpha: Some(true),
            ..RhythmDraft::default()
        };
        let of = |own| Level::Server(&outer).rhythm(own, &MethodDraft::File(Default::default()));
        let file = of(RhythmDraft::default());
        assert_eq!((file.interval, file.warmup), (seconds(1), Duration::ZERO));
        assert_eq!((file.fall, file.assumed), (1, Some(true)));
        let own = RhythmDraft {
            delay_loop: Some(Duration::from_millis(10)),
            ..RhythmDraft::default()
        };
        assert_eq!(of(own).interval, Duration::from_millis(10));
    }
}
