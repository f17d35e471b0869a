//! What is done with an input, and what must hold of it. The fuzz target runs it with any bytes, and a test
//! of ha-user with the corpus.

use ha_user::config::diagnostic::{Diagnostic, Location};
use ha_user::config::{self, Format, Host, Palette};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// The file that is read first; others are beside it.
const MAIN: &str = "/main";
/// Begins a line that names the file which follows it. Without such a line all is [`MAIN`].
const FILE: &[u8] = b"==> ";

/// Reads `input` as configuration files, as `vipd -t` does.
///
/// # Panics
/// If what is said of it does not lie in it.
pub fn parse(input: &[u8]) {
    let files = Files::of(input);
    let loaded = config::parse_for(&files, files.main(), MAIN);
    for diagnostic in &loaded.diagnostics {
        files.must_have(diagnostic);
    }
    let [lines, picture, json] = [Format::Plain, Format::Picture, Format::Json]
        .map(|format| loaded.render(format, Palette::default()));
    assert_eq!(lines.is_empty(), loaded.diagnostics.is_empty());
    assert_eq!(picture.is_empty(), lines.is_empty());
    assert!(!json.is_empty());
    assert_eq!(loaded.test_status() == 4, loaded.is_fatal());
}

/// A machine that has these files and every interface, address and program.
struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    fn of(input: &[u8]) -> Self {
        let mut files = BTreeMap::new();
        let mut name = MAIN.to_owned();
        let mut text: Vec<&[u8]> = Vec::new();
        for line in input.split(|byte| *byte == b'\n') {
            if let Some(next) = line.strip_prefix(FILE) {
                let next = format!("/{}", String::from_utf8_lossy(next));
                let before = std::mem::replace(&mut name, next);
                files.entry(before).or_insert_with(|| text.join(&b'\n'));
                text.clear();
            } else {
                text.push(line);
            }
        }
        files.entry(name).or_insert_with(|| text.join(&b'\n'));
        Self(files)
    }

    fn main(&self) -> &[u8] {
        self.0.get(MAIN).map_or(&[], Vec::as_slice)
    }

    fn named(&self, name: &str) -> Option<&[u8]> {
        let path = Path::new("/").join(name);
        let parts = path.components().map(|part| part.as_os_str());
        let path: std::path::PathBuf = parts.filter(|part| *part != ".").collect();
        self.0.get(path.to_str()?).map(Vec::as_slice)
    }

    /// What is said must be about a place in one of the files.
    fn must_have(&self, said: &Diagnostic) {
        let Location { file, line, column } = &said.location;
        let text = self.named(file);
        let text = text.unwrap_or_else(|| panic!("no such file: {said}"));
        if *line == 0 {
            return;
        }
        let text = String::from_utf8_lossy(text);
        let there = text.split('\n').nth(*line as usize - 1);
        let there = there.unwrap_or_else(|| panic!("no such line: {said}"));
        let columns = 1..=there.chars().count().max(1);
        assert!(
            columns.contains(&(*column as usize)),
            "no such column: {said}"
        );
    }
}

impl Host for Files {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let text = path.to_str().and_then(|path| self.named(path));
        text.map(<[u8]>::to_vec)
            .ok_or(io::ErrorKind::NotFound.into())
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        let names = self.0.keys().map(Path::new);
        let names = names.filter(|name| name.parent() == Some(directory));
        let names = names.filter_map(Path::file_name);
        names
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    }

    fn config_id(&self) -> String {
        "anywhere".into()
    }

    fn environment(&self, name: &str) -> Option<String> {
        (name == "SITE").then(|| "north".into())
    }

    fn random(&self) -> u64 {
        4
    }
}
