//! The number in a file, which an operator or a program writes, and what it means.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use super::standing::{Kind, Tracked};
use crate::config::model::Weight;
use crate::config::model::file::{FileWeight, TrackFile};

/// Octets that are looked at: far more than a number has.
const ROOM: usize = 64;
/// keepalived's, of instances: a product as low as this is a fault.
const FAULT: i64 = -254;
/// A product counts for no more than this.
const MOST: i64 = 253;

/// The number that a file begins with: 0 if it begins with none, cannot be read, or is not there; the
/// nearest of 32 bits. Does not wait for anybody who is to write.
#[must_use]
pub fn number(path: &Path) -> i32 {
    let mut room = [0; ROOM];
    match read(path, &mut room) {
        Ok(count) => parse(room.get(..count).unwrap_or_default()),
        Err(_) => 0,
    }
}

/// The product of a file's number and its weight.
#[must_use]
pub fn product(number: i32, weight: FileWeight) -> i64 {
    let product = i64::from(number) * i64::from(weight.value);
    if weight.reverse { -product } else { product }
}

/// Whether a file's number is a fault.
#[must_use]
pub fn is_fault(number: i32, weight: FileWeight) -> bool {
    match weight.value {
        0 => (number != 0) != weight.reverse,
        _ => product(number, weight) <= FAULT,
    }
}

/// What a file says, for people.
#[must_use]
pub fn describe(file: &TrackFile, number: i32) -> String {
    let TrackFile { name, weight, .. } = file;
    let counts = match weight.value {
        0 => String::new(),
        _ => format!(", which counts as {}", product(number, *weight)),
    };
    format!("file {name} is {number}{counts}")
}

/// What a file's number, if somebody has read it, is to an instance: a weight of its own, or a fault.
#[must_use]
pub fn tracked(file: &TrackFile, number: Option<i32>) -> Tracked<'_> {
    let (value, up) = match number {
        None => (0, None),
        Some(number) if is_fault(number, file.weight) => (0, Some(false)),
        Some(number) => {
            let product = match file.weight.value {
                0 => 0,
                _ => product(number, file.weight),
            };
            // A positive weight counts while what it is of is up, a negative one while it is not.
            (product.min(MOST), Some(product >= 0))
        }
    };
    let number = number.unwrap_or_default();
    Tracked {
        kind: Kind::File { file, number },
        name: &file.name,
        weight: Weight {
            value: i16::try_from(value).unwrap_or_default(),
            reverse: false,
        },
        up,
    }
}

/// What is in a pipe is for others to read.
fn read(path: &Path, room: &mut [u8]) -> io::Result<usize> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    file.read(room)
}

/// As strtol(3) does, which keepalived asks: octal after `0`, hexadecimal after `0x`.
fn parse(text: &[u8]) -> i32 {
    let text = text.trim_ascii_start();
    let (is_negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (radix, text) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', rest @ ..] => (8, rest),
        _ => (10, text),
    };
    let digits = text.iter().map_while(|c| char::from(*c).to_digit(radix));
    let size = digits.fold(0_i64, |size, digit| {
        let size = size.saturating_mul(radix.into());
        size.saturating_add(digit.into())
    });
    let nearest = if is_negative { i32::MIN } else { i32::MAX };
    let number = if is_negative { -size } else { size };
    i32::try_from(number).unwrap_or(nearest)
}

#[cfg(test)]
mod tests {
    use super::super::standing::sum;
    use super::*;
    use rustix::fs::{CWD, FileType};

    #[test]
    fn a_file_begins_with_a_number_or_counts_as_0() {
        let cases: [(&[u8], i32); 17] = [
            (b"3\n", 3),
            (b"  \n\t-20 and more", -20),
            (b"+7", 7),
            (b"12abc", 12),
            (b"0x1f", 31),
            (b"-0XFF", -255),
            (b"0x", 0),
            (b"010", 8),
            (b"08", 0),
            (b"", 0),
            (b"\n", 0),
            (b"-", 0),
            (b"- 5", 0),
            (b"abc 3", 0),
            (b"\xff\x00\xfe", 0),
            (b"2147483648", i32::MAX),
            (b"-99999999999999999999999", i32::MIN),
        ];
        for (text, number) in cases {
            assert_eq!(parse(text), number, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_weight_says_which_numbers_are_faults() {
        let faults = |value: i32, reverse: bool| {
            let weight = FileWeight { value, reverse };
            [-254, -127, 0, 1, 254].map(|number| is_fault(number, weight))
        };
        assert_eq!(faults(0, false), [true, true, false, true, true]);
        assert_eq!(faults(0, true), [false, false, true, false, false]);
        assert_eq!(faults(1, false), [true, false, false, false, false]);
        assert_eq!(faults(2, false), [true, true, false, false, false]);
        assert_eq!(faults(1, true), [false, false, false, false, true]);
        assert_eq!(faults(-1, false), [false, false, false, false, true]);
        let most = FileWeight {
            value: i32::MAX,
            reverse: true,
        };
        assert!(is_fault(i32::MAX, most) && !is_fault(i32::MIN, most));
    }

    #[test]
    fn a_number_is_a_weight_or_a_fault() {
        let standing = |value: i32, reverse: bool, number: Option<i32>| {
            let file = TrackFile {
                name: "f".to_owned(),
                path: "/f".into(),
                weight: FileWeight { value, reverse },
            };
            let sum = sum(false, [tracked(&file, number)]);
            let fault = tracked(&file, number).fault();
            assert_eq!(sum.faulted, fault.is_some(), "{fault:?}");
            (sum.weight, sum.faulted, sum.pending)
        };
        let counts = |weight| (weight, false, false);
        let fault = (0, true, false);
        assert_eq!(standing(1, false, Some(0)), counts(0));
        assert_eq!(standing(1, false, Some(20)), counts(20));
        assert_eq!(standing(1, false, Some(-253)), counts(-253));
        assert_eq!(standing(1, false, Some(-254)), fault);
        assert_eq!(standing(1, false, Some(i32::MAX)), counts(253));
        assert_eq!(standing(1, false, Some(i32::MIN)), fault);
        assert_eq!(standing(-3, false, Some(20)), counts(-60));
        assert_eq!(standing(-3, true, Some(20)), counts(60));
        assert_eq!(standing(254, true, Some(1)), fault);
        assert_eq!(standing(0, false, Some(0)), counts(0));
        assert_eq!(standing(0, false, Some(1)), fault);
        assert_eq!(standing(0, true, Some(1)), counts(0));
        assert_eq!(standing(0, true, Some(0)), fault);
        assert_eq!(standing(2, false, None), (0, false, true));
    }

    #[test]
    fn whatever_is_there_is_read_at_once() {
        let place = std::env::temp_dir().join(format!("vipd-number-{}", std::process::id()));
        std::fs::create_dir(&place).expect("a directory");
        let path = place.join("value");
        assert_eq!(number(&path), 0, "nothing there");
        std::fs::write(&path, "3\n").expect("a file");
        assert_eq!(number(&path), 3);
        std::fs::write(&path, format!("-5 {}", "x".repeat(1 << 20))).expect("a file");
        assert_eq!(number(&path), -5);
        assert_eq!(number(&place), 0, "a directory");
        let pipe = place.join("pipe");
        rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).expect("a pipe");
        assert_eq!(number(&pipe), 0, "a pipe that nobody writes to");
        std::fs::remove_dir_all(&place).expect("our own directory");
    }
}
