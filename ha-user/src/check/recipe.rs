//! What a probe does, made ready once and done over and over.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use hickory_proto::rr::{Name, RecordType};
use regex::bytes::Regex;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::dialogue::datagram::{Datagram, Masked, Reply};
use super::dialogue::dns::Question;
use super::dialogue::http::{Content, Expectation, Page, Pattern, StatusCodes};
use super::dialogue::smtp::Greeting;
use super::dialogue::tls::Secret;
use super::dialogue::{Dialogue, Silence};
use super::prober::{Carrier, Errand, Target};
use crate::config::model::check::{self as model, Endpoint, HttpVersion, Method};

/// The name by which keepalived asks, which the logs and filters of servers know.
const USER_AGENT: &str = "KeepAliveClient";

/// What a probe does that talks to somebody.
#[derive(Debug)]
pub struct Recipe {
    /// Where it goes.
    pub target: Target,
    talk: Option<(Carrier, Talk)>,
}

/// What is said.
#[derive(Debug)]
enum Talk {
    Nothing,
    Page(Page),
    Secret(Arc<ClientConfig>, ServerName<'static>, Page),
    Datagram(Datagram),
    Greeting(String),
    Question(Name, RecordType),
}

impl Recipe {
    /// What `method` asks for, by TLS as `client`; `None` if that is a command or a file.
    ///
    /// # Errors
    /// Something in it has no meaning, which the configuration should have found.
    pub fn new(method: &Method, client: &Arc<ClientConfig>) -> Result<Option<Self>, String> {
        let (endpoint, talk) = match method {
            Method::Misc { .. } | Method::File(_) => return Ok(None),
            Method::Ping(endpoint) => (endpoint, None),
            Method::Tcp(endpoint) => (endpoint, Some((Carrier::PromptTcp, Talk::Nothing))),
            Method::Http(endpoint, asked) => {
                let page = page(endpoint.address, asked, HTTP_PORT)?;
                (endpoint, Some((Carrier::PromptTcp, Talk::Page(page))))
            }
            Method::Https(endpoint, asked, name) => {
                let page = page(endpoint.address, asked, HTTPS_PORT)?;
                let name = server_name(endpoint.address, name.as_deref())?;
                let secret = Talk::Secret(Arc::clone(client), name, page);
                (endpoint, Some((Carrier::PromptTcp, secret)))
            }
            Method::Udp(endpoint, asked) => (
                endpoint,
                Some((Carrier::Udp, Talk::Datagram(datagram(asked)))),
            ),
            Method::Smtp(endpoint, name) => {
                (endpoint, Some((Carrier::Tcp, Talk::Greeting(name.clone()))))
            }
            Method::Dns(endpoint, asked) => (endpoint, Some((Carrier::Udp, question(asked)?))),
        };
        Ok(Some(Self {
            target: target(endpoint),
            talk,
        }))
    }

    /// One run of it.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn errand(&self) -> Result<Errand, String> {
        let Some((carrier, talk)) = &self.talk else {
            return Ok(Errand::Echo);
        };
        let dialogue: Box<dyn Dialogue> = match talk {
            Talk::Nothing => Box::new(Silence),
            Talk::Page(page) => Box::new(page.clone()),
            Talk::Secret(client, name, page) => {
                let secret = Secret::new(Arc::clone(client), name.clone(), page.clone());
                Box::new(secret.map_err(|error| format!("TLS: {error}"))?)
            }
            Talk::Datagram(datagram) => Box::new(datagram.clone()),
            Talk::Greeting(name) => Box::new(Greeting::new(name)),
            Talk::Question(name, kind) => Box::new(Question::new(name.clone(), *kind)),
        };
        Ok(Errand::Talk(*carrier, dialogue))
    }
}

const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

fn target(endpoint: &Endpoint) -> Target {
    Target {
        address: endpoint.address,
        source: endpoint.source,
        interface: endpoint.interface.clone(),
        mark: endpoint.mark,
    }
}

fn page(address: SocketAddr, asked: &model::Page, usual_port: u16) -> Result<Page, String> {
    let codes = asked.codes.iter().map(|(first, last)| *first..=*last);
    let codes = match asked.codes.is_empty() {
        true => StatusCodes::default(),
        false => StatusCodes(codes.collect()),
    };
    let request = request(address, asked, usual_port);
    let content = Content {
        digest: asked.digest,
        pattern: asked.pattern.as_ref().map(pattern).transpose()?,
    };
    Ok(Page::new(
        Bytes::from(request),
        Expectation::new(codes, content),
    ))
}

fn pattern(asked: &model::Pattern) -> Result<Pattern, String> {
    let regex = Regex::new(&asked.expression);
    Ok(Pattern {
        regex: regex.map_err(|error| error.to_string())?,
        is_wanted: asked.is_wanted,
        offsets: asked.offsets,
    })
}

