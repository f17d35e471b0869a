//! Whose adverts are heard, by the daemon and by the data path alike.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Daemon, Host, Tools, pause};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo};

/// Beyond the Active_Down_Interval of [`CONFIG`].
const WHILE: Duration = Duration::from_millis(500);

/// A director, and a better one beside it.
struct Scene {
    solo: Solo,
    mode: &'static str,
    daemon: Daemon,
    _better: Daemon,
    _rival: Host,
}

impl Scene {
    /// With `lines` in both instances, and of each the lines that only it has.
    fn new(mode: &'static str, lines: &str, [own, others]: [&str; 2]) -> Result<Self> {
        let [own, others] = [own, others].map(|only| config(&format!("{lines}\n{only}")));
        Self::with(mode, &own, &others)
    }

    /// With `own` as its configuration; the better one has `others` but for the priority.
    fn with(mode: &'static str, own: &str, others: &str) -> Result<Self> {
        let mut solo = Solo::new()?;
        let rival = Host::new("lb2")?;
        solo.lan.attach(&rival, "eth0", "192.0.2.2/24")?;
        let better = others.replace("priority 100", "priority 150");
        let better = Daemon::start(&rival, &Tools::vipd()?, &better)?;
        better.wait_for(INSTANCE, "MASTER", PATIENCE)?;
        let own = format!("{}{own}", xdp(mode));
        let daemon = solo.launch(&own, &["-n", "-l", "-D"])?;
        Ok(Self {
            solo,
            mode,
            daemon,
            _better: better,
            _rival: rival,
        })
    }

    fn reload(&self, lines: &str) -> Result<Instant> {
        let begun = Instant::now();
        let config = format!("{}{}", xdp(self.mode), config(lines));
        self.solo.reload(&self.daemon, &config)?;
        Ok(begun)
    }

    fn restart(&self, lines: &str) -> Result<Instant> {
        let begun = Instant::now();
        let config = format!("{}{}", xdp(self.mode), config(lines));
        self.solo.restart(&config)?;
        Ok(begun)
    }

    /// It hears the better one, and goes on to do so.
    fn check_hears(&self, since: Instant) -> Result<()> {
        self.daemon
            .wait_for_since(INSTANCE, "BACKUP", since, PATIENCE)?;
        pause(WHILE)?;
        let state = self.daemon.state(INSTANCE);
        ensure!(state == Some("BACKUP"), "{}: {state:?}", self.mode);
        Ok(())
    }

    /// It does not, and is MASTER beside it.
    fn check_is_deaf(&self, since: Instant) -> Result<()> {
        let deaf = self
            .daemon
            .wait_for_since(INSTANCE, "MASTER", since, PATIENCE);
        deaf.context(self.mode)?;
        pause(WHILE)?;
        let state = self.daemon.state(INSTANCE);
        ensure!(state == Some("MASTER"), "{}: {state:?}", self.mode);
        Ok(())
    }
}

fn xdp(mode: &str) -> String {
    format!("xdp {{\n mode {mode}\n}}\n")
}

fn config(lines: &str) -> String {
    CONFIG.replace("    virtual_ip", &format!("{lines}\n    virtual_ip"))
}

fn peer(address: &str) -> String {
    format!("unicast_peer {{\n{address}\n}}")
}

const MODES: [&str; 2] = ["auto", "off"];
/// The one that leaves something behind.
const XDP: &str = "auto";

#[test]
fn adverts_to_the_group_are_heard_though_sources_of_others_are_checked() -> Result<()> {
    for mode in MODES {
        let begun = Instant::now();
        let scene = Scene::new(mode, "check_unicast_src", ["", ""])?;
        scene.check_hears(begun)?;
        let packets = scene.solo.status()?.packets;
        let refused = packets.iter().find(|one| one.name == "advert_source");
        ensure!(refused.is_none_or(|one| one.value == 0), "{refused:?}");
    }
    Ok(())
}

#[test]
fn a_peer_that_a_reload_takes_away_is_heard_no_more() -> Result<()> {
    for mode in MODES {
        let begun = Instant::now();
        let checked = format!("check_unicast_src\n{}", peer("192.0.2.2"));
        let scene = Scene::new(mode, "", [&checked, &peer("192.0.2.1")])?;
        scene.check_hears(begun)?;
        let reloaded = scene.reload(&checked.replace("192.0.2.2", "192.0.2.77"))?;
        scene.check_is_deaf(reloaded)?;
        let reloaded = scene.reload(&checked)?;
        scene.check_hears(reloaded)?;
    }
    Ok(())
}

#[test]
fn who_speaks_otherwise_after_a_restart_hears_the_others() -> Result<()> {
    let begun = Instant::now();
    let group = "mcast_dst_ip 224.0.0.77";
    let scene = Scene::new(XDP, "", ["", group])?;
    scene.check_is_deaf(begun)?;
    let restarted = scene.restart(group)?;
    scene.check_hears(restarted)
}

#[test]
fn a_router_whose_interface_gets_another_name_hears_the_others() -> Result<()> {
    let waiting = CONFIG.replace("eth0", "wan0");
    let present = CONFIG.replace(INSTANCE, "VI_2");
    let dynamic = "global_defs {\n dynamic_interfaces\n}\n";
    let own = format!("{dynamic}{waiting}{present}");
    let scene = Scene::with(XDP, &own, CONFIG)?;
    scene.daemon.wait_for("VI_2", "BACKUP", PATIENCE)?;
    let renamed = Instant::now();
    scene.solo.host.netns().ip("link set eth0 name wan0")?;
    scene.check_hears(renamed)
}

#[test]
fn a_peer_that_a_restart_takes_away_is_heard_no_more() -> Result<()> {
    let begun = Instant::now();
    let checked = format!("check_unicast_src\n{}", peer("192.0.2.2"));
    let scene = Scene::new(XDP, "", [&checked, &peer("192.0.2.1")])?;
    scene.check_hears(begun)?;
    let restarted = scene.restart(&checked.replace("192.0.2.2", "192.0.2.77"))?;
    scene.check_is_deaf(restarted)
}

#[test]
fn a_peer_is_as_far_away_as_it_must_be() -> Result<()> {
    for mode in MODES {
        let others = format!("unicast_ttl 64\n{}", peer("192.0.2.1"));
        let near = peer("192.0.2.2 min_ttl 64 max_ttl 64");
        let begun = Instant::now();
        let scene = Scene::new(mode, "", [&near, &others])?;
        scene.check_hears(begun)?;
        let reloaded = scene.reload(&peer("192.0.2.2 min_ttl 65"))?;
        scene.check_is_deaf(reloaded)?;
        let reloaded = scene.reload(&near)?;
        scene.check_hears(reloaded)?;
    }
    Ok(())
}
