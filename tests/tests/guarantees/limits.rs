//! What the promise does not cover, and what people then see: `docs/guarantees.md` says the same.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_common::wire::arp;
use ha_tests::eyes::{Eyes, FLIGHT};
use ha_tests::forgery;
use ha_tests::lab::{
    Daemon, Direction, Mac, Netns, PacketSocket, Question, Subject, Tools, pause, status, until,
};
use ha_tests::watched::{INSTANCE, INTERFACE, PROBER, Pair, Setup, VIP};
use ha_tests::xdp::frame::{Advert, arp_frame};
use ha_tests::xdp::raw;
use ha_user::control::protocol::{Counter, Instance, Interface};

/// Far more than an election takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long to look at what lasts.
const LOOK: Duration = Duration::from_millis(300);

const SETUP: Setup = Setup {
    version: 3,
    interval_ms: 100,
    preempt: true,
    priorities: [150, 100],
    xdp: Some("native"),
};

/// Who hears nothing takes over; the other one tells.
#[test]
fn a_one_way_cut_makes_two_and_is_told() -> Result<()> {
    let scene = Scene::new(SETUP)?;
    let [lb1, lb2] = &scene.pair.directors;
    let cut = scene.pair.lan.cut_one_way(lb2, Direction::Incoming)?;
    let deaf = Instant::now();
    scene.wait_for(1, "MASTER", deaf)?;
    scene.daemons[0].log().wait_for(
        "DUAL_ACTIVE: 192.0.2.2 (priority 100) is Active, too",
        deaf,
        PATIENCE,
    )?;
    ensure!(scene.instance(0)?.state == "MASTER");
    ensure!(scene.instance(1)?.state == "MASTER");
    ensure!(count(&scene.instance(0)?.statistics, "dual_active") == 1);
    println!(
        "one-way cut: two Active, {} says DUAL_ACTIVE, {} nothing",
        lb1.name(),
        lb2.name()
    );
    drop(cut);
    scene.eyes.wait_for_owner(scene.pair.macs[0], PATIENCE)
}

/// Both sides go on, each for those who reach it.
#[test]
fn a_partition_has_an_owner_on_each_side() -> Result<()> {
    let scene = Scene::new(SETUP)?;
    let cut = Instant::now();
    scene.pair.lan.cut(&scene.pair.directors[0])?;
    scene.wait_for(1, "MASTER", cut)?;
    ensure!(scene.instance(0)?.state == "MASTER");
    let told = |daemon: &Daemon| !daemon.log().matching("DUAL_ACTIVE").is_empty();
    ensure!(!scene.daemons.iter().any(told), "nobody can know");
    let healed = Instant::now();
    scene.pair.lan.heal(&scene.pair.directors[0])?;
    scene.wait_for(1, "BACKUP", healed)?;
    until("DUAL_ACTIVE", PATIENCE, || {
        Ok(scene.daemons.iter().any(told))
    })
}

/// Another host that announces the VIP is contradicted, and named in the log.
#[test]
fn an_address_that_another_host_announces_is_claimed_back() -> Result<()> {
    let scene = Scene::new(SETUP)?;
    let (_, stranger) = scene.pair.stranger()?;
    let socket = PacketSocket::open(scene.pair.stranger.netns(), INTERFACE)?;
    // Beyond the second in which announcements that are provoked wait for the last one.
    pause(Duration::from_millis(1200))?;
    let announced = Instant::now();
    socket.send(&announcement(stranger))?;
    let phrase = format!("another host announces {VIP}, which we own");
    scene.daemons[0]
        .log()
        .wait_for(&phrase, announced, PATIENCE)?;
    let packets = status(&scene.pair.directors[0])?.packets;
    ensure!(count(&packets, "arp_conflict") > 0, "{packets:?}");
    until("a neighbour to follow the owner again", PATIENCE, || {
        let entries = scene.eyes.witness.entries();
        let since = entries.iter().filter(|(at, _)| *at >= announced);
        let macs: Vec<_> = since.map(|(_, mac)| *mac).collect();
        Ok(macs == [stranger, scene.pair.macs[0]])
    })
}

