//! The program on an interface: where replies arrive, who holds it, and whom it makes way for.

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_common::Nanos;
use ha_common::wire::{arp, ethernet};
use ha_tests::lab::{Host, Lan, Mac, Netns, PacketSocket, until};
use ha_tests::owner::{ROUTER, VIP, own_vip};
use ha_user::datapath::{self, AttachError, AttachMode, Attachment, Datapath, LoadOptions, Mode};
use ha_user::net::link::Links;
use log::{LevelFilter, Log, Metadata, Record};

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 9);
/// Far more than an answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to listen for what must not come.
const SILENCE: Duration = Duration::from_millis(200);

/// A veth cable between a director and a client, without XDP at the client's end.
struct Cable {
    director: Netns,
    client: Netns,
}

impl Cable {
    fn new() -> Result<Self> {
        let (director, client) = (Netns::new()?, Netns::new()?);
        director.ip(&format!(
            "link add eth0 type veth peer name eth0 netns {}",
            client.path().display()
        ))?;
        director.ip("link set eth0 up")?;
        client.ip("link set eth0 up")?;
        Ok(Self { director, client })
    }

    fn ask(&self) -> Result<Asker> {
        Asker::new(&self.client, mac(&self.client)?, CLIENT)
    }
}

/// Asks for the VIP by ARP.
struct Asker {
    socket: PacketSocket,
    question: [u8; 42],
}

impl Asker {
    fn new(netns: &Netns, own: Mac, address: Ipv4Addr) -> Result<Self> {
        let mut question = [0; 42];
        question[..6].fill(0xff);
        question[6..12].copy_from_slice(&own.0);
        question[12..14].copy_from_slice(&ethernet::TYPE_ARP.to_be_bytes());
        let asked = arp::Repr {
            operation: arp::Operation::Request,
            sender_mac: own.0,
            sender_ip: address.octets(),
            target_mac: [0; 6],
            target_ip: VIP.octets(),
        };
        asked.emit(&mut question[14..]);
        let socket = PacketSocket::open(netns, "eth0")?;
        Ok(Self { socket, question })
    }

    fn ask(&self) -> Result<()> {
        Ok(self.socket.send(&self.question)?)
    }

    /// MAC of whoever answers within `limit`.
    fn answer_within(&mut self, limit: Duration) -> Result<Option<Mac>> {
        self.ask()?;
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(frame) = self.socket.receive(left)? else {
                return Ok(None);
            };
            let Some(body) = frame.get(14..42) else {
                continue;
            };
            let Ok(message) =
                arp::Packet::new_checked(body).and_then(|view| arp::Repr::parse(&view))
            else {
                continue;
            };
            if message.operation == arp::Operation::Reply && message.sender_ip == VIP.octets() {
                return Ok(Some(Mac(message.sender_mac)));
            }
        }
    }
}

fn mac(netns: &Netns) -> Result<Mac> {
    let links = netns.enter(Links::read)??;
    let link = links.named("eth0").context("eth0")?;
    Ok(Mac(link.mac.context("an Ethernet address")?))
}

fn ifindex(netns: &Netns, name: &str) -> Result<u32> {
    let links = netns.enter(Links::read)??;
    Ok(links.named(name).context("no such interface")?.ifindex)
}

fn load(netns: &Netns) -> Result<Datapath> {
    Ok(netns.enter(|| Datapath::load(LoadOptions::default()))??)
}

/// A loaded program that owns the VIP for an hour, on no interface yet.
fn owner(netns: &Netns) -> Result<Datapath> {
    own_vip(load(netns)?)
}

fn attach(netns: &Netns, datapath: &mut Datapath, mode: AttachMode) -> Result<Attachment> {
    let ifindex = ifindex(netns, "eth0")?;
    Ok(datapath.attach(ifindex, mode)?.clone())
}

