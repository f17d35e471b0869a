//! `vipctl capture`: the packets that vipd's programs judge, with their verdicts, as pcapng.

mod choice;
mod pcapng;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use ha_common::abi::{CAPTURED_OCTETS, Sighting, Way};
use ha_common::{Nanos, Reason};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::time::Timespec;

use self::choice::Choice;
use self::pcapng::{Direction, Packet, Writer};
use crate::datapath::Tap;
use crate::net::clock;
use crate::net::link::Links;

/// How long the programs go on showing packets after a sign of life of this process.
const HOLD: Duration = Duration::from_secs(1);
/// Between two signs of life.
const RENEWAL: Duration = Duration::from_millis(250);
/// Named in the file as its writer.
const PROGRAM: &str = concat!("vipctl ", env!("CARGO_PKG_VERSION"));
/// Instead of a file: standard output.
const STANDARD_OUTPUT: &str = "-";

/// What `vipctl capture --help` begins with.
pub(super) const ABOUT: &str = "\
Write the packets that vipd's programs judge, with their verdicts, as pcapng

Each packet has a comment with what became of it (pass, drop or answer) and why; `vipctl reasons`
lists all of them. tcpdump on this host sees packets after XDP, so it never sees those that XDP
drops or answers. Packets are shown as they are after the judgement: an ARP question that was
answered is its answer already. A VLAN tag that the network card takes off is not shown.

It asks the programs in the kernel, not the daemon, which may be frozen or dead. While nothing
captures, packets cost no more. At most 20,000 packets a second and processor are taken; the
summary at the end (Ctrl-C) counts those that came beyond. If vipctl is killed, the programs stop
within a second. One capture runs at a time.";

/// And what it ends with.
pub(super) const EXAMPLES: &str = "\
Examples:
  vipctl capture | tcpdump -n -r -                  watch adverts and ARP
  vipctl capture --verdict drop -w dropped.pcapng   what is dropped; Wireshark shows the comments
  vipctl capture --reason advert_auth -c 1 -w -     one advert with a wrong password
  tshark -r FILE -T fields -e frame.time -e ip.src -e frame.comment";

/// What to capture, and where to.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// Interface, several by commas; every one that vipd's programs are on if not given
    #[arg(short, long, value_name = "IF", value_delimiter = ',')]
    interface: Vec<String>,
    /// File; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = STANDARD_OUTPUT)]
    write: PathBuf,
    /// Stop after this many packets
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Stop after this many seconds
    #[arg(short, long, value_name = "N")]
    seconds: Option<u32>,
    #[command(flatten)]
    choice: Choice,
}

/// What a capture came to.
pub(super) struct Summary {
    packets: u64,
    left_out: u64,
    time: Duration,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.time.as_secs_f64();
        write!(f, "{} packets in {seconds:.1} s", self.packets)?;
        if self.left_out > 0 {
            let left_out = self.left_out;
            write!(f, "; {left_out} more came too fast and are not in the file")?;
        }
        Ok(())
    }
}

/// Captures until told to stop, until the file has what was asked for, or until nobody reads it.
///
/// # Errors
/// No program of this version is there, somebody else captures, or the kernel or the file system
/// refuses.
pub(super) fn run(options: &Options) -> Result<Summary> {
    let links = Links::read().context("cannot read the interfaces")?;
    let interfaces = options.interfaces(&links)?;
    let taps = Tap::open(interfaces.keys().copied())?;
    ensure!(
        !taps.is_empty(),
        "no program of this vipd's version is on {}: is the daemon running, with a data path?",
        options.place()
    );
    taps.iter().try_for_each(wait_for)?;
    let signals = signals().context("cannot listen for signals")?;
    let to = open(&options.write)?;
    let mut capture = Capture {
        reader: to.try_clone()?,
        file: Writer::begin(BufWriter::new(to), PROGRAM)?,
        interfaces,
        numbers: BTreeMap::new(),
        begun: clock::now(),
        boot: clock::time_of_boot(),
        packets: 0,
        most: options.count.unwrap_or(u64::MAX),
    };
    capture.run(options, taps, &signals)
}

impl Options {
    /// The interfaces to look at: indices and names.
    fn interfaces(&self, links: &Links) -> Result<BTreeMap<u32, String>> {
        if self.interface.is_empty() {
            let all = links.iter().map(|link| (link.ifindex, link.name.clone()));
            return Ok(all.collect());
        }
        let find = |name: &String| {
            let link = links.named(name);
            let link = link.with_context(|| format!("interface {name} does not exist"))?;
            Ok((link.ifindex, name.clone()))
        };
        self.interface.iter().map(find).collect()
    }

    fn place(&self) -> String {
        match self.interface.as_slice() {
            [] => "any interface".to_owned(),
            names => names.join(", "),
        }
    }
}

/// Waits for what another capture has left behind; fails if that one lives.
fn wait_for(tap: &Tap) -> Result<()> {
    let until = tap.taken_until();
    let left = until.saturating_since(clock::now());
    if left > Duration::ZERO {
        std::thread::sleep(left.min(HOLD));
        ensure!(
            tap.taken_until() <= until,
            "another capture is running, and two would take packets from each other"
        );
    }
    Ok(())
}