/// What the operator has put on a Backup answers no question, and IP only where the file says so.
#[test]
fn an_operators_own_address_on_a_backup_answers_echoes_where_told_to_pass() -> Result<()> {
    let policies = [
        ("native\n    backup_traffic drop", false),
        ("native\n    backup_traffic pass", true),
    ];
    for (policy, may_answer) in policies {
        let scene = Scene::new(Setup {
            xdp: Some(policy),
            ..SETUP
        })?;
        let netns = scene.pair.directors[1].netns();
        netns.ip(&format!("address add {VIP}/32 dev {INTERFACE}"))?;
        // It knows whom to answer: it may not ask for a neighbour as the VIP.
        let prober = scene.pair.lan.mac(&scene.pair.prober, INTERFACE);
        let prober = prober.context("a prober")?;
        netns.ip(&format!(
            "neighbour replace {PROBER} lladdr {prober} dev {INTERFACE}"
        ))?;
        let begin = Instant::now();
        pause(LOOK)?;
        let end = Instant::now();
        pause(FLIGHT)?;
        let transcript = scene.eyes.take_before(end).transcript;
        let lb2 = scene.pair.macs[1];
        let answered = |question: &&Question| question.answers.contains(&lb2);
        let answers = transcript.during(begin..end).iter().filter(answered);
        let (arp, echoes): (Vec<_>, Vec<_>) =
            answers.partition(|question| question.subject == Subject::Arp);
        println!(
            "operator's own address on a Backup, mode {policy:?}: it answers {} echoes, {} ARP questions",
            echoes.len(),
            arp.len()
        );
        ensure!(arp.is_empty() && echoes.is_empty() != may_answer);
        ensure!(scene.instance(1)?.state == "BACKUP");
    }
    Ok(())
}

/// A program of somebody else stays; beside it we work by tc, or not at all if told to be native.
#[test]
fn another_programs_xdp_is_left_alone_and_named() -> Result<()> {
    for (mode, expected) in [("auto", "tc"), ("native", "off")] {
        let setup = Setup {
            xdp: Some(mode),
            ..SETUP
        };
        let pair = Pair::new(setup)?;
        let netns = pair.directors[0].netns();
        let index = index_of(netns, INTERFACE)?;
        let _foreign = netns.enter(|| raw::attach(&raw::pass()?, index))??;
        let [first, _second] = pair.start(&Tools::vipd()?)?;
        let Interface { xdp, why, .. } = status(first.host())?
            .interfaces
            .into_iter()
            .next()
            .context("an interface")?;
        println!("another program's XDP, mode {mode}: vipctl says {xdp}: {why}");
        ensure!(
            xdp == expected && why.contains("not vipd's"),
            "{xdp}: {why}"
        );
        let warned = first
            .log()
            .matching("no data path here, working as keepalived does");
        ensure!(warned.is_empty() == (xdp == "tc"), "{warned:?}");
    }
    Ok(())
}

/// Without leases a frozen director goes on answering, as keepalived does.
#[test]
fn a_frozen_director_without_leases_goes_on_answering() -> Result<()> {
    let scene = Scene::new(Setup {
        xdp: Some("native\n    lease off"),
        ..SETUP
    })?;
    scene.daemons[0].freeze()?;
    let frozen = Instant::now();
    scene.wait_for(1, "MASTER", frozen)?;
    let begin = Instant::now();
    pause(LOOK)?;
    let end = Instant::now();
    pause(FLIGHT)?;
    let two = scene.eyes.take_before(end).doubled(&(begin..end));
    let two = two.context("it stopped answering")?.length();
    println!("lease off, SIGSTOP: two answer, seen for {two:.1?} of {LOOK:?}");
    ensure!(two > LOOK / 2, "two answered for {two:?} only");
    scene.daemons[0].thaw()?;
    scene.eyes.wait_for_owner(scene.pair.macs[0], PATIENCE)
}