#[test]
fn an_owned_address_is_answered_for_until_the_lease_ends() -> Result<()> {
    let cable = Cable::new()?;
    let mut datapath = owner(&cable.director)?;
    let attachment = attach(&cable.director, &mut datapath, AttachMode::Generic)?;
    assert_eq!(attachment.mode, Mode::Generic);
    let mut asker = cable.ask()?;
    assert_eq!(
        asker.answer_within(PATIENCE)?,
        Some(mac(&cable.director)?),
        "the interface's own MAC answers"
    );
    datapath
        .records()
        .record(ROUTER)
        .set_owned_until(Nanos::NEVER);
    assert_eq!(asker.answer_within(SILENCE)?, None);
    Ok(())
}

/// Keeps what is logged.
struct Kept(Mutex<Vec<String>>);

impl Log for Kept {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let lines = self.0.lock();
        lines.expect("not poisoned").push(record.args().to_string());
    }

    fn flush(&self) {}
}

#[test]
fn what_the_program_logs_reaches_the_daemons_log() -> Result<()> {
    static KEPT: Kept = Kept(Mutex::new(Vec::new()));
    log::set_logger(&KEPT)?;
    log::set_max_level(LevelFilter::Debug);
    let cable = Cable::new()?;
    let options = LoadOptions { debug_xdp: true };
    let mut datapath = own_vip(cable.director.enter(|| Datapath::load(options))??)?;
    attach(&cable.director, &mut datapath, AttachMode::Generic)?;
    let mut debug_log = datapath.debug_log().context("a log")?;
    let stranger = Mac([2, 0, 0, 0, 0, 0x66]);
    Asker::new(&cable.client, stranger, VIP)?.ask()?;
    until("a line of the program", PATIENCE, || {
        debug_log.flush();
        let lines = KEPT.0.lock().expect("not poisoned");
        let told = |line: &String| line.contains("192.0.2.100") && line.contains("announces");
        Ok(lines.iter().any(told))
    })
}

#[test]
fn auto_avoids_native_mode_where_replies_would_be_lost() -> Result<()> {
    let cable = Cable::new()?;
    let mut asker = cable.ask()?;
    let mut datapath = owner(&cable.director)?;
    attach(&cable.director, &mut datapath, AttachMode::Native)?;
    assert_eq!(
        asker.answer_within(SILENCE)?,
        None,
        "if this arrives, veth has been mended and `auto` can choose native mode always"
    );
    datapath.detach_all();
    let attachment = attach(&cable.director, &mut datapath, AttachMode::Auto)?;
    assert_eq!(attachment.mode, Mode::Generic);
    assert!(attachment.why.contains("other end"), "{}", attachment.why);
    assert!(asker.answer_within(PATIENCE)?.is_some());
    Ok(())
}

#[test]
fn auto_chooses_native_mode_where_replies_arrive() -> Result<()> {
    let cable = Cable::new()?;
    let mut passing = load(&cable.client)?;
    attach(&cable.client, &mut passing, AttachMode::Native)?;
    let mut datapath = owner(&cable.director)?;
    let attachment = attach(&cable.director, &mut datapath, AttachMode::Auto)?;
    assert_eq!(attachment.mode, Mode::Native, "{}", attachment.why);
    assert!(cable.ask()?.answer_within(PATIENCE)?.is_some());
    Ok(())
}

fn start_victim(netns: &Netns) -> Result<Child> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ha-child"));
    command.args(["attach", "eth0"]).stdout(Stdio::piped());
    let mut child = netns.enter(|| command.spawn())??;
    let output = child.stdout.take().context("its output")?;
    let mut lines = BufReader::new(output).lines();
    let attached = lines.any(|line| line.is_ok_and(|line| line == "attached"));
    ensure!(attached, "the child has not attached");
    Ok(child)
}

fn kill(mut victim: Child) -> Result<()> {
    victim.kill()?;
    victim.wait()?;
    Ok(())
}

#[test]
fn the_program_outlives_the_process_that_attached_it() -> Result<()> {
    let cable = Cable::new()?;
    let mut asker = cable.ask()?;
    kill(start_victim(&cable.director)?)?;
    for _ in 0..100 {
        assert!(asker.answer_within(PATIENCE)?.is_some());
    }
    let eth0 = ifindex(&cable.director, "eth0")?;
    assert!(cable.director.enter(|| datapath::detach(eth0))??);
    assert_eq!(asker.answer_within(SILENCE)?, None, "`vipctl detach`");
    assert!(!cable.director.enter(|| datapath::detach(eth0))??);
    Ok(())
}

