//! `$NAME=value` definitions, and what a line is with `$NAME` and `${NAME}` replaced.
//!
//! A value is replaced where it is used, so that it may name variables that are defined later.
//! One that was written with backslashes stands for several lines.

use super::text::{Glyph, Glyphs, text, trim_end, trim_start};
use std::collections::HashMap;

/// Variables that a line may use before it is taken for one that never ends.
const MAX_USES: usize = 1000;
/// How far the end of `${NAME ARGUMENT...}` is looked for.
const MAX_USE: usize = 256;

/// The variables that are defined so far.
#[derive(Debug, Default)]
pub(super) struct Variables {
    values: HashMap<String, String>,
}

/// `$NAME=value`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Definition {
    pub name: String,
    /// With a `\n` between its lines.
    pub value: String,
}

impl Definition {
    /// What a line defines, if it is a definition.
    pub(super) fn of(line: &[Glyph]) -> Option<Self> {
        let (dollar, rest) = trim_start(line).split_first()?;
        let end = rest.iter().position(|glyph| glyph.c == '=')?;
        let name = text(&rest[..end]);
        let value = text(trim_end(&rest[end + 1..]));
        (dollar.c == '$' && is_name(&name)).then_some(Self { name, value })
    }

    /// Characters of name and value.
    pub(super) fn len(&self) -> usize {
        self.name.len() + self.value.len()
    }
}

/// A line whose variables are replaced by ever more variables.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endless {
    /// Characters of values that were looked at until that was found out.
    pub spent: usize,
}

/// What became of a line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Replaced {
    /// The line, every variable in it replaced.
    pub line: Glyphs,
    /// The other lines of a variable of several, as they were defined.
    pub more: Vec<Glyphs>,
    /// Characters of values that were put in, or did not fit.
    pub spent: usize,
}

impl Variables {
    /// Defines a variable, or gives it another value.
    pub(super) fn define(&mut self, Definition { name, value }: Definition) {
        self.values.insert(name, value);
    }

    /// What a variable is now.
    #[cfg(test)]
    pub(super) fn value_of(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// `line` with its variables replaced; `predefined` knows those that no file defines. What is
    /// not defined stays as it is. Stops where it has put in more than `budget` characters.
    ///
    /// # Errors
    /// If that has no end.
    pub(super) fn replace(
        &self,
        line: &[Glyph],
        budget: usize,
        predefined: impl Fn(&Use) -> Option<String>,
    ) -> Result<Replaced, Endless> {
        let mut rest: Glyphs = line.iter().rev().copied().collect();
        let mut done = Replaced::default();
        let mut uses = 0;
        while let Some(glyph) = rest.pop_if(|glyph| glyph.c != '\n' && done.spent <= budget) {
            let value = Use::of(glyph, &rest).and_then(|(used, length)| {
                let after = rest.len() - length;
                let value = predefined(&used).or_else(|| self.value(&used, budget))?;
                // Also of what does not fit: looking costs no less.
                done.spent += value.len() + 1;
                fits(&value, &rest[..after]).then_some((value, after))
            });
            let Some((value, after)) = value else {
                done.line.push(glyph);
                continue;
            };
            uses += 1;
            if uses > MAX_USES {
                let spent = done.spent;
                return Err(Endless { spent });
            }
            rest.truncate(after);
            rest.extend(value.chars().rev().map(|c| glyph.with(c)));
        }
        rest.reverse();
        let more = rest.split(|glyph| glyph.c == '\n').skip(1);
        done.more = more.map(<[Glyph]>::to_vec).collect();
        Ok(done)
    }

    /// The value with `$1`, `$2`... replaced by the arguments.
    fn value(&self, used: &Use, budget: usize) -> Option<String> {
        let value = self.values.get(&used.name)?;
        let longest = used.arguments.iter().map(String::len).max().unwrap_or(0);
        if value.len().saturating_mul(longest) > budget {
            return None;
        }
        match used.arguments.as_slice() {
            [] => Some(value.clone()),
            arguments => Some(with_arguments(value, arguments)),
        }
    }
}

/// `value` with `$1`, `${2}`... replaced. Arguments are put in as they are: one that names another
/// would double the text with each.
fn with_arguments(value: &str, arguments: &[String]) -> String {
    let mut parts = value.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match numbered(part, arguments) {
            Some((argument, rest)) => {
                text += argument;
                text += rest;
            }
            None => {
                text.push('$');
                text += part;
            }
        }
    }
    text
}

/// The argument that stands behind a `$`, and what follows.
fn numbered<'a>(part: &'a str, arguments: &'a [String]) -> Option<(&'a str, &'a str)> {
    let (number, rest) = match part.strip_prefix('{') {
        Some(braced) => braced.split_once('}')?,
        None => part.split_at_checked(1)?,
    };
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
    let index = number.parse::<usize>().ok().filter(|_| is_number)?;
    Some((arguments.get(index - 1)?, rest))
}

/// Several lines must be the end of the line that uses them.
fn fits(value: &str, after: &[Glyph]) -> bool {
    let blank = |glyph: &Glyph| glyph.c.is_whitespace();
    !value.contains('\n')
        || after
            .iter()
            .rev()
            .take_while(|glyph| glyph.c != '\n')
            .all(blank)
}

/// `$NAME` in front of a blank, or `${NAME ARGUMENT...}`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub name: String,
    pub arguments: Vec<String>,
}

impl Use {
    /// What `$` begins in front of `rest`, which is in reverse order, and its length there.
    fn of(dollar: Glyph, rest: &[Glyph]) -> Option<(Self, usize)> {
        if dollar.c != '$' {
            return None;
        }
        let ahead = || rest.iter().rev().map(|glyph| glyph.c).take(MAX_USE);
        match rest.last()?.c {
            '{' => Self::braced(ahead().skip(1)),
            _ => Self::bare(ahead()),
        }
    }

