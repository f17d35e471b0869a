//! `vipctl restart`: has the daemon run the program as it is installed now.

use std::path::Path;
use std::time::{Duration, Instant};

use super::client::{Failure, ask, exchange, explain};
use super::protocol::{Request, Response, Status};

/// What `vipctl restart --help` says.
pub(super) const ABOUT: &str = "Run vipd as it is installed now, without a gap

The new program gets ready beside the running one: it reads the configuration, and the kernel checks
its XDP programs. If anything is wrong, it says so and the running one goes on. Then it takes over in
the middle of the lease: no transition, no script, no packet lost. Both processes of the daemon are
renewed; the pid of the parent stays.

If the new version lays out the data path in another way (`vipd --version` shows its ABI), or there
is no data path (mode off), the director leaves in order instead, and comes back: another director
serves meanwhile.";

/// How long the new program may take to get ready.
const LIMIT: Duration = Duration::from_secs(25);
/// From the end of the one process to the first answer of the next.
const SUCCESSION: Duration = Duration::from_secs(10);
/// Between two looks.
const GLANCE: Duration = Duration::from_millis(20);

/// Restarts the daemon that listens on `socket`. Returns what has changed, for people.
///
/// # Errors
/// None is there, or the new program cannot take over.
pub(super) fn restart(socket: &Path) -> Result<String, (Failure, String)> {
    let before = ask(socket, Request::Status)?;
    match exchange(socket, Request::Restart, LIMIT) {
        Ok(None) => {}
        Ok(Some(Response::Error(reason))) => return Err((Failure::Error, reason)),
        Ok(Some(_)) => {
            let text = "the daemon does not know `restart`: it is of an older version";
            return Err((Failure::Error, text.to_owned()));
        }
        Err(error) => return Err(explain(socket, &error, LIMIT)),
    }
    let after = wait_for_successor(socket, before.pid)?;
    if !after.successor {
        let text = format!(
            "no restart: a process of the daemon died on the way; vipd {} (pid {}) runs in its place",
            after.version, after.pid
        );
        return Err((Failure::Error, text));
    }
    Ok(describe(&before, &after))
}

fn wait_for_successor(socket: &Path, pid: u32) -> Result<Status, (Failure, String)> {
    let limit = Instant::now() + SUCCESSION;
    loop {
        let problem = match ask(socket, Request::Status) {
            Ok(status) if status.pid != pid => return Ok(status),
            Ok(_) => (
                Failure::Error,
                "the process before still answers".to_owned(),
            ),
            Err(problem) => problem,
        };
        if Instant::now() > limit {
            return Err(problem);
        }
        std::thread::sleep(GLANCE);
    }
}

fn describe(before: &Status, after: &Status) -> String {
    let mut lines = vec![format!(
        "restarted: vipd {} (pid {}) gave way to vipd {} (pid {})",
        before.version, before.pid, after.version, after.pid
    )];
    for instance in &after.instances {
        let same = before
            .instances
            .iter()
            .find(|one| one.name == instance.name);
        lines.push(match same {
            Some(one) if one.state != instance.state => {
                format!("{}: {}, was {}", instance.name, instance.state, one.state)
            }
            _ => format!("{}: {}", instance.name, instance.state),
        });
    }
    lines.join("\n")
}
