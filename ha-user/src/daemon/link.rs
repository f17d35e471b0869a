//! What a process and the one that it has started tell each other: words, one a line, on the socket
//! that is the started one's standard input.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, Lines};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use super::errand::Errand;

/// One thing to say. The two ends may be of different versions of this program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Word {
    /// From a worker before it does anything: this is to have run, once, before anybody does.
    StartUp(Errand),
    /// To a worker that has asked for that: it has.
    Begin,
    /// To whoever started this process: it does what it is for.
    Ready,
    /// From a successor: nothing is left to do but to take over.
    Prepared {
        /// It carries on with what the present worker leaves in the kernel, which must not clear up.
        adopts: bool,
    },
    /// From a worker: the operator wants the program as it is installed now to run instead.
    Restart,
    /// To a worker: what runs goes on, for this reason.
    Refused(String),
    /// To a worker: leave everything as it is, and end.
    GiveWay,
    /// From a worker that gives way: it does nothing any more.
    Gone,
    /// To a successor: nobody else runs any more.
    TakeOver,
    /// To a worker: do all of its threads go round?
    AreYouThere,
    /// From a worker: they do.
    Here,
    /// From a worker: it reads its configuration.
    Reloading,
    /// From a worker: it has read its configuration.
    Reloaded,
    /// From a worker: how it is, in one line for people.
    Status(String),
}

/// This process's end, on a tokio runtime.
#[derive(Debug)]
pub(super) struct Link {
    lines: Lines<tokio::io::BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
}

impl Link {
    /// Speaks over `stream`.
    ///
    /// # Errors
    /// As of the runtime.
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let (reader, writer) = tokio::net::UnixStream::from_std(stream)?.into_split();
        Ok(Self {
            lines: tokio::io::BufReader::new(reader).lines(),
            writer,
        })
    }

    /// The next word; `None` when the other end is gone. Can be cancelled without losing one.
    pub(super) async fn next(&mut self) -> Option<Word> {
        loop {
            match serde_json::from_str(&self.lines.next_line().await.ok()??) {
                Ok(word) => return Some(word),
                // Of a version that has more to say.
                Err(error) => log::debug!("a word that means nothing here: {error}"),
            }
        }
    }

    /// The next word. Waits for ever when the other end is gone, which is heard of in other ways. Can
    /// be cancelled without losing one.
    pub(super) async fn word(&mut self) -> Word {
        match self.next().await {
            Some(word) => word,
            None => std::future::pending().await,
        }
    }

    /// Says `word`. If the other end is gone, its end is what counts, not the word.
    pub(super) async fn say(&mut self, word: &Word) {
        // An error is the end of the other process, which whoever waits for it hears of.
        let _ = self.writer.write_all(&line(word)).await;
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.writer.as_ref().as_fd()
    }
}

/// Says over `stream` that this process does what it is for.
pub(super) fn say_ready(mut stream: UnixStream) {
    // Whoever started us may be gone; that is its business.
    let _ = stream.write_all(&line(&Word::Ready));
}

/// Blocks until the other end of `stream` is ready (`true`), or has ended before it was (`false`).
#[must_use]
pub(super) fn wait_until_ready(stream: UnixStream) -> bool {
    let first = BufReader::new(stream).lines().next();
    // An error is an end like any other: the process did not get ready.
    let word = first.and_then(|line| serde_json::from_str(&line.ok()?).ok());
    word == Some(Word::Ready)
}

fn line(word: &Word) -> Vec<u8> {
    // Words are names, flags and texts, which JSON can always say.
    let mut line = serde_json::to_vec(word).unwrap_or_default();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn words_arrive_in_order_and_strange_ones_are_passed_over() {
        let (ours, mut theirs) = UnixStream::pair().expect("sockets");
        let mut link = Link::new(ours).expect("a link");
        theirs
            .write_all(
                b"\"Restart\"\n{\"OfNextYear\":1}\nnonsense\n{\"Prepared\":{\"adopts\":true}}\n",
            )
            .expect("a writable socket");
        drop(theirs);
        assert_eq!(link.next().await, Some(Word::Restart));
        assert_eq!(link.next().await, Some(Word::Prepared { adopts: true }));
        assert_eq!(link.next().await, None);
    }

    #[test]
    fn only_one_who_says_so_is_ready() {
        let (ours, theirs) = UnixStream::pair().expect("sockets");
        say_ready(theirs);
        assert!(wait_until_ready(ours));
        let (ours, theirs) = UnixStream::pair().expect("sockets");
        drop(theirs);
        assert!(!wait_until_ready(ours));
    }
}
