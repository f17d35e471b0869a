//! What words of keywords that are not done yet can be.

use super::super::number::whole;
use super::super::takes::{Takes, each};
use std::ops::RangeInclusive;

/// A name of a process in Linux, without the terminating zero.
const MAX_PROCESS_NAME: usize = 15;
/// Seconds of a day.
const DAY: i64 = 86_400;
/// Bits that may be masked: read, write and execute of user, group and others.
const MAX_MASK: u32 = 0o777;

/// `[-]N [reverse]`, of which no more than the words are checked.
pub(super) const fn weight(is: fn(&str) -> bool) -> Takes {
    each("WEIGHT [reverse]", 1..=2, is)
}

pub(super) fn is_weight(word: &str) -> bool {
    is_whole(word, &(-253..=253)) || word == "reverse"
}

pub(super) fn is_process_weight(word: &str) -> bool {
    is_whole(word, &(-254..=254)) || word == "reverse"
}

pub(super) fn is_whole(text: &str, range: &RangeInclusive<i64>) -> bool {
    whole(text, range).is_ok()
}

pub(super) fn is_process_name(word: &str) -> bool {
    (1..=MAX_PROCESS_NAME).contains(&word.len())
}

pub(super) fn is_filled(word: &str) -> bool {
    !word.is_empty()
}

/// Names of chains and sets that Linux takes.
pub(super) fn is_short(word: &str) -> bool {
    (1..=27).contains(&word.len())
}

/// The parts of a mask of file modes: `IRUSR|IWOTH`, or an octal number.
pub(super) fn is_mask(word: &str) -> bool {
    let is_bit = |bit: &str| {
        let mut bit = bit.chars();
        bit.next() == Some('I')
            && bit.next().is_some_and(|c| "RWX".contains(c))
            && ["USR", "GRP", "OTH"].contains(&bit.as_str())
    };
    let octal = u32::from_str_radix(word, 8);
    octal.is_ok_and(|mask| mask <= MAX_MASK) || word.split('|').all(is_bit)
}

/// Of `garp_extra_if`.
pub(super) fn is_pause(word: &str) -> bool {
    word == "all" || is_whole(word, &(0..=DAY))
}

/// Of `lvs_timeouts`.
pub(super) fn is_timeout(word: &str) -> bool {
    matches!(word, "tcp" | "tcpfin" | "udp") || is_whole(word, &(0..=31 * DAY))
}

/// Of `include_check`.
pub(super) fn is_include_check(word: &str) -> bool {
    let kind = word.strip_prefix(['+', '-']).unwrap_or(word);
    matches!(kind, "read" | "match" | "wildcard_match" | "brace_match")
}

/// Of `vrrp_rx_bufs_policy`.
pub(super) fn is_buffer(word: &str) -> bool {
    let is_policy = |policy: &str| word.eq_ignore_ascii_case(policy);
    is_policy("MTU") || is_policy("ADVERT") || is_whole(word, &(0..=u32::MAX.into()))
}

/// Of `use_vmac`: the name of an interface, or five or six octets of a unicast address.
pub(super) fn is_vmac(word: &str) -> bool {
    if !word.contains(':') {
        return is_process_name(word) && !word.contains('/');
    }
    let octets = word.split(':').map(|octet| u8::from_str_radix(octet, 16));
    let octets: Result<Vec<u8>, _> = octets.collect();
    octets.is_ok_and(|octets| {
        (5..=6).contains(&octets.len()) && octets.first().is_some_and(|first| first & 1 == 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_octal_or_bits() {
        for mask in ["022", "777", "IRUSR", "IWGRP|IXOTH"] {
            assert!(is_mask(mask), "{mask}");
        }
        for mask in ["", "1000", "8", "IRUSR|", "RUSR", "IZUSR", "IR", "é"] {
            assert!(!is_mask(mask), "{mask}");
        }
    }

    #[test]
    fn a_virtual_mac_is_unicast() {
        for word in ["vrrp.51", "02:00:5e:00:01:33", "02:00:5e:00:01"] {
            assert!(is_vmac(word), "{word}");
        }
        for word in [
            "",
            "0123456789abcdef",
            "01:00:5e:00:00:01",
            "02:00:5e",
            "02:x",
        ] {
            assert!(!is_vmac(word), "{word}");
        }
    }
}