/// RFC 9112 section 3; servers of one name each want the Host header in HTTP/1.0, too.
fn request(address: SocketAddr, asked: &model::Page, usual_port: u16) -> String {
    let (version, connection) = match asked.version {
        HttpVersion::V1_0 => ("1.0", None),
        HttpVersion::V1_0Close => ("1.0", Some("close")),
        HttpVersion::V1_0KeepAlive => ("1.0", Some("keep-alive")),
        HttpVersion::V1_1 => ("1.1", Some("close")),
        HttpVersion::V1_1KeepAlive => ("1.1", Some("keep-alive")),
    };
    let host = match (&asked.host, address) {
        (Some(host), _) => host.clone(),
        (None, SocketAddr::V4(one)) if address.port() == usual_port => one.ip().to_string(),
        (None, SocketAddr::V6(one)) if address.port() == usual_port => format!("[{}]", one.ip()),
        (None, address) => address.to_string(),
    };
    let connection = connection.map_or(String::new(), |word| format!("Connection: {word}\r\n"));
    let path = &asked.path;
    format!(
        "GET {path} HTTP/{version}\r\nUser-Agent: {USER_AGENT}\r\nHost: {host}\r\n{connection}\r\n"
    )
}

/// An address where no name is to be told (RFC 6066 section 3).
fn server_name(address: SocketAddr, name: Option<&str>) -> Result<ServerName<'static>, String> {
    let Some(name) = name else {
        return Ok(ServerName::from(address.ip()));
    };
    let name = ServerName::try_from(name.to_owned());
    name.map_err(|error| format!("no name for TLS: {error}"))
}

fn datagram(asked: &model::Datagram) -> Datagram {
    let masked = |(octet, mask): &(u8, u8)| Masked {
        octet: *octet,
        mask: *mask,
    };
    let payload = match asked.payload.is_empty() {
        true => Bytes::copy_from_slice(&RandomState::new().build_hasher().finish().to_be_bytes()),
        false => Bytes::from(asked.payload.clone()),
    };
    Datagram {
        payload,
        reply: asked.reply.as_ref().map(|start| Reply {
            start: start.iter().map(masked).collect(),
            length: asked.least..=asked.most,
        }),
    }
}

fn question(asked: &model::Lookup) -> Result<Talk, String> {
    let name = Name::from_ascii(&asked.name);
    let name = name.map_err(|error| format!("no name of DNS: {error}"))?;
    let kind = asked.kind.to_uppercase().parse();
    let kind = kind.map_err(|error| format!("no type of DNS: {error}"))?;
    Ok(Talk::Question(name, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> model::Page {
        model::Page {
            path: "/health".to_owned(),
            host: None,
            version: HttpVersion::V1_0,
            codes: Vec::new(),
            digest: None,
            pattern: None,
        }
    }

    fn lines(address: &str, asked: &model::Page) -> Vec<String> {
        let address = address.parse().expect("an address");
        let text = request(address, asked, HTTP_PORT);
        let text = text.strip_suffix("\r\n\r\n").expect("an empty line");
        text.split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn a_request_is_keepalived_s() {
        assert_eq!(
            lines("192.0.2.1:80", &asked()),
            [
                "GET /health HTTP/1.0",
                "User-Agent: KeepAliveClient",
                "Host: 192.0.2.1"
            ]
        );
        let asked = model::Page {
            host: Some("www.example".to_owned()),
            version: HttpVersion::V1_1,
            ..asked()
        };
        assert_eq!(
            lines("192.0.2.1:80", &asked)[2..],
            ["Host: www.example", "Connection: close"]
        );
    }

    #[test]
    fn an_unusual_port_is_named() {
        assert_eq!(lines("192.0.2.1:8080", &asked())[2], "Host: 192.0.2.1:8080");
        assert_eq!(
            lines("[2001:db8::1]:80", &asked())[2],
            "Host: [2001:db8::1]"
        );
        assert_eq!(
            lines("[2001:db8::1]:81", &asked())[2],
            "Host: [2001:db8::1]:81"
        );
    }

    #[test]
    fn nonsense_has_a_reason() {
        let lookup = |kind: &str, name: &str| {
            let (kind, name) = (kind.to_owned(), name.to_owned());
            question(&model::Lookup { kind, name })
        };
        assert!(lookup("a", "www.example").is_ok());
        assert!(lookup("NONSENSE", ".").is_err());
        assert!(lookup("A", &"x".repeat(300)).is_err());
        let name = server_name(
            "192.0.2.1:443".parse().expect("an address"),
            Some("no name"),
        );
        assert!(name.is_err());
    }
}
