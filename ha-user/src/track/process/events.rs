//! Who comes and goes, as the kernel tells: `NETLINK_CONNECTOR`, `CN_IDX_PROC`.
//!
//! It tells only in the first network namespace, in the numbers of the first namespace of processes, and
//! only who asks from the first of users and processes. Elsewhere it refuses, or answers nothing.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use netlink_sys::protocols::NETLINK_CONNECTOR;
use netlink_sys::{Socket, SocketAddr};
use nix::sys::socket::{setsockopt, sockopt};
use rustix::io::Errno;

/// `CN_IDX_PROC` and `CN_VAL_PROC`.
const PROC: u32 = 1;
/// `PROC_CN_MCAST_LISTEN` and `PROC_CN_MCAST_IGNORE`.
const LISTEN: u32 = 1;
const IGNORE: u32 = 2;
/// Thousands of forks. What is lost all the same is counted anew.
const BUFFER: usize = 2 << 20;
/// A message is shorter.
const ROOM: usize = 1 << 10;
/// Of netlink, and of the connector.
const HEADERS: usize = 16 + 20;

/// What has happened to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// There is another one like its parent.
    Forked {
        /// Who forked.
        parent: u32,
        /// The new one.
        child: u32,
    },
    /// It runs another program.
    Executed(u32),
    /// It has another name.
    Renamed(u32),
    /// It is no more.
    Ended(u32),
}

/// Told of all processes.
#[derive(Debug)]
pub struct Events(Socket);

