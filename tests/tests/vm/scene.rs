//! Two directors and a client on one LAN, whose network lies on whatever device a test makes.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Daemon, Host, Lan, Mac, Tools, status, until};
use ha_user::net::link::Links;

use crate::asker::answerers;

/// The address that the directors share, unless a test has another.
pub(crate) const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
/// The interface of every host on the LAN.
pub(crate) const CABLE: &str = "eth0";
/// `advert_int`: an emulated machine stands still for tenths of a second.
pub(crate) const INTERVAL: Duration = Duration::from_secs(1);
/// Priorities of the directors.
const PRIORITIES: [u8; 2] = [200, 100];
/// What a slow machine may need, beyond the time that the protocol allows.
pub(crate) const SLACK: Duration = Duration::from_secs(40);

/// Of the client, in the subnet of the VIP.
const CLIENT: u8 = 50;

/// Where the routers and their address are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// `interface`: what the directors' own addresses are on, too.
    pub(crate) router: &'static str,
    /// `dev` of the VIP.
    pub(crate) address: &'static str,
    /// The client's, from where it asks.
    pub(crate) client: &'static str,
    /// The VIP.
    pub(crate) vip: Ipv4Addr,
    /// Length of its mask.
    pub(crate) length: u8,
}

/// The scene.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) lan: Lan,
    pub(crate) directors: [Host; 2],
    pub(crate) client: Host,
    /// `mode` of the directors' data path.
    pub(crate) mode: &'static str,
    place: Place,
}

impl Place {
    /// On the cable itself.
    pub(crate) const PLAIN: Self = Self {
        router: CABLE,
        address: CABLE,
        client: CABLE,
        vip: VIP,
        length: 24,
    };

    fn client_address(&self) -> Ipv4Addr {
        let [a, b, c, _] = self.vip.octets();
        Ipv4Addr::new(a, b, c, CLIENT)
    }
}

impl Scene {
    /// Hosts with a cable each; `furnish` makes the devices of a director.
    pub(crate) fn new(
        lan: Lan,
        place: Place,
        furnish: impl Fn(&mut Lan, &Host) -> Result<()>,
    ) -> Result<Self> {
        let mut scene = Self {
            lan,
            directors: [Host::new("lb1")?, Host::new("lb2")?],
            client: Host::new("client")?,
            mode: "auto",
            place,
        };
        for host in scene.directors.iter().chain([&scene.client]) {
            scene.lan.attach(host, CABLE, "")?;
        }
        for (number, director) in (1_u8..).zip(&scene.directors) {
            furnish(&mut scene.lan, director)?;
            let address = format!("address add 192.0.2.{number}/24 dev {}", place.router);
            director.netns().ip(&address)?;
        }
        Ok(scene)
    }

    /// As [`Self::new`], where the cable is all that is needed.
    pub(crate) fn plain(lan: Lan) -> Result<Self> {
        let scene = Self::new(lan, Place::PLAIN, |_, _| Ok(()))?;
        scene.settle_client()?;
        Ok(scene)
    }

    /// Gives the client its address, after its device was made.
    pub(crate) fn settle_client(&self) -> Result<()> {
        let device = self.place.client;
        let client = self.client.netns();
        let address = self.place.client_address();
        client.ip(&format!("address add {address}/24 dev {device}"))?;
        Ok(())
    }

    /// Starts vipd on both; lb1 becomes Active and alone answers.
    pub(crate) fn start(&self) -> Result<[Daemon; 2]> {
        let vipd = Tools::vipd()?;
        let [first, second] = [0, 1].map(|index| {
            let config = self.config(PRIORITIES[index]);
            Daemon::start(&self.directors[index], &vipd, &config)
        });
        let daemons = [first?, second?];
        daemons[0].wait_for("VI_1", "MASTER", active_down_interval() + SLACK)?;
        self.expect_owner(0, SLACK)
            .with_context(|| tails(&daemons))?;
        Ok(daemons)
    }

