//! A line of `virtual_ipaddress`: `ADDRESS[/LENGTH]` and its options.

use super::super::diagnostic::{At, Place, Report, Severity};
use super::super::draft::{AddressDraft, InstanceDraft};
use super::super::lexer::Word;
use super::super::model::VirtualAddress;
use super::instance_value::interface_name;
use super::number;
use std::net::{IpAddr, Ipv4Addr};
use std::slice::Iter;

/// A label is an interface's name as far as the kernel is concerned.
const MAX_LABEL: usize = 15;
/// As the kernel numbers them.
const GLOBAL: u8 = 0;
const LINK: u8 = 253;
/// Scopes that iproute2 knows by name, and any number besides.
const SCOPES: [(&str, u8); 5] = [
    ("global", GLOBAL),
    ("site", 200),
    ("link", LINK),
    ("host", 254),
    ("nowhere", 255),
];

pub(super) fn address(instance: &mut InstanceDraft, words: &[Word], report: &mut Report) {
    let Some(draft) = read(words, report) else {
        return;
    };
    if instance.admits(draft.address.address) {
        return instance.addresses.push(draft);
    }
    let name = &instance.name.value;
    let message = format!("({name}): address family must match VRRP instance - ignoring it");
    report.add(Severity::Error, &draft.at, message);
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
        at: first.at,
        address: line.address,
        device: line.device,
    })
}

fn host_address(word: &Word, report: &mut Report) -> Option<VirtualAddress> {
    let (address, length) = match word.text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (word.text.as_str(), None),
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        let message = format!("invalid IP address '{}': skipping it", word.text);
        report.add_with_help(Severity::Error, &word.at, message, "ADDRESS[/LENGTH]");
        return None;
    };
    let (longest, scope) = match address {
        IpAddr::V6(address) if address.is_unicast_link_local() => (128, LINK),
        IpAddr::V6(_) => (128, GLOBAL),
        IpAddr::V4(_) => (32, GLOBAL),
    };
    Some(VirtualAddress {
        address,
        prefix_len: length.map_or(longest, |length| prefix(length, longest, word, report)),
        device: None,
        label: None,
        broadcast: None,
        scope,
    })
}

fn prefix(length: &str, longest: u8, word: &Word, report: &mut Report) -> u8 {
    let fault = match number::whole(length, &(0..=longest.into())) {
        Ok(length) => return u8::try_from(length).unwrap_or(longest),
        Err(fault) => fault,
    };
    let message = format!("prefix length of {}: {fault}. Using {longest}", word.text);
    report.add(Severity::Error, &word.at, message);
    longest
}

/// What is known of a line while its options are read.
struct Line<'r> {
    address: VirtualAddress,
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
        if self.is_of_ipv4("label", value) {
            self.address.label = Some(value.text.to_string());
        }
        Some(())
    }

    fn scope(&mut self, value: &Word) {
        let named = SCOPES.iter().find(|(name, _)| *name == value.text);
        let scope = named
            .map(|(_, scope)| *scope)
            .or_else(|| value.text.parse().ok());
        match scope {
            Some(scope) if self.is_of_ipv4("scope", value) => self.address.scope = scope,
            Some(_) => {}
            None => {
                let message = format!("invalid scope '{}': ignoring it", value.text);
                self.say(&value.at, message);
            }
        }
    }

    /// Whether it can have `option`. The kernel knows an IPv6 address's scope itself.
    fn is_of_ipv4(&mut self, option: &str, value: &Word) -> bool {
        let is_ipv4 = self.address.address.is_ipv4();
        if !is_ipv4 {
            let message = format!("Cannot specify {option} for IPv6 addresses - ignoring {option}");
            self.say(&value.at, message);
        }
        is_ipv4
    }

    fn broadcast(&mut self, value: &Word) -> Option<()> {
        let IpAddr::V4(address) = self.address.address else {
            let message = "an IPv6 address has no broadcast address: skipping the address";
            self.say(&value.at, message.to_owned());
            return None;
        };
        let length = self.address.prefix_len.into();
        let hosts = u32::MAX.checked_shr(length).unwrap_or(0);
        let network = u32::from(address) & !hosts;
        self.address.broadcast = match value.text.as_str() {
            "-" => Some(Ipv4Addr::from(network)),
            "+" => Some(Ipv4Addr::from(network | hosts)),
            text => text.parse().ok(),
        };
        if self.address.broadcast.is_some() {
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

    fn say(&mut self, at: &Place, message: String) {
        self.report.add(Severity::Error, at, message);
    }
}
