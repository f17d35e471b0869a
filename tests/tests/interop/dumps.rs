//! What USR1, USR2 and their like write, beside what Debian's keepalived writes under the same
//! configuration, and through the eyes of the exporters.

mod errors;
mod exporter;
mod node;
mod scene;
mod text;

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{CONFIG_PATH, Daemon, Host, Lan, Tools, until};
use serde::Deserialize;

use node::Node;
use scene::{FILES, PATIENCE, Play, Scene, with_both};

/// States as exporters number them.
const BACKUP: u8 = 1;
const MASTER: u8 = 2;
const FAULT: u8 = 3;

/// Every state, both versions, multicast and unicast, scripts that are good and bad.
fn every_state() -> Play {
    let global = "global_defs {\n router_id lb1\n enable_script_security\n script_user root\n \
                  vrrp_skip_check_adv_addr\n vrrp_garp_master_delay 3\n \
                  vrrp_garp_lower_prio_repeat 2\n vrrp_higher_prio_send_advert\n}\n";
    let scripts = "vrrp_script good {\n script \"/bin/test 1 -eq 1\"\n interval 1\n timeout 3\n \
                   weight 5\n rise 2\n fall 3\n}\n\
                   vrrp_script bad {\n script /bin/false\n interval 1\n weight -7\n}\n\
                   vrrp_script fatal {\n script /bin/false\n interval 1\n}\n";
    let own = "vrrp_instance VI_1 {\n state MASTER\n interface eth0\n virtual_router_id 51\n \
               priority 150\n advert_int 1\n \
               authentication {\n auth_type PASS\n auth_pass secret\n }\n \
               virtual_ipaddress {\n 192.0.2.100/24\n 192.0.2.101 dev eth1 label eth1:1\n }\n \
               virtual_ipaddress_excluded {\n 192.0.2.102\n }\n \
               track_script {\n good\n bad weight -9\n }\n track_interface {\n eth1\n }\n \
               notify_master /bin/true\n notify \"/bin/true all\"\n \
               garp_lower_prio_delay 7\n lower_prio_no_advert\n higher_prio_send_advert off\n \
               notify_master_rx_lower_pri \"/bin/true lower\"\n}\n\
               vrrp_instance VI_2 {\n state BACKUP\n interface eth0\n virtual_router_id 52\n \
               priority 100\n version 3\n advert_int 0.5\n preempt_delay 7.5\n notify_deleted\n \
               virtual_ipaddress {\n 198.51.100.100/24 brd 198.51.100.255 dev eth1\n }\n}\n\
               vrrp_instance VI_3 {\n interface eth0\n virtual_router_id 53\n priority 120\n \
               nopreempt\n smtp_alert\n notify_priority_changes\n unicast_src_ip 192.0.2.1\n unicast_peer {\n 192.0.2.2\n }\n \
               check_unicast_src\n virtual_ipaddress {\n 192.0.2.103\n }\n}\n\
               vrrp_instance VI_4 {\n interface eth0\n virtual_router_id 54\n \
               virtual_ipaddress {\n 192.0.2.104\n }\n track_script {\n fatal\n }\n}\n\
               vrrp_instance VI_5 {\n interface eth1\n virtual_router_id 55\n version 3\n \
               notify_deleted \"/bin/true gone\"\n preempt_delay 60\n \
               advert_int 0.2\n unicast_peer {\n 198.51.100.2\n 198.51.100.3\n }\n \
               virtual_ipaddress {\n 198.51.100.105/24\n }\n}\n";
    let other = "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n priority 50\n \
                 authentication {\n auth_type PASS\n auth_pass secret\n }\n \
                 virtual_ipaddress {\n 192.0.2.100/24\n 192.0.2.101 dev eth1\n }\n}\n\
                 vrrp_instance VI_2 {\n interface eth0\n virtual_router_id 52\n priority 200\n \
                 version 3\n advert_int 0.5\n \
                 virtual_ipaddress {\n 198.51.100.100/24 dev eth1\n }\n}\n\
                 vrrp_instance VI_3 {\n interface eth0\n virtual_router_id 53\n priority 90\n \
                 unicast_peer {\n 192.0.2.1\n }\n virtual_ipaddress {\n 192.0.2.103\n }\n}\n";
    Play {
        own: format!("{global}{scripts}{own}"),
        other: other.to_owned(),
        states: &[
            ("VI_1", MASTER),
            ("VI_2", BACKUP),
            ("VI_3", BACKUP),
            ("VI_4", FAULT),
            ("VI_5", MASTER),
        ],
        before: &["VI_1", "VI_2", "VI_3"],
    }
}

