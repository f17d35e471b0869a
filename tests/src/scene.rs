//! Two directors, a client that requests their VIP all the time, a prober that asks who answers
//! for it: what a failover is watched with.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::lab::{Client, Errand, Host, Lan, Mac, Prober, Tools};

/// After which the client gives a request up.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(250);
/// After which a question is answered, or never.
const ANSWER_TIME: Duration = Duration::from_millis(5);
/// Last octet of the client's address.
const CLIENT: u8 = 1;
/// Last octet of the prober's address, which uses the 16 addresses that follow, too.
const PROBER: u8 = 200;
/// Interface of client and prober.
const INTERFACE: &str = "eth0";

/// Names and addresses, all in one network of 24 bits.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The directors' interface.
    pub interface: &'static str,
    /// The directors' addresses: none that ends in 1 or in 200 to 216.
    pub directors: [Ipv4Addr; 2],
    /// The address that they share.
    pub vip: Ipv4Addr,
}

/// The hosts on their bridge, and those who watch.
#[derive(Debug)]
pub struct Scene {
    /// The bridge.
    pub lan: Lan,
    /// lb1 and lb2.
    pub directors: [Host; 2],
    /// Their MACs.
    pub macs: [Mac; 2],
    /// Where [`Self::client`] and [`Self::prober`] are.
    pub watchers: [Host; 2],
    /// Requests pages from the VIP.
    pub client: Client,
    /// Asks who answers for the VIP.
    pub prober: Prober,
}

impl Scene {
    /// Sets it up; there is no daemon yet and no web server. The client requests `path` every
    /// `request_every`.
    ///
    /// # Errors
    /// As of [`Host`] and [`Lan`].
    pub fn set(layout: &Layout, path: &str, request_every: Duration) -> Result<Self> {
        let mut lan = Lan::new()?;
        let directors = [Host::new("lb1")?, Host::new("lb2")?];
        let watchers = [Host::new("client")?, Host::new("prober")?];
        let [client, prober] = &watchers;
        let mut attach = |host: &Host, interface: &str, address: Ipv4Addr| {
            lan.attach(host, interface, &format!("{address}/24"))
        };
        let macs = [
            attach(&directors[0], layout.interface, layout.directors[0])?,
            attach(&directors[1], layout.interface, layout.directors[1])?,
        ];
        attach(client, INTERFACE, layout.neighbour(CLIENT))?;
        let prober_address = layout.neighbour(PROBER);
        attach(prober, INTERFACE, prober_address)?;
        let errand = Errand {
            server: SocketAddrV4::new(layout.vip, 80),
            path: path.to_owned(),
            every: request_every * Tools::slowness(),
            timeout: REQUEST_TIMEOUT * Tools::slowness(),
        };
        let place = (prober, INTERFACE, prober_address);
        Ok(Self {
            client: Client::start(client, errand)?,
            prober: Prober::start(&lan, place, layout.vip, &macs)?,
            lan,
            directors,
            macs,
            watchers,
        })
    }

    /// Whether for the last `calm` the owner of `mac` was the only one to answer, but for some
    /// questions that a busy machine has lost, and the client got pages.
    #[must_use]
    pub fn is_calm(&self, mac: Mac, calm: Duration) -> bool {
        let now = Instant::now();
        let end = now - ANSWER_TIME * Tools::slowness();
        let alone = self.prober.look(|transcript| {
            let period = end - calm..end;
            let asked = transcript.during(period.clone()).len();
            let wrong = transcript.wrong(period.clone(), mac).len();
            transcript.answerers(period).into_iter().eq([mac]) && wrong * 20 < asked
        });
        let silence = self.client.look(|requests| requests.silence_at(now));
        alone && silence.is_some_and(|silence| silence < calm)
    }

    /// When `mac` first answered a question that was asked at or after `since`.
    #[must_use]
    pub fn first_answer_of(&self, mac: Mac, since: Instant) -> Option<Instant> {
        self.prober
            .look(|transcript| transcript.first_answer_of(mac, since))
    }

    /// Interface of the watchers, where multicast of the directors arrives.
    #[must_use]
    pub fn watching_interface(&self) -> &'static str {
        INTERFACE
    }
}

impl Layout {
    fn neighbour(&self, last: u8) -> Ipv4Addr {
        let [a, b, c, _] = self.vip.octets();
        Ipv4Addr::new(a, b, c, last)
    }
}
