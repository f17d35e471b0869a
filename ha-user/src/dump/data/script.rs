//! `vrrp_script`.

use std::time::Duration;

use super::Text;
use crate::config::model::Script;
use crate::dump::command;
use crate::dump::picture::{Picture, Run};

/// The script at `index` of the configuration.
pub(super) fn show(picture: &Picture, index: usize, script: &Script, run: Run, text: &mut Text) {
    text.thing(format_args!("VRRP Script = {}", script.name));
    let line = command::line(&script.command);
    text.about(format_args!("Command = {line}"));
    text.about(format_args!("Interval = {} sec", seconds(script.interval)));
    // The interval if the file says nothing, which keepalived shows as 0.
    let timeout = script.timeout;
    let own = if timeout == script.interval {
        Duration::ZERO
    } else {
        timeout
    };
    text.about(format_args!("Timeout = {} sec", seconds(own)));
    text.about(format_args!("Weight = {}", script.weight));
    text.about(format_args!("Rise = {}", script.rise));
    text.about(format_args!("Fall = {}", script.fall));
    text.about(format_args!("Result = {}", run.result));
    text.about("Insecure = no");
    text.about(format_args!("Init state = {}", init_state(script, run)));
    // What has no verdict is not good.
    let status = if run.up == Some(true) { "GOOD" } else { "BAD" };
    text.about(format_args!("Status = {status}"));
    let (uid, gid) = command::uid_gid(&script.command, picture.global.script_user.as_ref());
    text.about(format_args!("Script uid:gid = {uid}:{gid}"));
    text.about("VRRP instances :");
    text.about("Tracking instances :");
    followers(picture, index, text);
    let state = if run.running { "running" } else { "idle" };
    text.about(format_args!("State = {state}"));
}

fn followers(picture: &Picture, index: usize, text: &mut Text) {
    for router in &picture.routers {
        let mut tracks = router.instance.track_scripts.iter();
        if let Some(track) = tracks.find(|track| track.script == index) {
            let (name, weight) = (&router.instance.name, track.weight);
            text.item(format_args!("{name}, weight {weight}"));
        }
    }
}

const fn init_state(script: &Script, run: Run) -> &'static str {
    match (run.up, script.init_fail) {
        (None, _) => "INIT",
        (Some(false), true) if run.result == 0 => "INIT/FAILED",
        (Some(_), _) => "unknown",
    }
}

/// Whole ones without a point.
fn seconds(time: Duration) -> String {
    match time.subsec_millis() {
        0 => time.as_secs().to_string(),
        millis => format!("{}.{millis:03}", time.as_secs()),
    }
}
