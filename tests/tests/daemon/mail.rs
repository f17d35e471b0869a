//! Mail about transitions, beside Debian's keepalived, to a mail server of the lab's own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{Daemon, Host, Lan, Software, Tools, pause, until};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, STOP, Solo};

const PORT: u16 = 2525;

/// Mail of an instance, and of the group that it is in.
const ALERTS: &str = "global_defs {
    router_id LB_ONE
    notification_email {
        a@example.com
        b@example.com
    }
    notification_email_from from@example.com
    smtp_server 127.0.0.1 2525
    smtp_connect_timeout 1
    smtp_alert
}
";
const GROUP: &str = "vrrp_sync_group G {
    group {
        VI_1
    }
}
";

/// What each client has said, but for the date.
type Letters = Arc<Mutex<Vec<Vec<String>>>>;

/// A mail server, which ends with the test's process.
struct Sink {
    letters: Letters,
}

impl Sink {
    /// One that takes letters, or greets nobody.
    fn start(host: &Host, greets: bool) -> Result<Self> {
        let listener = host
            .netns()
            .enter(|| TcpListener::bind(("127.0.0.1", PORT)))??;
        let letters = Letters::default();
        let taken = Arc::clone(&letters);
        thread::spawn(move || {
            let mut kept = Vec::new();
            for client in listener.incoming().flatten() {
                let taken = Arc::clone(&taken);
                match greets {
                    true => drop(thread::spawn(move || take(&client, &taken))),
                    false => kept.push(client),
                }
            }
        });
        Ok(Self { letters })
    }

    /// Letters so far, in the order of their words: they may overtake each other.
    fn take(&self, count: usize) -> Result<Vec<Vec<String>>> {
        let all = || self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        until(&format!("{count} letters"), PATIENCE, || {
            Ok(all().len() >= count)
        })?;
        pause(Duration::from_millis(300))?;
        let mut letters = std::mem::take(&mut *all());
        letters.sort();
        Ok(letters)
    }
}

/// A dialogue with one client. A client that hangs up early has sent no letter.
fn take(client: &TcpStream, letters: &Letters) {
    let Ok(lines) = dialogue(client) else { return };
    letters
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(lines);
}

fn dialogue(mut client: &TcpStream) -> std::io::Result<Vec<String>> {
    client.write_all(b"220-sink\r\n220 of the lab\r\n")?;
    let (mut said, mut in_letter) = (Vec::new(), false);
    for line in BufReader::new(client).lines() {
        let line = line?;
        let was_in_letter = in_letter;
        in_letter = (in_letter || line == "DATA") && line != ".";
        let answer: &[u8] = match line.as_str() {
            _ if was_in_letter && in_letter => b"",
            "DATA" => b"354 go on\r\n",
            "QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        client.write_all(answer)?;
        let is_over = line == "QUIT" && !was_in_letter;
        said.extend((!line.starts_with("Date: ")).then_some(line));
        if is_over {
            return Ok(said);
        }
    }
    Err(std::io::ErrorKind::UnexpectedEof.into())
}

/// All mail from a start over a fault to its end.
fn story(software: &Software, config: &str) -> Result<Vec<Vec<Vec<String>>>> {
    let mut lan = Lan::new()?;
    let host = Host::new("lb1")?;
    lan.attach(&host, "eth0", "192.0.2.1/24")?;
    let sink = Sink::start(&host, true)?;
    let daemon = Daemon::start(&host, software, config)?;
    daemon.wait_for(INSTANCE, "MASTER", PATIENCE)?;
    let mut story = vec![sink.take(4)?];
    host.netns().ip("link set eth0 down")?;
    story.push(sink.take(2)?);
    host.netns().ip("link set eth0 up")?;
    story.push(sink.take(4)?);
    Ok(story)
}

#[test]
fn both_daemons_write_the_same_mail() -> Result<()> {
    let config = format!("{ALERTS}{GROUP}{CONFIG}");
    let theirs = story(&Tools::keepalived()?, &config)?;
    let ours = story(&Tools::vipd()?, &config)?;
    ensure!(theirs == ours, "{theirs:#?}\n{ours:#?}");
    println!("{:#?}", ours[1]);
    Ok(())
}

#[test]
fn a_mail_server_that_does_not_answer_holds_nothing_up() -> Result<()> {
    let solo = Solo::new()?;
    let _sink = Sink::start(&solo.host, false)?;
    let begun = Instant::now();
    let mut daemon = solo.start(&format!("{ALERTS}{CONFIG}"))?;
    let active = Instant::now();
    let lost = daemon
        .log()
        .wait_for("1 letters are lost so far", begun, PATIENCE)?;
    println!("{lost:?}");
    ensure!(solo.longest_silence(active) < Duration::from_millis(250));
    let took = daemon.stop()?;
    ensure!(took < STOP, "the stop took {took:?}");
    Ok(())
}

#[test]
fn who_wants_no_mail_of_faults_or_of_an_instance_gets_none() -> Result<()> {
    let solo = Solo::new()?;
    let sink = Sink::start(&solo.host, true)?;
    let alerts = ALERTS.replace("smtp_alert", "no_email_faults\n    smtp_alert");
    let second = CONFIG
        .replace("VI_1", "VI_2")
        .replace("51", "52")
        .replace(".100", ".101")
        .replace("    priority", "    smtp_alert off\n    priority");
    let daemon = solo.start(&format!("{alerts}{CONFIG}{second}"))?;
    sink.take(2)?;
    let down = Instant::now();
    solo.host.netns().ip("link set eth0 down")?;
    daemon.wait_for_since("VI_2", "FAULT", down, PATIENCE)?;
    solo.host.netns().ip("link set eth0 up")?;
    let letters = sink.take(2)?;
    let subjects = letters
        .iter()
        .flatten()
        .filter(|line| line.starts_with("Subject: "));
    let subjects: Vec<_> = subjects.collect();
    let of = |state| format!("Subject: [LB_ONE] VRRP Instance VI_1 - Entering {state} state");
    ensure!(subjects == [&of("BACKUP"), &of("MASTER")], "{subjects:?}");
    Ok(())
}

#[test]
fn servers_are_written_about_with_the_reason() -> Result<()> {
    let service = "virtual_server 192.0.2.100 80 {
    protocol TCP
    lb_algo rr
    lb_kind DR
    real_server 192.0.2.7 8080 {
        MISC_CHECK {
            misc_path \"/usr/bin/test -e /run/good\"
            delay_loop 1
        }
    }
}
";
    let solo = Solo::new()?;
    solo.host.sh("touch /run/good")?;
    let sink = Sink::start(&solo.host, true)?;
    let alerts = ALERTS.replace("smtp_alert", "smtp_alert_checker");
    let _daemon = solo.start(&format!("{alerts}{CONFIG}{service}"))?;
    solo.host.sh("rm /run/good")?;
    let letters = sink.take(2)?;
    let has = |line: &str| letters.iter().flatten().any(|one| one == line);
    let server = "[192.0.2.7]:tcp:8080 of virtual server [192.0.2.100]:tcp:80";
    ensure!(
        has(&format!("Subject: [LB_ONE] Realserver {server} - DOWN")),
        "{letters:#?}"
    );
    ensure!(
        has("Subject: [LB_ONE] Virtualserver [192.0.2.100]:tcp:80 - DOWN"),
        "{letters:#?}"
    );
    ensure!(
        has("=> CHECK failed on service : exited with status 1 <="),
        "{letters:#?}"
    );
    ensure!(has("=> Lost quorum 1-0=1 > 0 <="), "{letters:#?}");
    Ok(())
}
