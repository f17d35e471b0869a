//! The samples of every keyword, which are `ha-user/tests/samples`.

use super::{INTERFACES, Verdict, keepalived};
use crate::reader::{Sample, findings, samples};
use ha_user::config::diagnostic::Severity;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// keepalived's processes that run at the same time.
const AT_ONCE: &str = "4";

/// What keepalived's configuration test makes of a file.
struct Judged {
    verdict: Verdict,
    /// It would not start for want of a value.
    stops: bool,
    said: String,
}

/// Gives every file to keepalived, in namespaces of its own.
fn judge(files: &BTreeMap<String, String>) -> BTreeMap<String, Judged> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let directory = directory.join(format!("samples-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory of our own");
    let path = |name: &str, extension: &str| directory.join(name).with_extension(extension);
    for (name, text) in files {
        fs::write(path(name, "conf"), text).expect("a writable file");
    }
    run(&directory);
    let of = |name: &String| {
        let read = |path: PathBuf| fs::read_to_string(path).expect("what keepalived said");
        let code = read(path(name, "code")).trim().parse().ok();
        Judged {
            verdict: Verdict::of(code),
            stops: code == Some(2),
            said: read(path(name, "said")),
        }
    };
    let judged = files.keys().map(|name| (name.clone(), of(name))).collect();
    fs::remove_dir_all(&directory).expect("our own directory");
    judged
}

fn run(directory: &Path) {
    let links: String = INTERFACES
        .iter()
        .map(|name| format!("ip link add {name} type veth peer name p-{name} && "))
        .collect();
    let one = "timeout -s KILL 20 \"$1\" -t -f \"$2\" >\"${2%conf}said\" 2>&1; \
               echo $? >\"${2%conf}code\"";
    let script = format!(
        "mount -t tmpfs none /run && {links} \
         find \"$2\" -name '*.conf' | xargs -P {AT_ONCE} -n 1 sh -c '{one}' sh \"$1\""
    );
    let mut unshare = Command::new("unshare");
    let unshare = unshare.args(["--net", "--mount", "--pid", "--fork", "--kill-child"]);
    let status = unshare
        .args(["sh", "-c", &script, "sh"])
        .args([&keepalived(), directory])
        .status();
    let status = status.expect("`unshare` starts keepalived: this test needs root");
    assert!(status.success(), "{status}");
}

/// The same of our own.
fn ours(text: &str) -> Verdict {
    let worst = findings(text).iter().map(|finding| finding.severity).max();
    Verdict::of(Some(worst.map_or(0, Severity::test_status).into()))
}

/// Whether we would not start for want of a value.
fn misses_a_value(text: &str) -> bool {
    findings(text).iter().any(|finding| {
        finding.severity == Severity::Fatal && finding.message.contains("is missing a parameter")
    })
}

#[test]
fn samples_get_keepaliveds_verdict() {
    let samples: Vec<Sample> = samples()
        .into_iter()
        .filter(|sample| !sample.is_own)
        .collect();
    let names = (0..).map(|number: usize| format!("{number:05}"));
    let files = names
        .clone()
        .zip(samples.iter().map(Sample::file))
        .collect();
    let judged = judge(&files);
    let mut faults = Vec::new();
    for (sample, name) in samples.iter().zip(names) {
        let ours = ours(&files[&name]);
        let Judged {
            verdict,
            stops,
            said,
        } = &judged[&name];
        let Sample {
            origin,
            block,
            lines,
            differs,
            ..
        } = sample;
        if misses_a_value(&files[&name]) && !stops {
            faults.push(format!(
                "{origin}: {lines:?} in {block:?}: keepalived starts"
            ));
        }
        if (ours != *verdict) != differs.is_some() {
            faults.push(format!(
                "{origin}: {lines:?} in {block:?}: keepalived {verdict:?}, ours {ours:?}, \
                 marked {differs:?}: {said}"
            ));
        }
    }
    assert!(
        faults.is_empty(),
        "{} of {}: {}",
        faults.len(),
        samples.len(),
        faults.join("\n")
    );
}
