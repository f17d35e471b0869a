//! Outside all blocks.

use super::super::diagnostic::{At, Report, Severity};
use super::super::draft::check::VrrpCheckDraft;
use super::super::draft::file::FileDraft;
use super::super::draft::garp_group::GarpGroupDraft;
use super::super::draft::process::ProcessDraft;
use super::super::draft::sync::SyncGroupDraft;
use super::super::draft::{Draft, InstanceDraft, ScriptDraft};
use super::super::lexer::Word;
use super::super::tree::Statement;
use super::catalogue::entries;
use super::value::located;
use super::{
    Keyword, Table, dispensable, file, flag, garp_group, global, instance, interpret, later, link,
    process, script, section, service, ssl, sync_group, vrrp_check, words, xdp,
};

/// Keywords outside all blocks.
pub(in crate::config) const ROOT: Table<Draft> = Table {
    keywords: &[KEYWORDS, link::KEYWORDS],
    later: later::ROOT,
};

const KEYWORDS: &[Keyword<Draft>] = &[
    dispensable(words(
        "instance",
        "NAME",
        1..=1,
        "name of this daemon among others: in the log, and of its pid files, as for use_pid_dir",
        name,
    )),
    flag(
        "use_pid_dir",
        "pid files in /run/keepalived: keepalived.pid or keepalived_NAME.pid, vrrp.pid or vrrp_NAME.pid",
        |draft, _| draft.naming.pid_dir = true,
    ),
    section(
        "global_defs",
        "",
        "what holds for the whole daemon",
        || entries(&global::TABLE),
        global_defs,
    ),
    section(
        "garp_group",
        "",
        "interfaces that share a pace of gratuitous ARP, in place of vrrp_garp_interval and vrrp_gna_interval",
        || entries(&garp_group::TABLE),
        garp_group,
    ),
    section(
        "vrrp_script",
        "NAME",
        "a command whose result moves priorities",
        || entries(&script::TABLE),
        vrrp_script,
    ),
    section(
        "vrrp_check",
        "NAME",
        "vipd's own: probes whose results move priorities",
        || entries(&vrrp_check::TABLE),
        check,
    ),
    section(
        "track_file",
        "NAME",
        "a file with a number in it, which moves priorities, or is for FILE_CHECK",
        || entries(&file::TABLE),
        track_file,
    ),
    section(
        "vrrp_track_file",
        "NAME",
        "older name of track_file",
        || entries(&file::TABLE),
        vrrp_track_file,
    ),
    section(
        "vrrp_track_process",
        "NAME",
        "processes whose number moves priorities",
        || entries(&process::TABLE),
        vrrp_track_process,
    ),
    section(
        "vrrp_instance",
        "NAME",
        "a virtual router",
        || entries(&instance::TABLE),
        vrrp_instance,
    ),
    section(
        "vrrp_sync_group",
        "NAME",
        "instances that are MASTER together or not at all",
        || entries(&sync_group::TABLE),
        vrrp_sync_group,
    ),
    section(
        "virtual_server_group",
        "NAME",
        "addresses that share a virtual server: ADDRESS[-LAST|/LENGTH] [PORT], or fwmark N",
        Vec::new,
        service::group,
    ),
    section(
        "virtual_server",
        "ADDRESS [PORT]|fwmark N|group NAME",
        "an address in front of real servers",
        || entries(&service::TABLE),
        service::virtual_server,
    ),
    section(
        "SSL",
        "",
        "how SSL_GET shows who asks, and whom it believes",
        || entries(&ssl::TABLE),
        ssl_block,
    ),
    section(
        "xdp",
        "",
        "vipd's own: how the data path works",
        || entries(&xdp::TABLE),
        xdp_block,
    ),
];

/// Keywords that open a block at the root and mean nothing inside one: where one of them follows
/// an open block, a brace is missing.
pub(in crate::config) fn begins_root_block(keyword: &str) -> bool {
    const ONLY_ROOT: [&str; 10] = [
        "global_defs",
        "vrrp_script",
        "vrrp_check",
        "vrrp_instance",
        "vrrp_sync_group",
        "vrrp_track_process",
        "vrrp_track_file",
        "virtual_server",
        "virtual_server_group",
        "xdp",
    ];
    ONLY_ROOT.contains(&keyword)
}