/// From now on these end the capture, not the process.
fn signals() -> nix::Result<SignalFd> {
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        signals.add(signal);
    }
    signals.thread_block()?;
    SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC)
}

fn open(path: &Path) -> Result<File> {
    if path != Path::new(STANDARD_OUTPUT) {
        return File::create(path).with_context(|| format!("cannot write {}", path.display()));
    }
    let output = io::stdout();
    ensure!(
        !output.is_terminal(),
        "a terminal cannot show packets; try `vipctl capture | tcpdump -n -r -`, or name a file \
         with --write"
    );
    Ok(output.as_fd().try_clone_to_owned()?.into())
}

/// A capture at work.
struct Capture {
    file: Writer<BufWriter<File>>,
    /// Tells when nobody reads the file any more.
    reader: File,
    interfaces: BTreeMap<u32, String>,
    /// Numbers in the file of the interfaces that it describes.
    numbers: BTreeMap<u32, u32>,
    begun: Nanos,
    boot: Duration,
    packets: u64,
    most: u64,
}

impl Capture {
    fn run(
        &mut self,
        options: &Options,
        mut taps: Vec<Tap>,
        signals: &SignalFd,
    ) -> Result<Summary> {
        let reasons = options.choice.reasons();
        let seconds = options
            .seconds
            .map(|seconds| Duration::from_secs(seconds.into()));
        let end = seconds.map(|limit| self.begun + limit);
        loop {
            let hold = clock::now() + HOLD;
            taps.iter().for_each(|tap| tap.hold(reasons, hold));
            let stop = self.wait(&taps, signals, end)?;
            if !self.take(&mut taps)? || stop {
                break;
            }
        }
        // What was shown before this moment still belongs in the file.
        taps.iter().for_each(Tap::release);
        self.take(&mut taps)?;
        let left_out = taps.iter().map(Tap::left_out).sum::<Result<u64, _>>()?;
        Ok(Summary {
            packets: self.packets,
            left_out,
            time: clock::now().saturating_since(self.begun),
        })
    }

    /// Waits for packets, or for the next sign of life; `true` if this is to be the end.
    fn wait(&self, taps: &[Tap], signals: &SignalFd, end: Option<Nanos>) -> Result<bool> {
        let left = end.map_or(RENEWAL, |end| end.saturating_since(clock::now()));
        let limit = Timespec::try_from(left.min(RENEWAL))?;
        // An error of the reader is told whether it is asked for or not.
        let mut fds = vec![
            PollFd::new(signals, PollFlags::IN),
            PollFd::new(&self.reader, PollFlags::empty()),
        ];
        fds.extend(taps.iter().map(|tap| PollFd::new(tap, PollFlags::IN)));
        match poll(&mut fds, Some(&limit)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error).context("cannot wait for packets"),
        }
        let told = fds.iter().take(2).any(|fd| !fd.revents().is_empty());
        Ok(told || left.is_zero())
    }

    /// Writes what was shown; `false` if that is enough, or nobody reads it.
    fn take(&mut self, taps: &mut [Tap]) -> Result<bool> {
        let mut written = Ok(());
        for tap in taps {
            tap.take(|sighting, octets| {
                if written.is_ok() {
                    written = self.write(&sighting, octets);
                }
            });
        }
        match written.and_then(|()| self.file.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(error).context("cannot write the file"),
            Ok(()) => Ok(self.packets < self.most),
        }
    }

    fn write(&mut self, sighting: &Sighting, octets: &[u8]) -> io::Result<()> {
        // A capture that was killed may have left packets in the ring.
        if self.packets >= self.most || sighting.at < self.begun {
            return Ok(());
        }
        let Some(interface) = self.number(sighting.ifindex)? else {
            return Ok(());
        };
        let at = self
            .boot
            .saturating_add(sighting.at.saturating_since(Nanos::NEVER));
        self.packets += 1;
        self.file.packet(&Packet {
            interface,
            at: u64::try_from(at.as_nanos()).unwrap_or(u64::MAX),
            direction: match sighting.way {
                Way::In => Direction::Inbound,
                Way::Out => Direction::Outbound,
            },
            length: sighting.length,
            octets,
            comment: &comment(sighting.reason),
        })
    }

    /// Number of an interface in the file; `None` if it is not to be looked at.
    fn number(&mut self, ifindex: u32) -> io::Result<Option<u32>> {
        if let Some(number) = self.numbers.get(&ifindex) {
            return Ok(Some(*number));
        }
        let Some(name) = self.interfaces.get(&ifindex) else {
            return Ok(None);
        };
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.file.interface(name, CAPTURED_OCTETS as u32)?;
        self.numbers.insert(ifindex, number);
        Ok(Some(number))
    }
}

/// What is said of a packet.
fn comment(reason: Reason) -> String {
    let (verdict, name) = (reason.verdict().name(), reason.name());
    format!("{verdict} {name}: {}", reason.describe())
}
