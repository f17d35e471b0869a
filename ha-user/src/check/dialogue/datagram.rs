//! A datagram, and perhaps one in return: `UDP_CHECK`.

use std::ops::RangeInclusive;

use bytes::Bytes;

use super::{Dialogue, Want};
use crate::check::{Failure, Outcome};

/// One datagram.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// What is sent; nothing is a datagram, too.
    pub payload: Bytes,
    /// What has to come back; `None` if a server that does not refuse is good.
    pub reply: Option<Reply>,
}

/// What has to come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What it begins with: each octet in the bits of its mask.
    pub start: Vec<Masked>,
    /// How long it is, in octets.
    pub length: RangeInclusive<usize>,
}

/// An octet of which some bits matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Masked {
    /// The octet.
    pub octet: u8,
    /// Bits that matter.
    pub mask: u8,
}

impl Reply {
    fn judge(&self, octets: &[u8]) -> Outcome {
        let Self { start, length } = self;
        if !length.contains(&octets.len()) {
            let (least, most) = (length.start(), length.end());
            let told = octets.len();
            return Err(Failure::new(format!(
                "{told} octets, expected {least} to {most}"
            )));
        }
        let differs = |(one, wanted): (&u8, &Masked)| (one ^ wanted.octet) & wanted.mask != 0;
        match octets.len() < start.len() || octets.iter().zip(start).any(differs) {
            true => Err(Failure::new("a reply that is not the expected one")),
            false => Ok(()),
        }
    }
}

impl Dialogue for Datagram {
    fn begin(&mut self) -> Want {
        Want::Say(self.payload.clone())
    }

    fn hear(&mut self, octets: &[u8]) -> Want {
        Want::End(
            self.reply
                .as_ref()
                .map_or(Ok(()), |reply| reply.judge(octets)),
        )
    }

    fn close(&mut self) -> Outcome {
        Err(Failure::new("closed without a reply"))
    }

    fn expire(&mut self) -> Outcome {
        match &self.reply {
            None => Ok(()),
            Some(_) => Err(Failure::new("no reply in time")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(reply: Option<Reply>) -> Datagram {
        Datagram {
            payload: Bytes::from_static(b"ping"),
            reply,
        }
    }

    #[test]
    fn a_server_that_does_not_refuse_is_good() {
        let mut sent = datagram(None);
        assert_eq!(sent.begin(), Want::Say(Bytes::from_static(b"ping")));
        assert_eq!(sent.expire(), Ok(()));
        assert_eq!(sent.hear(b""), Want::End(Ok(())));
    }

    #[test]
    fn a_reply_is_as_long_and_begins_as_it_must() {
        let exact = |octet| Masked { octet, mask: 0xff };
        let high = |octet| Masked { octet, mask: 0xf0 };
        let reply = Reply {
            start: vec![exact(b'o'), high(0x60)],
            length: 2..=4,
        };
        let mut sent = datagram(Some(reply));
        assert_eq!(sent.hear(b"ok"), Want::End(Ok(())));
        assert_eq!(sent.hear(b"olds"), Want::End(Ok(())));
        let mut why = |octets: &[u8]| match sent.hear(octets) {
            Want::End(Err(failure)) => failure.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(why(b"o"), "1 octets, expected 2 to 4");
        assert_eq!(why(b"o long"), "6 octets, expected 2 to 4");
        assert_eq!(why(b"o\x70"), "a reply that is not the expected one");
        assert!(sent.expire().is_err());
    }
}
