//! `vipctl reload`, and what belongs to it: what it would change, and whether that is to stay.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use super::client::{Failure, exchange, explain};
use super::protocol::{Difference, Reloading, Request, Response};

/// What `vipctl reload --help` says.
pub(super) const ABOUT: &str = "Read the configuration again

As HUP does, but says what became of it. What there is to say about the file goes to standard error. A
file with errors is not taken: the configuration before stays in force, and vipctl ends with 1. Only
what has changed is touched; instances that are the same go on without missing an advert.

With --confirm SECONDS the configuration is on trial: unless `vipctl confirm` is called in time, the one
before is in force again. The file stays as it is. Another reload ends the trial, and so does an end of
the daemon, or of its worker: who starts reads the file.

`vipctl diff` shows beforehand what would change, and `vipd -t` checks any file.";

/// What `vipctl diff --help` says.
pub(super) const ABOUT_DIFF: &str = "Show what a reload would change

Reads the file as a reload does, and says what differs from the configuration in force, in keepalived's
words; `+` comes, `-` goes. Nothing is changed. Ends with 1 if a reload would refuse the file.";

/// How long the daemon may take to read a large file.
const LIMIT: Duration = Duration::from_secs(30);

type Said = Result<String, (Failure, String)>;

/// Reloads the daemon that listens on `socket`, on trial for so many seconds. Returns the outcome, for
/// people.
///
/// # Errors
/// None is there, or it does not take the file.
pub(super) fn reload(socket: &Path, trial: Option<u32>) -> Said {
    let request = trial.map_or(Request::Reload, Request::Trial);
    let Response::Reloading(Reloading { refused, remarks }) = ask(socket, request)? else {
        return Err(does_not_know("reload"));
    };
    remark(&remarks);
    match (refused, trial) {
        (Some(reason), _) => {
            let text = format!("not reloaded: {reason}; the configuration before stays in force");
            Err((Failure::Error, text))
        }
        (None, Some(seconds)) => Ok(format!(
            "reloaded; it goes back in {seconds} s unless you call `vipctl confirm`"
        )),
        (None, None) => Ok("reloaded".to_owned()),
    }
}

/// Ends the trial of a configuration. Returns the outcome, for people.
///
/// # Errors
/// No daemon is there, or nothing is on trial.
pub(super) fn confirm(socket: &Path) -> Said {
    match ask(socket, Request::Confirm)? {
        Response::Done => Ok("confirmed".to_owned()),
        _ => Err(does_not_know("confirm")),
    }
}

/// What a reload would change, for people.
///
/// # Errors
/// No daemon is there, or it would not take the file.
pub(super) fn diff(socket: &Path) -> Said {
    let Response::Difference(difference) = ask(socket, Request::Diff)? else {
        return Err(does_not_know("diff"));
    };
    remark(&difference.remarks);
    match &difference.refused {
        Some(reason) => {
            let text = format!("a reload would refuse the file: {reason}");
            Err((Failure::Error, text))
        }
        None => Ok(describe(&difference)),
    }
}

fn describe(difference: &Difference) -> String {
    let Difference {
        lines,
        leaving,
        beginning,
        ..
    } = difference;
    if lines.is_empty() {
        return "a reload would change nothing".to_owned();
    }
    let mut text = lines.join("\n");
    for (instances, fate) in [(leaving, "leave"), (beginning, "begin")] {
        if !instances.is_empty() {
            text += &format!("\n\ninstances that would {fate}: {}", instances.join(", "));
        }
    }
    if leaving.is_empty() && beginning.is_empty() {
        text += "\n\nno instance would leave or begin";
    }
    text
}

fn ask(socket: &Path, request: Request) -> Result<Response, (Failure, String)> {
    match exchange(socket, request, LIMIT) {
        Ok(Some(Response::Error(reason))) => Err((Failure::Error, reason)),
        Ok(Some(response)) => Ok(response),
        Ok(None) => {
            let text = "the daemon has ended before it answered";
            Err((Failure::NoDaemon, text.to_owned()))
        }
        Err(error) => Err(explain(socket, &error, LIMIT)),
    }
}

fn does_not_know(command: &str) -> (Failure, String) {
    let text = format!("the daemon does not know `{command}`: it is of another version");
    (Failure::Error, text)
}

fn remark(remarks: &[String]) {
    for remark in remarks {
        // Nobody can be told if standard error is gone.
        let _ = writeln!(std::io::stderr(), "{remark}");
    }
}
