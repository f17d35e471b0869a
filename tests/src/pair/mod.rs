//! Two directors of any make, a client and somebody who asks who answers: the scene that the
//! articles and the interop tests play in.

mod director;
mod make;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};

pub use self::director::Director;
pub use self::make::Make;
use crate::lab::{Client, Errand, Host, Lan, Mac, Prober, Subject, pause, until};

/// How long a transition may take that is due at once, on a busy machine.
pub const SOON: Duration = Duration::from_secs(5);

/// Interface of the client and of the one who asks.
const CLIENT_INTERFACE: &str = "eth0";

/// One of the two directors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The one that articles call the master.
    Lb1,
    /// The other one.
    Lb2,
}

impl Side {
    /// The one beside it.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Lb1 => Self::Lb2,
            Self::Lb2 => Self::Lb1,
        }
    }
}

/// Where a host is plugged in.
#[derive(Clone, Copy, Debug)]
pub struct Port {
    /// Name of its interface.
    pub interface: &'static str,
    /// Its address.
    pub address: Ipv4Addr,
}

/// The scene. Its network is a /24.
#[derive(Debug)]
pub struct Pair {
    lan: Lan,
    directors: [Director; 2],
    client: Host,
    /// Apart from the client, whose kernel must learn of a takeover from announcements alone.
    asker: (Host, Ipv4Addr),
    macs: [Mac; 2],
}

impl Pair {
    /// Directors at `ports`, without a daemon; the client is number 50 of their network.
    ///
    /// # Errors
    /// Without root.
    pub fn new(ports: [Port; 2]) -> Result<Self> {
        let mut lan = Lan::new()?;
        let directors = [Director::new("lb1")?, Director::new("lb2")?];
        let mut plug = |host: &Host, port: Port| {
            lan.attach(host, port.interface, &format!("{}/24", port.address))
        };
        let macs = [
            plug(directors[0].host(), ports[0])?,
            plug(directors[1].host(), ports[1])?,
        ];
        let (client, asker) = (Host::new("client")?, Host::new("asker")?);
        let [number_50, number_200] = [50, 200].map(|number| Port {
            interface: CLIENT_INTERFACE,
            address: in_network_of(ports[0].address, number),
        });
        plug(&client, number_50)?;
        plug(&asker, number_200)?;
        Ok(Self {
            lan,
            directors,
            client,
            asker: (asker, number_200.address),
            macs,
        })
    }

    /// Plays `scene`; if it fails, the error shows both logs and what `ip addr` says.
    ///
    /// # Errors
    /// Those of `scene`.
    pub fn play(&mut self, scene: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        scene(self).map_err(|error| anyhow!("{error:#}\n{}", self.report()))
    }

    /// The director on `side`.
    #[must_use]
    pub fn at(&self, side: Side) -> &Director {
        &self.directors[side as usize]
    }

    /// The director on `side`.
    pub fn at_mut(&mut self, side: Side) -> &mut Director {
        &mut self.directors[side as usize]
    }

    /// Plugs in another host.
    ///
    /// # Errors
    /// Without root.
    pub fn add_host(&mut self, name: &str, address: Ipv4Addr) -> Result<Host> {
        let host = Host::new(name)?;
        self.lan
            .attach(&host, CLIENT_INTERFACE, &format!("{address}/24"))?;
        Ok(host)
    }