    fn config(&self, priority: u8) -> String {
        let Place {
            router,
            address,
            vip,
            length,
            ..
        } = self.place;
        let mode = self.mode;
        format!(
            "xdp {{\n    mode {mode}\n}}\nvrrp_instance VI_1 {{\n    state BACKUP\n    interface {router}\n    version 3\n    \
             virtual_router_id 51\n    priority {priority}\n    advert_int {}\n    \
             virtual_ipaddress {{\n        {vip}/{length} dev {address}\n    }}\n}}\n",
            INTERVAL.as_secs(),
        )
    }

    /// Waits until the client is answered by director `index`, and by nobody else.
    pub(crate) fn expect_owner(&self, index: usize, limit: Duration) -> Result<()> {
        let expected = BTreeSet::from([self.mac_of(&self.directors[index], self.place.router)?]);
        let mut seen = BTreeSet::new();
        let alone = until("one owner", limit, || {
            seen = self.answerers()?;
            Ok(seen == expected)
        });
        alone.with_context(|| format!("{seen:?} answer, not {expected:?}"))
    }

    /// Freezes lb1, which must be silent when lb2 has taken over, and after that.
    pub(crate) fn fail_over(&self, daemons: &[Daemon; 2]) -> Result<()> {
        daemons[0].freeze()?;
        let after = || format!("after the freeze of lb1\n{}", tails(daemons));
        self.expect_owner(1, active_down_interval() + SLACK)
            .with_context(after)?;
        self.ping(56).with_context(after)?;
        self.expect_owner(1, Duration::ZERO).with_context(after)
    }

    fn answerers(&self) -> Result<BTreeSet<Mac>> {
        let own = self.mac_of(&self.client, self.place.client)?;
        let Place { client, vip, .. } = self.place;
        let address = self.place.client_address();
        answerers(&self.client, client, (own, address), vip)
    }

    fn mac_of(&self, host: &Host, device: &str) -> Result<Mac> {
        let links = host.netns().enter(Links::read)??;
        let link = links.named(device);
        let mac = link.and_then(|link| link.mac);
        Ok(Mac(mac.with_context(|| format!("no MAC on {device}"))?))
    }

    /// The client sends the VIP echo requests of `size` octets, unfragmented, until one is answered.
    pub(crate) fn ping(&self, size: usize) -> Result<()> {
        until(&format!("an echo of {size} octets"), SLACK, || {
            let mut ping = Command::new("ping");
            let size = size.to_string();
            ping.args(["-c1", "-W2", "-Mdo", "-s", &size])
                .arg(self.place.vip.to_string());
            Ok(self.client.output(&mut ping)?.status.success())
        })
    }
}

/// How `host` judges what comes in by `interface`, and why so.
pub(crate) fn mode(host: &Host, interface: &str) -> Result<(String, String)> {
    let interfaces = status(host)?.interfaces;
    let guarded = interfaces.into_iter().find(|it| it.name == interface);
    let guarded = guarded.with_context(|| format!("{interface} is not guarded"))?;
    Ok((guarded.xdp, guarded.why))
}

/// Active_Down_Interval of lb2 (RFC 9568, section 6.1).
pub(crate) fn active_down_interval() -> Duration {
    3 * INTERVAL + INTERVAL * (256 - u32::from(PRIORITIES[1])) / 256
}

/// Asserts that no router has changed its state since `begun`.
pub(crate) fn assert_calm(daemons: &[Daemon; 2], begun: Instant) -> Result<()> {
    for daemon in daemons {
        let changes = daemon.log().matching(" STATE");
        let flapped = changes.iter().any(|line| line.at >= begun);
        ensure!(!flapped, "{}", tails(daemons));
    }
    Ok(())
}

/// What the daemons have said.
pub(crate) fn tails(daemons: &[Daemon; 2]) -> String {
    let tails = daemons.iter().map(|daemon| {
        let name = daemon.host().name();
        format!("{name}:\n{}", daemon.log().tail(15))
    });
    tails.collect()
}
