//! Nanoseconds of XDP for a packet: foreign traffic, an advert, an ARP answer, against a bare
//! `XDP_PASS` of the same run.
//!
//! A repeated test run feeds an answer back to the program as if it were the next question. So
//! the question is written anew before each pass, by a program in front of ours; what that costs
//! is measured with `XDP_PASS` behind it, and taken off.

use std::os::fd::AsFd;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use ha_common::abi::{ServicePolicy, ServiceState};
use ha_common::wire::ethernet;
use ha_user::datapath::{Hook, LoadOptions};
use rustix::time::{ClockId, clock_gettime};

use super::Measure;
use super::figures::Figure;
use super::progress::Progress;
use super::report::{Criterion, Findings, Table};
use crate::xdp::frame::{Advert, FOREIGN_IP, OWN_MAC, VIRTUAL_IP, arp_frame, ip_frame, question};
use crate::xdp::service::{NAMES, datagram, keys};
use crate::xdp::{Director, IFINDEX, raw, test_run};

const COMPARED: &str = "Nanoseconds of the XDP program for a packet (BPF_PROG_TEST_RUN, one core), \
    beside a program that only says XDP_PASS.";
const UDP: u8 = 17;
/// Octets of the shortest frame on a wire.
const SHORTEST_FRAME: usize = 60;
/// Verdict of XDP_TX.
const TRANSMIT: u32 = 3;

/// How much to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Rounds, in each of which every case has its turn
    #[arg(long, default_value_t = 15)]
    pub rounds: u32,
    /// Packets of each case in a round
    #[arg(long, default_value_t = 500_000)]
    pub packets: u32,
}

impl Measure for Options {
    fn takes(&self) -> Duration {
        self.rounds * self.packets * Duration::from_nanos(500)
    }

    fn quicken(&mut self) {
        self.rounds = 3;
        self.packets = 20_000;
    }

    fn measure(&self, progress: &Progress) -> Result<Findings> {
        Ok(findings(&self.rounds(progress)?))
    }
}

impl Options {
    fn rounds(&self, progress: &Progress) -> Result<Vec<Round>> {
        let mut director = Director::new(LoadOptions::default())?;
        director.take_over();
        open_services(&mut director)?;
        let gate = director.datapath.gate();
        let program = director
            .datapath
            .program(Hook::Xdp)
            .context("no programs")?;
        let pass = raw::pass()?;
        let frames = Frames::new();
        let asked = &frames.question;
        let rewritten = raw::rewriting(asked, program)?;
        let rewritten_pass = raw::rewriting(asked, &pass)?;
        let answer = test_run(&rewritten, IFINDEX, asked, asked.len(), 2)?;
        ensure!(answer.action == TRANSMIT, "the question is not answered");

        let packets = self.packets;
        let mut rounds = Vec::new();
        for number in 1..=self.rounds {
            gate.set_services(1);
            let to_service = time(program, &frames.to_service, packets)?;
            gate.set_services(0);
            rounds.push(Round {
                pass: time(&pass, asked, packets)?,
                foreign: time(program, &frames.foreign, packets)?,
                other_protocol: time(program, &frames.other_protocol, packets)?,
                foreign_arp: time(program, &frames.foreign_arp, packets)?,
                advert: time(program, &frames.advert, packets)?,
                to_virtual_address: time(program, &frames.to_virtual_address, packets)?,
                to_service,
                rewritten: time(&rewritten, asked, packets)?,
                rewritten_pass: time(&rewritten_pass, asked, packets)?,
            });
            progress.note(&format!("round {number}"))?;
        }
        Ok(rounds)
    }
}

/// All with a healthy server.
fn open_services(director: &mut Director) -> Result<()> {
    let open = ServiceState {
        healthy: 1,
        policy: ServicePolicy::Drop,
    };
    for key in keys() {
        director.datapath.add_service(key, open)?;
    }
    Ok(())
}

/// One frame of each kind.
struct Frames {
    foreign: Vec<u8>,
    other_protocol: Vec<u8>,
    foreign_arp: Vec<u8>,
    advert: Vec<u8>,
    to_virtual_address: Vec<u8>,
    to_service: Vec<u8>,
    question: Vec<u8>,
}

