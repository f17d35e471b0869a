//! What is written in mail about transitions, as keepalived writes it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Subject, state_word};
use crate::config::model::service::{RealServer, VirtualServer};
use crate::vrrp::State;

/// One mail, without what is the same in all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Behind the director's name in the subject.
    pub subject: String,
    /// All that is in it.
    pub body: String,
}

impl Letter {
    /// An instance or a group has entered a state; none for one that keepalived has no word for.
    #[must_use]
    pub fn of_state(subject: Subject<'_>, state: State) -> Option<Self> {
        let word = state_word(state)?;
        let (what, name, body) = match subject {
            Subject::Instance(name, _) => {
                let is = match state {
                    State::Active => "now",
                    State::Backup | State::Initialize { .. } => "no longer",
                };
                let body = format!("VRRP Instance is {is} owning VRRP VIPs");
                ("Instance", name, body)
            }
            Subject::Group(name) => {
                let body = format!("All VRRP group instances are now in {word} state");
                ("Group", name, body)
            }
        };
        Some(Self {
            subject: format!("VRRP {what} {name} - Entering {word} state"),
            body: format!("=> {body} <="),
        })
    }

    /// A virtual server, or one of its real servers, is up or down; `said` tells why.
    #[must_use]
    pub fn of_service(
        service: &VirtualServer,
        server: Option<&RealServer>,
        word: &str,
        said: &str,
    ) -> Self {
        let title = &service.title;
        let subject = match server {
            Some(server) => {
                let server = service.protocol.trio(server.address);
                format!("Realserver {server} of virtual server {title} - {word}")
            }
            None => format!("Virtualserver {title} - {word}"),
        };
        Self {
            subject,
            body: format!("=> {said} <="),
        }
    }

    /// The whole text at `now`, from `director`, as it goes over the wire but for its last dot.
    #[must_use]
    pub fn text(&self, now: SystemTime, director: &str, from: &str, to: &[String]) -> String {
        let (date, to) = (date(now), to.join(", "));
        let text = format!(
            "Date: {date}\nFrom: {from}\nSubject: [{director}] {}\nX-Mailer: Keepalived\nTo: {to}\n\n{}\n\n",
            self.subject, self.body
        );
        // A dot alone on a line would be its end.
        text.replace("\n.", "\n..").replace('\n', "\r\n")
    }
}

/// As mail has it, in UTC (RFC 5322 section 3.3).
fn date(now: SystemTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let since = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let day = DAYS[usize::try_from(since.as_secs() / 86_400 % 7).unwrap_or_default()];
    // 2026-11-22T10:06:06Z
    let text = humantime::format_rfc3339_seconds(now).to_string();
    let mut parts = text.split(['-', 'T', 'Z']);
    let mut next = || parts.next().unwrap_or_default();
    let (year, month, number, time) = (next(), next(), next(), next());
    let month = month
        .parse()
        .map_or(0, |month: usize| month.saturating_sub(1));
    let month = MONTHS.get(month).copied().unwrap_or_default();
    format!("{day}, {number} {month} {year} {time} +0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Duration = Duration::from_secs(1_795_341_966);

    #[test]
    fn a_letter_is_as_keepalived_writes_it() {
        let letter = Letter::of_state(Subject::Instance("VI_1", 100), State::Backup);
        let to = ["a@example.com", "b@example.com"].map(str::to_owned);
        let letter = letter.expect("a letter");
        let text = letter.text(UNIX_EPOCH + AT, "LB_ONE", "from@example.com", &to);
        assert_eq!(
            text,
            "Date: Sun, 22 Nov 2026 10:06:06 +0000\r\nFrom: from@example.com\r\n\
             Subject: [LB_ONE] VRRP Instance VI_1 - Entering BACKUP state\r\n\
             X-Mailer: Keepalived\r\nTo: a@example.com, b@example.com\r\n\r\n\
             => VRRP Instance is no longer owning VRRP VIPs <=\r\n\r\n"
        );
    }

    #[test]
    fn a_dot_alone_on_a_line_does_not_end_it() {
        let letter = Letter {
            subject: String::new(),
            body: "a\n.\nb".to_owned(),
        };
        let text = letter.text(UNIX_EPOCH, "", "", &[]);
        assert!(text.ends_with("a\r\n..\r\nb\r\n\r\n"), "{text}");
    }
}
