//! Reports in the target directory, `bench/NAME.json` and `bench/NAME.svg`, and the page of all of
//! them.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Missing, Report, chart, page};
use crate::lab::Tools;

/// Where reports are kept.
fn directory() -> Result<PathBuf> {
    Ok(Tools::target()?.join("bench"))
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

    /// The report of the bench `name`, if there is one.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(name: &str) -> Result<Option<Self>> {
        let path = directory()?.join(format!("{name}.json"));
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| format!("cannot read {}", path.display()))?,
        };
        // One of another shape is as good as none.
        Ok(serde_json::from_str(&text).ok())
    }
}

/// Writes the page of all `reports` to `into`, `benchmarks.md`, and their drawings below it; returns
/// the path of the page.
///
/// # Errors
/// As of the file system.
pub fn write_page(into: &Path, reports: &[Report], missing: &[Missing]) -> Result<PathBuf> {
    for report in reports {
        write(
            &into.join(page::drawing(&report.name)),
            &chart::draw(report),
        )?;
    }
    let path = into.join("benchmarks.md");
    write(&path, &page::render(reports, missing))?;
    Ok(path)
}

fn write(path: &Path, text: &str) -> Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(path, text))
        .with_context(|| format!("cannot write {}", path.display()))
}
