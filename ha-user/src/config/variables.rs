//! `$NAME=value` definitions, and what a line is with `$NAME` and `${NAME}` replaced.
//!
//! A value is replaced where it is used, so that it may name variables that are defined later.
//! One that was written with backslashes stands for several lines.

use super::text::{Glyph, Line, text, trim_end, trim_start};
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
}

/// A line whose variables are replaced by ever more variables.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endless;

/// What became of a line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Replaced {
    /// The line, every variable in it replaced.
    pub line: Line,
    /// The other lines of a variable of several, as they were defined.
    pub more: Vec<Line>,
    /// Characters of values that were put in.
    pub spent: usize,
}

impl Variables {
    /// Defines a variable, or gives it another value.
    pub(super) fn define(&mut self, Definition { name, value }: Definition) {
        self.values.insert(name, value);
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
        let mut rest: Vec<Glyph> = line.iter().rev().copied().collect();
        let mut done = Replaced::default();
        let mut uses = 0;
        while let Some(glyph) = rest.pop_if(|glyph| glyph.c != '\n' && done.spent <= budget) {
            let value = Use::of(glyph, &rest).and_then(|(used, length)| {
                let after = rest.len() - length;
                let value = predefined(&used).or_else(|| self.value(&used, budget))?;
                fits(&value, &rest[..after]).then_some((value, after))
            });
            let Some((value, after)) = value else {
                done.line.push(glyph);
                continue;
            };
            uses += 1;
            if uses > MAX_USES {
                return Err(Endless);
            }
            rest.truncate(after);
            done.spent += value.len() + 1;
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
        let numbered = used.arguments.iter().enumerate();
        Some(numbered.fold(value.clone(), |value, (index, argument)| {
            let number = index + 1;
            let braced = value.replace(&format!("${{{number}}}"), argument);
            braced.replace(&format!("${number}"), argument)
        }))
    }
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
        let ahead = rest.iter().rev().map(|glyph| glyph.c).take(MAX_USE);
        let ahead: String = ahead.take_while(|&c| c != '\n').collect();
        let (inside, length) = match ahead.strip_prefix('{') {
            Some(braced) => {
                let (inside, _) = braced.split_once('}')?;
                (inside, inside.chars().count() + 2)
            }
            None => {
                let name = ahead.split(char::is_whitespace).next()?;
                (name, name.chars().count())
            }
        };
        let mut words = inside.split_whitespace().map(str::to_owned);
        let name = words
            .next()
            .filter(|name| inside.starts_with(name.as_str()))?;
        let arguments = words.collect();
        is_name(&name).then_some((Self { name, arguments }, length))
    }
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
    fn several_lines_end_the_line_that_uses_them() {
        let variables = variables(&["$A=1\n 2 $B\n3", "$B=b"]);
        assert_eq!(replaced(&variables, "x $A "), Ok("x 1| 2 $B|3 ".into()));
        assert_eq!(replaced(&variables, "$A x"), Ok("$A x".into()));
    }

    #[test]
    fn what_never_ends_is_found_out() {
        for definition in ["$A=$A", "$A=$A $A ", "$A=x${A}"] {
            assert_eq!(replaced(&variables(&[definition]), "${A}"), Err(Endless));
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