    /// `NAME` up to a blank.
    fn bare(ahead: impl Iterator<Item = char>) -> Option<(Self, usize)> {
        let mut name = String::new();
        // What cannot be a name is not read to its end: there may be a `$` at every character.
        for c in ahead.take_while(|c| !c.is_whitespace()) {
            if !continues_name(&name, c) {
                return None;
            }
            name.push(c);
        }
        let length = name.len();
        let arguments = Vec::new();
        (length > 0).then_some((Self { name, arguments }, length))
    }

    /// `NAME ARGUMENT...}`.
    fn braced(ahead: impl Iterator<Item = char>) -> Option<(Self, usize)> {
        let mut inside = String::new();
        let mut names = true;
        for c in ahead.take_while(|&c| c != '\n') {
            if c == '}' {
                let mut words = inside.split_whitespace().map(str::to_owned);
                let name = words.next()?;
                let arguments = words.collect();
                let length = inside.chars().count() + 2;
                return Some((Self { name, arguments }, length));
            }
            names &= !c.is_whitespace();
            if names && !continues_name(&inside, c) || inside.is_empty() && !names {
                return None;
            }
            inside.push(c);
        }
        None
    }
}

/// Whether `c` can follow what there is of a name.
fn continues_name(name: &str, c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !name.is_empty() && c.is_ascii_digit()
}

fn is_name(name: &str) -> bool {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(starts) && name.chars().all(|c| starts(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::text::from_text;
    use super::*;

    fn variables(definitions: &[&str]) -> Variables {
        let mut variables = Variables::default();
        for line in definitions {
            variables.define(Definition::of(&from_text(line)).expect("a definition"));
        }
        variables
    }

    /// The line, and behind bars those that follow it.
    fn replaced(variables: &Variables, line: &str) -> Result<String, Endless> {
        let Replaced { line, more, .. } =
            variables.replace(&from_text(line), usize::MAX, |_| None)?;
        let lines = std::iter::once(line).chain(more);
        Ok(lines.map(|line| text(&line)).collect::<Vec<_>>().join("|"))
    }

    #[test]
    fn definitions_have_no_blank_in_front_of_the_sign() {
        for line in ["$A = 1", "$9=1", "$A-B=1", "$=1", "A=1", "x $A=1", "$A"] {
            assert_eq!(Definition::of(&from_text(line)), None, "{line}");
        }
        let definition = Definition::of(&from_text("  $_a9= b = c "));
        let (name, value) = ("_a9".into(), " b = c".into());
        assert_eq!(definition, Some(Definition { name, value }));
    }

    #[test]
    fn variables_are_replaced_in_braces_or_before_a_blank() {
        let variables = variables(&["$A=val", "$B=${A}2", "$E="]);
        for (line, expected) in [
            ("$A", "val"),
            ("x $A y", "x val y"),
            ("$A/ $A. '$A'", "$A/ $A. '$A'"),
            ("${A}/$A$A", "val/$Aval"),
            ("${B}.1", "val2.1"),
            ("${U} $U ${ A} ${A", "${U} $U ${ A} ${A"),
            ("a${E}b $E", "ab "),
        ] {
            assert_eq!(
                replaced(&variables, line).as_deref(),
                Ok(expected),
                "{line}"
            );
        }
    }

    #[test]
    fn values_take_parameters() {
        let variables = variables(&["$A=10.${1}.$2 $3"]);
        assert_eq!(
            replaced(&variables, "${A 7 8}/24"),
            Ok("10.7.8 $3/24".into())
        );
    }

    #[test]
    fn arguments_are_put_in_as_they_are() {
        let variables = variables(&["$A=${1}0-$10-$3-${4}-$0-$"]);
        assert_eq!(
            replaced(&variables, "${A $2$2 $3$3 x}"),
            Ok("$2$20-$2$20-x-${4}-$0-$".into())
        );
    }

    #[test]
    fn a_value_that_does_not_fit_is_paid_for() {
        let variables = variables(&["$A=1\n2"]);
        let replaced = variables.replace(&from_text("${A} x"), usize::MAX, |_| None);
        let (line, spent) = replaced.map_or_else(
            |_| Default::default(),
            |replaced| (text(&replaced.line), replaced.spent),
        );
        assert_eq!((line.as_str(), spent), ("${A} x", 4));
    }

    #[test]
    fn several_lines_end_the_line_that_uses_them() {
        let variables = variables(&["$A=1\n 2 $B\n3", "$B=b"]);
        assert_eq!(replaced(&variables, "x $A "), Ok("x 1| 2 $B|3 ".into()));
        assert_eq!(replaced(&variables, "$A x"), Ok("$A x".into()));
    }

    #[test]
    fn what_never_ends_is_found_out() {
        for definition in ["$A=$A", "$A=$A $A ", "$A=x${A}"] {
            let replaced = replaced(&variables(&[definition]), "${A}");
            assert!(
                matches!(replaced, Err(Endless { spent }) if spent > MAX_USES),
                "{replaced:?}"
            );
        }
    }

    #[test]
    fn what_comes_from_a_variable_stands_where_it_is_used() {
        let variables = variables(&["$A=12"]);
        let replaced = variables.replace(&from_text("ab ${A}c"), usize::MAX, |_| None);
        let columns = replaced.map(|done| done.line.iter().map(|glyph| glyph.column).collect());
        assert_eq!(columns, Ok(vec![1, 2, 3, 4, 4, 8]));
    }
}
