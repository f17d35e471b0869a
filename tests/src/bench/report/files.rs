//! Reports in the target directory: `bench/NAME.json` and `bench/NAME.svg`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use super::{Report, chart, page};
use crate::lab::Tools;

/// Where reports are kept.
fn directory() -> Result<PathBuf> {
    let directory = Tools::target()?.join("bench");
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    Ok(directory)
}

impl Report {
    /// Writes both files; returns their paths.
    ///
    /// # Errors
    /// As of the file system.
    pub fn write(&self) -> Result<[PathBuf; 2]> {
        let [json, drawing] = ["json", "svg"].map(|ending| format!("{}.{ending}", self.name));
        let directory = directory()?;
        let paths = [directory.join(json), directory.join(drawing)];
        write(&paths[0], &serde_json::to_string_pretty(self)?)?;
        write(&paths[1], &chart::draw(self))?;
        Ok(paths)
    }

    /// The report of the bench `name`, unless there is none, it is quick, or vipd or the lab were
    /// built since.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn current(name: &str) -> Result<Option<Self>> {
        let path = directory()?.join(format!("{name}.json"));
        if !path.exists() || written_at(&path)? < built_at()? {
            return Ok(None);
        }
        let text = fs::read_to_string(&path)?;
        // One of another shape is as good as none.
        let report: Option<Self> = serde_json::from_str(&text).ok();
        Ok(report.filter(|report| !report.quick))
    }
}

/// Writes the page of all `reports`, `bench/benchmarks.md`; returns its path.
///
/// # Errors
/// As of the file system.
pub fn write_page(reports: &[Report]) -> Result<PathBuf> {
    let path = directory()?.join("benchmarks.md");
    write(&path, &page::render(reports))?;
    Ok(path)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn built_at() -> Result<SystemTime> {
    let lab = std::env::current_exe().context("the path of the lab")?;
    Ok(written_at(&lab)?.max(written_at(Tools::vipd()?.path())?))
}

fn written_at(path: &Path) -> Result<SystemTime> {
    let modified = fs::metadata(path).and_then(|about| about.modified());
    modified.with_context(|| format!("cannot look at {}", path.display()))
}
