//! Values of `vrrp_instance` that are more than a number.

use super::super::diagnostic::{At, Report, Severity};
use super::super::draft::{AuthType, InstanceDraft, TrackDraft};
use super::super::lexer::Word;
use super::value;

/// A name of an interface in Linux, without the terminating zero.
pub(super) const MAX_INTERFACE_NAME: usize = 15;

pub(super) fn state(instance: &mut InstanceDraft, _: &Word, words: &[Word], report: &mut Report) {
    let [word, ..] = words else { return };
    instance.initial_master = Some(At {
        at: word.at,
        value: word.text == "MASTER",
    });
    if !["MASTER", "BACKUP"].contains(&word.text.as_str()) {
        let (name, text) = (&instance.name.value, &word.text);
        let message = format!("({name}) unknown state '{text}', defaulting to BACKUP");
        let help = "MASTER or BACKUP";
        report.add_with_help(Severity::Error, &word.at, message, help);
    }
}

pub(super) fn interface(
    instance: &mut InstanceDraft,
    _: &Word,
    words: &[Word],
    report: &mut Report,
) {
    if let [word, ..] = words {
        instance.interface = interface_name(word, report).or(instance.interface.take());
    }
}

/// A name that an interface can have.
pub(super) fn interface_name(word: &Word, report: &mut Report) -> Option<At<String>> {
    if word.text.len() <= MAX_INTERFACE_NAME && !word.text.is_empty() {
        return Some(value::located(word));
    }
    let message = format!(
        "Interface name '{}' is empty or too long - ignoring",
        word.text
    );
    let help = "1 to 15 bytes";
    report.add_with_help(Severity::Error, &word.at, message, help);
    None
}

pub(super) fn auth_type(
    instance: &mut InstanceDraft,
    _: &Word,
    words: &[Word],
    report: &mut Report,
) {
    let [word, ..] = words else { return };
    let value = match word.text.as_str() {
        "PASS" => AuthType::Pass,
        "AH" => AuthType::Ah,
        other => {
            let name = &instance.name.value;
            let message = format!("({name}) unknown authentication type '{other}' - ignoring");
            return report.add_with_help(Severity::Error, &word.at, message, "PASS");
        }
    };
    let at = word.at;
    instance.auth_type = Some(At { value, at });
}

pub(super) fn auth_pass(instance: &mut InstanceDraft, _: &Word, words: &[Word], _: &mut Report) {
    instance.auth_pass = words.first().map(value::located);
}

pub(super) fn multicast_source(
    instance: &mut InstanceDraft,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) {
    let [word, ..] = words else { return };
    instance.multicast_source = value::address_of(instance, &keyword.text, word, report);
}

pub(super) fn unicast_source(
    instance: &mut InstanceDraft,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) {
    let [word, ..] = words else { return };
    let at = word.at;
    let source = value::address_of(instance, &keyword.text, word, report);
    instance.unicast_source = source.map(|value| At { value, at });
}

pub(super) fn multicast_group(
    instance: &mut InstanceDraft,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) {
    let [word, ..] = words else { return };
    if let Some(value) = value::group(keyword, word, None, report)
        && value::address_of(instance, &keyword.text, word, report).is_some()
    {
        let at = word.at;
        instance.group = Some(At { value, at });
    }
}

pub(super) fn track_script(instance: &mut InstanceDraft, words: &[Word], report: &mut Report) {
    let (owner, tracks) = (&instance.name.value, &mut instance.tracks.scripts);
    track("track_script", owner, tracks, words, report);
}

pub(super) fn track_file(instance: &mut InstanceDraft, words: &[Word], report: &mut Report) {
    let (owner, tracks) = (&instance.name.value, &mut instance.tracks.files);
    track("track_file", owner, tracks, words, report);
}

pub(super) fn track_process(instance: &mut InstanceDraft, words: &[Word], report: &mut Report) {
    let (owner, tracks) = (&instance.name.value, &mut instance.tracks.processes);
    track("track_process", owner, tracks, words, report);
}

pub(super) fn track_check(instance: &mut InstanceDraft, words: &[Word], report: &mut Report) {
    let (owner, tracks) = (&instance.name.value, &mut instance.tracks.checks);
    track("track_check", owner, tracks, words, report);
}

pub(super) fn track_interface(instance: &mut InstanceDraft, words: &[Word], report: &mut Report) {
    let (owner, tracks) = (&instance.name.value, &mut instance.tracks.interfaces);
    track("track_interface", owner, tracks, words, report);
}

/// Adds a line of the block `keyword` of `owner`, an instance or a group, to `tracks`.
pub(super) fn track(
    keyword: &str,
    owner: &str,
    tracks: &mut Vec<TrackDraft>,
    words: &[Word],
    report: &mut Report,
) {
    let Some((tracked, options)) = words.split_first() else {
        return;
    };
    let name = value::located(tracked);
    let known = |track: &TrackDraft| track.name.value == name.value;
    if tracks.iter().any(known) {
        let message = format!("({owner}) duplicate {keyword} {} - ignoring", name.value);
        return report.add(Severity::Error, &name.at, message);
    }
    let weight = match options.split_first() {
        Some((option, values)) if option.text == "weight" && !values.is_empty() => {
            let read = match keyword {
                "track_file" | "track_process" => value::wide_weight,
                _ => value::tracked_weight,
            };
            read(&name.value, values, report)
        }
        Some((option, _)) => {
            unknown_option(keyword, option, report);
            None
        }
        None => None,
    };
    tracks.push(TrackDraft {
        name,
        weight,
        of_group: false,
    });
}

fn unknown_option(keyword: &str, option: &Word, report: &mut Report) {
    let message = format!(
        "{keyword} option '{}' is unknown or has no value - ignoring it",
        option.text
    );
    let help = "one on each line: NAME [weight N [reverse]]";
    report.add_with_help(Severity::Error, &option.at, message, help);
}

/// `notify_deleted`, which means something without a command, too.
pub(super) fn notify_deleted(
    instance: &mut InstanceDraft,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) {
    instance.tells_deleted = true;
    if !words.is_empty() {
        notify(instance, keyword, words, report);
    }
}

/// `notify` and every `notify_STATE`; the first one counts.
pub(super) fn notify(
    instance: &mut InstanceDraft,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) {
    value::notify(&mut instance.notify, keyword, words, report);
}
