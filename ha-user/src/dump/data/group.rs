//! `vrrp_sync_group`.

use super::{Text, notify, yes};
use crate::dump::picture::{Group, Picture, Router, state_word};
use crate::vrrp::State;

pub(super) fn show(picture: &Picture, group: &Group, text: &mut Text) {
    let Group { group, state } = group;
    let word = state_word(*state);
    text.thing(format_args!("VRRP Sync Group = {}, {word}", group.name));
    let is_member = |router: &&Router| group.has(&router.instance.name);
    let members: Vec<&Router> = picture.routers.iter().filter(is_member).collect();
    let count = |faulted: bool| {
        let out = State::Initialize { faulted };
        members.iter().filter(|router| router.state == out).count()
    };
    text.about(format_args!(
        "Num member fault {}, num member init {}",
        count(true),
        count(false)
    ));
    text.about("VRRP member instances :");
    for member in &group.members {
        text.item(member);
    }
    text.about(format_args!(
        "Using smtp notification = {}",
        yes(group.smtp_alert)
    ));
    if let Some(tells) = group.notify_priority_changes {
        text.about(format_args!("Notify priority changes = {}", yes(tells)));
    }
    let script_user = picture.global.script_user.as_ref();
    notify(&group.notify, None, script_user, text);
}
