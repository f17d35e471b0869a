//! One takeover, after the cable of the Active director was cut silently.

use std::fmt::{self, Write as _};
use std::net::Ipv4Addr;
use std::ops::Range;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::lab::{
    CONFIG_PATH, Capture, Daemon, Frame, Host, Lan, Mac, Prober, Software, Stalls, Subject, pause,
    status, until,
};

/// Interface of every host.
pub(super) const INTERFACE: &str = "eth0";
/// About how long a trial takes.
pub(super) const TAKES: Duration = Duration::from_secs(14);

/// `advert_int`.
const INTERVAL: Duration = Duration::from_millis(100);
/// How long lb1 may take to serve every address.
const ELECTION: Duration = Duration::from_secs(60);
/// How long lb2 may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long lb1 may take to be alone again, where announcements have made lb2 believe a silence.
const RECOVERY: Duration = Duration::from_secs(30);
/// From the election until the second burst of gratuitous ARP is over.
const CALM: Duration = Duration::from_secs(8);
/// How long lb2 is watched after it serves every address.
const AFTERWARDS: Duration = Duration::from_secs(1);
/// Longest gap in which the daemons could not run that spoils nothing.
const STALL: Duration = Duration::from_millis(4);

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// From the last advert of lb1 until lb2 answered, for the first and for the last address.
    pub arp: [Option<Duration>; 2],
    /// The same of echoes, which the kernel answers once the address is there.
    pub echo: [Option<Duration>; 2],
    /// How late the latest advert of lb2 was.
    pub late: Duration,
    /// From the moment when the cable was mended until lb2, which has to yield, had taken all
    /// addresses off.
    pub cleared: Duration,
    /// Longest time in which the daemons could not run.
    pub stall: Duration,
    /// Frames that queues on the way from lb2 had no room for: announcements, or adverts.
    pub dropped: u64,
    /// Adverts that arrived, and that whoever looks at them had no room for.
    pub overlooked: u64,
    /// How late lb2's own timers have been since its start, as far as it says.
    pub own: Option<Duration>,
}

impl Trial {
    /// Whether the machine stood still, or adverts were overlooked.
    #[must_use]
    pub fn is_disturbed(&self) -> bool {
        self.stall > STALL || self.overlooked > 0
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |time: Option<Duration>| {
            time.map_or("never".to_owned(), |time| {
                format!("{:.1} ms", time.as_secs_f64() * 1e3)
            })
        };
        let [_, arp] = self.arp.map(show);
        let [_, echo] = self.echo.map(show);
        write!(
            f,
            "ARP after {arp}, echo after {echo}, adverts late by {}, stalls of {}, {} frames \
             dropped, {} adverts overlooked",
            show(Some(self.late)),
            show(Some(self.stall)),
            self.dropped,
            self.overlooked
        )?;
        match self.own {
            Some(own) => write!(f, ", own timers late by {}", show(Some(own))),
            None => Ok(()),
        }
    }
}

/// Two directors, and two who ask: one for the first address, one for the last.
pub(super) struct Place {
    lan: Lan,
    pub(super) directors: [Host; 2],
    macs: [Mac; 2],
    askers: [(Host, Ipv4Addr); 2],
}

impl Place {
    pub(super) fn new() -> Result<Self> {
        let mut lan = Lan::new()?;
        let mut host = |name: &str, last: u8| -> Result<(Host, Mac, Ipv4Addr)> {
            let (host, address) = (Host::new(name)?, Ipv4Addr::new(192, 0, 2, last));
            let mac = lan.attach(&host, INTERFACE, &format!("{address}/24"))?;
            Ok((host, mac, address))
        };
        let [(lb1, mac1, _), (lb2, mac2, _)] = [host("lb1", 11)?, host("lb2", 12)?];
        let askers = [host("first", 40)?, host("last", 80)?];
        Ok(Self {
            lan,
            directors: [lb1, lb2],
            macs: [mac1, mac2],
            askers: askers.map(|(host, _, address)| (host, address)),
        })
    }

    /// Asks for the first and for the last of `count` addresses from now on.
    fn probe(&self, count: u16) -> Result<[Prober; 2]> {
        let prober = |asker: usize, index: u16| {
            let (host, address) = &self.askers[asker];
            let place = (host, INTERFACE, *address);
            Prober::start(&self.lan, place, vip(index), &self.macs)
        };
        Ok([prober(0, 0)?, prober(1, count - 1)?])
    }

    fn capture_adverts(&self) -> Result<Capture> {
        let (host, _) = &self.askers[0];
        Capture::of_adverts(host.netns(), INTERFACE)
    }

    /// Frames that the queues between lb2 and the first who asks had no room for, so far.
    fn thrown_away(&self) -> Result<u64> {
        let ends = [&self.directors[1], &self.askers[0].0];
        let of_end = |host: &Host| host.netns().thrown_away(INTERFACE);
        ends.into_iter().map(of_end).sum()
    }
}

/// The virtual address with this number.
pub(super) fn vip(index: u16) -> Ipv4Addr {
    let [high, low] = index.to_be_bytes();
    Ipv4Addr::new(10, 1, high, low)
}

