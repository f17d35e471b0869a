//! `interface_up_down_delays` and `linkbeat_interfaces`, whose lines begin with an interface.

use super::super::diagnostic::{At, Report, Severity};
use super::super::draft::Draft;
use super::super::draft::link::LinksDraft;
use super::super::lexer::Word;
use super::super::model::link::LinkDelay;
use super::number::seconds;
use super::takes::Takes;
use super::value::located;
use super::{Keyword, accepted, lines, taken_for_granted};
use std::ops::RangeInclusive;
use std::time::Duration;

/// As keepalived has it.
const DELAY: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(255);
/// How keepalived can be told to poll a link.
const MEANS: [&str; 3] = ["MII", "ETHTOOL", "IOCTL"];

pub(super) const KEYWORDS: &[Keyword<Draft>] = &[
    lines(
        "interface_up_down_delays",
        "INTERFACE [DOWN [UP]]",
        "seconds, 0 to 255, that a link must be down, or up again, to count as such; 0 if not given",
        |draft, words, report| delay(&mut draft.links, words, report),
    ),
    accepted(
        "linkbeat_use_polling",
        Takes::Nothing,
        "netlink tells of a link at once, which polling finds out later",
    ),
    taken_for_granted(lines(
        "linkbeat_interfaces",
        "INTERFACE [MII|ETHTOOL|IOCTL]",
        "netlink tells of these links at once, which polling finds out later",
        |draft, words, report| polled(&mut draft.links, words, report),
    )),
];

/// The last line about an interface counts.
fn delay(links: &mut LinksDraft, words: &[Word], report: &mut Report) {
    let Some((name, delays)) = words.split_first() else {
        return;
    };
    let mut times = [Duration::ZERO; 2];
    for (time, word) in times.iter_mut().zip(delays) {
        match seconds(&word.text, &DELAY) {
            Ok(given) => *time = given,
            Err(fault) => {
                let message = format!("{fault}: ignoring the delays of {}", name.text);
                return report.add(Severity::Error, &word.at, message);
            }
        }
    }
    if let Some(surplus) = delays.get(times.len()) {
        let message = format!("Too many parameters for {} up/down delays", name.text);
        report.add(Severity::Notice, &surplus.at, message);
    }
    let [down, up] = times;
    let value = LinkDelay {
        name: name.text.to_string(),
        down,
        up,
    };
    links.delays.retain(|delay| delay.value.name != value.name);
    let at = name.at;
    links.delays.push(At { value, at });
}

fn polled(links: &mut LinksDraft, words: &[Word], report: &mut Report) {
    let Some((name, means)) = words.split_first() else {
        return;
    };
    let is_known = |word: &Word| MEANS.contains(&word.text.as_str());
    let surplus = match means {
        [one, rest @ ..] if is_known(one) => rest.first(),
        other => other.first(),
    };
    if let Some(word) = surplus {
        let message = format!("extra characters {} in linkbeat interface", word.text);
        let help = "one of MII, ETHTOOL, IOCTL, or nothing";
        return report.add_with_help(Severity::Error, &word.at, message, help);
    }
    links.polled.push(located(name));
}