/// Instances of a group, and its scripts.
fn a_group() -> Play {
    let instance = |number: usize, rest: &str| {
        let network = ["192.0.2", "198.51.100"][number - 1];
        format!(
            "vrrp_instance VI_{number} {{\n interface eth{}\n virtual_router_id 5{number}\n \
             virtual_ipaddress {{\n {network}.100/24\n }}\n {rest}\n}}\n",
            number - 1
        )
    };
    let instances = instance(1, "track_script {\n chk\n }") + &instance(2, "version 3");
    let group = "vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n notify_backup /bin/true\n \
                 notify \"/bin/true a b\"\n smtp_alert\n notify_priority_changes\n}\n";
    let global = "global_defs {\n enable_script_security\n script_user root\n vrrp_min_garp\n vrrp_startup_delay 1\n \
                  vrrp_lower_prio_no_advert\n vrrp_notify_priority_changes\n vrrp_garp_lower_prio_delay 2\n}\n";
    let script = "vrrp_script chk {\n script /bin/true\n interval 1\n}\n";
    Play {
        own: format!("{global}{script}{group}{instances}"),
        other: String::from("global_defs {\n router_id lb2\n}\n"),
        states: &[("VI_1", MASTER), ("VI_2", MASTER)],
        before: &[],
    }
}

/// Dumps in the order of [`FILES`], as soon as no script is being run.
fn dumps(scene: &Scene) -> Result<[String; 3]> {
    let mut texts = Vec::new();
    for (signal, _) in FILES {
        let mut text = scene.dump(signal)?;
        until("an idle script", PATIENCE, || {
            let idle = !text.contains("State = running");
            if !idle {
                text = scene.dump(signal)?;
            }
            Ok(idle)
        })?;
        texts.push(text);
    }
    texts.try_into().ok().context("three dumps")
}

fn assert_alike(play: &Play) -> Result<()> {
    let [keepalived, vipd] = with_both(play, dumps)?;
    let [wanted, there] = [&keepalived, &vipd].map(|[data, stats, json]| {
        let json: Node = serde_json::from_str(json)?;
        Ok::<_, anyhow::Error>((text::lines(data), exporter::counters(stats)?, json))
    });
    let ((wanted, counted, json), (there, counts, ours)) = (wanted?, there?);
    node::compare("", &json, &ours)?;
    text::compare(&wanted, &there)?;
    for ((name, wanted), (ours, there)) in counted.iter().zip(&counts) {
        ensure!(name == ours && wanted.keys().eq(there.keys()), "{ours}");
        for (key, wanted) in wanted.iter().filter(|(key, _)| !key.starts_with("Adv")) {
            ensure!(
                there[key] == *wanted,
                "{name}: {key}: {}, not {wanted}",
                there[key]
            );
        }
    }
    ensure!(counted.len() == counts.len(), "{counts:?}");
    let [wanted, there] = [&keepalived, &vipd].map(|[data, ..]| exporter::instances(data));
    let (wanted, there) = (wanted?, there?);
    ensure!(wanted == there, "{there:?}, not {wanted:?}");
    ensure!(wanted.len() == play.states.len(), "{wanted:?}");
    ensure!(exporter::scripts(&keepalived[0]) == exporter::scripts(&vipd[0]));
    ensure!(!exporter::scripts(&vipd[0]).is_empty());
    Ok(())
}

#[test]
fn dumps_of_every_state_are_those_of_keepalived() -> Result<()> {
    assert_alike(&every_state())
}

