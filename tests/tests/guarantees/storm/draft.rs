//! What the file of a director says, and what operators change in it.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use ha_tests::rng::Rng;
use ha_tests::watched::{INSTANCE, INTERFACE, VIP, VRID};

/// An instance of the same directors that nobody touches.
pub(super) const STEADY: &str = "VI_STEADY";

/// Changes of a priority that tracked scripts make, at most: less than half of what lies between any
/// two priorities.
const WEIGHTS: [i8; 3] = [-10, 5, 10];

/// What nobody can read, and what is in it.
const BROKEN: [&str; 4] = [
    "vrrp_instance VI_1 {\n interface eth0\n",
    "global_defs {\n router_id \"lb\n}\n",
    "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 192.0.2.300\n }\n}\n",
    "",
];

/// A file without mistakes.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Which of [`Self::PRIORITIES`].
    rank: usize,
    director: usize,
    pub(super) preempts: bool,
    interval_ms: u16,
    /// Last octets of further addresses.
    more: Vec<u8>,
    script: Option<i8>,
    follows_lo: bool,
    notifies: bool,
    repeats: u8,
    companions: u8,
    is_grouped: bool,
    serves: bool,
    comment: u64,
}

/// Changes one thing; returns what, for people.
type Edit = fn(&mut Draft, &mut Rng) -> String;

impl Draft {
    /// Priorities of both directors: no two are the same, whatever the weights are.
    const PRIORITIES: [[u8; 2]; 4] = [[60, 30], [120, 90], [180, 150], [240, 210]];

    const EDITS: [Edit; 13] = [
        |draft, rng| draft.change_rank(rng),
        |draft, rng| draft.change_rank(rng),
        |draft, _| {
            draft.preempts = !draft.preempts;
            format!("preempt {}", draft.preempts)
        },
        |draft, rng| {
            draft.interval_ms = pick(rng, &[100, 100, 150, 200]);
            format!("advert_int {} ms", draft.interval_ms)
        },
        |draft, rng| {
            draft.more = (101..=106)
                .filter(|_| rng.number().is_multiple_of(2))
                .collect();
            format!("addresses {:?}", draft.more)
        },
        |draft, rng| {
            let weight = Some(pick(rng, &WEIGHTS));
            draft.script = weight.filter(|_| draft.script.is_none());
            format!("script {:?}", draft.script)
        },
        |draft, _| {
            draft.follows_lo = !draft.follows_lo;
            format!("track_interface {}", draft.follows_lo)
        },
        |draft, _| {
            draft.notifies = !draft.notifies;
            format!("notify {}", draft.notifies)
        },
        |draft, rng| {
            draft.repeats = pick(rng, &[1, 2, 5]);
            format!("garp_master_repeat {}", draft.repeats)
        },
        |draft, rng| {
            draft.companions = pick(rng, &[0, 1, 3]);
            format!("{} other instances", draft.companions)
        },
        |draft, _| {
            draft.is_grouped = !draft.is_grouped;
            format!("sync group {}", draft.is_grouped)
        },
        |draft, _| {
            draft.serves = !draft.serves;
            format!("virtual_server {}", draft.serves)
        },
        |draft, rng| {
            draft.comment = rng.number();
            "a comment".to_owned()
        },
    ];

    /// The first file of director 0 or 1; the first director is the better one.
    pub(super) fn new(director: usize) -> Self {
        Self {
            rank: 1,
            director,
            preempts: true,
            interval_ms: 100,
            more: Vec::new(),
            script: None,
            follows_lo: false,
            notifies: false,
            repeats: 5,
            companions: 0,
            is_grouped: false,
            serves: false,
            comment: 0,
        }
    }

    /// Configured, which decides between the two.
    pub(super) fn priority(&self) -> u8 {
        Self::PRIORITIES[self.rank][self.director]
    }

    /// Changes something; returns what.
    pub(super) fn edit(&mut self, rng: &mut Rng) -> String {
        pick(rng, &Self::EDITS)(self, rng)
    }

    fn change_rank(&mut self, rng: &mut Rng) -> String {
        self.rank = pick(rng, &[0, 1, 2, 3]);
        format!("priority {}", self.priority())
    }

    /// As the director reads it.
    ///
    /// # Errors
    /// None: a text takes everything.
    pub(super) fn text(&self) -> Result<String> {
        let mut text = format!("! {}\n", self.comment);
        if let Some(weight) = self.script {
            let script = "script \"/bin/true\"\n interval 1";
            writeln!(text, "vrrp_script chk {{\n {script}\n weight {weight}\n}}")?;
        }
        if self.is_grouped {
            writeln!(
                text,
                "vrrp_sync_group G {{\n group {{\n {INSTANCE}\n }}\n}}"
            )?;
        }
        text += &self.instance().context("the instance")?;
        for number in 0..self.companions {
            text += &instance(&format!("VI_C{number}"), 60 + number, 100, 120 + number, "");
        }
        // The second director's, always.
        let steady = [90, 150][self.director];
        text += &instance(STEADY, 59, steady, 119, "");
        if self.serves {
            writeln!(
                text,
                "virtual_server {VIP} 80 {{\n delay_loop 1\n protocol TCP\n \
                 real_server 127.0.0.1 80 {{\n TCP_CHECK {{\n connect_timeout 1\n }}\n }}\n}}"
            )?;
        }
        Ok(text)
    }

    fn instance(&self) -> Result<String> {
        let mut lines = String::new();
        if !self.preempts {
            lines += " nopreempt\n";
        }
        if self.script.is_some() {
            lines += " track_script {\n chk\n }\n";
        }
        if self.follows_lo {
            lines += " track_interface {\n lo weight 5\n }\n";
        }
        if self.notifies {
            lines += " notify_backup /bin/true\n";
        }
        writeln!(lines, " garp_master_repeat {}", self.repeats)?;
        let more: String = self.more.iter().fold(String::new(), |more, last| {
            format!("{more} 192.0.2.{last}/24\n")
        });
        Ok(format!(
            "vrrp_instance {INSTANCE} {{\n state BACKUP\n interface {INTERFACE}\n version 3\n \
             virtual_router_id {VRID}\n priority {}\n advert_int {}\n{lines} \
             virtual_ipaddress {{\n {VIP}/24\n{more} }}\n}}\n",
            self.priority(),
            f64::from(self.interval_ms) / 1000.0,
        ))
    }
}

/// A file that no director takes.
pub(super) fn broken(rng: &mut Rng) -> &'static str {
    pick(rng, &BROKEN)
}

fn instance(name: &str, vrid: u8, priority: u8, last: u8, lines: &str) -> String {
    format!(
        "vrrp_instance {name} {{\n state BACKUP\n interface {INTERFACE}\n version 3\n \
         virtual_router_id {vrid}\n priority {priority}\n advert_int 0.1\n{lines} \
         virtual_ipaddress {{\n 192.0.2.{last}/24\n }}\n}}\n"
    )
}

fn pick<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    let count = u64::try_from(choices.len()).unwrap_or(u64::MAX);
    choices[usize::try_from(rng.number() % count).unwrap_or(0)]
}
