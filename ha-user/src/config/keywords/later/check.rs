//! Checkers that are not done yet, and what is not of those that are.

use super::super::Known;
use super::super::takes::{Takes, block, words};

pub(in crate::config::keywords) const CHECKERS: &[Known] = known! {
    "BFD_CHECK" [block("", BFD_CHECK)] "a BFD session is up";
};

pub(in crate::config::keywords) const HTTP: &[Known] = known! {
    "tls_compliant" [Takes::Truth] "insist on a proper end of TLS";
};

pub(in crate::config::keywords) const URL: &[Known] = known! {
    "tls_compliant" [Takes::Truth] "insist on a proper end of TLS";
};

pub(super) const BFD_CHECK: &[Known] = known! {
    "name" [words("NAME", 1..=1)] "the session";
    "alpha" [Takes::Truth] "the server counts as bad until the session is up";
};
