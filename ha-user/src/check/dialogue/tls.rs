//! A dialogue behind TLS: `SSL_GET`.
//!
//! The server's certificate is not looked at unless the operator names authorities (`SSL { ca }`): a
//! probe wants to know whether the server serves, and clients look at certificates themselves.

mod trust;

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use bytes::Bytes;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, Error, RootCertStore};

use self::trust::{Anybody, Vouched};
use super::{Dialogue, Want};
use crate::check::{Failure, Outcome};
use crate::config::model::ssl::Ssl;

/// Octets that are deciphered at once.
const ROOM: usize = 16 << 10;

/// A client that shows, and believes, what `ssl` says.
///
/// # Errors
/// Something in it has no meaning, which the configuration should have found.
pub fn client(ssl: &Ssl) -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let dangerous = versions.dangerous();
    let trusting = match ssl.authorities.is_empty() {
        true => dangerous.with_custom_certificate_verifier(Arc::new(Anybody(provider))),
        false => {
            let vouched = vouched(&ssl.authorities, provider)?;
            dangerous.with_custom_certificate_verifier(Arc::new(vouched))
        }
    };
    if ssl.certificates.is_empty() {
        return Ok(Arc::new(trusting.with_no_client_auth()));
    }
    let chain = ssl.certificates.iter().cloned();
    let key = PrivateKeyDer::try_from(ssl.key.clone());
    let key = key.map_err(|why| Error::General(why.to_owned()))?;
    let client = trusting.with_client_auth_cert(chain.map(CertificateDer::from).collect(), key)?;
    Ok(Arc::new(client))
}

fn vouched(authorities: &[Vec<u8>], provider: Arc<CryptoProvider>) -> Result<Vouched, Error> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(CertificateDer::from(authority.clone()))?;
    }
    Ok(Vouched::new(roots, provider))
}

/// A dialogue that is had in cipher.
pub struct Secret<D> {
    connection: ClientConnection,
    dialogue: D,
    has_begun: bool,
}

impl<D: Dialogue> Secret<D> {
    /// Has `dialogue` with the server called `name`, which is told it where it is no address (SNI).
    ///
    /// # Errors
    /// The library has no room for another connection.
    pub fn new(
        client: Arc<ClientConfig>,
        name: ServerName<'static>,
        dialogue: D,
    ) -> Result<Self, Error> {
        Ok(Self {
            connection: ClientConnection::new(client, name)?,
            dialogue,
            has_begun: false,
        })
    }

    /// Takes what the server has said in cipher.
    fn decipher(&mut self, mut octets: &[u8]) -> io::Result<Option<Outcome>> {
        while !octets.is_empty() {
            self.connection.read_tls(&mut octets)?;
            let state = self
                .connection
                .process_new_packets()
                .map_err(io::Error::other)?;
            if let Some(outcome) = self.converse()? {
                return Ok(Some(outcome));
            }
            if state.peer_has_closed() {
                return Ok(Some(self.dialogue.close()));
            }
        }
        Ok(None)
    }

    /// Goes on with the dialogue, as far as it was deciphered.
    fn converse(&mut self) -> io::Result<Option<Outcome>> {
        if !self.has_begun && !self.connection.is_handshaking() {
            self.has_begun = true;
            let want = self.dialogue.begin();
            if let Some(outcome) = self.follow(want)? {
                return Ok(Some(outcome));
            }
        }
        let mut room = [0; ROOM];
        loop {
            match self.connection.reader().read(&mut room) {
                Ok(0) => return Ok(None),
                Ok(count) => {
                    let want = self.dialogue.hear(&room[..count]);
                    if let Some(outcome) = self.follow(want)? {
                        return Ok(Some(outcome));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    fn follow(&mut self, want: Want) -> io::Result<Option<Outcome>> {
        match want {
            Want::End(outcome) => return Ok(Some(outcome)),
            Want::Say(octets) => self.connection.writer().write_all(&octets)?,
            Want::Hear => {}
        }
        Ok(None)
    }

    /// What is to be said in cipher.
    fn enciphered(&mut self) -> Want {
        let mut octets = Vec::new();
        while self.connection.wants_write() {
            if let Err(error) = self.connection.write_tls(&mut octets) {
                return Want::fail(format!("TLS: {error}"));
            }
        }
        match octets.is_empty() {
            true => Want::Hear,
            false => Want::Say(Bytes::from(octets)),
        }
    }
}

impl<D: Dialogue> Dialogue for Secret<D> {
    fn begin(&mut self) -> Want {
        self.enciphered()
    }

    fn hear(&mut self, octets: &[u8]) -> Want {
        match self.decipher(octets) {
            Ok(Some(outcome)) => Want::End(outcome),
            Ok(None) => self.enciphered(),
            Err(error) => Want::fail(format!("TLS: {error}")),
        }
    }

    fn close(&mut self) -> Outcome {
        match self.has_begun {
            true => self.dialogue.close(),
            false => Err(Failure::new("closed before TLS was agreed upon")),
        }
    }

    fn expire(&mut self) -> Outcome {
        match self.has_begun {
            true => self.dialogue.expire(),
            false => Err(Failure::new("no TLS in time")),
        }
    }
}
