//! What is done with an input, and what must hold of it. The fuzz target runs it with any bytes, and a test
//! of ha-user with the corpus.

use ha_user::config::diagnostic::{Diagnostic, Location};
use ha_user::config::{self, Format, Host, Loaded, Palette};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The file that is read first; others are beside it.
const MAIN: &str = "/main";
/// Begins a line that names the file which follows it. Without such a line all is [`MAIN`].
const FILE: &[u8] = b"==> ";

/// Reads `input` as configuration files, as `vipd -t` does.
///
/// # Panics
/// If what is said of it does not lie in it.
pub fn parse(input: &[u8]) {
    let loaded = read(input);
    assert_eq!(loaded.plain().is_empty(), loaded.diagnostics.is_empty());
    assert_eq!(loaded.test_status() == 4, loaded.is_fatal());
}

/// Reads `input`, and writes what there is to say about it for people and for programs. That takes longer
/// than to read it.
///
/// # Panics
/// As [`parse`].
pub fn present(input: &[u8]) {
    let loaded = read(input);
    let [picture, json] =
        [Format::Picture, Format::Json].map(|format| loaded.render(format, Palette::default()));
    assert_eq!(picture.is_empty(), loaded.diagnostics.is_empty());
    assert!(!json.is_empty());
}

fn read(input: &[u8]) -> Loaded {
    let files = Files::of(input);
    let loaded = config::parse_for(&files, files.main(), MAIN);
    if !loaded.diagnostics.is_empty() {
        let lines = files.lines();
        for diagnostic in &loaded.diagnostics {
            must_lie_in(&lines, diagnostic);
        }
    }
    loaded
}

/// Of each file, how many characters its lines have.
type Lines<'a> = BTreeMap<&'a str, Vec<usize>>;

/// What is said must be about a place in one of the files.
fn must_lie_in(files: &Lines<'_>, said: &Diagnostic) {
    let Location { file, line, column } = &said.location;
    let lines = files.get(whole(file).as_str());
    let lines = lines.unwrap_or_else(|| panic!("no such file: {said}"));
    if *line == 0 {
        return;
    }
    let length = lines.get(*line as usize - 1);
    let length = *length.unwrap_or_else(|| panic!("no such line: {said}"));
    let columns = 1..=length.max(1);
    assert!(
        columns.contains(&(*column as usize)),
        "no such column: {said}"
    );
}

/// The name that a file has here.
fn whole(name: &str) -> String {
    let path = Path::new("/").join(name);
    let parts = path.components().map(|part| part.as_os_str());
    let path: PathBuf = parts.filter(|part| *part != ".").collect();
    path.to_string_lossy().into_owned()
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
        self.0.get(&whole(name)).map(Vec::as_slice)
    }

    fn lines(&self) -> Lines<'_> {
        let of = |text: &Vec<u8>| {
            let text = String::from_utf8_lossy(text);
            text.split('\n').map(|line| line.chars().count()).collect()
        };
        let files = self.0.iter();
        files
            .map(|(name, text)| (name.as_str(), of(text)))
            .collect()
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
