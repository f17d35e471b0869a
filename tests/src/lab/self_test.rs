//! The lab tested by itself: what others rely on without looking.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::process::Command;
use std::time::{Duration, Instant};

use super::{
    Capture, Client, Direction, Errand, Frame, Host, Lan, Listener, Prober, Responder, Stalls,
    Subject, Talker, Witness, pause, until,
};

fn pair() -> (Lan, Host, Host) {
    let mut lan = Lan::new().unwrap();
    let (a, b) = (Host::new("a").unwrap(), Host::new("b").unwrap());
    lan.attach(&a, "eth0", "192.0.2.1/24").unwrap();
    lan.attach(&b, "ens33", "192.0.2.2/24").unwrap();
    (lan, a, b)
}

fn reaches(from: &Host, address: &str) -> bool {
    let mut ping = Command::new("ping");
    let status = from
        .output(ping.args(["-c1", "-W1", address]))
        .unwrap()
        .status;
    status.success()
}

#[test]
fn hosts_reach_each_other_until_the_cable_is_cut() {
    let (lan, a, b) = pair();
    assert!(reaches(&a, "192.0.2.2"));
    lan.cut(&b).unwrap();
    assert!(!reaches(&a, "192.0.2.2"));
    let state = b.netns().ip("-oneline link show ens33").unwrap();
    assert!(
        state.contains("LOWER_UP"),
        "the cut must be silent: {state}"
    );
    lan.heal(&b).unwrap();
    assert!(reaches(&a, "192.0.2.2"));
}

#[test]
fn a_cut_in_one_direction_lets_the_other_through() {
    let (lan, a, b) = pair();
    assert!(reaches(&a, "192.0.2.2"));
    for (direction, heard) in [(Direction::Outgoing, true), (Direction::Incoming, false)] {
        let capture = Capture::start(b.netns(), "ens33", |_| true).unwrap();
        let cut = lan.cut_one_way(&b, direction).unwrap();
        assert!(!reaches(&a, "192.0.2.2"), "{direction:?}");
        let from_a = |frame: &Frame| frame.source() == lan.mac(&a, "eth0");
        assert_eq!(capture.frames().iter().any(from_a), heard, "{direction:?}");
        drop(cut);
        assert!(reaches(&a, "192.0.2.2"), "{direction:?}");
    }
}

#[test]
fn a_host_has_processes_and_files_of_its_own() {
    let (_lan, a, b) = pair();
    a.write("/etc/keepalived/keepalived.conf", "of a").unwrap();
    assert_eq!(a.sh("cat /etc/keepalived/keepalived.conf").unwrap(), "of a");
    assert!(b.sh("cat /etc/keepalived/keepalived.conf").is_err());
    assert_eq!(b.sh("ls -A /run/lock").unwrap(), "");
    let mut sleeper = a.spawn(Command::new("sleep").arg("60")).unwrap();
    // The name changes a moment after the child is on its way.
    let listed = || Ok(a.processes(&["sleep"])?.len() == 1);
    until("its process", Duration::from_secs(3), listed).unwrap();
    assert!(b.processes(&["sleep"]).unwrap().is_empty());
    a.sh("killall sleep").unwrap();
    sleeper.wait().unwrap();
    assert!(a.has_address(Ipv4Addr::new(192, 0, 2, 1)).unwrap());
}

#[test]
fn orphans_of_a_host_are_reaped() {
    let (_lan, a, _) = pair();
    a.sh("(sleep 0.1 &) ; true").unwrap();
    let gone = || {
        Ok(a.sh("ps -e -o stat=")
            .unwrap()
            .lines()
            .all(|line| !line.starts_with('Z')))
    };
    until("no zombie", Duration::from_secs(3), gone).unwrap();
}

#[test]
fn everything_on_a_host_ends_with_it() {
    let (lan, a, b) = pair();
    let mut sleeper = a.spawn(Command::new("sleep").arg("60")).unwrap();
    let started = Instant::now();
    drop((lan, a, b));
    sleeper.wait().unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
}

const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);

