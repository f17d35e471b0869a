//! What is not done yet of virtual servers and real servers.

use super::super::Known;
use super::super::takes::{block, words};
use super::check::BFD_CHECK;

pub(in crate::config::keywords) const VIRTUAL_SERVER: &[Known] = known! {
    "snmp_name" [words("NAME", 1..=1)] "name in SNMP";
};

pub(in crate::config::keywords) const REAL_SERVER: &[Known] = known! {
    "snmp_name" [words("NAME", 1..=1)] "name in SNMP";
    "BFD_CHECK" [block("", BFD_CHECK)] "a BFD session is up";
};
