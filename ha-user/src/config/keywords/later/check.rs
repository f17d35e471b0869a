//! Checkers that are not done yet, and what is not of those that are.

use super::super::Known;

pub(in crate::config::keywords) const CHECKERS: &[Known] = known! {
    "BFD_CHECK" "a BFD session is up" => BFD_CHECK;
};

pub(in crate::config::keywords) const HTTP: &[Known] = known! {
    "tls_compliant" "insist on a proper end of TLS";
};

pub(in crate::config::keywords) const URL: &[Known] = known! {
    "tls_compliant" "insist on a proper end of TLS";
};

pub(super) const BFD_CHECK: &[Known] = known! {
    "name" "the session";
    "alpha" "the server counts as bad until the session is up";
};
