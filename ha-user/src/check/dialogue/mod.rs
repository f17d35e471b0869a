//! What a probe says to a server, and what it takes for an answer, over whatever carries octets.

pub mod datagram;
pub mod dns;
pub mod http;
pub mod smtp;
pub mod tls;

use bytes::Bytes;

use super::{Failure, Outcome};

/// What a dialogue wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// To say this, then to hear more.
    Say(Bytes),
    /// To hear more.
    Hear,
    /// To end with this.
    End(Outcome),
}

impl Want {
    /// An end for a reason, for people.
    fn fail(reason: impl Into<String>) -> Self {
        Self::End(Err(Failure::new(reason)))
    }
}

/// One conversation with a server, from the moment at which it can be spoken to.
pub trait Dialogue: Send {
    /// The server can be spoken to.
    fn begin(&mut self) -> Want;

    /// The server has said `octets`, a part of its answer.
    fn hear(&mut self, octets: &[u8]) -> Want;

    /// The server has said everything.
    fn close(&mut self) -> Outcome;

    /// The server has had all the time that there was.
    fn expire(&mut self) -> Outcome {
        Err(Failure::new("no answer in time"))
    }
}

/// Nothing is said: a server that can be spoken to is good (`TCP_CHECK`).
#[derive(Clone, Copy, Debug)]
pub struct Silence;

impl Dialogue for Silence {
    fn begin(&mut self) -> Want {
        Want::End(Ok(()))
    }

    fn hear(&mut self, _: &[u8]) -> Want {
        Want::End(Ok(()))
    }

    fn close(&mut self) -> Outcome {
        Ok(())
    }
}
