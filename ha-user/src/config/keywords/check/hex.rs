//! Octets as `UDP_CHECK` writes them: groups of hexadecimal digits, two to an octet, or text.

use super::super::super::lexer::Word;

/// Some octets. A last digit of a group that has no second is an octet of its own.
pub(super) fn octets(words: &[Word]) -> Option<Vec<u8>> {
    let masked = masked(words)?.into_iter();
    masked
        .map(|(octet, mask)| (mask == u8::MAX).then_some(octet))
        .collect()
}

/// Some octets, each with the bits that matter: those of a digit X do not.
pub(super) fn masked(words: &[Word]) -> Option<Vec<(u8, u8)>> {
    if let [text] = words
        && text.quoted
        && !is_hex(&text.text)
    {
        return Some(text.text.bytes().map(|octet| (octet, u8::MAX)).collect());
    }
    let groups = words.iter().flat_map(|word| word.text.split_whitespace());
    let mut octets = Vec::new();
    for group in groups {
        for pair in group.as_bytes().chunks(2) {
            octets.push(octet(pair)?);
        }
    }
    Some(octets)
}

fn is_hex(text: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_hexdigit() || c.is_whitespace() || matches!(c, 'x' | 'X');
    text.chars().all(is_digit)
}

fn octet(digits: &[u8]) -> Option<(u8, u8)> {
    let (high, low) = match digits {
        [high, low] => (digit(*high)?, digit(*low)?),
        [low] => ((0, 0xf), digit(*low)?),
        _ => return None,
    };
    Some((high.0 << 4 | low.0, high.1 << 4 | low.1))
}

/// A digit, and the bits of it that matter.
fn digit(c: u8) -> Option<(u8, u8)> {
    if matches!(c, b'x' | b'X') {
        return Some((0, 0));
    }
    let value = char::from(c).to_digit(16)?;
    Some((u8::try_from(value).ok()?, 0xf))
}

#[cfg(test)]
mod tests {
    use super::super::super::super::diagnostic::Place;
    use super::*;

    fn words(texts: &[&str], quoted: bool) -> Vec<Word> {
        let word = |text: &&str| Word {
            text: (*text).into(),
            quoted,
            at: Place::default(),
        };
        texts.iter().map(word).collect()
    }

    #[test]
    fn digits_are_grouped_by_blanks() {
        let groups = words(&["Ab12f", "3", "456", "546443123"], false);
        let expected = [
            0xab, 0x12, 0x0f, 0x03, 0x45, 0x06, 0x54, 0x64, 0x43, 0x12, 0x03,
        ];
        assert_eq!(octets(&groups).as_deref(), Some(expected.as_slice()));
        let quoted = words(&["Ab12f 3 456 546443123"], true);
        assert_eq!(octets(&quoted).as_deref(), Some(expected.as_slice()));
    }

    #[test]
    fn what_is_no_number_is_text_if_it_is_quoted() {
        let text = words(&["PING me"], true);
        assert_eq!(octets(&text).as_deref(), Some(b"PING me".as_slice()));
        assert_eq!(octets(&words(&["PING"], false)), None);
        assert_eq!(octets(&words(&["é1"], false)), None);
        assert_eq!(octets(&words(&["1X"], false)), None);
    }

    #[test]
    fn a_reply_may_have_any_digit_in_places() {
        let reply = masked(&words(&["4X", "x", "Xf"], false));
        let expected = [(0x40, 0xf0), (0, 0xf0), (0x0f, 0x0f)];
        assert_eq!(reply.as_deref(), Some(expected.as_slice()));
        assert_eq!(masked(&[]), Some(Vec::new()));
    }
}
