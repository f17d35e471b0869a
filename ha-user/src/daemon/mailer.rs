//! Mail about transitions: a queue, and a task that gives one letter after the other to the mail server.
//! Nobody waits for either.

use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::config::machine_name;
use crate::config::model::Config;
use crate::notify::letter::Letter;
use crate::notify::post::Post;

/// Letters that may wait; more are counted and said.
const QUEUE: usize = 256;
/// Time for a connection if the configuration does not say.
const PATIENCE: Duration = Duration::from_secs(30);
/// SMTP's.
const PORT: u16 = 25;

/// The queue.
#[derive(Debug)]
pub(super) struct Mailer {
    letters: Sender<(Post, String)>,
    lost: u64,
}

impl Mailer {
    /// With an empty queue.
    pub(super) fn new() -> Self {
        let (letters, queue) = channel(QUEUE);
        tokio::spawn(deliver(queue));
        Self { letters, lost: 0 }
    }

    /// Sends a letter in the name of `config`, if that has a server and somebody who gets it.
    pub(super) fn send(&mut self, config: &Config, letter: &Letter) {
        let Some(post) = post(config) else {
            return;
        };
        let director = config.global.router_id.clone().unwrap_or_else(own_name);
        let text = letter.text(SystemTime::now(), &director, &post.from, &post.to);
        if self.letters.try_send((post, text)).is_err() {
            if self.lost == 0 {
                log::warn!("{QUEUE} letters wait for the mail server: others are lost");
            }
            self.lost += 1;
        } else if self.lost > 0 {
            log::warn!("{} letters are lost", self.lost);
            self.lost = 0;
        }
    }
}

/// A letter that cannot be delivered is lost, as with keepalived.
async fn deliver(mut queue: Receiver<(Post, String)>) {
    let mut lost = 0_u64;
    while let Some((post, text)) = queue.recv().await {
        let (host, port) = &post.server;
        match post.send(&text).await {
            Ok(()) => log::info!("SMTP alert successfully sent."),
            Err(error) => {
                lost += 1;
                log::error!("SMTP server [{host}]:{port}: {error}; {lost} letters are lost so far");
            }
        }
    }
}

fn post(config: &Config) -> Option<Post> {
    let global = &config.global;
    let to = global.notification_email.clone();
    let mut server = global.smtp_server.as_deref()?.split_whitespace();
    let host = server.next()?.to_owned();
    let port = server.next().and_then(|port| port.parse().ok());
    let helo = config.mail.helo.clone().unwrap_or_else(own_name);
    let from = global.notification_email_from.clone();
    (!to.is_empty()).then(|| Post {
        server: (host, port.unwrap_or(PORT)),
        patience: global
            .smtp_connect_timeout
            .unwrap_or(PATIENCE)
            .max(Duration::from_secs(1)),
        from: from.unwrap_or_else(|| format!("root@{helo}")),
        helo,
        to,
    })
}

/// This machine's name.
fn own_name() -> String {
    let name = machine_name();
    if name.is_empty() {
        "localhost".to_owned()
    } else {
        name
    }
}
