//! The lines of a file after everything in them that stands for other text is replaced.

use super::diagnostic::{FileId, Report, Severity, Source};
use super::directors;
use super::host::Host;
use super::predefined;
use super::sequence::{Sequence, Spelling};
use super::text::{Glyph, Glyphs, Line, Lines, Written, text, trim_start};
use super::variables::{Definition, Endless, Replaced, Variables};

/// Characters that variables and sequences may add to all files: some thousand instances. Whoever tries
/// millions of files spends less on each that has a sequence in it.
const MAX_ADDED: usize = if cfg!(fuzzing) { 1 << 15 } else { 1 << 20 };
/// What a line of a sequence costs beside its characters, for whoever reads it.
const LINE_COST: usize = 16;

/// What holds from one file to the next.
pub(super) struct Scope<'a> {
    pub host: &'a dyn Host,
    pub report: &'a mut Report,
    /// Who this director is to lines for some only.
    id: String,
    variables: Variables,
    /// Characters that were added so far, and what else expanding costs.
    added: usize,
}

impl<'a> Scope<'a> {
    pub(super) fn new(host: &'a dyn Host, report: &'a mut Report) -> Self {
        Self {
            host,
            report,
            id: host.config_id(),
            variables: Variables::default(),
            added: 0,
        }
    }

    /// Too much was added: nothing is read any more.
    pub(super) const fn is_exhausted(&self) -> bool {
        self.added > MAX_ADDED
    }
}

/// What is to be read before the next line of the file.
enum Pending {
    Line(Glyphs),
    Sequence(Sequence),
}

/// The lines of one file.
pub(super) struct Expander<'a> {
    file: FileId,
    name: &'a str,
    lines: Lines<'a>,
    /// The first at the end.
    pending: Vec<Pending>,
}

impl<'a> Expander<'a> {
    pub(super) fn new(file: FileId, source: &'a Source) -> Self {
        Self {
            file,
            name: &source.name,
            lines: Lines::new(file, &source.text),
            pending: Vec::new(),
        }
    }

