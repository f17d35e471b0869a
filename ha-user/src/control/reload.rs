//! `vipctl reload`: has the daemon read its configuration again, and says what became of that.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use super::client::{Failure, exchange, explain};
use super::protocol::{Reloading, Request, Response};

/// What `vipctl reload --help` says.
pub(super) const ABOUT: &str = "Read the configuration again

As HUP does, but says what became of it. What there is to say about the file goes to standard error. A
file with errors is not taken: the configuration before stays in force, and vipctl ends with 1. Only
what has changed is touched; instances that are the same go on without missing an advert.

`vipd -t` checks a file beforehand.";

/// How long the daemon may take to read a large file.
const LIMIT: Duration = Duration::from_secs(30);

/// Reloads the daemon that listens on `socket`. Returns the outcome, for people.
///
/// # Errors
/// None is there, or it does not take the file.
pub(super) fn reload(socket: &Path) -> Result<String, (Failure, String)> {
    let answer = exchange(socket, Request::Reload, LIMIT);
    let Reloading { refused, remarks } = match answer {
        Ok(Some(Response::Reloading(reloading))) => reloading,
        Ok(Some(Response::Error(reason))) => return Err((Failure::Error, reason)),
        Ok(Some(Response::Status(_))) => {
            let text = "the daemon does not know `reload`: it is of an older version, send it HUP";
            return Err((Failure::Error, text.to_owned()));
        }
        Ok(None) => {
            let text = "the daemon has ended before it answered";
            return Err((Failure::NoDaemon, text.to_owned()));
        }
        Err(error) => return Err(explain(socket, &error, LIMIT)),
    };
    for remark in &remarks {
        // Nobody can be told if standard error is gone.
        let _ = writeln!(std::io::stderr(), "{remark}");
    }
    match refused {
        Some(reason) => {
            let text = format!("not reloaded: {reason}; the configuration before stays in force");
            Err((Failure::Error, text))
        }
        None => Ok("reloaded".to_owned()),
    }
}