#[test]
fn dumps_of_a_group_are_those_of_keepalived() -> Result<()> {
    assert_alike(&a_group())
}

#[test]
fn counters_begin_anew_when_they_are_told_to() -> Result<()> {
    let [keepalived, vipd] = with_both(&a_group(), |scene| {
        ["STATS_CLEAR", "STATS"]
            .map(|signal| exporter::counters(&scene.dump(signal)?))
            .into_iter()
            .collect::<Result<Vec<_>>>()
    })?;
    for passes in [keepalived, vipd] {
        let [before, after] = [0, 1].map(|pass| &passes[pass]["VI_1"]);
        ensure!(before["Became master"] == 1, "{before:?}");
        ensure!(after["Became master"] == 0, "{after:?}");
        let sent = "Advertisements/Sent";
        ensure!(after[sent] < before[sent], "{after:?} after {before:?}");
    }
    Ok(())
}

/// What gen2brain's exporter takes of an instance.
#[derive(Deserialize)]
struct Entry {
    data: Data,
    stats: std::collections::BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Data {
    iname: String,
    ifp_ifname: String,
    last_transition: f64,
    vrid: u32,
    state: u32,
    wantstate: u32,
    garp_delay: u32,
    vips: Vec<String>,
}

const SOLO: &str = "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n version 3\n \
                    advert_int 0.1\n virtual_ipaddress {\n 192.0.2.100/24\n }\n}\n";

/// A vipd that is alone, on a host whose /tmp is its own.
fn alone(config: &str) -> Result<(Host, Lan, Daemon)> {
    let mut lan = Lan::new()?;
    let host = Host::with_private("lb1", &["/tmp"])?;
    lan.attach(&host, "eth0", "192.0.2.1/24")?;
    Tools::vipd()?.install(&host)?;
    host.write(CONFIG_PATH, config)?;
    let mut command = Command::new("keepalived");
    command.args(["-n", "-l", "-D"]).env_remove("TMPDIR");
    let daemon = Daemon::launch(&host, &mut command)?;
    daemon.wait_for("VI_1", "MASTER", PATIENCE)?;
    Ok((host, lan, daemon))
}

/// Waits for a file that is more than `but`, and reads it.
fn read(host: &Host, path: &str, but: &str) -> Result<String> {
    let mut text = String::new();
    until(path, PATIENCE, || {
        text = fs::read_to_string(host.outside(path)).unwrap_or_default();
        Ok(!text.is_empty() && text != but)
    })?;
    Ok(text)
}

/// By the first process of that name, and the number of the signal that it has in its source.
#[test]
fn an_exporter_that_knows_nothing_of_vipd_finds_what_it_wants() -> Result<()> {
    let (host, _lan, _daemon) = alone(SOLO)?;
    let version = host.sh("keepalived -v 2>&1 >/dev/null")?;
    let release = version.strip_prefix("Keepalived v").context("a version")?;
    ensure!(release.starts_with(|digit: char| digit.is_ascii_digit()));
    ensure!(version.lines().count() > 1 && version.contains("--enable-json"));
    let processes = host.sh("ps -axwwo pid,pcpu,pmem,args")?;
    let mut named = processes.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let program = words.get(3)?.rsplit('/').next()?;
        (program == "keepalived").then(|| words[0].to_owned())
    });
    let pid = named.next().context("no keepalived")?;
    host.sh(&format!("kill -{} {pid}", 32 + 4))?;
    let json = read(&host, "/tmp/keepalived.json", "")?;
    let entries: Vec<Entry> = serde_json::from_str(&json)?;
    let Entry { data, stats } = entries.first().context("an instance")?;
    ensure!((&*data.iname, &*data.ifp_ifname, data.vrid) == ("VI_1", "eth0", 51));
    ensure!((data.state, data.wantstate, data.garp_delay) == (2, 2, 5));
    ensure!(data.vips == ["192.0.2.100/24 dev eth0 scope global set"]);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let ago = now.as_secs_f64() - data.last_transition;
    ensure!((0.0..60.0).contains(&ago), "MASTER {ago} s ago");
    ensure!(stats["advert_sent"] > 0 && stats["become_master"] == 1);
    Ok(())
}

