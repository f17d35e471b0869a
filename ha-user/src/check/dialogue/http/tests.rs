//! Answers as servers give them, in one piece and in many.

use proptest::prelude::*;
use regex::bytes::Regex;

use super::*;

/// MD5 of "hello\n".
const HELLO: [u8; 16] = [
    0xb1, 0x94, 0x6a, 0xc9, 0x24, 0x92, 0xd2, 0x34, 0x7c, 0x62, 0x35, 0xb4, 0xd2, 0x61, 0x11, 0x84,
];

fn digest() -> Expectation {
    Expectation::new(
        StatusCodes::default(),
        Content {
            digest: Some(HELLO),
            pattern: None,
        },
    )
}

fn any(codes: StatusCodes) -> Expectation {
    Expectation::new(codes, Content::default())
}

/// What comes of an answer in pieces of `size` octets, after which the server closes.
fn read(expectation: Expectation, answer: &[u8], size: usize) -> Outcome {
    let mut page = Page::new(Bytes::from_static(b"GET"), expectation);
    assert_eq!(page.begin(), Want::Say(Bytes::from_static(b"GET")));
    for piece in answer.chunks(size) {
        if let Want::End(outcome) = page.hear(piece) {
            return outcome;
        }
    }
    page.close()
}

/// The same whatever the pieces.
fn outcome(expectation: &Expectation, answer: &str) -> Outcome {
    let whole = read(expectation.clone(), answer.as_bytes(), answer.len().max(1));
    for size in [1, 2, 7] {
        assert_eq!(
            read(expectation.clone(), answer.as_bytes(), size),
            whole,
            "{size}"
        );
    }
    whole
}

fn why(expectation: &Expectation, answer: &str) -> String {
    outcome(expectation, answer)
        .expect_err("a failure")
        .to_string()
}

#[test]
fn a_status_is_good_or_is_told() {
    let good = any(StatusCodes::default());
    assert_eq!(outcome(&good, "HTTP/1.1 204 No Content\r\n\r\n"), Ok(()));
    assert_eq!(
        outcome(
            &good,
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
        ),
        Ok(())
    );
    let answer = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
    assert_eq!(why(&good, answer), "HTTP 503, expected 200-299");
    let codes = any(StatusCodes(vec![200..=200, 301..=302]));
    assert_eq!(why(&codes, answer), "HTTP 503, expected 200,301-302");
    assert_eq!(outcome(&codes, "HTTP/1.0 302 Found\r\n\r\n"), Ok(()));
}

#[test]
fn a_body_ends_where_it_tells() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\nmore",
        "HTTP/1.0 200 OK\r\n\r\nhello\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n2\r\nhe\r\n4;x=y\r\nllo\n\r\n0\r\nTrailer: x\r\n\r\n",
    ] {
        assert_eq!(outcome(&digest(), answer), Ok(()), "{answer}");
    }
    let wrong = "HTTP/1.0 200 OK\r\n\r\nhello";
    assert!(why(&digest(), wrong).ends_with("expected b1946ac92492d2347c6235b4d2611184"));
}

#[test]
fn what_breaks_off_is_no_answer() {
    assert_eq!(why(&digest(), ""), "closed without an answer");
    assert_eq!(
        why(&digest(), "HTTP/1.1 200"),
        "closed in the middle of its head"
    );
    let short = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nhello\n";
    assert_eq!(why(&digest(), short), "closed in the middle of its body");
    let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\n\r\n";
    assert_eq!(why(&digest(), chunk), "closed in the middle of its body");
}

#[test]
fn what_is_no_http_is_told() {
    assert!(why(&digest(), "SSH-2.0-OpenSSH_9.2\r\n").starts_with("no HTTP"));
    let lengths = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\n";
    assert_eq!(why(&digest(), lengths), "it tells two lengths");
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(LONGEST_HEAD));
    assert_eq!(why(&digest(), &endless), "its head has no end");
}

fn pattern(is_wanted: bool, offsets: (usize, Option<usize>)) -> Expectation {
    let pattern = Pattern {
        regex: Regex::new("h.llo").expect("a pattern"),
        is_wanted,
        offsets,
    };
    let content = Content {
        pattern: Some(pattern),
        ..Content::default()
    };
    Expectation::new(StatusCodes::default(), content)
}

#[test]
fn a_pattern_must_be_there_or_not() {
    let anywhere = |is_wanted| pattern(is_wanted, (0, None));
    let answer = "HTTP/1.0 200 OK\r\n\r\nwell, hello\n";
    assert_eq!(outcome(&anywhere(true), answer), Ok(()));
    assert_eq!(
        why(&anywhere(false), answer),
        "something in it matches h.llo"
    );
    let other = "HTTP/1.0 200 OK\r\n\r\nwell\n";
    assert_eq!(why(&anywhere(true), other), "nothing in it matches h.llo");
}

#[test]
fn a_pattern_may_have_to_begin_within_bounds() {
    let answer = "HTTP/1.0 200 OK\r\n\r\nwell, hello\n";
    for (offsets, found) in [
        ((6, Some(6)), true),
        ((6, None), true),
        ((7, None), false),
        ((0, Some(5)), false),
        ((1000, None), false),
    ] {
        let outcome = outcome(&pattern(true, offsets), answer);
        assert_eq!(outcome.is_ok(), found, "{offsets:?}");
    }
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(octets: Vec<u8>, size in 1_usize..9) {
        let _ = read(digest(), &octets, size);
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let _ = read(digest(), &[head, octets].concat(), size);
    }
}
