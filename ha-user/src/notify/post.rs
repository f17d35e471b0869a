//! Gives a letter to a mail server (RFC 5321).

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longest line of an answer, and most of them.
const LINE: u64 = 2048;
const LINES: usize = 64;

/// A mail server, and what it is told besides the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Address or name, and port.
    pub server: (String, u16),
    /// How long a connection may take, and each answer.
    pub patience: Duration,
    /// Who we are.
    pub helo: String,
    /// Who sends.
    pub from: String,
    /// Who is to get it.
    pub to: Vec<String>,
}

impl Post {
    /// Sends `text`, which ends with a line end.
    ///
    /// # Errors
    /// For people: what the server has answered, or that it has not.
    pub async fn send(&self, text: &str) -> Result<(), String> {
        let connected = TcpStream::connect((self.server.0.as_str(), self.server.1));
        let connected = self.wait(connected).await;
        let mut dialogue = Dialogue {
            stream: BufReader::new(connected.map_err(|error| format!("no connection: {error}"))?),
            post: self,
        };
        dialogue.expect("the connection", '2').await?;
        dialogue.say(&format!("HELO {}", self.helo), '2').await?;
        let from = &self.from;
        dialogue.say(&format!("MAIL FROM:<{from}>"), '2').await?;
        for to in &self.to {
            dialogue.say(&format!("RCPT TO:<{to}>"), '2').await?;
        }
        dialogue.say("DATA", '3').await?;
        dialogue.say(&format!("{text}."), '2').await?;
        // It has the letter; what it thinks of our leaving does not matter.
        let _ = dialogue.say("QUIT", '2').await;
        Ok(())
    }

    async fn wait<T>(&self, what: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        match timeout(self.patience, what).await {
            Ok(done) => done,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// A connection to the server.
struct Dialogue<'a> {
    stream: BufReader<TcpStream>,
    post: &'a Post,
}

impl Dialogue<'_> {
    /// Says `line`, and wants an answer whose code begins with `wanted`.
    async fn say(&mut self, line: &str, wanted: char) -> Result<(), String> {
        let command = line.split_whitespace().next().unwrap_or_default();
        let what = if line.contains('\n') {
            "the letter"
        } else {
            command
        };
        let octets = format!("{line}\r\n");
        let sent = self.stream.get_mut().write_all(octets.as_bytes());
        let sent = self.post.wait(sent).await;
        sent.map_err(|error| format!("{what}: {error}"))?;
        self.expect(what, wanted).await
    }

    async fn expect(&mut self, what: &str, wanted: char) -> Result<(), String> {
        for _ in 0..LINES {
            let answer = self.post.wait(line(&mut self.stream)).await;
            let answer = answer.map_err(|error| format!("no answer to {what}: {error}"))?;
            // More lines follow.
            if answer.as_bytes().get(3) == Some(&b'-') {
                continue;
            }
            return match answer.starts_with(wanted) {
                true => Ok(()),
                false => Err(format!("{what} was answered with {:?}", answer.trim_end())),
            };
        }
        Err(format!("{what} was answered without end"))
    }
}

async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    use tokio::io::AsyncReadExt as _;
    let mut octets = Vec::new();
    stream.take(LINE).read_until(b'\n', &mut octets).await?;
    match octets.is_empty() {
        true => Err(io::ErrorKind::UnexpectedEof.into()),
        false => Ok(String::from_utf8_lossy(&octets).into_owned()),
    }
}
