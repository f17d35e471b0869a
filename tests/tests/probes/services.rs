//! A service without a good server: what becomes of its clients, by each policy; and back again.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, ensure};
use ha_tests::lab::{
    CONFIG_PATH, Client, Daemon, Errand, Host, Manner, Responder, Servant, Signal, Tools, pause,
    status, until,
};

use crate::scene::{PATIENCE, Scene};

pub(crate) const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
/// A port for each policy, and one that no service is on.
pub(crate) const DROPPED: u16 = 81;
pub(crate) const REJECTED: u16 = 82;
pub(crate) const PASSED: u16 = 83;
const UNGATED: u16 = 84;
/// A worker that begins anew knows nothing for more than a second.
const SLOW: u8 = 4;
/// Where the server behind all of them listens.
pub(crate) const SERVER: u16 = 7000;

/// A server elsewhere is probed; this director itself serves the clients.
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) client: Host,
    daemon: Daemon,
    _pages: Vec<Responder>,
}

impl Stage {
    /// With probes that begin within `warmup` seconds.
    pub(crate) fn new(warmup: u8) -> Result<Self> {
        let mut scene = Scene::new()?;
        let client = Host::new("client")?;
        scene.lan.attach(&client, "eth0", "192.0.2.50/24")?;
        let tell = "#!/bin/sh\necho \"$@\" >>/run/told\n";
        scene.director.write_script("/usr/local/bin/tell", tell)?;
        let ports = [DROPPED, REJECTED, PASSED, UNGATED];
        let pages = ports.map(|port| Responder::start(&scene.director, port));
        let daemon = Daemon::start(&scene.director, &Tools::vipd()?, &config(&POLICIES, warmup))?;
        daemon.wait_for("VI_1", "MASTER", PATIENCE)?;
        Ok(Self {
            scene,
            client,
            daemon,
            _pages: pages.into_iter().collect::<Result<_>>()?,
        })
    }

    /// Waits until every service is open, or closed.
    pub(crate) fn wait(&self, open: bool) -> Result<()> {
        let what = if open { "open services" } else { "closed ones" };
        until(what, PATIENCE, || {
            let services = status(&self.scene.director)?.services;
            Ok(!services.is_empty() && services.iter().all(|service| service.open == open))
        })
    }

    /// What a client gets: a page, or why there is none.
    pub(crate) fn ask(&self, port: u16) -> Result<Result<(), ErrorKind>> {
        let ask = || -> std::io::Result<()> {
            let address = SocketAddr::from((VIP, port));
            let mut stream = TcpStream::connect_timeout(&address, Duration::from_millis(700))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
            let mut page = String::new();
            stream.read_to_string(&mut page)?;
            match page.contains("lb1") {
                true => Ok(()),
                false => Err(ErrorKind::InvalidData.into()),
            }
        };
        let asked = self.client.netns().enter(ask)?;
        Ok(asked.map_err(|error| error.kind()))
    }

    fn count(&self, reason: &str) -> Result<u64> {
        let packets = status(&self.scene.director)?.packets;
        let counter = packets.into_iter().find(|one| one.name == reason);
        Ok(counter.map_or(0, |one| one.value))
    }
}

const POLICIES: [(u16, &str); 3] = [(DROPPED, "drop"), (REJECTED, "reject"), (PASSED, "pass")];

fn config(policies: &[(u16, &str)], warmup: u8) -> String {
    let service = |(port, policy): &(u16, &str)| {
        format!(
            "virtual_server {VIP} {port} {{
    protocol TCP
    delay_loop 0.05
    no_server {policy}
    quorum_up \"/usr/local/bin/tell up {policy}\"
    quorum_down \"/usr/local/bin/tell down {policy}\"
    real_server 192.0.2.10 {SERVER} {{
        notify_down \"/usr/local/bin/tell gone {policy}\"
        TCP_CHECK {{
            connect_timeout 0.5
            retry 0
            warmup {warmup}
        }}
    }}
}}
"
        )
    };
    let services: String = policies.iter().map(service).collect();
    format!(
        "{services}vrrp_instance VI_1 {{
    interface eth0
    version 3
    virtual_router_id 51
    advert_int 0.1
    virtual_ipaddress {{
        {VIP}/24
    }}
}}
"
    )
}

#[test]
fn clients_of_a_service_without_a_server_are_dropped_refused_or_served() -> Result<()> {
    let stage = Stage::new(0)?;
    let told = "#!/bin/sh\necho \"$@\" >>/run/told\n";
    stage
        .scene
        .director
        .write_script("/usr/local/bin/tell", told)?;
    let server = Servant::by_tcp(&stage.scene.web, SERVER, Manner::Silent)?;
    stage.wait(true)?;
    for port in [DROPPED, REJECTED, PASSED, UNGATED] {
        ensure!(stage.ask(port)? == Ok(()), "{port}: {:?}", stage.ask(port)?);
    }
    drop(server);
    stage.wait(false)?;
    ensure!(stage.ask(DROPPED)? == Err(ErrorKind::TimedOut));
    ensure!(stage.ask(REJECTED)? == Err(ErrorKind::ConnectionRefused));
    ensure!(stage.ask(PASSED)? == Ok(()));
    ensure!(stage.ask(UNGATED)? == Ok(()));
    for reason in ["service_closed", "service_reset", "service_passed"] {
        ensure!(stage.count(reason)? > 0, "{reason} was not counted");
    }
    let _server = Servant::by_tcp(&stage.scene.web, SERVER, Manner::Silent)?;
    stage.wait(true)?;
    for port in [DROPPED, REJECTED, PASSED, UNGATED] {
        ensure!(stage.ask(port)? == Ok(()), "{port} stays closed");
    }
    let told = || stage.scene.director.sh("cat /run/told");
    until("the operator's commands", PATIENCE, || {
        let told = told()?;
        let is_there = |words: &str| told.lines().any(|line| line == words);
        Ok(["up drop", "down reject", "gone pass"]
            .into_iter()
            .all(is_there))
    })
}

#[test]
fn a_reload_takes_services_off_and_a_new_worker_knows_which_are_closed() -> Result<()> {
    let stage = Stage::new(SLOW)?;
    stage.wait(false)?;
    let director = &stage.scene.director;
    director.sh("kill -KILL $(cat /run/keepalived_vrrp.pid)")?;
    let errand = Errand {
        server: std::net::SocketAddrV4::new(VIP, REJECTED),
        path: "/".to_owned(),
        every: Duration::from_millis(2),
        timeout: Duration::from_secs(1),
    };
    let client = Client::start(&stage.client, errand)?;
    until("another worker", PATIENCE, || {
        Ok(status(&stage.scene.director).is_ok_and(|status| !status.services.is_empty()))
    })?;
    pause(Duration::from_secs(1))?;
    let requests = client.finish()?;
    let pages = requests.all().iter().filter(|one| one.outcome.is_ok());
    ensure!(pages.count() == 0, "the next worker opened what was closed");
    ensure!(!requests.all().is_empty());

    stage
        .scene
        .director
        .write(CONFIG_PATH, &config(&POLICIES[1..2], 0))?;
    stage.daemon.signal(Signal::HUP);
    until("the reload", PATIENCE, || {
        Ok(status(&stage.scene.director)?.services.len() == 1)
    })?;
    until("a page where no service is any more", PATIENCE, || {
        Ok(stage.ask(DROPPED)? == Ok(()))
    })?;
    ensure!(stage.ask(REJECTED)? == Err(ErrorKind::ConnectionRefused));
    Ok(())
}
