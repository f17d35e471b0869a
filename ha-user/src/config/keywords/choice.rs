//! Keywords that take one word of a few.

use super::super::diagnostic::{Report, Severity};
use super::super::lexer::Word;

/// Words that a keyword takes, and what they mean.
pub(super) type Choices<T> = &'static [(&'static str, T)];

/// Sets `target` to what the one of `words` means; another word is reported.
pub(super) fn choose<T: Copy>(
    target: &mut T,
    choices: Choices<T>,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) {
    if let Some(meaning) = chosen(choices, keyword, words, report) {
        *target = meaning;
    }
}

/// What the first of `words` means; another word than those of `choices` is reported.
pub(super) fn chosen<T: Copy>(
    choices: Choices<T>,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) -> Option<T> {
    let [word, ..] = words else { return None };
    if let Some((_, meaning)) = choices.iter().find(|(name, _)| *name == word.text) {
        return Some(*meaning);
    }
    let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
    let message = format!(
        "{}: unknown word '{}': ignoring the line",
        keyword.text, word.text
    );
    let help = names.join(", ");
    report.add_with_help(Severity::Error, &word.at, message, help);
    None
}
