//! A line of `virtual_ipaddress`: `ADDRESS[/LENGTH]` and its options.

use super::super::diagnostic::{At, Location, Report, Severity};
use super::super::draft::{AddressDraft, AddressKind, InstanceDraft};
use super::super::lexer::Word;
use super::super::model::VirtualAddress;
use super::instance_value::interface_name;
use super::number;
use std::net::{IpAddr, Ipv4Addr};
use std::slice::Iter;

/// A label is an interface's name as far as the kernel is concerned.
const MAX_LABEL: usize = 15;
/// Scopes that iproute2 knows by name, and any number besides.
const SCOPES: [(&str, u8); 5] = [
    ("global", 0),
    ("site", 200),
    ("link", 253),
    ("host", 254),
    ("nowhere", 255),
];

pub(super) fn address(instance: &mut InstanceDraft, words: &[Word], report: &mut Report) {
    instance.addresses.extend(read(words, report));
}

pub(super) fn excluded_address(instance: &mut InstanceDraft, words: &[Word], report: &mut Report) {
    instance.excluded_addresses.extend(read(words, report));
}

/// `None` if the address is left out, which has been reported then.
fn read(words: &[Word], report: &mut Report) -> Option<AddressDraft> {
    let (first, options) = words.split_first()?;
    let mut line = Line {
        address: host_address(first, report)?,
        device: None,
        report,
    };
    line.options(options.iter())?;
    Some(AddressDraft {
        at: first.at.clone(),
        address: line.address,
        device: line.device,
    })
}

fn host_address(word: &Word, report: &mut Report) -> Option<AddressKind> {
    let (address, length) = match word.text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (word.text.as_str(), None),
    };
    match address.parse() {
        Ok(IpAddr::V4(address)) => Some(AddressKind::V4(VirtualAddress {
            address,
            prefix_len: length.map_or(32, |length| prefix(length, word, report)),
            device: None,
            label: None,
            broadcast: None,
            scope: 0,
        })),
        Ok(IpAddr::V6(_)) => Some(AddressKind::V6),
        Err(_) => {
            let message = format!("invalid IP address '{}': skipping it", word.text);
            report.add_with_help(Severity::Error, &word.at, message, "ADDRESS[/LENGTH]");
            None
        }
    }
}

fn prefix(length: &str, word: &Word, report: &mut Report) -> u8 {
    let fault = match number::whole(length, &(0..=32)) {
        Ok(length) => return u8::try_from(length).unwrap_or(32),
        Err(fault) => fault,
    };
    let message = format!("prefix length of {}: {fault}. Using 32", word.text);
    report.add(Severity::Error, &word.at, message);
    32
}

/// What is known of a line while its options are read.
struct Line<'r> {
    address: AddressKind,
    device: Option<At<String>>,
    report: &'r mut Report,
}

impl Line<'_> {
    /// `None` if an option makes the address unusable.
    fn options(&mut self, mut words: Iter<'_, Word>) -> Option<()> {
        while let Some(option) = words.next() {
            match option.text.as_str() {
                "dev" | "label" | "brd" | "broadcast" | "scope" => {
                    let Some(value) = words.next() else {
                        self.missing(option);
                        return Some(());
                    };
                    self.set(&option.text, value)?;
                }
                "peer" | "preferred_lft" | "track_group" => {
                    words.next();
                    self.later(option);
                }
                "home" | "-nodad" | "mngtmpaddr" | "noprefixroute" | "autojoin" | "no_track"
                | "use_vmac" => self.later(option),
                _ => self.unknown(option),
            }
        }
        Some(())
    }

    fn set(&mut self, option: &str, value: &Word) -> Option<()> {
        match option {
            "dev" => self.device = interface_name(value, self.report),
            "label" => self.label(value)?,
            "scope" => self.scope(value),
            _ => self.broadcast(value)?,
        }
        Some(())
    }

    fn label(&mut self, value: &Word) -> Option<()> {
        if value.text.len() > MAX_LABEL {
            let text = &value.text;
            let message =
                format!("label {text} is longer than {MAX_LABEL} bytes: skipping the address");
            self.say(&value.at, message);
            return None;
        }
        if let AddressKind::V4(address) = &mut self.address {
            address.label = Some(value.text.clone());
        }
        Some(())
    }

    fn scope(&mut self, value: &Word) {
        let named = SCOPES.iter().find(|(name, _)| *name == value.text);
        let scope = named
            .map(|(_, scope)| *scope)
            .or_else(|| value.text.parse().ok());
        match (scope, &mut self.address) {
            (Some(scope), AddressKind::V4(address)) => address.scope = scope,
            (Some(_), AddressKind::V6) => {}
            (None, _) => {
                let message = format!("invalid scope '{}': ignoring it", value.text);
                self.say(&value.at, message);
            }
        }
    }

    fn broadcast(&mut self, value: &Word) -> Option<()> {
        let AddressKind::V4(address) = &mut self.address else {
            return Some(());
        };
        let hosts = u32::MAX.checked_shr(address.prefix_len.into()).unwrap_or(0);
        let network = u32::from(address.address) & !hosts;
        address.broadcast = match value.text.as_str() {
            "-" => Some(Ipv4Addr::from(network)),
            "+" => Some(Ipv4Addr::from(network | hosts)),
            text => text.parse().ok(),
        };
        if address.broadcast.is_some() {
            return Some(());
        }
        let text = &value.text;
        let message = format!("invalid broadcast address '{text}': skipping the address");
        self.say(&value.at, message);
        None
    }

    fn missing(&mut self, option: &Word) {
        let message = format!("`{}` is missing its value: ignoring it", option.text);
        self.say(&option.at, message);
    }

    fn later(&mut self, option: &Word) {
        let message = format!("`{}` of an address has no effect yet", option.text);
        self.report.add(Severity::Warning, &option.at, message);
    }

    fn unknown(&mut self, option: &Word) {
        let text = &option.text;
        let message = format!("Unknown configuration entry '{text}' for ip address - ignoring it");
        let help = "one address on each line";
        self.report
            .add_with_help(Severity::Warning, &option.at, message, help);
    }

    fn say(&mut self, at: &Location, message: String) {
        self.report.add(Severity::Error, at, message);
    }
}
