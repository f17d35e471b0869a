//! Blocking requests to the kernel's routing netlink, for threads that may wait.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use netlink_packet_core::{
    ErrorMessage, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage,
    NetlinkPayload, NlasIterator,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

/// The kernel's largest answer (`NLMSG_GOODSIZE` grows up to 32 KiB for dumps).
const LARGEST_ANSWER: usize = 64 << 10;
/// `NLMSGERR_ATTR_MSG`: the kernel's own words for an error.
const EXPLANATION: u16 = 1;
/// Octets of the header of our request, which the kernel puts before the explanation.
const REQUEST_HEADER: usize = 16;

/// The kernel understood a request and did not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Error number, positive.
    pub errno: i32,
    /// What the kernel says of it, if it says anything.
    pub explanation: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        io::Error::from_raw_os_error(self.errno).fmt(f)?;
        match &self.explanation {
            Some(text) => write!(f, ": {text}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self {
            errno: error.raw_os_error().unwrap_or(libc::EIO),
            explanation: None,
        }
    }
}

/// A netlink socket in the network namespace where it was opened.
pub struct Netlink {
    socket: Socket,
    sequence: u32,
}

impl Netlink {
    /// Opens a socket in the network namespace of the calling thread.
    ///
    /// # Errors
    /// The process has no file descriptors left.
    pub fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        socket.set_ext_ack(true)?;
        socket.set_cap_ack(true)?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Sends all `requests` at once and returns the outcome of each, in their order. One that
    /// fails does not keep the others from being done.
    ///
    /// # Errors
    /// The conversation broke off; what was done is not known.
    pub fn execute(
        &mut self,
        requests: impl IntoIterator<Item = (RouteNetlinkMessage, u16)>,
    ) -> io::Result<Vec<Result<(), Refusal>>> {
        let first = self.sequence.wrapping_add(1);
        let mut batch = Vec::new();
        let mut count = 0;
        for (request, flags) in requests {
            self.append(&mut batch, request, flags | NLM_F_ACK);
            count += 1;
        }
        self.socket.send(&batch, 0)?;
        self.acknowledgements(first, count)
    }

    /// Sends one request.
    ///
    /// # Errors
    /// The kernel's refusal, or that of the socket.
    pub fn tell(&mut self, request: RouteNetlinkMessage, flags: u16) -> Result<(), Refusal> {
        let outcomes = self.execute([(request, flags)])?;
        outcomes
            .into_iter()
            .next()
            .unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()))
    }

    /// Asks one question and returns the answer's messages. `NLM_F_DUMP` in `flags` asks for all
    /// objects of a kind.
    ///
    /// # Errors
    /// The kernel's refusal, or that of the socket.
    pub fn query(
        &mut self,
        request: RouteNetlinkMessage,
        flags: u16,
    ) -> Result<Vec<RouteNetlinkMessage>, Refusal> {
        // A dump has an end of its own; anything else ends in an acknowledgement.
        let end = if flags & NLM_F_DUMP == NLM_F_DUMP {
            0
        } else {
            NLM_F_ACK
        };
        let mut message = Vec::new();
        self.append(&mut message, request, flags | end);
        self.socket.send(&message, 0)?;
        self.answer()
    }

    fn append(&mut self, batch: &mut Vec<u8>, request: RouteNetlinkMessage, flags: u16) {
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = NetlinkHeader::default();
        header.flags = flags | NLM_F_REQUEST;
        header.sequence_number = self.sequence;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::from(request));
        message.finalize();
        let start = batch.len();
        batch.resize(start + message.buffer_len().next_multiple_of(4), 0);
        message.serialize(&mut batch[start..]);
    }

    fn acknowledgements(
        &mut self,
        first: u32,
        count: usize,
    ) -> io::Result<Vec<Result<(), Refusal>>> {
        let mut outcomes: Vec<Option<Result<(), Refusal>>> = vec![None; count];
        let mut missing = count;
        while missing > 0 {
            for message in self.receive()? {
                let NetlinkPayload::Error(error) = message.payload else {
                    continue;
                };
                let index = message.header.sequence_number.wrapping_sub(first) as usize;
                if let Some(outcome @ None) = outcomes.get_mut(index) {
                    *outcome = Some(verdict(&error));
                    missing -= 1;
                }
            }
        }
        Ok(outcomes.into_iter().flatten().collect())
    }

    fn answer(&mut self) -> Result<Vec<RouteNetlinkMessage>, Refusal> {
        let mut answer = Vec::new();
        loop {
            for message in self.receive()? {
                if message.header.sequence_number != self.sequence {
                    continue;
                }
                match message.payload {
                    NetlinkPayload::InnerMessage(message) => answer.push(message),
                    NetlinkPayload::Done(_) => return Ok(answer),
                    NetlinkPayload::Error(error) => return verdict(&error).map(|()| answer),
                    _ => {}
                }
            }
        }
    }

    /// Waits for one datagram and takes it apart.
    fn receive(&self) -> io::Result<Vec<NetlinkMessage<RouteNetlinkMessage>>> {
        let mut datagram = Vec::with_capacity(LARGEST_ANSWER);
        self.socket.recv(&mut datagram, 0)?;
        let mut messages = Vec::new();
        let mut rest = datagram.as_slice();
        while !rest.is_empty() {
            let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(rest)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
            // At least the header's length, or it would not have been understood.
            let length = (message.header.length as usize).next_multiple_of(4);
            rest = rest.get(length..).unwrap_or_default();
            messages.push(message);
        }
        Ok(messages)
    }
}

impl AsFd for Netlink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn verdict(error: &ErrorMessage) -> Result<(), Refusal> {
    match error.code {
        None => Ok(()),
        Some(code) => Err(Refusal {
            errno: code.get().saturating_abs(),
            explanation: explanation(&error.header),
        }),
    }
}

fn explanation(payload: &[u8]) -> Option<String> {
    let attributes = NlasIterator::new(payload.get(REQUEST_HEADER..)?);
    let text = attributes
        .filter_map(Result::ok)
        .find(|attribute| attribute.kind() == EXPLANATION)?;
    let text = String::from_utf8_lossy(text.value());
    Some(text.trim_end_matches('\0').to_owned())
}
