//! Values made of words: addresses, commands, users, weights.

use super::super::diagnostic::{At, Report, Severity};
use super::super::draft::InstanceDraft;
use super::super::lexer::Word;
use super::super::model::file::FileWeight;
use super::super::model::{Command, ScriptUser, VrrpVersion, Weight};
use super::number;
use ha_common::Family;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

/// keepalived's range of a script's weight.
const WEIGHTS: RangeInclusive<i64> = -253..=253;

/// The longest time that keepalived can count, in its unit of a microsecond.
pub(super) const LONGEST: Duration = Duration::from_secs(4294);
/// Whole seconds that keepalived can count, in its unit of a microsecond.
pub(super) const SECONDS: RangeInclusive<i64> = 0..=4294;
/// Whole seconds that it counts as seconds.
pub(super) const LONG: RangeInclusive<i64> = 0..=u32::MAX as i64;
/// How many packets there may be, or none.
pub(super) const COUNT: RangeInclusive<i64> = 0..=i32::MAX as i64;
/// How often a packet may be repeated.
pub(super) const REPEATS: RangeInclusive<i64> = 1..=u32::MAX as i64;

/// Whole seconds.
pub(super) fn whole_seconds(number: &At<i64>) -> Option<Duration> {
    u64::try_from(number.value).ok().map(Duration::from_secs)
}

/// How often something happens.
pub(super) fn count(number: &At<i64>) -> Option<u32> {
    u32::try_from(number.value).ok()
}

/// A number of one octet, and where it stands.
pub(super) fn octet(number: At<i64>) -> Option<At<u8>> {
    let value = u8::try_from(number.value).ok()?;
    let at = number.at;
    Some(At { value, at })
}

/// Version of VRRP.
pub(super) const fn version(number: At<i64>) -> Option<At<VrrpVersion>> {
    let At { at, value } = number;
    let value = match value {
        2 => VrrpVersion::V2,
        3 => VrrpVersion::V3,
        _ => return None,
    };
    Some(At { at, value })
}

/// A word of an instance or script and where it stands.
pub(super) fn located(word: &Word) -> At<String> {
    At {
        value: word.text.to_string(),
        at: word.at,
    }
}

/// The address of an instance that `keyword` wants; anything else is reported and left out.
pub(super) fn address_of(
    instance: &mut InstanceDraft,
    keyword: &str,
    word: &Word,
    report: &mut Report,
) -> Option<IpAddr> {
    let text = &word.text;
    let message = match text.parse() {
        Ok(address) if instance.admits(address) => return Some(address),
        Ok(_) => {
            let name = &instance.name.value;
            format!(
                "VRRP instance[{name}] and {keyword} '{text}' MUST be of the same family. Skipping it"
            )
        }
        Err(_) => format!("{keyword}: malformed address '{text}'. Skipping it"),
    };
    report.add(Severity::Error, &word.at, message);
    None
}

/// A multicast group, of `family` if that matters.
pub(super) fn group(
    keyword: &Word,
    word: &Word,
    family: Option<Family>,
    report: &mut Report,
) -> Option<IpAddr> {
    let address = word.text.parse().ok();
    let fits = |group: &IpAddr| family.is_none_or(|family| family == Family::from(*group));
    let group = address.filter(IpAddr::is_multicast).filter(fits);
    if group.is_none() {
        let message = format!("{}: invalid value '{}'. ignoring", keyword.text, word.text);
        report.add_with_help(Severity::Error, &word.at, message, "a multicast address");
    }
    group
}

/// An address of either family, and where it stands.
pub(super) fn ip(word: &Word) -> Option<At<IpAddr>> {
    let value = word.text.parse().ok()?;
    let at = word.at;
    Some(At { value, at })
}

/// A port.
pub(super) fn port(number: &At<i64>) -> Option<u16> {
    u16::try_from(number.value).ok()
}

/// A word that goes into a request as it is: without blanks and control characters.
pub(super) fn token(keyword: &Word, words: &[Word], report: &mut Report) -> Option<At<String>> {
    let word = words.first()?;
    let is_bad = |c: char| c.is_whitespace() || c.is_control();
    if !word.text.is_empty() && !word.text.contains(is_bad) {
        return Some(located(word));
    }
    let message = format!(
        "{}: empty, or with blanks or control characters - ignoring",
        keyword.text
    );
    report.add(Severity::Error, &word.at, message);
    None
}

/// A command, and whom it runs as, as `notify*` has them: `"PROGRAM ARG..." [USER [GROUP]]`.
///
/// Without quotes the command is one word. `None` if there is no program in the quotes.
pub(super) fn command(words: &[Word]) -> Option<At<Command>> {
    let (first, user) = words.split_first()?;
    let words = if first.quoted {
        split(&first.text)
    } else {
        vec![first.text.to_string()]
    };
    if words.is_empty() {
        return None;
    }
    Some(At {
        value: Command {
            words,
            user: script_user(user),
        },
        at: first.at,
    })
}