impl Events {
    /// Begins to listen.
    ///
    /// # Errors
    /// The kernel does not tell, or not here.
    pub fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_CONNECTOR)?;
        socket.bind(&SocketAddr::new(0, PROC))?;
        socket.set_non_blocking(true)?;
        // Without the right to so much, as much as anybody may have.
        if setsockopt(&socket, sockopt::RcvBufForce, &BUFFER).is_err() {
            socket.set_rx_buf_sz(BUFFER)?;
        }
        let mut events = Self(socket);
        events.ask(LISTEN)?;
        events.wait_for_answer()?;
        Ok(events)
    }

    /// The next event; `None` if there is none now.
    ///
    /// # Errors
    /// Some have been lost ([`is_loss`]), or the socket is of no use any more.
    pub fn take(&mut self) -> io::Result<Option<Event>> {
        while let Some(message) = self.receive()? {
            if let Some(Said::Event(event)) = parse(&message) {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// Leaves out what is there now. After a loss the kernel drops everything, and says so no more, until
    /// there is nothing left.
    pub fn skip(&mut self) {
        loop {
            match self.receive() {
                Ok(Some(_)) => {}
                Err(error) if is_loss(&error) => {}
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn ask(&self, what: u32) -> io::Result<()> {
        let message = question(what, self.number()?);
        self.0.send_to(&message, &SocketAddr::new(0, 0), 0)?;
        Ok(())
    }

    /// What no other socket has: answers to others come here, too.
    fn number(&self) -> io::Result<u32> {
        let mut own = SocketAddr::new(0, 0);
        self.0.get_address(&mut own)?;
        Ok(own.port_number())
    }

    /// The kernel answers as it takes the question, or never.
    fn wait_for_answer(&mut self) -> io::Result<()> {
        let number = self.number()?;
        while let Some(message) = self.receive()? {
            match parse(&message) {
                Some(Said::Answer { to, errno: 0 }) if to == number => return Ok(()),
                Some(Said::Answer { to, errno }) if to == number => {
                    return Err(io::Error::from_raw_os_error(errno));
                }
                _ => {}
            }
        }
        let reason = "the kernel does not tell here who comes and goes";
        Err(io::Error::new(io::ErrorKind::Unsupported, reason))
    }

    /// A message of the kernel.
    fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let mut message = Vec::with_capacity(ROOM);
            match self.0.recv_from(&mut message, 0) {
                Ok((_, sender)) if sender.port_number() == 0 => return Ok(Some(message)),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Events {
    /// Older kernels go on for those that have not said so.
    fn drop(&mut self) {
        // There is nobody to tell.
        let _ = self.ask(IGNORE);
    }
}

impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Whether it says that events have been lost.
#[must_use]
pub fn is_loss(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error())
}

/// What a message says.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Answer { to: u32, errno: i32 },
    Event(Event),
}

/// `struct nlmsghdr`, `struct cn_msg` and a word: what is asked for.
fn question(what: u32, number: u32) -> Vec<u8> {
    const WORD: u16 = 4;
    const LENGTH: u32 = HEADERS as u32 + WORD as u32;
    const NLMSG_DONE: u16 = 3;
    let mut message = Vec::new();
    message.extend(LENGTH.to_ne_bytes());
    message.extend(NLMSG_DONE.to_ne_bytes());
    message.extend([0; 2 + 4 + 4]);
    for word in [PROC, PROC, 0, number] {
        message.extend(word.to_ne_bytes());
    }
    message.extend(WORD.to_ne_bytes());
    message.extend([0; 2]);
    message.extend(what.to_ne_bytes());
    message
}

/// `struct proc_event` after the headers: what, on which processor, when, and of whom. Threads are not
/// told of: a process ends when its first thread does.
fn parse(message: &[u8]) -> Option<Said> {
    const FORK: u32 = 1;
    const EXEC: u32 = 2;
    const COMM: u32 = 0x200;
    const EXIT: u32 = 0x8000_0000;
    let word = |at: usize| {
        let octets = message.get(at..at + 4)?;
        Some(u32::from_ne_bytes(octets.try_into().ok()?))
    };
    if (word(16)?, word(20)?) != (PROC, PROC) {
        return None;
    }
    let what = word(HEADERS)?;
    let of = |index: usize| word(HEADERS + 16 + 4 * index);
    let (thread, process) = (of(0)?, of(1));
    if what == 0 {
        let errno = i32::try_from(thread).ok()?;
        // The kernel counts on. The word before is that of its own counter.
        let to = word(28)?.wrapping_sub(1);
        return Some(Said::Answer { to, errno });
    }
    let process = process?;
    let is_first = thread == process;
    let event = match what {
        FORK => {
            let (thread, child) = (of(2)?, of(3)?);
            let parent = process;
            (thread == child).then_some(Event::Forked { parent, child })
        }
        EXEC => is_first.then_some(Event::Executed(process)),
        COMM => is_first.then_some(Event::Renamed(process)),
        EXIT => is_first.then_some(Event::Ended(process)),
        _ => None,
    };
    event.map(Said::Event)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the kernel writes it.
    fn message(what: u32, words: &[u32]) -> Vec<u8> {
        let mut message = question(what, 7);
        // Processor and time.
        message.extend([0; 12]);
        message.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
        message
    }

    fn event(what: u32, words: &[u32]) -> Option<Event> {
        match parse(&message(what, words))? {
            Said::Event(event) => Some(event),
            Said::Answer { .. } => None,
        }
    }

    #[test]
    fn processes_are_told_of_and_threads_are_not() {
        let (parent, child) = (5, 9);
        assert_eq!(
            event(1, &[5, 5, 9, 9]),
            Some(Event::Forked { parent, child })
        );
        assert_eq!(
            event(1, &[6, 5, 9, 9]),
            Some(Event::Forked { parent, child })
        );
        assert_eq!(event(1, &[5, 5, 9, 5]), None);
        assert_eq!(event(2, &[5, 5]), Some(Event::Executed(5)));
        assert_eq!(event(2, &[6, 5]), None);
        assert_eq!(event(0x200, &[5, 5, 0, 0, 0, 0]), Some(Event::Renamed(5)));
        assert_eq!(event(0x8000_0000, &[5, 5, 0, 17]), Some(Event::Ended(5)));
        assert_eq!(event(0x8000_0000, &[6, 5, 0, 17]), None);
        assert_eq!(event(4, &[5, 5, 0, 0]), None);
    }

    #[test]
    fn answers_are_told_apart() {
        let answer = |errno| Some(Said::Answer { to: 6, errno });
        assert_eq!(parse(&message(0, &[0])), answer(0));
        assert_eq!(parse(&message(0, &[1])), answer(1));
    }

    #[test]
    fn what_is_cut_off_says_nothing() {
        let whole = message(1, &[5, 5, 9, 9]);
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length]), None, "{length} octets");
        }
    }
}