    /// The network between them.
    #[must_use]
    pub fn lan(&self) -> &Lan {
        &self.lan
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Host {
        &self.client
    }

    /// MAC of the director on `side`.
    #[must_use]
    pub fn mac(&self, side: Side) -> Mac {
        self.macs[side as usize]
    }

    /// Waits until `instance` is MASTER on `side` and on no other one, and `vip` is there, as a
    /// /32, alone.
    ///
    /// # Errors
    /// When that is not so within `limit`.
    pub fn settle(&self, instance: &str, vip: Ipv4Addr, side: Side, limit: Duration) -> Result<()> {
        let (owner, other) = (self.at(side), self.at(side.other()));
        until(
            &format!("{instance} to be MASTER on {side:?} only, with {vip}/32"),
            limit,
            || {
                let settled = owner.state(instance) == Some("MASTER")
                    && other.state(instance) != Some("MASTER")
                    && owner.has(vip, 32)?
                    && !other.has(vip, 32)?;
                Ok(settled)
            },
        )
    }

    /// Asserts that everybody who asks for `vip` is answered by the director on `side` alone.
    ///
    /// # Errors
    /// When there is no answer, or another one.
    pub fn assert_answers(&self, vip: Ipv4Addr, side: Side) -> Result<()> {
        let sides = self.answerers(vip)?;
        ensure!(
            sides == [side].into(),
            "{sides:?} answer for {vip}, not {side:?} alone"
        );
        Ok(())
    }

    /// Who answers for `vip` now: ARP to everybody and an echo to each one's own MAC, many times.
    ///
    /// # Errors
    /// When the questions cannot be sent.
    pub fn answerers(&self, vip: Ipv4Addr) -> Result<BTreeSet<Side>> {
        self.answerers_of(vip, |_| true)
    }

    /// Who answers when somebody asks by ARP for `vip` now, many times.
    ///
    /// # Errors
    /// When the questions cannot be sent.
    pub fn arp_answerers(&self, vip: Ipv4Addr) -> Result<BTreeSet<Side>> {
        self.answerers_of(vip, |subject| subject == Subject::Arp)
    }

    fn answerers_of(
        &self,
        vip: Ipv4Addr,
        is_meant: impl Fn(Subject) -> bool,
    ) -> Result<BTreeSet<Side>> {
        let prober = self.start_prober(vip)?;
        pause(Duration::from_millis(100))?;
        let asked = prober.finish()?.questions;
        let meant = asked.iter().filter(|question| is_meant(question.subject));
        let answers: BTreeSet<_> = meant.flat_map(|question| &question.answers).collect();
        let sides = [Side::Lb1, Side::Lb2].into_iter();
        Ok(sides
            .filter(|side| answers.contains(&self.mac(*side)))
            .collect())
    }

    /// Starts to ask all the time who answers for `vip`.
    ///
    /// # Errors
    /// As of [`Prober::start`].
    pub fn start_prober(&self, vip: Ipv4Addr) -> Result<Prober> {
        let (host, address) = (&self.asker.0, self.asker.1);
        Prober::start(
            &self.lan,
            (host, CLIENT_INTERFACE, address),
            vip,
            &self.macs,
        )
    }

    /// The next `count` pages at `path` that the client gets from `vip`, each on a connection of
    /// its own.
    ///
    /// # Errors
    /// When they do not come soon.
    pub fn pages(&self, vip: Ipv4Addr, port: u16, path: &str, count: usize) -> Result<Vec<String>> {
        let errand = Errand {
            server: SocketAddrV4::new(vip, port),
            path: path.to_owned(),
            every: Duration::from_millis(20),
            timeout: Duration::from_secs(1),
        };
        let client = Client::start(&self.client, errand)?;
        let bodies = || {
            client.look(|requests| {
                let replies = requests
                    .all()
                    .iter()
                    .filter_map(|one| one.outcome.as_ref().ok());
                let bodies = replies.map(|reply| reply.body.clone());
                bodies.take(count).collect::<Vec<_>>()
            })
        };
        let what = format!("{count} pages from {vip}:{port}{path}");
        until(&what, SOON, || Ok(bodies().len() == count)).with_context(|| {
            let last = client.requests().all().last().cloned();
            format!("the last request: {last:?}")
        })?;
        Ok(bodies())
    }

    /// What a person who looks into a failure wants to see.
    #[must_use]
    pub fn report(&self) -> String {
        self.directors.iter().map(Director::report).collect()
    }
}

/// Address `number` of the /24 that `address` is in.
fn in_network_of(address: Ipv4Addr, number: u8) -> Ipv4Addr {
    let [a, b, c, _] = address.octets();
    Ipv4Addr::new(a, b, c, number)
}