/// The kernel answers for a frozen keepalived, which knows nothing of its successor. Thawed, it is the
/// better one, and vipd yields to its advert.
#[test]
fn a_frozen_keepalived_goes_on_answering_beside_its_successor() -> Result<()> {
    let software = [Tools::keepalived()?, Tools::vipd()?];
    let pair = Pair::new(Setup { xdp: None, ..SETUP })?;
    let daemons = pair.start_each(|index, host| {
        Daemon::start(host, &software[index], &pair.setup().config(index))
    })?;
    let eyes = Eyes::open(&pair)?;
    eyes.wait_for_owner(pair.macs[0], PATIENCE)?;
    let frozen = Instant::now();
    daemons[0].freeze()?;
    let takeover = daemons[1].wait_for_since(INSTANCE, "MASTER", frozen, PATIENCE)?;
    let begin = Instant::now();
    pause(LOOK)?;
    let thawed = Instant::now();
    daemons[0].thaw()?;
    let phrase = "yielding to 192.0.2.1, which advertises priority 150";
    daemons[1].log().wait_for(phrase, thawed, PATIENCE)?;
    eyes.wait_for_owner(pair.macs[0], PATIENCE)?;
    let end = Instant::now();
    pause(FLIGHT)?;
    let record = eyes.take_before(end);
    let two = record
        .doubled(&(begin..thawed))
        .context("keepalived was silent")?;
    let last = record.last_answer_of(pair.macs[1], thawed..end);
    println!(
        "a frozen keepalived: vipd is Active after {:.1?} (Active_Down_Interval {:.1?}), two answer \
         for {:.1?} of {LOOK:?}; thawed, vipd is silent after {:.1?}",
        takeover.at - frozen,
        SETUP.active_down_interval(1),
        two.length(),
        last.map_or(Duration::ZERO, |last| last - thawed),
    );
    ensure!(two.length() > LOOK / 2, "two answered for {two:?} only");
    Ok(())
}

/// A valid advert of higher priority silences everybody for Active_Down_Interval.
#[test]
fn a_stranger_with_a_higher_advert_silences_all_and_is_named() -> Result<()> {
    let scene = Scene::new(SETUP)?;
    let advert = Advert {
        priority: 200,
        ..forgery::stranger(&scene.pair)?
    };
    let advert = forgery::sent_by_stranger(&scene.pair, advert.frame())?;
    let (address, _) = scene.pair.stranger()?;
    let spoke = Instant::now();
    PacketSocket::open(scene.pair.stranger.netns(), INTERFACE)?.send(&advert)?;
    let phrase = format!("yielding to {address}, which advertises priority 200");
    scene.daemons[0].log().wait_for(&phrase, spoke, PATIENCE)?;
    let seen = scene.instance(0)?;
    ensure!(
        seen.state == "BACKUP" && seen.active_router == Some(address.into()),
        "{seen:?}"
    );
    scene.wait_for(0, "MASTER", spoke)?;
    scene.eyes.wait_for_owner(scene.pair.macs[0], PATIENCE)?;
    let end = Instant::now();
    pause(FLIGHT)?;
    let silence = scene.eyes.take_before(end).silence(&(spoke..end));
    let silence = silence.end - silence.start;
    let promised = SETUP.active_down_interval(0);
    println!(
        "a stranger's higher advert: silence of {silence:.1?} (Active_Down_Interval {promised:.1?})"
    );
    ensure!(silence >= SETUP.active_down_interval(0) - SETUP.interval());
    Ok(())
}

struct Scene {
    pair: Pair,
    daemons: [Daemon; 2],
    eyes: Eyes,
}

impl Scene {
    /// lb1 is Active, lb2 follows.
    fn new(setup: Setup) -> Result<Self> {
        let (pair, daemons, eyes) = Eyes::on_new(setup, PATIENCE)?;
        Ok(Self {
            pair,
            daemons,
            eyes,
        })
    }

    fn wait_for(&self, index: usize, state: &str, since: Instant) -> Result<()> {
        let entered = self.daemons[index].wait_for_since(INSTANCE, state, since, PATIENCE);
        entered.map(drop)
    }

    /// What `vipctl status` shows.
    fn instance(&self, index: usize) -> Result<Instance> {
        let instances = status(&self.pair.directors[index])?.instances;
        instances.into_iter().next().context("an instance")
    }
}

fn count(counters: &[Counter], name: &str) -> u64 {
    let counter = counters.iter().find(|counter| counter.name == name);
    counter.map_or(0, |counter| counter.value)
}

/// Gratuitous ARP for the VIP.
fn announcement(by: Mac) -> Vec<u8> {
    let address: Ipv4Addr = VIP;
    let message = arp::Repr {
        operation: arp::Operation::Request,
        sender_mac: by.0,
        sender_ip: address.octets(),
        target_mac: [0; 6],
        target_ip: address.octets(),
    };
    arp_frame(Mac::BROADCAST.0, &message)
}

fn index_of(netns: &Netns, interface: &str) -> Result<u32> {
    let shown = netns.ip(&format!("-oneline link show {interface}"))?;
    let index = shown.split(':').next().context("an index")?;
    Ok(index.trim().parse()?)
}