#[test]
fn a_successor_takes_over_without_a_question_unanswered() -> Result<()> {
    let cable = Cable::new()?;
    kill(start_victim(&cable.director)?)?;
    let mut asker = cable.ask()?;
    let done = AtomicBool::new(false);
    let answers = thread::scope(|scope| {
        let questions = scope.spawn(|| -> Result<Vec<bool>> {
            let mut answers = Vec::new();
            while !done.load(Relaxed) {
                answers.push(asker.answer_within(PATIENCE)?.is_some());
            }
            Ok(answers)
        });
        let successors = (0..5).try_for_each(|_| -> Result<()> {
            let mut successor = owner(&cable.director)?;
            attach(&cable.director, &mut successor, AttachMode::Generic)?;
            Ok(())
        });
        done.store(true, Relaxed);
        let answers = questions.join().expect("the asking thread");
        successors.and(answers)
    })?;
    let lost = answers.iter().filter(|answered| !**answered).count();
    assert_eq!(lost, 0, "of {} questions", answers.len());
    assert!(answers.len() > 100, "only {} questions", answers.len());
    Ok(())
}

#[test]
fn a_successor_may_choose_another_mode() -> Result<()> {
    let cable = Cable::new()?;
    let mut passing = load(&cable.client)?;
    attach(&cable.client, &mut passing, AttachMode::Native)?;
    kill(start_victim(&cable.director)?)?;
    let mut asker = cable.ask()?;
    for mode in [AttachMode::Native, AttachMode::Generic] {
        let mut successor = owner(&cable.director)?;
        attach(&cable.director, &mut successor, mode)?;
        assert!(asker.answer_within(PATIENCE)?.is_some(), "{mode:?}");
    }
    Ok(())
}

#[test]
fn detaching_leaves_a_successor_alone() -> Result<()> {
    let cable = Cable::new()?;
    let mut first = owner(&cable.director)?;
    let mut second = owner(&cable.director)?;
    attach(&cable.director, &mut first, AttachMode::Generic)?;
    attach(&cable.director, &mut second, AttachMode::Generic)?;
    assert!(first.detach_all().is_empty());
    let mut asker = cable.ask()?;
    assert!(asker.answer_within(PATIENCE)?.is_some());
    assert!(second.detach_all().is_empty());
    assert_eq!(asker.answer_within(SILENCE)?, None);
    Ok(())
}

#[test]
fn an_interface_that_has_gone_is_no_obstacle() -> Result<()> {
    let cable = Cable::new()?;
    let mut datapath = owner(&cable.director)?;
    attach(&cable.director, &mut datapath, AttachMode::Generic)?;
    cable.director.ip("link del eth0")?;
    assert!(datapath.detach_all().is_empty());
    let error = datapath.attach(4711, AttachMode::Auto);
    assert!(matches!(error, Err(AttachError::Interface { .. })));
    Ok(())
}

#[test]
fn a_foreign_program_is_named_and_left_alone() -> Result<()> {
    let mut lan = Lan::new()?;
    let host = Host::new("foreign")?;
    lan.attach(&host, "eth0", "192.0.2.1/24")?;
    let port = ifindex(lan.netns(), "port1")?;
    let mut datapath = load(lan.netns())?;
    for mode in [AttachMode::Auto, AttachMode::Native, AttachMode::Generic] {
        let Err(error @ AttachError::Foreign { id, .. }) = datapath.attach(port, mode) else {
            panic!("it was not seen");
        };
        let shown = lan.netns().ip("link show port1")?;
        assert!(shown.contains(&format!("prog/xdp id {id} ")), "{shown}");
        assert!(error.to_string().contains(&format!("(id {id})")), "{error}");
    }
    assert!(lan.netns().enter(|| datapath::detach(port))?.is_err());
    Ok(())
}
