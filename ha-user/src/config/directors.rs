//! Lines that are for some directors only: `@ID rest`, and `@^ID rest` for all the others.

use super::text::{Glyph, text, trim_start};

/// What is left of `line` on the director `id`; `None` if the line is for others.
pub(super) fn for_director<'a>(line: &'a [Glyph], id: &str) -> Option<&'a [Glyph]> {
    let (condition, rest) = split(line);
    let holds = match condition.as_deref() {
        None => true,
        Some(condition) => match condition.strip_prefix('^') {
            Some(other) => other != id,
            None => condition == id,
        },
    };
    holds.then_some(rest)
}

/// The condition of a line without its `@`, and the line without its condition.
pub(super) fn split(line: &[Glyph]) -> (Option<String>, &[Glyph]) {
    let line = trim_start(line);
    let Some((at, rest)) = line.split_first() else {
        return (None, line);
    };
    if at.c != '@' {
        return (None, line);
    }
    let blank = |glyph: &Glyph| glyph.c.is_whitespace();
    let end = rest.iter().position(blank).unwrap_or(rest.len());
    let (condition, rest) = rest.split_at(end);
    (Some(text(condition)), trim_start(rest))
}

#[cfg(test)]
mod tests {
    use super::super::text::from_text;
    use super::*;

    #[test]
    fn a_line_is_for_the_director_that_it_names() {
        for (line, rest) in [
            ("priority 1", Some("priority 1")),
            (" @lb1 \t priority 1", Some("priority 1")),
            ("@lb2 priority 1", None),
            ("@^lb2 priority 1", Some("priority 1")),
            ("@^lb1 priority 1", None),
            ("@ priority 1", None),
            ("@^ priority 1", Some("priority 1")),
            ("@lb1", Some("")),
            ("@lb1 @lb1 a", Some("@lb1 a")),
            ("", Some("")),
        ] {
            let left = for_director(&from_text(line), "lb1").map(text);
            assert_eq!(left.as_deref(), rest, "{line}");
        }
    }
}