#[test]
fn prober_and_client_see_who_answers() {
    let (mut lan, a, b) = pair();
    let (client, prober) = (Host::new("client").unwrap(), Host::new("prober").unwrap());
    lan.attach(&client, "eth0", "192.0.2.9/24").unwrap();
    lan.attach(&prober, "eth0", "192.0.2.200/24").unwrap();
    let (mac_a, mac_b) = (lan.mac(&a, "eth0").unwrap(), lan.mac(&b, "ens33").unwrap());
    a.netns().ip("address add 192.0.2.100/32 dev eth0").unwrap();
    let _servers = [&a, &b].map(|host| Responder::start(host, 80).unwrap());
    let start = Instant::now();
    let place = (&prober, "eth0", Ipv4Addr::new(192, 0, 2, 200));
    let prober = Prober::start(&lan, place, VIP, &[mac_a, mac_b]).unwrap();
    let client = Client::start(&client, errand()).unwrap();
    pause(Duration::from_millis(400)).unwrap();
    b.netns()
        .ip("address add 192.0.2.100/32 dev ens33")
        .unwrap();
    let both = Instant::now();
    pause(Duration::from_millis(400)).unwrap();

    let transcript = prober.finish().unwrap();
    let settled = start + Duration::from_millis(100)..both - Duration::from_millis(100);
    assert_eq!(
        transcript
            .answerers(settled.clone())
            .into_iter()
            .collect::<Vec<_>>(),
        [mac_a]
    );
    let (wrong, asked) = (
        transcript.wrong(settled.clone(), mac_a),
        transcript.during(settled),
    );
    assert!(
        wrong.len() * 50 < asked.len(),
        "{} of {}",
        wrong.len(),
        asked.len()
    );
    assert!(
        asked
            .iter()
            .any(|question| question.subject == Subject::Echo(mac_b))
    );
    assert_eq!(transcript.answerers(both..Instant::now()).len(), 2);
    let requests = client.finish().unwrap();
    let answered = requests
        .all()
        .iter()
        .filter_map(|request| request.outcome.as_ref().ok());
    assert!(answered.filter(|reply| reply.director == "a").count() > 20);
}

#[test]
fn a_witness_hears_who_speaks_as_the_vip() {
    let (mut lan, a, b) = pair();
    let witness = Host::new("witness").unwrap();
    lan.attach(&witness, "eth0", "192.0.2.9/24").unwrap();
    let _listener = Listener::start(&witness).unwrap();
    let witness = Witness::start(&witness, "eth0", VIP).unwrap();
    let _talkers = [&a, &b].map(|host| Talker::start(host, VIP, Ipv4Addr::new(192, 0, 2, 9)));
    pause(Duration::from_millis(50)).unwrap();
    assert!(witness.speech().is_empty());
    for (host, interface) in [(&a, "eth0"), (&b, "ens33")] {
        let mac = lan.mac(host, interface).unwrap();
        let since = Instant::now();
        let netns = host.netns();
        netns
            .ip(&format!("address add {VIP}/32 dev {interface}"))
            .unwrap();
        let entered = || Ok(witness.entries().iter().any(|(_, entry)| *entry == mac));
        until("an entry", Duration::from_secs(5), entered).unwrap();
        let heard = || {
            let speech = witness.take_speech_before(Instant::now());
            let speech = speech.iter().filter(|frame| frame.at >= since);
            Ok(speech.filter(|frame| frame.source() == Some(mac)).count() > 0)
        };
        until("a word", Duration::from_secs(5), heard).unwrap();
        netns
            .ip(&format!("address del {VIP}/32 dev {interface}"))
            .unwrap();
        host.sh(&format!("ip link set {interface} down")).unwrap();
    }
}

#[test]
fn stalls_are_noted() {
    let stalls = Stalls::watch(Duration::ZERO).unwrap();
    let start = Instant::now();
    let some = || Ok(!stalls.longest(&(start..Instant::now())).is_zero());
    until("the smallest gap", Duration::from_secs(5), some).unwrap();
}

fn errand() -> Errand {
    Errand {
        server: SocketAddrV4::new(VIP, 80),
        path: "/".to_owned(),
        every: Duration::from_millis(5),
        timeout: Duration::from_millis(200),
    }
}
