//! Services whose clients are real ones.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use ha_common::Reason;
use ha_common::abi::{ServiceKey, ServicePolicy, ServiceState, Transport};
use ha_common::wire::checksum::{PseudoHeader, Sum};
use ha_common::wire::{ethernet, icmp, ipv4};
use ha_tests::lab::PacketSocket;
use ha_tests::owner::VIP;
use ha_user::datapath::{AttachMode, Datapath, ServiceId};

use crate::cable::{Cable, PATIENCE, SILENCE, attach, ifindex, load, owner};

const WEB: u16 = 80;
const NAMES: u16 = 53;
const CLOSED: ServiceState = ServiceState {
    healthy: 0,
    policy: ServicePolicy::Reject,
};
const OPEN: ServiceState = ServiceState {
    healthy: 1,
    ..CLOSED
};

/// A cable with a client that has an address, and an owner of the VIP.
fn cable() -> Result<(Cable, Datapath)> {
    let cable = Cable::new()?;
    cable.client.ip("address add 192.0.2.9/24 dev eth0")?;
    let datapath = owner(&cable.director)?;
    Ok((cable, datapath))
}

fn serve(datapath: &mut Datapath, state: ServiceState) -> Result<[ServiceId; 2]> {
    let web = ServiceKey::new(VIP.octets(), WEB, Transport::Tcp);
    let names = ServiceKey::new(VIP.octets(), NAMES, Transport::Udp);
    Ok([
        datapath.add_service(web, state)?,
        datapath.add_service(names, state)?,
    ])
}

fn connect(cable: &Cable) -> Result<std::io::Result<TcpStream>> {
    let server = SocketAddr::from((VIP, WEB));
    cable
        .client
        .enter(|| TcpStream::connect_timeout(&server, PATIENCE))
}

fn ask_names(cable: &Cable) -> Result<std::io::Result<usize>> {
    cable.client.enter(|| {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.connect((VIP, NAMES))?;
        socket.send(b"who is it?")?;
        socket.recv(&mut [0; 64])
    })
}

fn is_refused<T: std::fmt::Debug>(outcome: &std::io::Result<T>) -> bool {
    let refused = |error: &std::io::Error| error.kind() == ErrorKind::ConnectionRefused;
    outcome.as_ref().is_err_and(refused)
}

#[test]
fn a_client_is_told_at_once() -> Result<()> {
    for mode in [AttachMode::Native, AttachMode::Generic, AttachMode::Tc] {
        let (cable, mut datapath) = cable()?;
        let mut passing = load(&cable.client)?;
        if mode == AttachMode::Native {
            attach(&cable.client, &mut passing, mode)?;
        }
        serve(&mut datapath, CLOSED)?;
        attach(&cable.director, &mut datapath, mode)?;
        let connected = connect(&cable)?;
        assert!(is_refused(&connected), "{mode:?}: {connected:?}");
        let answered = ask_names(&cable)?;
        assert!(is_refused(&answered), "{mode:?}: {answered:?}");
    }
    Ok(())
}

/// The client leaves its checksums to its network card, which is the director's, and that has none
/// to do it: the kernel does, behind the programs.
#[test]
fn checksums_that_somebody_else_fills_in_are_right_on_the_cable() -> Result<()> {
    for offload in [true, false] {
        let (cable, mut datapath) = cable()?;
        let sender = if offload {
            &cable.director
        } else {
            &cable.client
        };
        sender.disable_transmit_checksum_offload("eth0")?;
        serve(&mut datapath, CLOSED)?;
        attach(&cable.director, &mut datapath, AttachMode::Tc)?;
        let mut ear = PacketSocket::open(&cable.client, "eth0")?;
        assert!(is_refused(&connect(&cable)?), "offload {offload}");
        check_checksums(&heard(&mut ear, ipv4::PROTOCOL_TCP)?)?;
        assert!(is_refused(&ask_names(&cable)?), "offload {offload}");
        check_checksums(&heard(&mut ear, ipv4::PROTOCOL_ICMP)?)?;
    }
    Ok(())
}

/// The next IPv4 packet of `protocol`.
fn heard(ear: &mut PacketSocket, protocol: u8) -> Result<Vec<u8>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let frame = ear.receive(left)?.context("nothing was heard")?;
        let packet = &frame[ethernet::HEADER_LEN..];
        let header = ipv4::Header::new_checked(packet);
        if header.is_ok_and(|header| header.protocol() == protocol) {
            return Ok(packet.to_vec());
        }
    }
}

