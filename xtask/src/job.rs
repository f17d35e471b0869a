//! Runs a command to its end, and shows that it is alive when that takes longer than a moment.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::progress::{Progress, REDRAW};

/// How long to listen to processes that a command left behind with its output open.
const LEFTOVERS: Duration = Duration::from_secs(1);

/// What a command did.
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) elapsed: Duration,
}

/// How long a command may take before it is killed.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// To its first line on standard output.
    pub(crate) first_line: Duration,
    /// To its end.
    pub(crate) end: Duration,
}

enum Line {
    Out(String),
    Err(String),
}

/// Runs `command` under the name `label` and returns what it did, whether or not it succeeded.
///
/// # Errors
/// The command cannot be started.
pub(crate) fn run(label: &str, command: &mut Command) -> Result<Outcome> {
    let unlimited = Limits {
        first_line: Duration::MAX,
        end: Duration::MAX,
    };
    run_within(unlimited, label, command)
}

/// As [`run`]; kills a command that takes longer than `limits`.
///
/// # Errors
/// The command cannot be started.
pub(crate) fn run_within(limits: Limits, label: &str, command: &mut Command) -> Result<Outcome> {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{label}: cannot start {:?}", command.get_program()))?;
    let lines = read_lines(&mut child);
    let progress = &mut Progress::new(label, started);
    let (stdout, stderr) = follow(&mut child, &lines, progress, (started, limits));
    let status = child
        .wait()
        .with_context(|| format!("{label}: waiting for its end"))?;
    Ok(Outcome {
        status,
        stdout,
        stderr,
        elapsed: started.elapsed(),
    })
}

/// As [`run`], but a command that fails is an error, after its output was printed.
///
/// # Errors
/// The command cannot be started, or fails.
pub(crate) fn must(label: &str, command: &mut Command) -> Result<Outcome> {
    let outcome = run(label, command)?;
    if outcome.status.success() {
        return Ok(outcome);
    }
    eprint!("{}{}", outcome.stderr, without_json(&outcome.stdout));
    bail!(
        "{label}: {} ended with {}",
        shell_line(command),
        outcome.status
    );
}

/// The command as one could type it.
fn shell_line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = [name].into_iter().chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

fn read_lines(child: &mut Child) -> Receiver<Line> {
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, sender.clone(), Line::Out);
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, sender, Line::Err);
    }
    receiver
}

fn forward(source: impl Read + Send + 'static, sender: Sender<Line>, wrap: fn(String) -> Line) {
    thread::spawn(move || {
        let mut reader = BufReader::new(source);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|length| length > 0)
        {
            let text = String::from_utf8_lossy(&line).into_owned();
            if sender.send(wrap(text)).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// Collects what `child` prints until it and everything it started is gone, or it is gone and what
/// it left behind has had a moment.
fn follow(
    child: &mut Child,
    lines: &Receiver<Line>,
    progress: &mut Progress,
    (started, limits): (Instant, Limits),
) -> (String, String) {
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let mut gone_at = None;
    while gone_at.is_none_or(|at: Instant| at.elapsed() < LEFTOVERS) {
        match lines.recv_timeout(REDRAW) {
            Ok(Line::Out(line)) => {
                progress.note(&line);
                stdout.push_str(&line);
            }
            Ok(Line::Err(line)) => {
                progress.note(&line);
                stderr.push_str(&line);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        progress.show();
        let is_silent = stdout.is_empty() && started.elapsed() > limits.first_line;
        if is_silent || started.elapsed() > limits.end {
            // It fails only for a command that has ended.
            let _ = child.kill();
        }
        if gone_at.is_none() && !matches!(child.try_wait(), Ok(None)) {
            gone_at = Some(Instant::now());
        }
    }
    (stdout, stderr)
}

fn without_json(text: &str) -> String {
    text.lines()
        .filter(|line| !line.starts_with('{'))
        .fold(String::new(), |all, line| all + line + "\n")
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::{Limits, must, run, run_within};

    #[test]
    fn both_outputs_are_kept_apart() {
        let mut sh = Command::new("sh");
        let outcome = run("sh", sh.args(["-c", "echo out; echo err >&2; exit 3"])).unwrap();
        assert_eq!(outcome.status.code(), Some(3));
        assert_eq!(
            (outcome.stdout.as_str(), outcome.stderr.as_str()),
            ("out\n", "err\n")
        );
    }

    #[test]
    fn a_process_left_behind_is_not_waited_for() {
        let mut sh = Command::new("sh");
        let outcome = run("sh", sh.args(["-c", "sleep 30 & echo done"])).unwrap();
        assert_eq!(outcome.stdout, "done\n");
        assert!(
            outcome.elapsed < Duration::from_secs(15),
            "{:?}",
            outcome.elapsed
        );
    }

    #[test]
    fn a_command_that_takes_too_long_is_killed() {
        let (soon, late) = (Duration::from_millis(50), Duration::from_mins(1));
        for (first_line, end, script) in [
            (late, soon, "echo begun; exec sleep 30"),
            (soon, late, "exec sleep 30"),
        ] {
            let mut sh = Command::new("sh");
            let limits = Limits { first_line, end };
            let outcome = run_within(limits, "sh", sh.args(["-c", script])).unwrap();
            assert!(!outcome.status.success());
            assert!(outcome.elapsed < Duration::from_secs(15));
        }
    }

    #[test]
    fn a_command_that_has_begun_may_go_on() {
        let mut sh = Command::new("sh");
        let limits = Limits {
            first_line: Duration::from_secs(5),
            end: Duration::from_mins(1),
        };
        let script = "echo begun; sleep 6; echo done";
        let outcome = run_within(limits, "sh", sh.args(["-c", script])).unwrap();
        assert_eq!(outcome.stdout, "begun\ndone\n");
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = must("trying", Command::new("sh").args(["-c", "exit 1"]))
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "trying: sh -c exit 1 ended with exit status: 1"
        );
    }
}
