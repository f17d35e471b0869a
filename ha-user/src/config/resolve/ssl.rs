//! `SSL`: the files that it names.

use super::super::diagnostic::{At, Severity};
use super::super::draft::ssl::SslDraft;
use super::super::model::ssl::Ssl;
use super::Context;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::io::ErrorKind;
use std::path::Path;

/// What is beneath a heading of an encrypted key: the newer form, and the older one.
const ENCRYPTED: [&[u8]; 2] = [b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];

/// What of `draft` can be used; the rest is reported.
pub(super) fn resolve(draft: SslDraft, context: &mut Context<'_>) -> Ssl {
    let mut files = Files { context };
    let authorities = draft
        .ca
        .as_ref()
        .and_then(|ca| files.certificates("ca", ca));
    let own = files.identity(&draft);
    let (certificates, key) = own.unwrap_or_default();
    Ssl {
        certificates,
        key,
        authorities: authorities.unwrap_or_default(),
    }
}

/// The files of the machine. `None`, of its methods, is reported.
struct Files<'a, 'c> {
    context: &'a mut Context<'c>,
}

impl Files<'_, '_> {
    /// A certificate, with what vouches for it, and its key.
    fn identity(&mut self, draft: &SslDraft) -> Option<(Vec<Vec<u8>>, Vec<u8>)> {
        let (certificate, key) = match (&draft.certificate, &draft.key) {
            (None, None) => return None,
            (Some(certificate), Some(key)) => (certificate, key),
            (Some(lonely), None) => return self.refuse(lonely, "certificate", "there is no `key`"),
            (None, Some(lonely)) => return self.refuse(lonely, "key", "there is no `certificate`"),
        };
        // Both are looked at, for there may be something to say of each.
        let (chain, secret) = (self.certificates("certificate", certificate), self.key(key));
        let (chain, secret) = (chain?, secret?);
        let der = chain.iter().cloned().map(CertificateDer::from).collect();
        let octets = secret.secret_der().to_vec();
        match CertifiedKey::from_der(der, secret, &default_provider()) {
            Ok(_) => Some((chain, octets)),
            Err(error) => self.refuse(key, "key", &mismatch(&error)),
        }
    }

    fn certificates(&mut self, keyword: &str, path: &At<String>) -> Option<Vec<Vec<u8>>> {
        let text = self.read(keyword, path)?;
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        match found {
            Ok(found) if !found.is_empty() => {
                Some(found.into_iter().map(|one| one.to_vec()).collect())
            }
            Ok(_) => self.refuse(path, keyword, "there is no certificate in it (PEM)"),
            Err(error) => self.refuse(path, keyword, &error.to_string()),
        }
    }

    fn key(&mut self, path: &At<String>) -> Option<PrivateKeyDer<'static>> {
        let text = self.read("key", path)?;
        let has = |mark: &[u8]| text.windows(mark.len()).any(|part| part == mark);
        if ENCRYPTED.into_iter().any(has) {
            let message = format!(
                "SSL: key {}: it is encrypted, which cannot be read yet",
                path.value
            );
            let help = "`openssl pkey -in KEY -out PLAIN` asks for the password and writes it in the clear";
            let report = &mut *self.context.report;
            report.add_with_help(Severity::Error, &path.at, message, help);
            return None;
        }
        match PrivateKeyDer::from_pem_slice(&text) {
            Ok(key) => Some(key),
            Err(_) => self.refuse(path, "key", "there is no key in it (PEM)"),
        }
    }

    fn read(&mut self, keyword: &str, path: &At<String>) -> Option<Vec<u8>> {
        match self.context.host.read(Path::new(&path.value)) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let message = format!("SSL: {keyword} {}: this user may not read it", path.value);
                let help = "root may: the daemon looks again when it starts";
                let report = &mut *self.context.report;
                report.add_with_help(Severity::Warning, &path.at, message, help);
                None
            }
            Err(error) => {
                let text = error.to_string();
                let words = text.split(" (os error").next().unwrap_or(&text);
                self.refuse(path, keyword, &words.to_lowercase())
            }
        }
    }

    fn refuse<V>(&mut self, path: &At<String>, keyword: &str, why: &str) -> Option<V> {
        let message = format!("SSL: {keyword} {}: {why} - ignoring it", path.value);
        self.context.report.add(Severity::Error, &path.at, message);
        None
    }
}

fn mismatch(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InconsistentKeys(_) => "it is not the key of the certificate".to_owned(),
        error => error.to_string(),
    }
}