/// It becomes a part of names of files.
fn name(draft: &mut Draft, keyword: &Word, words: &[Word], report: &mut Report) {
    for word in words {
        if word.text.is_empty() || word.text.contains('/') {
            let message = format!("{}: '{}' is no name: ignoring it", keyword.text, word.text);
            report.add(Severity::Error, &word.at, message);
        } else {
            draft.naming.instance = Some(word.text.to_string());
        }
    }
}

fn global_defs(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let body = statement.body.as_deref().unwrap_or_default();
    interpret(
        "global_defs",
        body,
        &global::TABLE,
        &mut draft.global,
        report,
    );
}

fn ssl_block(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let body = statement.body.as_deref().unwrap_or_default();
    interpret("SSL", body, &ssl::TABLE, &mut draft.ssl, report);
}

fn xdp_block(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let body = statement.body.as_deref().unwrap_or_default();
    interpret("xdp", body, &xdp::TABLE, &mut draft.xdp, report);
}

fn garp_group(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let mut group = GarpGroupDraft::new(statement.keyword.at);
    let body = statement.body.as_deref().unwrap_or_default();
    interpret("garp_group", body, &garp_group::TABLE, &mut group, report);
    draft.garp_groups.push(group);
}

fn vrrp_script(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let Some(name) = block_name(statement, report) else {
        return;
    };
    if !draft.is_first("vrrp_script", &name) {
        let message = format!(
            "vrrp_script {} already defined: ignoring this one",
            name.value
        );
        return report.add(Severity::Notice, &name.at, message);
    }
    let mut script = ScriptDraft::new(name);
    let body = statement.body.as_deref().unwrap_or_default();
    interpret("vrrp_script", body, &script::TABLE, &mut script, report);
    draft.scripts.push(script);
}

fn check(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let Some(name) = block_name(statement, report) else {
        return;
    };
    if !draft.is_first("vrrp_check", &name) {
        let message = format!(
            "vrrp_check {} already defined: ignoring this one",
            name.value
        );
        return report.add(Severity::Notice, &name.at, message);
    }
    let mut check = VrrpCheckDraft::new(name);
    let body = statement.body.as_deref().unwrap_or_default();
    interpret("vrrp_check", body, &vrrp_check::TABLE, &mut check, report);
    draft.checks.push(check);
}

fn vrrp_track_file(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let message = "`vrrp_track_file` is deprecated: say `track_file`";
    report.add(Severity::Notice, &statement.keyword.at, message);
    track_file(draft, statement, report);
}

fn track_file(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let Some(name) = block_name(statement, report) else {
        return;
    };
    if !draft.is_first("track_file", &name) {
        let message = format!(
            "track_file {} already defined: ignoring this one",
            name.value
        );
        return report.add(Severity::Notice, &name.at, message);
    }
    let mut file = FileDraft::new(name);
    let body = statement.body.as_deref().unwrap_or_default();
    interpret("track_file", body, &file::TABLE, &mut file, report);
    draft.files.push(file);
}

fn vrrp_track_process(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let Some(name) = block_name(statement, report) else {
        return;
    };
    if !draft.is_first("vrrp_track_process", &name) {
        let message = format!(
            "vrrp_track_process {} already defined: ignoring this one",
            name.value
        );
        return report.add(Severity::Notice, &name.at, message);
    }
    let mut process = ProcessDraft::new(name);
    let body = statement.body.as_deref().unwrap_or_default();
    interpret(
        "vrrp_track_process",
        body,
        &process::TABLE,
        &mut process,
        report,
    );
    draft.processes.push(process);
}

fn vrrp_instance(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let Some(name) = block_name(statement, report) else {
        return;
    };
    if !draft.is_first("vrrp_instance", &name) {
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
        &instance::TABLE,
        &mut instance,
        report,
    );
    draft.instances.push(instance);
}

fn vrrp_sync_group(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let Some(name) = block_name(statement, report) else {
        return;
    };
    if !draft.is_first("vrrp_sync_group", &name) {
        let message = format!(
            "vrrp sync group {} already defined: ignoring this one",
            name.value
        );
        return report.add(Severity::Error, &name.at, message);
    }
    let mut group = SyncGroupDraft::new(name);
    let body = statement.body.as_deref().unwrap_or_default();
    interpret(
        "vrrp_sync_group",
        body,
        &sync_group::TABLE,
        &mut group,
        report,
    );
    draft.sync_groups.push(group);
}

/// The one name that must follow the keyword of a block.
pub(super) fn block_name(statement: &Statement, report: &mut Report) -> Option<At<String>> {
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
