//! `cargo xtask fuzz`: looks for bytes that the reader of configurations does not get on with.
//!
//! `fuzz` is laid out as cargo-fuzz expects, which needs a nightly toolchain; the counters that libFuzzer
//! is led by are a pass of LLVM that a stable one has, too.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::{artifacts, job, setup, workspace};

/// A counter for every edge, and what comparisons compare.
const COUNTERS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
];

/// No input may take longer, or more memory.
const LIMITS: &[&str] = &["-timeout=1", "-rss_limit_mb=256", "-malloc_limit_mb=256"];

/// What stands for other text, and what no keyword is.
const SIGNS: &[&str] = &[
    "$A=",
    "${A}",
    "$A",
    "${_ENV SITE}",
    "${_PWD}",
    "${_RANDOM}",
    "~SEQ(A,1,9)",
    "~SEQx(",
    "~LST(A,",
    "@anywhere ",
    "@^",
    "include a\\x0a",
    "\\x0a==> a\\x0a",
    "\\\\\\x0a",
    "\\\"",
    "{\\x0a",
    "\\x0a}\\x0a",
    "192.0.2.1",
    "192.0.2.0/24",
    "2001:db8::1",
    " fwmark 1",
    "group ",
];

/// What is done with an input.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Target {
    /// It is read
    Parse,
    /// It is read, and shown as pictures and JSON
    Present,
}

impl Target {
    /// As `fuzz/Cargo.toml` calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Present => "present",
        }
    }
}

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What is done with each input
    #[arg(long, value_enum, default_value_t = Target::Parse)]
    target: Target,
    /// How long to look
    #[arg(long, default_value_t = 10, conflicts_with_all = ["runs", "minimise", "input"])]
    minutes: u64,
    /// How long inputs may be, in octets; short ones are faster and find as much
    #[arg(long, value_name = "OCTETS", default_value_t = 1024)]
    length: u32,
    /// How many inputs to try
    #[arg(long, conflicts_with_all = ["minimise", "input"])]
    runs: Option<u64>,
    /// Keep of all inputs that there are the fewest that go everywhere, in fuzz/corpus/parse; those
    /// that a person has named stay
    #[arg(long, conflicts_with = "input")]
    minimise: bool,
    /// Tries this one
    input: Option<PathBuf>,
}

/// Builds the target and runs it.
///
/// # Errors
/// It cannot be built, or something was found.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    setup::to_fuzz()?;
    let fuzzer = Fuzzer::build(arguments)?;
    if let Some(input) = &arguments.input {
        let input = input.canonicalize().context("the input")?;
        return fuzzer.must_succeed(fuzzer.command().arg(input));
    }
    if arguments.minimise {
        return fuzzer.minimise();
    }
    let mut command = fuzzer.command();
    command.arg(format!("-dict={}", fuzzer.dictionary()?.display()));
    match arguments.runs {
        Some(runs) => command.arg(format!("-runs={runs}")),
        None => command.arg(format!("-max_total_time={}", arguments.minutes * 60)),
    };
    fuzzer.must_succeed(command.args(fuzzer.inputs()))
}

struct Fuzzer {
    program: PathBuf,
    /// How long inputs may be, in octets.
    length: u32,
    /// What it finds out, from one call to the next; of either target.
    corpus: PathBuf,
    /// Inputs that something is wrong with.
    findings: PathBuf,
}

