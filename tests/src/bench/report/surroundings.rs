//! What a figure depends on besides the code: machine, kernel, peer.

use std::fs;
use std::process::Command;
use std::thread;

use rustix::system::uname;
use serde::{Deserialize, Serialize};

use crate::lab::{Software, Tools};

/// What the kernel does against each weakness of the processor.
const WEAKNESSES: &str = "/sys/devices/system/cpu/vulnerabilities";

/// What was measured, and on what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// Revision of the source, with `-dirty` if it was changed since.
    pub revision: String,
    /// What keepalived says it is; none if it was not there.
    pub keepalived: Option<String>,
    /// Model of the processor.
    pub processor: String,
    /// Processors that this process may use.
    pub cores: usize,
    /// Whether this is a virtual machine, by what the processor says.
    pub virtual_machine: bool,
    /// How the processor's frequency is governed; none if the kernel does not know.
    pub governor: Option<String>,
    /// Name, release and architecture of the kernel.
    pub kernel: String,
    /// Weaknesses of the processor that the kernel mitigates, which costs time.
    pub mitigated: Vec<String>,
    /// Those that it does not.
    pub vulnerable: Vec<String>,
    /// Load average of the last minute before.
    pub load_before: String,
}

impl Surroundings {
    /// Those of this process, now.
    #[must_use]
    pub fn detect() -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let flags = value_of(&processors, "flags").unwrap_or_default();
        let system = uname();
        let words = [system.sysname(), system.release(), system.machine()];
        Self {
            revision: Tools::revision().unwrap_or("unknown".to_owned()),
            keepalived: keepalived(),
            processor: value_of(&processors, "model name").unwrap_or("unknown".to_owned()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            virtual_machine: flags.split(' ').any(|flag| flag == "hypervisor"),
            governor: governor(),
            kernel: words.map(|word| word.to_string_lossy()).join(" "),
            mitigated: weaknesses("Mitigation"),
            vulnerable: weaknesses("Vulnerable"),
            load_before: load(),
        }
    }

    /// Pairs of a name and what is so named, for people.
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let or_not_told = |told: &Option<String>| told.clone().unwrap_or("not told".to_owned());
        let or_none = |names: &[String]| match names {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        let kind = if self.virtual_machine {
            ", a virtual machine"
        } else {
            ""
        };
        let processor = format!("{}, {} cores{kind}", self.processor, self.cores);
        vec![
            ("processor", processor),
            ("governor", or_not_told(&self.governor)),
            ("kernel", self.kernel.clone()),
            ("mitigated", or_none(&self.mitigated)),
            ("vulnerable", or_none(&self.vulnerable)),
            ("keepalived", or_not_told(&self.keepalived)),
            ("revision", self.revision.clone()),
            ("load before", self.load_before.clone()),
        ]
    }
}

fn value_of(processors: &str, name: &str) -> Option<String> {
    let mut lines = processors.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(key, _)| key.trim() == name)?;
    Some(value.trim().to_owned())
}

fn governor() -> Option<String> {
    let path = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// Weaknesses whose state begins with `state`.
fn weaknesses(state: &str) -> Vec<String> {
    let entries = fs::read_dir(WEAKNESSES).into_iter().flatten().flatten();
    let meant = entries.filter(|entry| {
        let text = fs::read_to_string(entry.path());
        text.is_ok_and(|text| text.starts_with(state))
    });
    let names = meant.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn load() -> String {
    let averages = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let last_minute = averages.split(' ').next();
    last_minute.unwrap_or_default().to_owned()
}

/// The first line of `keepalived --version`, which goes to standard error.
fn keepalived() -> Option<String> {
    let Software::Keepalived(path) = Tools::keepalived().ok()? else {
        return None;
    };
    let output = Command::new(path).arg("--version").output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(said.lines().next()?.trim().to_owned())
}