/// Sets `slot` to a command as `notify*` has them; the first one counts.
pub(super) fn script(
    slot: &mut Option<At<Command>>,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) {
    let name = &keyword.text;
    let Some(command) = command(words) else {
        let message = format!("{name}: no command in the quotes - ignoring");
        return report.add(Severity::Error, &keyword.at, message);
    };
    if slot.is_some() {
        let message = format!("{name} script already specified - ignoring this one");
        return report.add(Severity::Error, &command.at, message);
    }
    *slot = Some(command);
}

/// Keeps `notify` and every `notify_STATE` by keyword; the first of each counts.
pub(super) fn notify(
    commands: &mut BTreeMap<String, At<Command>>,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) {
    let mut slot = commands.remove(keyword.text.as_str());
    script(&mut slot, keyword, words, report);
    let command = slot.map(|command| (keyword.text.to_string(), command));
    commands.extend(command);
}

/// `USER [GROUP]`.
pub(super) fn script_user(words: &[Word]) -> Option<ScriptUser> {
    let (user, rest) = words.split_first()?;
    Some(ScriptUser {
        user: user.text.to_string(),
        group: rest.first().map(|word| word.text.to_string()),
    })
}

/// `weight N [reverse|noreverse]`; what is wrong is reported with `owner`, the script's name.
pub(super) fn weight(owner: &str, words: &[Word], report: &mut Report) -> Option<Weight> {
    let (value, reverse) = weight_within(&WEIGHTS, owner, words, report)?;
    let value = i16::try_from(value).ok()?;
    Some(Weight { value, reverse })
}

/// The same in a list of what an instance tracks, where one more is tolerated.
pub(super) fn tracked_weight(name: &str, words: &[Word], report: &mut Report) -> Option<Weight> {
    const TOLERATED: RangeInclusive<i64> = *WEIGHTS.start() - 1..=*WEIGHTS.end() + 1;
    let (value, reverse) = weight_within(&TOLERATED, name, words, report)?;
    let clamped = value.clamp(*WEIGHTS.start(), *WEIGHTS.end());
    if let (true, Some(word)) = (clamped != value, words.first()) {
        let message = format!("weight for {name} cannot be +/-254. Setting to +/-253");
        report.add(Severity::Error, &word.at, message);
    }
    let value = i16::try_from(clamped).ok()?;
    Some(Weight { value, reverse })
}

/// The same of processes and files, which may be given a little more.
pub(super) fn wide_weight(owner: &str, words: &[Word], report: &mut Report) -> Option<Weight> {
    const RANGE: RangeInclusive<i64> = -254..=254;
    let (value, reverse) = weight_within(&RANGE, owner, words, report)?;
    let value = i16::try_from(value).ok()?;
    Some(Weight { value, reverse })
}

/// The same for a file: `owner` has another range.
pub(super) fn file_weight(
    range: &RangeInclusive<i64>,
    owner: &str,
    words: &[Word],
    report: &mut Report,
) -> Option<FileWeight> {
    let (value, reverse) = weight_within(range, owner, words, report)?;
    let value = i32::try_from(value).ok()?;
    Some(FileWeight { value, reverse })
}

fn weight_within(
    range: &RangeInclusive<i64>,
    owner: &str,
    words: &[Word],
    report: &mut Report,
) -> Option<(i64, bool)> {
    let (value, option) = words.split_first()?;
    let weight = match number::whole(&value.text, range) {
        Ok(weight) => weight,
        Err(fault) => {
            let message = format!("({owner}) weight: {fault}. ignoring");
            report.add(Severity::Error, &value.at, message);
            return None;
        }
    };
    let reverse = option.first().is_some_and(|word| reverses(word, report));
    Some((weight, reverse))
}

fn reverses(word: &Word, report: &mut Report) -> bool {
    match word.text.as_str() {
        "reverse" => true,
        "noreverse" => false,
        other => {
            let message = format!("unknown weight option '{other}': ignoring it");
            let help = "`reverse` or `noreverse`";
            report.add_with_help(Severity::Error, &word.at, message, help);
            false
        }
    }
}

/// Splits a quoted command into words; single and double quotes inside it keep blanks.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn commands_are_split_at_blanks_outside_quotes() {
        assert_eq!(
            split("/bin/a  b 'c d' \"e f\"g ''"),
            ["/bin/a", "b", "c d", "e fg", ""]
        );
        assert_eq!(split("  "), [""; 0]);
    }
}
