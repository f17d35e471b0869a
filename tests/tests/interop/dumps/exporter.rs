//! The text dumps as keepalived-exporter reads them: by the depth of lines, and by the places of words.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

/// States in the order of their numbers.
const STATES: [&str; 4] = ["INIT", "BACKUP", "MASTER", "FAULT"];

/// What it makes of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) state: u8,
    pub(super) interface: String,
    pub(super) garp_delay: u32,
    pub(super) vrid: u8,
    /// Address and interface of each.
    pub(super) addresses: Vec<(String, String)>,
    pub(super) excluded: Vec<(String, String)>,
}

/// Instances in `keepalived.data`.
pub(super) fn instances(data: &str) -> Result<BTreeMap<String, Instance>> {
    let mut found = BTreeMap::new();
    let mut current: Option<(String, Instance)> = None;
    let mut list = String::new();
    for line in data.lines() {
        if let Some(name) = line.strip_prefix(" VRRP Instance = ") {
            found.extend(current.take());
            current = Some((name.to_owned(), Instance::default()));
        } else if !line.starts_with("   ") {
            found.extend(current.take());
        } else if let Some((_, instance)) = &mut current {
            instance.take(line, &mut list)?;
        }
    }
    found.extend(current);
    Ok(found)
}

impl Instance {
    fn take(&mut self, line: &str, list: &mut String) -> Result<()> {
        if line.starts_with("     ") {
            if list.starts_with("Virtual IP Excluded") {
                self.excluded.push(address(line)?);
            } else if list.starts_with("Virtual IP (") {
                self.addresses.push(address(line)?);
            }
            return Ok(());
        }
        let separator = if line.contains('=') { '=' } else { ':' };
        let (key, value) = line.split_once(separator).unwrap_or((line, ""));
        let (key, value) = (key.trim(), value.trim());
        *list = key.to_owned();
        match key {
            "State" => {
                let numbered = (0..).zip(STATES);
                let mut found = numbered.filter(|(_, state)| *state == value);
                (self.state, _) = found.next().with_context(|| format!("a state {value}"))?;
            }
            "Interface" => value.clone_into(&mut self.interface),
            "Gratuitous ARP delay" => self.garp_delay = value.parse()?,
            "Virtual Router ID" => self.vrid = value.parse()?,
            _ => {}
        }
        Ok(())
    }
}

/// The first word is the address, the third one the interface.
fn address(line: &str) -> Result<(String, String)> {
    let words: Vec<&str> = line.trim().split(' ').collect();
    match words.as_slice() {
        [address, _, interface, ..] => Ok(((*address).to_owned(), (*interface).to_owned())),
        _ => bail!("too few words in {line}"),
    }
}

/// Status and state of each script in `keepalived.data`.
pub(super) fn scripts(data: &str) -> BTreeMap<String, (String, String)> {
    let mut found = BTreeMap::new();
    let mut name = None;
    for line in data.lines() {
        if let Some(script) = line.strip_prefix(" VRRP Script = ") {
            name = Some(script.to_owned());
        } else if !line.starts_with("   ") {
            name = None;
        } else if let (Some(name), Some((key, value))) = (&name, line.split_once('=')) {
            let entry: &mut (String, String) = found.entry(name.clone()).or_default();
            match key.trim() {
                "Status" => value.trim().clone_into(&mut entry.0),
                "State" => value.trim().clone_into(&mut entry.1),
                _ => {}
            }
        }
    }
    found
}

/// Counters in `keepalived.stats`, by instance, and by heading and name.
pub(super) fn counters(stats: &str) -> Result<BTreeMap<String, BTreeMap<String, u64>>> {
    let mut found: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let (mut instance, mut heading) = (String::new(), String::new());
    for line in stats.lines() {
        let depth = line.len() - line.trim_start().len();
        let (key, value) = line.split_once(':').with_context(|| line.to_owned())?;
        let (key, value) = (key.trim(), value.trim());
        let name = match (depth, value) {
            (0, name) => {
                name.clone_into(&mut instance);
                continue;
            }
            (2, "") => {
                key.clone_into(&mut heading);
                continue;
            }
            (2, _) => key.to_owned(),
            _ => format!("{heading}/{key}"),
        };
        let counters = found.entry(instance.clone()).or_default();
        counters.insert(name, value.parse()?);
    }
    Ok(found)
}
