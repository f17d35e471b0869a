//! A cable with a client at one end and who answers at the other.

use std::os::fd::OwnedFd;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ha_common::Reason;
use ha_common::wire::{arp, ethernet};
use ha_user::datapath::{AttachMode, Datapath, LoadOptions, VirtualAddress};
use ha_user::net::clock;
use rustix::net::netdevice::name_to_index;
use rustix::time::{ClockId, clock_gettime};
use socket2::{Domain, Socket, Type};

use crate::lab::{Netns, PacketSocket, xdp_pass};
use crate::xdp::ROUTER;
use crate::xdp::frame::{CLIENT_MAC, OWN_IP, OWN_MAC, VIRTUAL_IP, arp_frame, question};

/// Name of the interface that answers.
const SERVER: &str = "eth0";
/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(1);
/// Longer than any measurement.
const LEASE: Duration = Duration::from_secs(24 * 60 * 60);

/// A cable from a client to a host whose kernel has [`OWN_IP`] and, where it has a data path, not
/// [`VIRTUAL_IP`].
pub(super) struct Wire {
    socket: PacketSocket,
    datapath: Option<Datapath>,
    /// Lets the client's end take what the data path sends in native mode.
    _pass: Option<OwnedFd>,
    _server: Netns,
}

impl Wire {
    /// Lays a cable from `interface` of `client` to a namespace of its own, where vipd's program
    /// is attached in `mode`, or none.
    pub(super) fn new(client: &Netns, interface: &str, mode: Option<AttachMode>) -> Result<Self> {
        let server = Netns::new()?;
        lay(client, interface, &server)?;
        let attach = |mode| server.enter(|| attach(mode))?;
        let pass = || client.enter(|| xdp_pass::attach(index_of(interface)?))?;
        let native = mode == Some(AttachMode::Native);
        let socket = PacketSocket::open(client, interface)?;
        // Turns stamps on; there is none yet.
        socket.received_at().ok();
        Ok(Self {
            _pass: native.then(pass).transpose()?,
            datapath: mode.map(attach).transpose()?,
            socket,
            _server: server,
        })
    }

    /// Asks who has `address`, and returns the nanoseconds from before the call that sends the
    /// question until the interface received the answer, by the kernel's stamp.
    pub(super) fn ask(&mut self, address: [u8; 4]) -> Result<i64> {
        let frame = arp_frame(ethernet::BROADCAST, &question(address));
        let sent_at = clock_gettime(ClockId::Realtime);
        self.socket.send(&frame)?;
        loop {
            let frame = self.socket.receive_at_once(PATIENCE)?;
            if answers(
                frame.context("a question stayed without an answer")?,
                address,
            ) {
                let sent_at = sent_at.tv_sec * 1_000_000_000 + sent_at.tv_nsec;
                return Ok(self.socket.received_at()? - sent_at);
            }
        }
    }

    /// Makes sure that it was the program that answered `expected` questions.
    pub(super) fn check_answers(&self, expected: u64) -> Result<()> {
        let datapath = self.datapath.as_ref().context("the kernel answers here")?;
        let counters = datapath.counters()?;
        let answered = counters
            .iter()
            .find(|(reason, _)| *reason == Reason::ArpAnswered);
        ensure!(
            answered.is_some_and(|(_, count)| *count == expected),
            "the program did not answer {expected} questions: {answered:?}"
        );
        Ok(())
    }
}

fn lay(client: &Netns, interface: &str, server: &Netns) -> Result<()> {
    let mac = |[a, b, c, d, e, f]: [u8; 6]| format!("{a:x}:{b:x}:{c:x}:{d:x}:{e:x}:{f:x}");
    client.ip(&format!(
        "link add {interface} address {} type veth peer name {SERVER} address {} netns {}",
        mac(CLIENT_MAC),
        mac(OWN_MAC),
        server.path().display()
    ))?;
    // The client's kernel has no part in what is measured.
    client.ip(&format!("link set {interface} arp off up"))?;
    server.ip(&format!("link set {SERVER} up"))?;
    let [a, b, c, d] = OWN_IP;
    server.ip(&format!("address add {a}.{b}.{c}.{d}/24 dev {SERVER}"))?;
    Ok(())
}

/// Loads the program in the calling thread's namespace, and lets it own the address.
fn attach(mode: AttachMode) -> Result<Datapath> {
    let ifindex = index_of(SERVER)?;
    let mut datapath = Datapath::load(LoadOptions::default())?;
    datapath.set_interface(ifindex, OWN_MAC, false)?;
    let address = VirtualAddress::new(VIRTUAL_IP.into(), 0);
    datapath.set_address(address, ROUTER)?;
    let records = datapath.records();
    let record = records.record(ROUTER);
    record.set_owned_since(clock::now());
    record.set_owned_until(clock::now() + LEASE);
    datapath.gate().set_owned(1);
    datapath.attach(ifindex, mode)?;
    Ok(datapath)
}

/// Index of an interface in the calling thread's namespace.
fn index_of(interface: &str) -> Result<u32> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    name_to_index(&socket, interface).with_context(|| format!("no interface {interface}"))
}

fn answers(frame: &[u8], address: [u8; 4]) -> bool {
    let Ok(frame) = ethernet::Frame::new_checked(frame) else {
        return false;
    };
    let Ok(packet) = arp::Packet::new_checked(frame.payload()) else {
        return false;
    };
    frame.ethertype() == ethernet::TYPE_ARP
        && packet.operation() == Some(arp::Operation::Reply)
        && packet.sender_ip() == address
        && packet.sender_mac() == OWN_MAC
}
