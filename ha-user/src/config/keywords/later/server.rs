//! What is not done yet of virtual servers and real servers.

use super::super::Known;
use super::check::BFD_CHECK;

pub(in crate::config::keywords) const VIRTUAL_SERVER: &[Known] = known! {
    "smtp_alert" "mail on transitions";
    "snmp_name" "name in SNMP";
};

pub(in crate::config::keywords) const REAL_SERVER: &[Known] = known! {
    "smtp_alert" "mail on transitions";
    "snmp_name" "name in SNMP";
    "BFD_CHECK" "a BFD session is up" => BFD_CHECK;
};