/// Lets lb2 take over `count` addresses with `software`, and hand them back.
///
/// # Errors
/// When addresses are missing in the end or left over, or a lab cannot be set up.
pub fn play(software: &Software, count: u16) -> Result<Trial> {
    let place = Place::new()?;
    let ([lb1, lb2], [mac1, mac2]) = (&place.directors, place.macs);
    let active = start(lb1, software, &config(110, count)?)?;
    let probers = place.probe(count)?;
    let answers = |mac, since| {
        let first = probers
            .each_ref()
            .map(|prober| first_answers(prober, mac, since));
        first.concat()
    };
    let serves = |mac| {
        Ok(answers(mac, Instant::now() - INTERVAL)
            .iter()
            .all(Option::is_some))
    };
    until("lb1 to serve", ELECTION, || serves(mac1)).with_context(|| active.log().tail(6))?;
    let backup = start(lb2, software, &config(100, count)?)?;
    let waits = || Ok(backup.state("VI_1") == Some("BACKUP"));
    until("lb2 to wait", ELECTION, waits).with_context(|| backup.log().tail(6))?;
    pause(CALM)?;
    let is_alone = || {
        let others = answers(mac2, Instant::now() - AFTERWARDS);
        Ok(others.iter().all(Option::is_none) && serves(mac1)?)
    };
    until("lb1 to be alone", RECOVERY, is_alone).with_context(|| backup.log().tail(6))?;
    let (capture, stalls) = (place.capture_adverts()?, Stalls::watch(Duration::ZERO)?);
    let advertises = || Ok(last_advert(&capture.frames(), mac1).is_some());
    until("an advert of lb1", PATIENCE, advertises).with_context(|| active.log().tail(6))?;
    let thrown_away = place.thrown_away()?;
    let cut = Instant::now();
    place.lan.cut(lb1)?;
    until("lb2 to serve", PATIENCE, || serves(mac2)).with_context(|| backup.log().tail(6))?;
    pause(AFTERWARDS)?;
    let period = cut..Instant::now();
    let adverts = capture.frames();
    let stall = stalls.longest(&period);
    let dropped = place.thrown_away()? - thrown_away;
    let own = own_lateness(lb2, software)?;
    let present = lb2.addresses()?.len();
    ensure!(present > count.into(), "only {present} addresses are there");
    let silent = last_advert(&adverts, mac1).context("lb1 did not advertise")?;
    let after = |at: Option<Instant>| Some(at?.saturating_duration_since(silent));
    let times = probers
        .each_ref()
        .map(|prober| first_answers(prober, mac2, cut).map(after));
    place.lan.heal(lb1)?;
    let healed = Instant::now();
    let gone = || Ok(lb2.addresses()?.len() == 1);
    until("lb2 to hand back", PATIENCE, gone).with_context(|| backup.log().tail(6))?;
    Ok(Trial {
        arp: times.map(|[arp, _]| arp),
        echo: times.map(|[_, echo]| echo),
        late: lateness(&adverts, mac2, &period),
        cleared: healed.elapsed(),
        stall,
        dropped,
        overlooked: capture.lost(),
        own,
    })
}

/// Starts `software` without details in its log: keepalived would write a line for every
/// gratuitous ARP.
fn start(host: &Host, software: &Software, config: &str) -> Result<Daemon> {
    software.install(host)?;
    host.write(CONFIG_PATH, config)?;
    Daemon::launch(host, Command::new("keepalived").args(["-n", "-l"]))
}

/// How late the daemon on `host` says that it has woken up at most; keepalived does not tell.
fn own_lateness(host: &Host, software: &Software) -> Result<Option<Duration>> {
    Ok(match software {
        Software::Vipd(_) => Some(Duration::from_secs_f64(status(host)?.timers.max_seconds)),
        Software::Keepalived(_) => None,
    })
}

/// When `mac` first answered an ARP question, and when an echo, asked at or after `since`.
fn first_answers(prober: &Prober, mac: Mac, since: Instant) -> [Option<Instant>; 2] {
    prober.look(|transcript| {
        let questions = transcript.during(since..Instant::now());
        [Subject::Arp, Subject::Echo(mac)].map(|subject| {
            let answered = |question: &&crate::lab::Question| {
                question.subject == subject && question.answers.contains(&mac)
            };
            questions.iter().find(answered).map(|question| question.at)
        })
    })
}

fn last_advert(adverts: &[Frame], from: Mac) -> Option<Instant> {
    let theirs = adverts.iter().filter(|frame| frame.source() == Some(from));
    theirs.map(|frame| frame.at).max()
}

/// How much longer than the interval the longest silence of `from` was, from its first advert in
/// `period` on.
fn lateness(adverts: &[Frame], from: Mac, period: &Range<Instant>) -> Duration {
    let theirs = adverts.iter().filter(|frame| frame.source() == Some(from));
    let times = theirs
        .map(|frame| frame.at)
        .filter(|at| period.contains(at));
    let times: Vec<_> = times.chain([period.end]).collect();
    let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
    gaps.max().unwrap_or(PATIENCE).saturating_sub(INTERVAL)
}

fn config(priority: u8, count: u16) -> Result<String> {
    let mut config = format!(
        "vrrp_instance VI_1 {{\n    state BACKUP\n    interface {INTERFACE}\n    version 3\n    \
         virtual_router_id 51\n    priority {priority}\n    advert_int {}\n    \
         virtual_ipaddress {{\n        {}/32\n    }}\n    virtual_ipaddress_excluded {{\n",
        INTERVAL.as_secs_f64(),
        vip(0)
    );
    for index in 1..count {
        writeln!(config, "        {}/32", vip(index))?;
    }
    config.push_str("    }\n}\n");
    Ok(config)
}
