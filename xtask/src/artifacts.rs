//! What cargo built: the executables of one call.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::{job, workspace};

/// One executable that cargo built.
pub(crate) struct Artifact {
    /// The name of its target: a binary's, a library's or a test suite's.
    pub(crate) target: String,
    /// `bin`, `lib` or `test`.
    pub(crate) kind: String,
    /// Whether it is a test suite. Tests of a binary come beside the binary itself.
    pub(crate) is_suite: bool,
    pub(crate) executable: PathBuf,
    /// Of its package; cargo starts tests there.
    pub(crate) directory: PathBuf,
}

impl Artifact {
    /// `package/target`, or the package alone for its library.
    pub(crate) fn name(&self) -> String {
        let package = self
            .directory
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        match self.kind.as_str() {
            "lib" => package.into_owned(),
            _ => format!("{package}/{}", self.target),
        }
    }
}

/// Runs cargo with `arguments` and returns the executables it built or found up to date.
///
/// # Errors
/// The build fails; cargo's diagnostics have been printed.
pub(crate) fn build(label: &str, arguments: &[&str]) -> Result<Vec<Artifact>> {
    let mut cargo = workspace::cargo();
    cargo
        .args(arguments)
        .arg("--message-format=json-render-diagnostics");
    let outcome = job::must(label, &mut cargo)?;
    Ok(of(&outcome.stdout))
}

/// The executables that cargo's messages tell of.
pub(crate) fn of(messages: &str) -> Vec<Artifact> {
    messages.lines().filter_map(parse).collect()
}

/// The executable of the binary target `name`.
///
/// # Errors
/// It is not among them.
pub(crate) fn binary(artifacts: &[Artifact], name: &str) -> Result<PathBuf> {
    let mut programs = artifacts
        .iter()
        .filter(|artifact| artifact.kind == "bin" && !artifact.is_suite);
    match programs.find(|program| program.target == name) {
        Some(program) => Ok(program.executable.clone()),
        None => bail!("cargo built no executable called {name}"),
    }
}

/// The test suites.
pub(crate) fn suites(artifacts: Vec<Artifact>) -> impl Iterator<Item = Artifact> {
    artifacts.into_iter().filter(|artifact| artifact.is_suite)
}

fn parse(line: &str) -> Option<Artifact> {
    let message: Value = serde_json::from_str(line).ok()?;
    let target = message.get("target")?;
    let manifest = Path::new(message.get("manifest_path")?.as_str()?);
    Some(Artifact {
        target: target.get("name")?.as_str()?.to_owned(),
        kind: target.get("kind")?.get(0)?.as_str()?.to_owned(),
        is_suite: message.get("profile")?.get("test")?.as_bool()?,
        executable: PathBuf::from(message.get("executable")?.as_str()?),
        directory: manifest.parent()?.to_owned(),
    })
}
