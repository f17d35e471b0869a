//! The table of keywords for somebody who asks: `vipd --explain KEYWORD`.

use std::fmt::Write as _;

use super::Entry;
use super::catalogue::{catalogue, closest};

/// Columns of a terminal.
const WIDTH: usize = 80;
const INDENT: &str = "    ";

/// What `name` means wherever it can stand, in lines for a terminal.
///
/// # Errors
/// When nothing has that name; says what may be meant.
pub fn explain(name: &str) -> Result<String, String> {
    let meanings = meanings_of(name);
    if meanings.is_empty() {
        return Err(unknown(name));
    }
    let paragraphs: Vec<String> = meanings.iter().map(Meaning::render).collect();
    Ok(paragraphs.join("\n"))
}

/// What a name means, and everywhere it means just that.
struct Meaning {
    entry: &'static Entry,
    blocks: Vec<String>,
}

fn meanings_of(name: &str) -> Vec<Meaning> {
    let mut meanings: Vec<Meaning> = Vec::new();
    for entry in catalogue().iter().filter(|entry| entry.name == name) {
        let same = |meaning: &&mut Meaning| is_same(meaning.entry, entry);
        match meanings.iter_mut().find(same) {
            Some(meaning) => meaning.blocks.push(place_of(entry)),
            None => meanings.push(Meaning {
                entry,
                blocks: vec![place_of(entry)],
            }),
        }
    }
    meanings
}

fn is_same(one: &Entry, other: &Entry) -> bool {
    let words = |entry: &Entry| (entry.value.clone(), entry.effect, entry.doc);
    words(one) == words(other) && inside(one) == inside(other)
}

fn place_of(entry: &Entry) -> String {
    match entry.path.as_slice() {
        [] => "outside all blocks".to_owned(),
        path => path.join(" / "),
    }
}

/// Keywords of the block that `entry` begins.
fn inside(entry: &Entry) -> Vec<&'static str> {
    let (last, path) = (entry.name, entry.path.as_slice());
    let is_inside = |other: &&Entry| other.path.split_last() == Some((&last, path));
    let entries = catalogue().iter().filter(is_inside);
    entries.map(|other| other.name).collect()
}

impl Meaning {
    fn render(&self) -> String {
        let Entry {
            name,
            value,
            effect,
            doc,
            ..
        } = self.entry;
        let mut text = format!("{} {value}", name.trim_end());
        text.truncate(text.trim_end().len());
        text.push('\n');
        wrap(&mut text, doc);
        wrap(&mut text, &format!("in: {}", self.blocks.join(", ")));
        wrap(
            &mut text,
            &format!("vipd: {}: {}", effect.name(), effect.meaning()),
        );
        let inside = inside(self.entry);
        if !inside.is_empty() {
            wrap(&mut text, &format!("takes: {}", inside.join(", ")));
        }
        text
    }
}

/// Adds `words` to `text`, indented, in lines that fit a terminal.
fn wrap(text: &mut String, words: &str) {
    let mut column = WIDTH;
    let mut lines = 0;
    for word in words.split(' ') {
        if column + 1 + word.chars().count() > WIDTH {
            let deeper = if lines == 0 { "" } else { "  " };
            let end = if lines == 0 { "" } else { "\n" };
            // Writing to a string cannot fail.
            let _ = write!(text, "{end}{INDENT}{deeper}{word}");
            column = INDENT.len() + deeper.len() + word.chars().count();
            lines += 1;
        } else {
            let _ = write!(text, " {word}");
            column += 1 + word.chars().count();
        }
    }
    text.push('\n');
}

fn unknown(name: &str) -> String {
    let names = catalogue().iter().map(|entry| entry.name);
    let hint = match closest(name, names) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "docs/keywords.md has all there are".to_owned(),
    };
    format!("no keyword is named `{name}`: {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_says_what_it_takes_where_and_what_becomes_of_it() {
        let text = explain("advert_int").unwrap();
        assert!(
            text.starts_with("advert_int 0.01 to 255 s\n    time between two adverts"),
            "{text}"
        );
        assert!(
            text.contains("\n    in: vrrp_instance\n    vipd: used: does what it says\n"),
            "{text}"
        );
    }

    #[test]
    fn what_means_the_same_in_many_blocks_is_said_once() {
        let text = explain("connect_port").unwrap();
        assert_eq!(text.matches("connect_port").count(), 1, "{text}");
        assert!(
            text.contains("real_server / TCP_CHECK") && text.contains("HTTP_GET"),
            "{text}"
        );
    }

    #[test]
    fn a_block_says_what_it_takes() {
        let text = explain("vrrp_script").unwrap();
        assert!(text.contains("takes: script, interval"), "{text}");
    }

    #[test]
    fn every_keyword_is_explained_in_lines_that_fit() {
        for entry in catalogue() {
            let text = explain(entry.name).unwrap();
            let words_fit =
                |line: &str| line.chars().count() <= WIDTH || !line.trim().contains(' ');
            assert!(text.lines().skip(1).all(words_fit), "{text}");
            assert!(
                text.contains(entry.doc.split(' ').next().unwrap()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_slip_is_recognised() {
        assert_eq!(
            explain("advertint").unwrap_err(),
            "no keyword is named `advertint`: did you mean `advert_int`?"
        );
        assert!(explain("").unwrap_err().contains("docs/keywords.md"));
    }
}
