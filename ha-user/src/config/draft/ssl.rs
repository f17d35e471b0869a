//! What the file says of TLS.

use super::super::diagnostic::At;

/// `SSL`.
#[derive(Debug, Default)]
pub(in crate::config) struct SslDraft {
    pub password: Option<At<String>>,
    pub ca: Option<At<String>>,
    pub certificate: Option<At<String>>,
    pub key: Option<At<String>>,
}