impl Frames {
    fn new() -> Self {
        let asked = |address| arp_frame(ethernet::BROADCAST, &question(address));
        let udp = |address| ip_frame(OWN_MAC, address, UDP, &[0; 18]);
        let mut other_protocol = udp(FOREIGN_IP);
        other_protocol[12..14].copy_from_slice(&0x86dd_u16.to_be_bytes());
        let mut frames = Self {
            foreign: udp(FOREIGN_IP),
            other_protocol,
            foreign_arp: asked(FOREIGN_IP),
            advert: Advert::default().frame(),
            to_virtual_address: udp(VIRTUAL_IP),
            to_service: datagram(NAMES, &[0; 10]),
            question: asked(VIRTUAL_IP),
        };
        for frame in [
            &mut frames.foreign_arp,
            &mut frames.advert,
            &mut frames.question,
        ] {
            frame.resize(frame.len().max(SHORTEST_FRAME), 0);
        }
        frames
    }
}

/// Nanoseconds for one of `packets`.
fn time(program: &impl AsFd, frame: &[u8], packets: u32) -> Result<f64> {
    // The kernel's own figure is in whole nanoseconds, of which there are few, and counts the
    // time that other tasks have the processor.
    let start = processor_time();
    test_run(program, IFINDEX, frame, frame.len(), packets)?;
    let spent = processor_time().saturating_sub(start);
    Ok(spent.as_secs_f64() * 1e9 / f64::from(packets))
}

/// What this thread has used of processors.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime)
        .try_into()
        .unwrap_or_default()
}

/// Nanoseconds for a packet in one round.
struct Round {
    pass: f64,
    foreign: f64,
    other_protocol: f64,
    foreign_arp: f64,
    advert: f64,
    to_virtual_address: f64,
    to_service: f64,
    rewritten: f64,
    rewritten_pass: f64,
}

impl Round {
    fn answer(&self) -> f64 {
        self.rewritten - self.rewritten_pass + self.pass
    }
}

/// Name of a case, and where its figure is.
type Case = (&'static str, fn(&Round) -> f64);

const CASES: [Case; 8] = [
    ("XDP_PASS alone", |round| round.pass),
    ("other protocol", |round| round.other_protocol),
    ("IPv4 to others", |round| round.foreign),
    ("ARP for others", |round| round.foreign_arp),
    ("IPv4 to the VIP", |round| round.to_virtual_address),
    ("IPv4 to the VIP, service up", |round| round.to_service),
    ("advert", |round| round.advert),
    ("ARP answer", Round::answer),
];
/// What a case may cost: times XDP_PASS, and nanoseconds.
const BOUNDS: [(&str, f64, f64); 3] = [
    ("IPv4 to others", 4.0, 30.0),
    ("advert", 10.0, 70.0),
    ("ARP answer", 7.5, 50.0),
];

fn findings(rounds: &[Round]) -> Findings {
    let columns = [("vipd", "ns"), ("XDP_PASS", "ns"), ("a core", "Mpps")];
    let mut table = Table::new("time for a packet", "packet", &columns).compare(0, 1);
    let median = |of: fn(&Round) -> f64| Figure::median(rounds.iter().map(|it| Some(of(it))));
    for (name, of) in CASES {
        let time = median(of);
        let rate = time
            .value
            .map_or(Figure::none(), |time| Figure::one(1e3 / time));
        table.push(name, [time, median(|round| round.pass), rate]);
    }
    Findings {
        compared: COMPARED.to_owned(),
        criteria: BOUNDS
            .iter()
            .flat_map(|bound| criteria(&table, bound))
            .collect(),
        tables: vec![table],
    }
}

fn criteria(table: &Table, (name, ratio, nanoseconds): &(&str, f64, f64)) -> [Criterion; 2] {
    let time = table.figure(name, 0).and_then(|figure| figure.value);
    [
        Criterion::at_most(
            format!("{name}, against XDP_PASS"),
            *ratio,
            "x",
            table.ratio(name),
        ),
        Criterion::at_most(*name, *nanoseconds, "ns", time),
    ]
}