fn check_checksums(packet: &[u8]) -> Result<()> {
    let packet = ipv4::Packet::new_checked(packet)?;
    packet.verify_checksum()?;
    let header = packet.header();
    let pseudo = match header.protocol() {
        ipv4::PROTOCOL_TCP => PseudoHeader::Included {
            source: header.source(),
            destination: header.destination(),
        },
        _ => PseudoHeader::Omitted,
    };
    let len = u16::try_from(header.payload_len())?;
    let sum = Sum::pseudo(pseudo, header.protocol(), len).octets(packet.payload());
    ensure!(sum.finish() == 0, "wrong: {:02x?}", packet.payload());
    let quoted = packet.payload().len() - icmp::HEADER_LEN;
    ensure!(header.protocol() != ipv4::PROTOCOL_ICMP || quoted == 28);
    Ok(())
}

/// A connection from before the verdict ends with the next segment, and nothing is left undone when
/// the service opens again.
#[test]
fn a_connection_ends_when_its_service_closes() -> Result<()> {
    let (cable, mut datapath) = cable()?;
    cable.director.ip("address add 192.0.2.10/24 dev eth0")?;
    cable
        .director
        .ip(&format!("address add {VIP}/32 dev eth0"))?;
    let [web, _] = serve(&mut datapath, OPEN)?;
    attach(&cable.director, &mut datapath, AttachMode::Auto)?;
    let listener = cable.director.enter(|| TcpListener::bind((VIP, WEB)))??;
    let mut client = connect(&cable)??;
    let (mut server, _) = listener.accept()?;
    client.write_all(b"one")?;
    server.read_exact(&mut [0; 3])?;

    datapath.service_table().set(web, CLOSED);
    client.write_all(b"two")?;
    client.set_read_timeout(Some(PATIENCE))?;
    let ended = client.read(&mut [0; 3]).map_err(|error| error.kind());
    assert_eq!(ended, Err(ErrorKind::ConnectionReset));
    assert!(is_refused(&connect(&cable)?));

    datapath.service_table().set(web, OPEN);
    let mut client = connect(&cable)??;
    let (mut server, _) = listener.accept()?;
    client.write_all(b"three")?;
    server.read_exact(&mut [0; 5])?;
    Ok(())
}

#[test]
fn a_successor_inherits_services_and_their_states() -> Result<()> {
    for mode in [AttachMode::Generic, AttachMode::Tc] {
        let (cable, mut datapath) = cable()?;
        let [web, names] = serve(&mut datapath, OPEN)?;
        let table = datapath.service_table();
        table.set(web, CLOSED);
        attach(&cable.director, &mut datapath, mode)?;
        let services: Vec<_> = datapath.services().collect();
        drop((datapath, table));

        let eth0 = ifindex(&cable.director, "eth0")?;
        let inherited = cable.director.enter(|| Datapath::inherit([eth0]))??;
        let mut heir = inherited.context("nothing to inherit")?;
        assert!(heir.services().eq(services), "{mode:?}");
        let table = heir.service_table();
        assert_eq!([web, names].map(|one| table.state(one)), [CLOSED, OPEN]);
        assert!(is_refused(&connect(&cable)?), "{mode:?}");

        let loader = heir.loader().context("no loader")?;
        heir.complete(loader.load()?);
        attach(&cable.director, &mut heir, mode)?;
        table.set(names, CLOSED);
        assert!(
            is_refused(&ask_names(&cable)?),
            "{mode:?}: {:?}",
            told(&heir)?
        );
        let key = ServiceKey::new(VIP.octets(), WEB + 1, Transport::Tcp);
        let third = heir.add_service(key, OPEN)?;
        assert!(third != web && third != names, "a slot of its own");
    }
    Ok(())
}

/// Reasons that packets had.
fn told(datapath: &Datapath) -> Result<Vec<(Reason, u64)>> {
    let counters = datapath.counters()?.into_iter();
    Ok(counters.filter(|(_, count)| *count != 0).collect())
}

/// Whoever does not own the address says nothing, however its services stand.
#[test]
fn a_closed_service_refuses_nobody_where_the_address_is_not_owned() -> Result<()> {
    let (cable, mut datapath) = cable()?;
    serve(&mut datapath, CLOSED)?;
    attach(&cable.director, &mut datapath, AttachMode::Tc)?;
    assert!(is_refused(&connect(&cable)?), "while it is owned");
    let records = datapath.records();
    let record = records.record(ha_tests::owner::ROUTER);
    record.set_installed();
    record.set_owned_until(ha_common::Nanos::NEVER);
    let server = SocketAddr::from((VIP, WEB));
    let connected = cable
        .client
        .enter(|| TcpStream::connect_timeout(&server, SILENCE))?;
    let silent = |error: &std::io::Error| error.kind() == ErrorKind::TimedOut;
    assert!(connected.as_ref().is_err_and(silent), "{connected:?}");
    Ok(())
}
