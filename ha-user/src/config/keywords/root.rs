//! Outside all blocks.

use super::super::diagnostic::{At, Report, Severity};
use super::super::draft::{Draft, InstanceDraft, ScriptDraft};
use super::super::tree::Statement;
use super::catalogue::{Entry, entries};
use super::later as blocks;
use super::value::located;
use super::{Keyword, Syntax, global, instance, interpret, later, later_block, script, xdp};

/// Keywords outside all blocks.
pub(in crate::config) const ROOT: &[Keyword<Draft>] = &[
    section(
        "global_defs",
        "",
        "what holds for the whole daemon",
        || entries(global::KEYWORDS),
        global_defs,
    ),
    section(
        "vrrp_script",
        "NAME",
        "a command whose result moves priorities",
        || entries(script::KEYWORDS),
        vrrp_script,
    ),
    section(
        "vrrp_instance",
        "NAME",
        "a virtual router",
        || entries(instance::KEYWORDS),
        vrrp_instance,
    ),
    section(
        "xdp",
        "",
        "vipd's own: how the data path works",
        || entries(xdp::KEYWORDS),
        xdp_block,
    ),
    later(
        "linkbeat_use_polling",
        "poll the state of links instead of listening to netlink",
    ),
    later("net_namespace", "run in a network namespace"),
    later(
        "net_namespace_ipvs",
        "run IPVS in a network namespace of its own",
    ),
    later(
        "namespace_with_ipsets",
        "use ipsets although in a network namespace",
    ),
    later(
        "use_pid_dir",
        "pid files in a directory of keepalived's own",
    ),
    later("instance", "name of this daemon in pid files and logs"),
    later("child_wait_time", "seconds to wait for children at a stop"),
    later_block("SSL", "context of SSL_GET", blocks::SSL),
    later_block(
        "vrrp_track_process",
        "processes whose number moves priorities",
        blocks::TRACK_PROCESS,
    ),
    later_block(
        "track_file",
        "a file whose content moves priorities",
        blocks::TRACK_FILE,
    ),
    later_block(
        "vrrp_track_file",
        "older name of track_file",
        blocks::TRACK_FILE,
    ),
    later_block(
        "vrrp_sync_group",
        "instances that move together",
        blocks::SYNC_GROUP,
    ),
    later_block(
        "garp_group",
        "interfaces that share a pace of gratuitous ARP",
        blocks::GARP_GROUP,
    ),
    later_block(
        "linkbeat_interfaces",
        "interfaces whose links are polled",
        blocks::LINES,
    ),
    later_block(
        "interface_up_down_delays",
        "how long a link must be stable",
        blocks::LINES,
    ),
    later_block(
        "track_group",
        "instances that static addresses follow",
        blocks::TRACK_GROUP,
    ),
    later_block(
        "static_ipaddress",
        "addresses that are always there",
        blocks::LINES,
    ),
    later_block(
        "static_routes",
        "routes that are always there",
        blocks::LINES,
    ),
    later_block("static_rules", "rules that are always there", blocks::LINES),
    later_block("bfd_instance", "a BFD session", blocks::BFD),
    later_block(
        "virtual_server_group",
        "addresses that share a virtual server",
        blocks::LINES,
    ),
    later_block(
        "virtual_server",
        "an address that is balanced over real servers",
        blocks::VIRTUAL_SERVER,
    ),
];

/// Keywords that open a block at the root and mean nothing inside one: where one of them follows
/// an open block, a brace is missing.
pub(in crate::config) fn begins_root_block(keyword: &str) -> bool {
    const ONLY_ROOT: [&str; 8] = [
        "global_defs",
        "vrrp_script",
        "vrrp_instance",
        "vrrp_sync_group",
        "vrrp_track_process",
        "virtual_server",
        "virtual_server_group",
        "xdp",
    ];
    ONLY_ROOT.contains(&keyword)
}

const fn section(
    name: &'static str,
    names: &'static str,
    doc: &'static str,
    keywords: fn() -> Vec<Entry>,
    apply: fn(&mut Draft, &Statement, &mut Report),
) -> Keyword<Draft> {
    Keyword {
        name,
        doc,
        syntax: Syntax::Section {
            names,
            keywords,
            apply,
        },
    }
}

fn global_defs(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let body = statement.body.as_deref().unwrap_or_default();
    interpret(
        "global_defs",
        body,
        global::KEYWORDS,
        &mut draft.global,
        report,
    );
}

fn xdp_block(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let body = statement.body.as_deref().unwrap_or_default();
    interpret("xdp", body, xdp::KEYWORDS, &mut draft.xdp, report);
}

fn vrrp_script(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let Some(name) = block_name(statement, report) else {
        return;
    };
    let known = draft
        .scripts
        .iter()
        .any(|script| script.name.value == name.value);
    if known {
        let message = format!(
            "vrrp_script {} already defined: ignoring this one",
            name.value
        );
        return report.add(Severity::Notice, &name.at, message);
    }
    let mut script = ScriptDraft::new(name);
    let body = statement.body.as_deref().unwrap_or_default();
    interpret("vrrp_script", body, script::KEYWORDS, &mut script, report);
    draft.scripts.push(script);
}

fn vrrp_instance(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let Some(name) = block_name(statement, report) else {
        return;
    };
    let known = draft
        .instances
        .iter()
        .any(|instance| instance.name.value == name.value);
    if known {
        let message = format!(
            "vrrp instance {} already defined: ignoring this one",
            name.value
        );
        return report.add(Severity::Error, &name.at, message);
    }
    let mut instance = InstanceDraft::new(name);
    let body = statement.body.as_deref().unwrap_or_default();
    interpret(
        "vrrp_instance",
        body,
        instance::KEYWORDS,
        &mut instance,
        report,
    );
    draft.instances.push(instance);
}

/// The one name that must follow the keyword of a block.
fn block_name(statement: &Statement, report: &mut Report) -> Option<At<String>> {
    if let [name] = statement.arguments.as_slice() {
        return Some(located(name));
    }
    let keyword = &statement.keyword;
    let message = format!(
        "{} must have a name, of one word: ignoring the block",
        keyword.text
    );
    report.add(Severity::Error, &keyword.at, message);
    None
}