    /// The next line that is not a definition nor for another director; none any more once too
    /// much was added.
    pub(super) fn next(&mut self, scope: &mut Scope<'_>) -> Option<Line<'a>> {
        while !scope.is_exhausted() {
            let line = match self.raw(scope)? {
                Line::Written(line) if !may_mean_more(line) => {
                    return Some(Line::Written(line));
                }
                line => line.into_glyphs(),
            };
            let expanded = self.expand(&line, scope);
            if expanded.is_some() {
                return expanded.map(Line::Made);
            }
        }
        None
    }

    /// The next line as it is written.
    fn raw(&mut self, scope: &mut Scope<'_>) -> Option<Line<'a>> {
        while let Some(pending) = self.pending.pop() {
            let line = match pending {
                Pending::Line(line) => Some(line),
                Pending::Sequence(sequence) => self.of_sequence(sequence, scope),
            };
            if let Some(line) = line {
                return Some(Line::Made(line));
            }
        }
        match scope.is_exhausted() {
            true => None,
            false => self.lines.next(is_definition, scope.report),
        }
    }

    fn of_sequence(&mut self, mut sequence: Sequence, scope: &mut Scope<'_>) -> Option<Glyphs> {
        let at = sequence.at();
        let (definitions, line) = sequence.next()?;
        let defined: usize = definitions.iter().map(Definition::len).sum();
        for definition in definitions {
            scope.variables.define(definition);
        }
        self.pending.push(Pending::Sequence(sequence));
        self.may_add(line.len() + defined + LINE_COST, at, scope)
            .then_some(line)
    }

    /// What is left of a line: nothing if it is for others, defines something, or stands for
    /// lines that are now pending.
    fn expand(&mut self, line: &[Glyph], scope: &mut Scope<'_>) -> Option<Glyphs> {
        let line = directors::for_director(line, &scope.id)?;
        if let Some(definition) = Definition::of(line) {
            scope.variables.define(definition);
            return None;
        }
        if let Some(spelling) = Spelling::of(line) {
            self.repeat(&spelling, scope);
            return None;
        }
        let Replaced {
            line: done, more, ..
        } = self.replace(line, scope)?;
        self.pending
            .extend(more.into_iter().rev().map(Pending::Line));
        if means_more(line, &done) {
            self.pending.push(Pending::Line(done));
            return None;
        }
        Some(done)
    }

    fn replace(&mut self, line: &[Glyph], scope: &mut Scope<'_>) -> Option<Replaced> {
        let Some(at) = trim_start(line).first().copied() else {
            return Some(Replaced::default());
        };
        let predefined = |used: &_| predefined::value(used, self.name, scope.host);
        let budget = MAX_ADDED.saturating_sub(scope.added);
        match scope.variables.replace(line, budget, predefined) {
            Ok(replaced) => self.may_add(replaced.spent, at, scope).then_some(replaced),
            Err(Endless { spent }) => {
                let message = "these variables stand for each other without end: ignoring the line";
                let help = "a value cannot use its own name";
                self.say(Severity::Error, at, message, help, scope);
                // A sequence may have thousands of such lines.
                self.may_add(spent, at, scope);
                None
            }
        }
    }

    /// Reads the lines that `~` stands for next.
    fn repeat(&mut self, spelling: &Spelling<'_>, scope: &mut Scope<'_>) {
        let Some(Replaced { line, .. }) = self.replace(spelling.parameters, scope) else {
            return;
        };
        match Sequence::new(spelling, &text(&line)) {
            Some(sequence) => self.pending.push(Pending::Sequence(sequence)),
            None => {
                let message = format!(
                    "Invalid {} specification: ignoring the line",
                    spelling.keyword
                );
                let help = "write ~SEQ(VARIABLE, START, STEP, END) or ~LST(VARIABLE, VALUE, ...)";
                self.say(Severity::Error, spelling.at, &message, help, scope);
            }
        }
    }

    /// Counts what is added; if that is too much, nothing more is.
    fn may_add(&mut self, count: usize, at: Glyph, scope: &mut Scope<'_>) -> bool {
        scope.added = scope.added.saturating_add(count);
        if !scope.is_exhausted() {
            return true;
        }
        self.pending.clear();
        if scope.report.first("expansion") {
            let message = format!("variables and sequences add more than {MAX_ADDED} characters");
            let help = "a sequence is too long, or a variable stands for itself";
            self.say(Severity::Fatal, at, &message, help, scope);
        }
        false
    }

    fn say(&self, severity: Severity, at: Glyph, message: &str, help: &str, scope: &mut Scope<'_>) {
        let at = at.at(self.file);
        scope.report.add_with_help(severity, &at, message, help);
    }
}

/// Whether a line without variables can be for some directors only, or stand for several.
fn may_mean_more(line: Written<'_>) -> bool {
    matches!(line.first(), Some(b'@' | b'~'))
}

/// A definition, whether for this director or another.
fn is_definition(line: &[Glyph]) -> bool {
    let (_, line) = directors::split(line);
    Definition::of(line).is_some()
}

/// A variable at its beginning made `line` one for some directors, or for several values.
fn means_more(line: &[Glyph], replaced: &[Glyph]) -> bool {
    let first = |line| trim_start(line).first().map(|glyph| glyph.c);
    first(line) == Some('$') && matches!(first(replaced), Some('@' | '~'))
}

#[cfg(test)]
mod tests {
    use super::super::host::Anywhere;
    use super::super::text::trim_end;
    use super::*;

    fn source(text: &str) -> Source {
        Source {
            name: "f".into(),
            text: text.into(),
        }
    }

    /// The lines that are left of a file, between bars, and what is said about them.
    fn expanded(text: &str) -> (String, Vec<String>) {
        let mut report = Report::default();
        let mut scope = Scope::new(&Anywhere, &mut report);
        let source = source(text);
        let mut expander = Expander::new(FileId(0), &source);
        let lines = std::iter::from_fn(|| expander.next(&mut scope));
        let lines: Vec<String> = lines
            .map(|line| super::text(trim_end(trim_start(&line.into_glyphs()))))
            .filter(|line| !line.is_empty())
            .collect();
        let said = report
            .finish(&[source.into()])
            .iter()
            .map(ToString::to_string)
            .collect();
        (lines.join("|"), said)
    }

    #[test]
    fn values_are_those_of_the_moment_of_use() {
        let (lines, said) = expanded("$A=1.${B}\n$B=0\n${A}.2\n$B=9\n${A}.2\n");
        assert_eq!((lines.as_str(), said), ("1.0.2|1.9.2", vec![]));
    }

    #[test]
    fn a_variable_of_several_lines_defines_and_nests() {
        let text =
            "$IN= \\\n b $N \\\n $N=2 \\\n b $N\n$OUT= \\\n a \\\n $IN \\\n c\n$N=1\n$OUT\nd $N\n";
        assert_eq!(expanded(text).0, "a|b 1|b 2|c|d 2");
    }

    #[test]
    fn conditions_stand_before_definitions_and_come_from_variables() {
        let id = Anywhere.config_id();
        let text =
            format!("@{id} $A=1\n@^{id} $A= \\\n2 \\\n3\n$IF=@{id}\n$NO=@other\n$IF x $A\n$NO y\n");
        assert_eq!(expanded(&text).0, "x 1");
    }

    #[test]
    fn sequences_nest() {
        let (lines, said) =
            expanded("$N=2\n~SEQ(A,1,${N}) ~LST(B,x,y) ${A}${B}\n$S=~SEQ(C,2)\n$S $C\n");
        assert_eq!((lines.as_str(), said), ("1x|1y|2x|2y|1|2", vec![]));
    }

    #[test]
    fn faults_are_named_where_they_are_written() {
        let (lines, said) = expanded("a\n  ~SEQ(A,1,0,3) b\n$E=${E}\n ${E}\n");
        assert_eq!(lines, "a");
        assert!(
            said[0].starts_with("f:2:3: error: Invalid ~SEQ"),
            "{said:?}"
        );
        assert!(
            said[1].starts_with("f:4:2: error: these variables"),
            "{said:?}"
        );
        assert_eq!(said.len(), 2);
    }

    #[test]
    fn bombs_end() {
        for bomb in [
            "~SEQ(A,1,4000000000) x",
            "~SEQ(A,1,4000000000) $B=1",
            "$A= \\\n x \\\n $A \\\n $A\n$A\n",
            "$A=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n~SEQ(B,1,9999) ~SEQ(C,1,9999) ${A}${A}",
            "~SEQ(A,1,9999) ~SEQ(B,1,9999) ~SEQ(C,1,9999)",
        ] {
            let (lines, said) = expanded(bomb);
            assert!(lines.len() <= 2 * MAX_ADDED, "{bomb}");
            assert!(
                said[0].contains("fatal: variables and sequences add"),
                "{said:?}"
            );
            assert_eq!(said.len(), 1, "{bomb}");
        }
    }

    /// Every turn of the loops costs something, also where nothing comes of it.
    #[test]
    fn what_never_yields_a_line_ends() {
        for bomb in [
            "$A=$A\n~SEQ(B,1,4000000000) ${A}",
            "$A=$A\n~SEQ(B,1,4000000000) ~LST(C,${A}) x",
            "~SEQ(B,1,4000000000) ~LST(C)",
            "~SEQ(B,1,4000000000) @other x",
            "~SEQ(B,1,4000000000)",
            "$A= \\\n \\\n$A\n$A\n",
            "$A=1\\\n2\n~SEQ(B,1,4000000000) $C=$A",
        ] {
            let (lines, said) = expanded(bomb);
            assert_eq!(lines, "", "{bomb}");
            let fatal = "fatal: variables and sequences add";
            assert_eq!(
                said.iter().filter(|line| line.contains(fatal)).count(),
                1,
                "{bomb}: {said:?}"
            );
        }
    }

    #[test]
    fn a_turn_costs_more_than_its_characters() {
        let mut report = Report::default();
        let mut scope = Scope::new(&Anywhere, &mut report);
        let source = source("$A=$A\n~SEQ(B,1,4000000000) ${A}");
        let mut expander = Expander::new(FileId(0), &source);
        assert_eq!(expander.next(&mut scope), None);
        // Each of its lines went round as often as a line may.
        let turns = MAX_ADDED / 1000;
        let said = scope.variables.value_of("B").and_then(|b| b.parse().ok());
        assert!(said.is_some_and(|last: usize| last <= turns), "{said:?}");
    }

    #[test]
    fn nothing_is_read_once_too_much_was_added() {
        let (lines, said) = expanded("~SEQ(A,1,4000000000) x\nafter \"\n$A=$A\n${A}\n");
        assert!(!lines.contains("after"));
        assert_eq!(said.len(), 1, "{said:?}");
    }
}
