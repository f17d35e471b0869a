//! Runs against servers on loopback.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::thread;

use bytes::Bytes;

use super::super::dialogue::Silence;
use super::super::dialogue::datagram::Datagram;
use super::super::dialogue::http::{Content, Expectation, Page, StatusCodes};
use super::*;
use crate::net::clock;

const PROBE: ProbeId = ProbeId(7);
const PATIENCE: Duration = Duration::from_secs(10);

fn target(address: SocketAddr) -> Target {
    Target {
        address,
        source: None,
        interface: None,
        mark: None,
    }
}

/// What one run finds.
fn run(target: &Target, errand: Errand, timeout: Duration) -> Finding {
    let mut prober = Prober::new().expect("a prober");
    prober.begin(clock::now(), PROBE, target, errand, timeout);
    loop {
        let found = prober.findings().next();
        if let Some(finding) = found {
            assert!(prober.runs.is_empty() && prober.limits.next().is_none());
            return finding;
        }
        prober.wait(clock::now, None).expect("events");
    }
}

fn why(finding: &Finding) -> String {
    finding.outcome.clone().expect_err("a failure").to_string()
}

fn listener() -> (TcpListener, Target) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a listener");
    let address = listener.local_addr().expect("its address");
    (listener, target(address))
}

fn page() -> Errand {
    let expectation = Expectation::new(StatusCodes::default(), Content::default());
    let request = Bytes::from_static(b"GET / HTTP/1.0\r\n\r\n");
    Errand::Talk(
        Carrier::PromptTcp,
        Box::new(Page::new(request, expectation)),
    )
}

fn silence() -> Errand {
    Errand::Talk(Carrier::PromptTcp, Box::new(Silence))
}

#[test]
fn who_listens_is_good_and_who_does_not_refuses() {
    let (listener, target) = listener();
    let finding = run(&target, silence(), PATIENCE);
    assert_eq!(finding.outcome, Ok(()));
    assert!(
        finding
            .timing
            .connected
            .is_some_and(|time| time <= finding.timing.ended)
    );
    drop(listener);
    assert_eq!(
        why(&run(&target, silence(), PATIENCE)),
        "connection refused"
    );
}

#[test]
fn a_dialogue_goes_on_until_it_is_over() {
    let (listener, target) = listener();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = [0; 64];
        let count = stream.read(&mut request).expect("a request");
        for piece in ["HTTP/1.0 2", "00 OK\r\n", "\r\n"] {
            stream.write_all(piece.as_bytes()).expect("a reader");
            thread::sleep(Duration::from_millis(2));
        }
        request[..count].to_vec()
    });
    let finding = run(&target, page(), PATIENCE);
    assert_eq!(finding.outcome, Ok(()));
    assert!(finding.timing.answered.is_some());
    assert_eq!(server.join().expect("a request"), b"GET / HTTP/1.0\r\n\r\n");
}

#[test]
fn who_does_not_answer_has_so_much_time() {
    let (_listener, target) = listener();
    let finding = run(&target, page(), Duration::from_millis(20));
    assert_eq!(why(&finding), "no answer in time");
    assert!(finding.timing.ended >= Duration::from_millis(20));
}

#[test]
fn who_hangs_up_has_not_answered() {
    let (listener, target) = listener();
    let server = thread::spawn(move || drop(listener.accept()));
    let failure = why(&run(&target, page(), PATIENCE));
    let expected = ["closed without an answer", "connection reset by peer"];
    assert!(expected.contains(&failure.as_str()), "{failure}");
    server.join().expect("a server");
}

#[test]
fn a_long_answer_is_heard_to_its_end() {
    const OCTETS: usize = 4 << 20;
    let (listener, target) = listener();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let asked = stream.read(&mut [0; 64]).expect("a request");
        assert!(asked > 0);
        let head = format!("HTTP/1.0 200 OK\r\nContent-Length: {OCTETS}\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("a reader");
        stream.write_all(&vec![b'x'; OCTETS]).expect("a reader");
        // Until the client has read it all.
        let _ = stream.read(&mut [0; 64]);
    });
    let content = Content {
        digest: Some([0; 16]),
        ..Content::default()
    };
    let page = Page::new(
        Bytes::from_static(b"GET / HTTP/1.0\r\n\r\n"),
        Expectation::new(StatusCodes::default(), content),
    );
    let finding = run(
        &target,
        Errand::Talk(Carrier::PromptTcp, Box::new(page)),
        PATIENCE,
    );
    assert!(why(&finding).starts_with("digest "), "{finding:?}");
    server.join().expect("a server");
}

#[test]
fn a_datagram_is_refused_or_not() {
    let server = UdpSocket::bind(("127.0.0.1", 0)).expect("a socket");
    let target = target(server.local_addr().expect("its address"));
    let datagram = || {
        let datagram = Datagram {
            payload: Bytes::new(),
            reply: None,
        };
        Errand::Talk(Carrier::Udp, Box::new(datagram))
    };
    let quiet = run(&target, datagram(), Duration::from_millis(20));
    assert_eq!(quiet.outcome, Ok(()));
    assert_eq!(server.recv(&mut [0; 8]).expect("an empty one"), 0);
    drop(server);
    assert_eq!(
        why(&run(&target, datagram(), PATIENCE)),
        "connection refused"
    );
}

#[test]
fn a_run_that_is_given_up_tells_nothing() {
    let (_listener, target) = listener();
    let mut prober = Prober::new().expect("a prober");
    prober.begin(clock::now(), PROBE, &target, page(), PATIENCE);
    prober.give_up(PROBE);
    let soon = clock::now() + Duration::from_millis(10);
    prober.wait(clock::now, Some(soon)).expect("events");
    assert_eq!(prober.findings().next(), None);
}

/// Raw sockets are for root.
#[test]
fn a_host_echoes_or_has_no_more_time() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for (host, silent) in [
        ("127.0.0.1:0", "192.0.2.255:0"),
        ("[::1]:0", "[2001:db8::1]:0"),
    ] {
        let host = target(host.parse().expect("an address"));
        let finding = run(&host, Errand::Echo, PATIENCE);
        assert_eq!(finding.outcome, Ok(()));
        assert_eq!(finding.timing.answered, Some(finding.timing.ended));
        let nobody = target(silent.parse().expect("an address"));
        assert!(
            run(&nobody, Errand::Echo, Duration::from_millis(20))
                .outcome
                .is_err()
        );
    }
}