#[test]
fn dumps_go_where_the_file_says_and_follow_no_link() -> Result<()> {
    let global = "global_defs {\n state_dump_file /run/x/\n stats_dump_file /run/x/my.stats\n \
                  json_dump_file my.json\n json_version 2\n}\n";
    let (host, _lan, _daemon) = alone(&format!("{global}{SOLO}"))?;
    host.sh("mkdir /run/x && echo secret >/run/secret && ln -s /run/secret /tmp/my.json")?;
    for signal in ["DATA", "STATS", "JSON"] {
        scene::ask(&host, signal)?;
    }
    let data = read(&host, "/run/x/keepalived.data", "")?;
    ensure!(exporter::instances(&data)?.contains_key("VI_1"), "{data}");
    let stats = read(&host, "/run/x/my.stats", "")?;
    ensure!(exporter::counters(&stats)?.contains_key("VI_1"), "{stats}");
    let json = read(&host, "/tmp/my.json", "secret\n")?;
    let json: Node = serde_json::from_str(&json)?;
    let Some(Node::Array(list)) = json.get("vrrp") else {
        anyhow::bail!("no list: {json:?}");
    };
    ensure!(list[0].get("data").context("data")?.number("vrid") == Some(51.0));
    ensure!(host.sh("cat /run/secret")? == "secret\n");
    ensure!(host.sh("stat -c '%a %F' /tmp/my.json")? == "600 regular file\n");
    ensure!(host.sh("ls -A /run/x")? == "keepalived.data\nmy.stats\n");
    Ok(())
}

/// What is asked for, and where it goes if nobody says otherwise.
const BOTH: [(&str, &str); 2] = [
    ("DATA", "/tmp/keepalived.data"),
    ("JSON", "/tmp/keepalived.json"),
];
/// Routers, and addresses of each.
const CROWD: [usize; 2] = [16, 250];
/// How often everything is dumped.
const ROUNDS: usize = 20;

/// A director that is late for its own lease, or loses it, would not be MASTER all the time.
#[test]
fn dumps_of_4000_addresses_are_whole_and_cost_no_router() -> Result<()> {
    let [routers, addresses] = CROWD;
    let instance = |number: usize| {
        let lines = (1..=addresses).map(|last| format!("  10.0.{number}.{last}\n"));
        format!(
            "vrrp_instance VI_{number} {{\n interface eth0\n virtual_router_id {number}\n \
             version 3\n advert_int 0.1\n priority 150\n virtual_ipaddress {{\n{}}}\n}}\n",
            lines.collect::<String>()
        )
    };
    let config: String = (1..=routers).map(instance).collect();
    let (host, _lan, daemon) = alone(&config)?;
    daemon.wait_for(&format!("VI_{routers}"), "MASTER", PATIENCE)?;
    let mut dumps = [String::new(), String::new()];
    for _ in 0..ROUNDS {
        for ((signal, file), dump) in BOTH.into_iter().zip(&mut dumps) {
            // At first there is none.
            let _ = fs::remove_file(host.outside(file));
            scene::ask(&host, signal)?;
            *dump = read(&host, file, "")?;
        }
    }
    let whole = exporter::instances(&dumps[0])?;
    ensure!(whole.len() == routers, "{} instances", whole.len());
    ensure!(
        whole
            .values()
            .all(|one| one.state == MASTER && one.addresses.len() == addresses)
    );
    let entries: Vec<Entry> = serde_json::from_str(&dumps[1])?;
    let listed: usize = entries.iter().map(|entry| entry.data.vips.len()).sum();
    ensure!(listed == routers * addresses, "{listed} addresses");
    for Entry { data, stats } in &entries {
        let steady = stats["become_master"] == 1 && stats["release_master"] == 0;
        ensure!(steady, "{}: {stats:?}", data.iname);
    }
    Ok(())
}