impl Fuzzer {
    fn build(arguments: &Arguments) -> Result<Self> {
        let target = arguments.target;
        let directory = workspace::target()?.join("fuzz");
        // What is fuzzed is built of the same versions as what is shipped.
        let lock = |directory: &str| workspace::root().join(directory).join("Cargo.lock");
        fs::copy(lock(""), lock("fuzz")).context("cannot copy Cargo.lock for the fuzz target")?;
        let mut cargo = workspace::cargo();
        cargo
            .args(["build", "--release", "--bin", target.name()])
            .args(["--message-format=json-render-diagnostics"])
            .args(["--manifest-path", "fuzz/Cargo.toml", "--target-dir"])
            .arg(&directory)
            // Counters are for what is built for this machine, and not for what builds it.
            .args([
                "--target",
                &format!("{}-unknown-linux-gnu", std::env::consts::ARCH),
            ])
            .env("CARGO_ENCODED_RUSTFLAGS", "--cfg=fuzzing")
            .env("COUNTERS", COUNTERS.join(" "))
            .env("RUSTC_WRAPPER", workspace::root().join("fuzz/counted"));
        let outcome = job::must("building the fuzz target", &mut cargo)?;
        let fuzzer = Self {
            length: arguments.length,
            program: artifacts::binary(&artifacts::of(&outcome.stdout), target.name())?,
            corpus: directory.join("corpus"),
            findings: directory.join("findings"),
        };
        for directory in [&fuzzer.corpus, &fuzzer.findings] {
            fs::create_dir_all(directory)
                .with_context(|| format!("cannot create {}", directory.display()))?;
        }
        Ok(fuzzer)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(LIMITS)
            .arg(format!("-max_len={}", self.length))
            .arg(format!("-artifact_prefix={}/", self.findings.display()));
        command
    }

    /// Where inputs are; new ones go to the first.
    fn inputs(&self) -> [PathBuf; 3] {
        let root = workspace::root();
        let own = root.join("ha-user/tests/config");
        [self.corpus.clone(), committed(), own]
    }

    /// Every keyword, from the page that is made of their table.
    fn dictionary(&self) -> Result<PathBuf> {
        let page = workspace::root().join("docs/keywords.md");
        let page = fs::read_to_string(page).context("docs/keywords.md")?;
        let keywords = page.lines().filter_map(keyword);
        let path = self.corpus.with_extension("dict");
        let words = keywords.chain(SIGNS.iter().copied());
        let mut text = String::new();
        for word in words {
            writeln!(text, "\"{word}\"")?;
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    fn minimise(&self) -> Result<()> {
        let fewest = self.corpus.with_extension("fewest");
        // It may not be there yet.
        let _ = fs::remove_dir_all(&fewest);
        fs::create_dir(&fewest).context("a directory for the fewest inputs")?;
        let mut merge = self.command();
        // Whole, however long they are.
        merge.args(["-set_cover_merge=1", "-max_len=65536"]);
        merge.arg(&fewest);
        self.must_succeed(merge.args(self.inputs()))?;
        for path in files(&committed())?.iter().filter(|path| is_hashed(path)) {
            fs::remove_file(path)?;
        }
        let kept = files(&fewest)?;
        for path in &kept {
            fs::copy(path, committed().join(path.file_name().unwrap_or_default()))?;
        }
        println!("{} inputs in {}", kept.len(), committed().display());
        Ok(())
    }

    fn must_succeed(&self, command: &mut Command) -> Result<()> {
        let status = command.status().context("cannot start the fuzz target")?;
        if status.success() {
            return Ok(());
        }
        bail!(
            "it ended with {status}: the input is named above, in {}. Once that is mended, keep it in {} \
             under a name that says what was wrong",
            self.findings.display(),
            committed().display()
        );
    }
}

/// The inputs that every test run reads.
fn committed() -> PathBuf {
    workspace::root().join("fuzz/corpus/parse")
}

fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// libFuzzer calls an input by its SHA-1.
fn is_hashed(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The keyword of a line of the table.
fn keyword(line: &str) -> Option<&str> {
    let (keyword, _) = line.strip_prefix("| `")?.split_once('`')?;
    Some(keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_come_from_the_page_of_their_table() {
        let page = fs::read_to_string(workspace::root().join("docs/keywords.md")).unwrap();
        let keywords: Vec<_> = page.lines().filter_map(keyword).collect();
        assert!(keywords.len() > 363, "{}", keywords.len());
        assert!(keywords.contains(&"virtual_router_id"));
    }

    #[test]
    fn what_a_person_has_named_stays() {
        assert!(is_hashed(Path::new(
            "a/da39a3ee5e6b4b0d3255bfef95601890afd80709"
        )));
        assert!(!is_hashed(Path::new("a/ring")));
    }
}
