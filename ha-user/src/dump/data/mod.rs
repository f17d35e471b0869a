//! Configuration and state as text, in keepalived's sections.

pub(super) mod address;
mod global;
mod group;
mod instance;
mod interface;
mod script;
mod time;

use std::fmt::{Display, Write as _};

use super::command;
use super::picture::Picture;
use crate::config::model::manners::{Garp, Manners};
use crate::config::model::{Command, Notify, NotifyRarely, ScriptUser};

pub(super) fn text(picture: &Picture) -> String {
    let mut text = Text::default();
    text.section("Global definitions");
    global::show(picture, &mut text);
    if !picture.routers.is_empty() {
        text.section("VRRP Topology");
    }
    for router in &picture.routers {
        instance::show(picture, router, &mut text);
    }
    if !picture.groups.is_empty() {
        text.section("VRRP Sync groups");
    }
    for group in &picture.groups {
        group::show(picture, group, &mut text);
    }
    if !picture.runs.is_empty() {
        text.section("VRRP Scripts");
    }
    for (index, script) in picture.scripts.iter().enumerate() {
        if let Some(run) = picture.runs.get(&script.name) {
            script::show(picture, index, script, *run, &mut text);
        }
    }
    text.section("Interfaces");
    for link in picture.links.iter() {
        interface::show(picture, link, &mut text);
    }
    text.0
}

/// Lines, as deep as what they are about. Exporters go by the depth.
#[derive(Default)]
struct Text(String);

impl Text {
    fn section(&mut self, name: &str) {
        self.line(format_args!("------< {name} >------"));
    }

    /// What a section is about.
    fn thing(&mut self, line: impl Display) {
        self.line(format_args!(" {line}"));
    }

    /// Something about a thing.
    fn about(&mut self, line: impl Display) {
        self.line(format_args!("   {line}"));
    }

    /// One of several.
    fn item(&mut self, line: impl Display) {
        self.line(format_args!("     {line}"));
    }

    fn line(&mut self, line: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}

/// The scripts of an instance, or of a group.
fn notify(
    notify: &Notify,
    rarely: Option<&NotifyRarely>,
    script_user: Option<&ScriptUser>,
    text: &mut Text,
) {
    let rare = |of: fn(&NotifyRarely) -> Option<&Command>| rarely.and_then(of);
    let scripts = [
        ("Backup", notify.backup.as_ref()),
        ("Master", notify.master.as_ref()),
        ("Fault", notify.fault.as_ref()),
        ("Stop", notify.stop.as_ref()),
        ("Deleted", rare(|rarely| rarely.deleted.as_ref())),
        ("Generic", notify.all.as_ref()),
        (
            "Master rx lower pri",
            rare(|rarely| rarely.heard_lower.as_ref()),
        ),
    ];
    for (name, command) in scripts {
        if let Some(command) = command {
            let (uid, gid) = command::uid_gid(command, script_user);
            let line = command::line(command);
            text.about(format_args!(
                "{name} state transition script = {line}, uid:gid {uid}:{gid}"
            ));
        }
    }
}

/// When neighbours are told. Of an instance, or of all, who call the refresh differently.
fn announcements(garp: &Garp, refresh: &str, mut say: impl FnMut(&str, u64)) {
    say("delay", garp.delay.as_secs());
    say("repeat", garp.repeat.into());
    say(refresh, garp.refresh.as_secs());
    say("refresh repeat", garp.refresh_repeat.into());
    say("lower priority delay", garp.lower_prio_delay.as_secs());
    say("lower priority repeat", garp.lower_prio_repeat.into());
}

/// How others are answered.
fn answers(manners: Manners) -> [String; 2] {
    let Manners {
        lower_prio_no_advert,
        higher_prio_send_advert,
    } = manners;
    let line = |kind, sends| format!("Send advert after receive {kind} priority advert = {sends}");
    [
        line("lower", !lower_prio_no_advert),
        line("higher", higher_prio_send_advert),
    ]
}

const fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

const fn enabled(enabled: bool) -> &'static str {
    if enabled { "enabled" } else { "disabled" }
}
