//! One line for each of several values: `~SEQ(VAR,START,STEP,END)`, `~SEQx`, `~LST(VAR,VALUE...)`.

use super::text::{Glyph, Glyphs, text, trim_start};
use super::variables::Definition;
use std::fmt;

/// Characters in front of the parenthesis that can still be a keyword, with blanks.
const LONGEST: usize = 16;

/// A line that stands for one line for each value.
pub(super) struct Sequence {
    at: Glyph,
    names: Vec<String>,
    values: Box<dyn Iterator<Item = Vec<String>>>,
    line: Glyphs,
}

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} in {}", self.names, text(&self.line))
    }
}

/// The parts of a line that begins with `~`.
pub(super) struct Spelling<'a> {
    /// `~SEQ`, `~SEQx` or `~LST`.
    pub keyword: &'static str,
    /// The `~`.
    pub at: Glyph,
    /// What is in its parentheses; nothing if they are not closed.
    pub parameters: &'a [Glyph],
    /// What stands behind them.
    pub line: &'a [Glyph],
}

impl<'a> Spelling<'a> {
    /// The parts of `line` if it stands for several.
    pub(super) fn of(line: &'a [Glyph]) -> Option<Self> {
        let start = trim_start(line);
        let open = start.iter().position(|glyph| glyph.c == '(')?;
        let word = text(&start[..open.min(LONGEST)]);
        let mut keywords = ["~SEQ", "~SEQx", "~LST"].into_iter();
        let keyword = keywords.find(|&keyword| keyword == word.trim_end())?;
        let inside = &start[open + 1..];
        let close = inside.iter().position(|glyph| glyph.c == ')');
        let (parameters, line) = match close {
            Some(close) => (&inside[..close], &inside[close + 1..]),
            None => (&inside[..0], &inside[..0]),
        };
        Some(Self {
            keyword,
            at: *start.first()?,
            parameters,
            line,
        })
    }
}

impl Sequence {
    /// What a line stands for; `None` if `parameters`, its own without variables, make no sense.
    pub(super) fn new(spelling: &Spelling<'_>, parameters: &str) -> Option<Self> {
        let mut items = items(parameters).into_iter();
        let names = items.next().filter(|names| !names.concat().is_empty())?;
        let items: Vec<Vec<String>> = items.collect();
        let values: Box<dyn Iterator<Item = Vec<String>>> = match spelling.keyword {
            "~LST" if !items.is_empty() => Box::new(items.into_iter()),
            "~SEQ" => Box::new(numbers(&items)?.map(|number| vec![number.to_string()])),
            "~SEQx" => Box::new(numbers(&items)?.map(|number| vec![format!("{number:x}")])),
            _ => return None,
        };
        Some(Self {
            at: spelling.at,
            names,
            values,
            line: spelling.line.to_vec(),
        })
    }

    /// The `~` that it began with.
    pub(super) const fn at(&self) -> Glyph {
        self.at
    }

    /// The next line, and the variables that it is to be read with.
    pub(super) fn next(&mut self) -> Option<(Vec<Definition>, Glyphs)> {
        let mut values = self.values.next()?.into_iter();
        let definition = |name: &String| Definition {
            name: name.clone(),
            value: values.next().unwrap_or_default(),
        };
        Some((
            self.names.iter().map(definition).collect(),
            self.line.clone(),
        ))
    }
}

/// What commas separate; in braces they separate the parts of one item.
fn items(parameters: &str) -> Vec<Vec<String>> {
    let mut items = vec![vec![String::new()]];
    let mut braces = false;
    for c in parameters.chars() {
        match c {
            '{' => braces = true,
            '}' => braces = false,
            ',' if !braces => items.push(vec![String::new()]),
            _ => {
                let Some(item) = items.last_mut() else {
                    continue;
                };
                match item.last_mut() {
                    Some(part) if c != ',' => part.push(c),
                    _ => item.push(String::new()),
                }
            }
        }
    }
    let trimmed = |item: Vec<String>| item.iter().map(|part| part.trim().to_owned()).collect();
    items.into_iter().map(trimmed).collect()
}

/// The numbers from START by STEP to END, of which END alone must be said.
fn numbers(items: &[Vec<String>]) -> Option<impl Iterator<Item = i64> + use<>> {
    let words = items.iter().map(|item| number(&item.concat()));
    let words = words.collect::<Option<Vec<i64>>>()?;
    let (start, step, end) = match *words.as_slice() {
        [end] => (if end > 0 { 1 } else { -1 }, None, end),
        [start, end] => (start, None, end),
        [start, step, end] => (start, Some(step), end),
        _ => return None,
    };
    let step = step.unwrap_or(if end < start { -1 } else { 1 });
    let goes_there = step != 0 && (start == end || (start < end) == (step > 0));
    let within = move |number: &i64| {
        if step > 0 {
            *number <= end
        } else {
            *number >= end
        }
    };
    let next = move |number: &i64| number.checked_add(step).filter(within);
    goes_there.then(|| std::iter::successors(Some(start), next))
}

/// Decimal, or hexadecimal behind `0x`, of 32 bits as keepalived counts.
fn number(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let magnitude = match digits.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    let magnitude = i64::from(magnitude.ok()?);
    Some(if negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::super::text::from_text;
    use super::*;

    /// The values that a line gives its variables, and what is left of it.
    fn values(line: &str) -> Option<(String, String)> {
        let line = from_text(line);
        let spelling = Spelling::of(&line)?;
        let parameters = text(spelling.parameters);
        let mut sequence = Sequence::new(&spelling, &parameters)?;
        let mut values = Vec::new();
        let mut rest = String::new();
        while let Some((definitions, line)) = sequence.next() {
            let shown = definitions
                .iter()
                .map(|d| format!("{}={}", d.name, d.value));
            values.push(shown.collect::<Vec<_>>().join("+"));
            rest = text(&line);
        }
        Some((values.join(" "), rest))
    }

    #[test]
    fn numbers_go_from_start_to_end() {
        for (line, expected) in [
            ("~SEQ(A,1,2,6) x", "A=1 A=3 A=5"),
            (" ~SEQ (A, 3) x", "A=1 A=2 A=3"),
            ("~SEQ(A,-2) x", "A=-1 A=-2"),
            ("~SEQ(A,2,0) x", "A=2 A=1 A=0"),
            ("~SEQ(A,7,7) x", "A=7"),
            ("~SEQx(A,0x12,-8,1) x", "A=12 A=a A=2"),
        ] {
            let expected = Some((expected.to_owned(), " x".to_owned()));
            assert_eq!(values(line), expected, "{line}");
        }
    }

    #[test]
    fn lists_set_one_variable_or_several() {
        let one = values("~LST(A, a, 2,)x");
        assert_eq!(one, Some(("A=a A=2 A=".into(), "x".into())));
        let two = values("~LST({A,B},{1, 2},{3})x");
        assert_eq!(two, Some(("A=1+B=2 A=3+B=".into(), "x".into())));
    }

    #[test]
    fn nonsense_is_no_sequence() {
        for line in [
            "~SEQ(A)",
            "~SEQ(A,1,-1,4)",
            "~SEQ(A,1,0,4)",
            "~SEQ(A,b,4)",
            "~SEQ(A,1,4",
            "~LST(A)",
            "~SEQ(,1,4)",
            "~SEQ(A,1,1,1,1)",
            "~FOO(A,1,4)",
            "x ~SEQ(A,1,4)",
            "~SEQ",
            "~SEQ(A,99999999999)",
        ] {
            assert_eq!(values(line), None, "{line}");
        }
    }
}
