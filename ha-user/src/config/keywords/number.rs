//! Numbers as keepalived reads them, and what it says of nonsense.

use std::iter;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Reads a whole number in `range`.
///
/// # Errors
/// Says what is wrong with it in keepalived's words.
pub(super) fn whole(text: &str, range: &RangeInclusive<i64>) -> Result<i64, String> {
    let value: i64 = match text.parse() {
        Ok(value) => value,
        Err(_) => return Err(format!("invalid number '{text}'")),
    };
    if range.contains(&value) {
        return Ok(value);
    }
    let (low, high) = (range.start(), range.end());
    Err(format!("number '{text}' outside range [{low}, {high}]"))
}

/// Reads a decimal number of seconds in `range`; digits below a microsecond are cut off.
///
/// # Errors
/// Says what is wrong with it in keepalived's words.
pub(super) fn seconds(text: &str, range: &RangeInclusive<Duration>) -> Result<Duration, String> {
    let value = decimal(text).ok_or_else(|| format!("invalid number '{text}'"))?;
    if range.contains(&value) {
        return Ok(value);
    }
    let (low, high) = (range.start().as_secs_f64(), range.end().as_secs_f64());
    Err(format!("number '{text}' outside range [{low}, {high}]"))
}

fn decimal(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let seconds = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let digits = fraction.bytes().chain(iter::repeat(b'0')).take(6);
    let micros = digits.fold(0, |micros, digit| 10 * micros + u32::from(digit - b'0'));
    Some(Duration::new(seconds, 1000 * micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_nothing_around_them() {
        assert_eq!(whole("100", &(1..=255)), Ok(100));
        assert_eq!(whole("-20", &(-253..=253)), Ok(-20));
        for text in ["", "100x", "1.5", "0x10", "１"] {
            assert!(whole(text, &(1..=255)).is_err(), "{text}");
        }
        let range = whole("300", &(1..=255));
        assert_eq!(range, Err("number '300' outside range [1, 255]".into()));
    }

    #[test]
    fn seconds_are_exact_decimals() {
        let all = Duration::ZERO..=Duration::from_secs(255);
        assert_eq!(seconds("0.01", &all), Ok(Duration::from_millis(10)));
        assert_eq!(seconds("1", &all), Ok(Duration::from_secs(1)));
        assert_eq!(seconds(".5", &all), Ok(Duration::from_millis(500)));
        assert_eq!(
            seconds("1.0000019", &all),
            Ok(Duration::from_micros(1_000_001))
        );
        for text in ["", ".", "-1", "1s", "1e3", "256", "99999999999999999999"] {
            assert!(seconds(text, &all).is_err(), "{text}");
        }
    }
}
