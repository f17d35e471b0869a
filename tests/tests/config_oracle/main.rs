//! What `vipd` makes of configuration files against what Debian's keepalived makes of them.
//!
//! Needs root, and keepalived's path in `HA_KEEPALIVED`. Where the two differ, the file is named
//! in `docs/differences.md`.

mod interfaces;
#[expect(
    dead_code,
    reason = "what is said where is for `ha-user/tests/samples.rs`"
)]
#[path = "../../../ha-user/tests/samples/reader.rs"]
mod reader;
mod samples;

use ha_user::config::{self, Host, Loaded, Program, System};
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Interfaces that exist for keepalived and for us.
const INTERFACES: [&str; 3] = ["eth0", "eth1", "ens33"];
/// How long keepalived may take to find that it does not start; it then takes some 50 ms.
const PATIENCE: Duration = Duration::from_secs(4);
/// keepalived's processes that run at the same time.
const AT_ONCE: usize = 32;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn keepalived() -> PathBuf {
    let path = std::env::var_os("HA_KEEPALIVED").map(PathBuf::from);
    let path = path.expect("HA_KEEPALIVED names Debian's keepalived: `cargo xtask test` sets it");
    assert!(path.is_file(), "HA_KEEPALIVED: no file {}", path.display());
    path
}

fn corpus() -> Vec<PathBuf> {
    let directory = root().join("ha-user/tests/config");
    let entries = std::fs::read_dir(&directory).expect("the corpus is a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "conf")
        })
        .collect();
    files.sort();
    assert!(files.len() > 100, "the corpus is where it was");
    files
}

/// This machine with other interfaces: those of keepalived's namespace.
struct Namespace(System);

impl Host for Namespace {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.read(path)
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        self.0.list(directory)
    }

    fn has_interface(&self, name: &str) -> bool {
        INTERFACES.contains(&name)
    }

    fn has_address(&self, _: IpAddr) -> bool {
        false
    }

    fn program(&self, name: &str) -> Program {
        self.0.program(name)
    }

    fn config_id(&self) -> String {
        self.0.config_id()
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.0.environment(name)
    }

    fn directory(&self, file: &Path) -> PathBuf {
        self.0.directory(file)
    }
}

fn ours(file: &Path) -> Loaded {
    let text = std::fs::read(file).expect("a readable file");
    config::parse_for(&Namespace(System::default()), text, &file.to_string_lossy())
}

/// Starts keepalived in namespaces of its own, with the interfaces and an empty /run.
fn start(keepalived: &Path, arguments: &str, file: &Path) -> Child {
    let links: String = INTERFACES
        .iter()
        .map(|name| format!("ip link add {name} type veth peer name p-{name} && "))
        .collect();
    let script = format!(
        "mount -t tmpfs none /run && {links} exec timeout -s KILL 20 \"$1\" {arguments} -f \"$2\""
    );
    Command::new("unshare")
        .args([
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-c",
            &script,
            "sh",
        ])
        .args([keepalived, file])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("`unshare` starts keepalived: this test needs root")
}

/// The exit code of each; `None` for one that still ran after [`PATIENCE`] or was killed.
fn exit_codes(keepalived: &Path, arguments: &str) -> BTreeMap<PathBuf, Option<i32>> {
    let mut codes = BTreeMap::new();
    for files in corpus().chunks(AT_ONCE) {
        let started: Vec<_> = files
            .iter()
            .map(|file| (file, start(keepalived, arguments, file)))
            .collect();
        let deadline = std::time::Instant::now() + PATIENCE;
        for (file, mut child) in started {
            codes.insert(file.clone(), wait(&mut child, deadline));
        }
    }
    codes
}

fn wait(child: &mut Child, deadline: std::time::Instant) -> Option<i32> {
    loop {
        if let Some(status) = child.try_wait().expect("our own child") {
            return status.code();
        }
        if std::time::Instant::now() >= deadline {
            child.kill().expect("our own child");
            child.wait().expect("our own child");
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Fails with the files of `differing` that `docs/differences.md` does not name under `heading`,
/// and with those that it names for nothing.
fn expect_documented(heading: &str, differing: &BTreeMap<String, String>) {
    let page = std::fs::read_to_string(root().join("docs/differences.md")).expect("the page");
    let section = page
        .split("\n## ")
        .find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("docs/differences.md has no part `{heading}`"));
    let named: Vec<&str> = section
        .split('`')
        .filter(|word| word.ends_with(".conf"))
        .collect();
    let missing: Vec<_> = differing
        .iter()
        .filter(|(file, _)| !named.contains(&file.as_str()))
        .collect();
    let stale: Vec<_> = named
        .iter()
        .filter(|file| !differing.contains_key(**file))
        .collect();
    assert!(missing.is_empty(), "not documented: {missing:#?}");
    assert!(stale.is_empty(), "documented but the same: {stale:?}");
}

fn name(file: &Path) -> String {
    file.file_name()
        .expect("a file")
        .to_string_lossy()
        .into_owned()
}

/// What a configuration test says: nothing, script security, or anything else.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Insecure,
    Faulty,
}

impl Verdict {
    fn of(code: Option<i32>) -> Self {
        match code {
            Some(0) => Self::Good,
            Some(6) => Self::Insecure,
            _ => Self::Faulty,
        }
    }
}

#[test]
fn the_configuration_test_gives_keepaliveds_verdict() {
    let mut differing = BTreeMap::new();
    for (file, code) in exit_codes(&keepalived(), "-t") {
        let ours = ours(&file);
        let (oracle, verdict) = (
            Verdict::of(code),
            Verdict::of(Some(ours.test_status().into())),
        );
        if oracle != verdict {
            let text = format!("{oracle:?} ({code:?}), ours {verdict:?}: {}", ours.plain());
            differing.insert(name(&file), text);
        }
    }
    expect_documented("Verdicts of the configuration test", &differing);
}

#[test]
fn we_start_with_what_keepalived_starts_with() {
    let mut differing = BTreeMap::new();
    const ARGUMENTS: &str = "-n -l -P";
    for (file, mut code) in exit_codes(&keepalived(), ARGUMENTS) {
        let ours = ours(&file);
        if code.is_none() && ours.is_fatal() {
            // Many at once may have kept it from finding that out.
            let mut alone = start(&keepalived(), ARGUMENTS, &file);
            code = wait(&mut alone, std::time::Instant::now() + 4 * PATIENCE);
        }
        let starts = code.is_none();
        if starts == ours.is_fatal() {
            let text = format!("keepalived starts: {starts} ({code:?}); {}", ours.plain());
            differing.insert(name(&file), text);
        }
    }
    expect_documented("Files that only one of the two starts with", &differing);
}
