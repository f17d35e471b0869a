//! Routers of IPv6 of both makes as each other's peers, beside one of IPv4 with the same number: who serves
//! the address, by connections to it.

use std::io;
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ha_tests::lab::{Daemon, Host, Lan, until};
use ha_tests::pair::{Make, SOON};

use crate::profile::PRIORITIES;

const VIP: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x100);
const PORT: u16 = 80;
/// Far more than a handshake takes, and less than the kernel waits before it tries again.
const HANDSHAKE: Duration = Duration::from_millis(300);

/// A director, and the service behind its address.
struct Director {
    host: Host,
    service: TcpListener,
}

impl Director {
    fn new(lan: &mut Lan, name: &str, last: u8) -> Result<Self> {
        let host = Host::new(name)?;
        lan.attach(&host, "eth0", &format!("192.0.2.{last}/24"))?;
        let address = format!("address add 2001:db8::{last}/64 dev eth0 nodad");
        host.netns().ip(&address)?;
        let service = host.netns().enter(|| {
            let service = TcpListener::bind((Ipv6Addr::UNSPECIFIED, PORT))?;
            service.set_nonblocking(true)?;
            io::Result::Ok(service)
        })??;
        Ok(Self { host, service })
    }

    fn start(&self, make: Make, priority: u8) -> Result<Daemon> {
        let instance = |name: &str, addresses: &str| {
            format!(
                "vrrp_instance {name} {{\nstate BACKUP\ninterface eth0\nvirtual_router_id 51\n\
                 priority {priority}\nversion 3\nadvert_int 0.1\n\
                 virtual_ipaddress {{\n{addresses}\n}}\n}}\n"
            )
        };
        // The same number beside it, of the other family, is another router.
        let config = instance("VI_1", &format!("fe80::100/64\n{VIP}/64"))
            + &instance("VI_2", "192.0.2.100/24");
        let config = make.configuration(&config);
        Daemon::start(&self.host, &make.software()?, &config)
    }
}

/// Two directors and a client on a LAN.
struct Scene {
    lan: Lan,
    directors: [Director; 2],
    client: Host,
}

impl Scene {
    fn new() -> Result<Self> {
        let mut lan = Lan::new()?;
        let directors = [
            Director::new(&mut lan, "lb1", 1)?,
            Director::new(&mut lan, "lb2", 2)?,
        ];
        let client = Host::new("client")?;
        lan.attach(&client, "eth0", "")?;
        let address = "address add 2001:db8::9/64 dev eth0 nodad";
        client.netns().ip(address)?;
        Ok(Self {
            lan,
            directors,
            client,
        })
    }

    /// Which director a new connection to the address arrives at.
    fn serves(&self) -> Result<Option<usize>> {
        let address = SocketAddr::from((VIP, PORT));
        let connect = || TcpStream::connect_timeout(&address, HANDSHAKE);
        let Ok(connection) = self.client.netns().enter(connect)? else {
            return Ok(None);
        };
        let ours = connection.local_addr()?;
        for (index, director) in self.directors.iter().enumerate() {
            // What waits is this connection, or an older one that nobody waited for.
            while let Ok((_, peer)) = director.service.accept() {
                if peer == ours {
                    return Ok(Some(index));
                }
            }
        }
        Ok(None)
    }

    fn wait_for(&self, director: usize) -> Result<()> {
        let what = format!("connections at {}", self.directors[director].host.name());
        until(&what, 2 * SOON, || Ok(self.serves()? == Some(director)))
    }
}

/// The first of `makes` has the higher priority.
pub(super) fn is_shared(makes: [Make; 2]) -> Result<()> {
    let told = Scene::new().and_then(|scene| tell(&scene, makes));
    told.with_context(|| format!("{} against {}", makes[0], makes[1]))
}

fn tell(scene: &Scene, makes: [Make; 2]) -> Result<()> {
    let start = |index: usize| scene.directors[index].start(makes[index], PRIORITIES[index]);
    let mut stronger = start(0)?;
    scene.wait_for(0)?;
    let weaker = start(1)?;
    weaker.wait_for("VI_1", "BACKUP", SOON)?;
    weaker.wait_for("VI_2", "BACKUP", SOON)?;
    scene.wait_for(0)?;

    let begun = Instant::now();
    scene.lan.cut(&scene.directors[0].host)?;
    weaker.wait_for_since("VI_1", "MASTER", begun, SOON)?;
    weaker.wait_for_since("VI_2", "MASTER", begun, SOON)?;
    scene.wait_for(1)?;

    let begun = Instant::now();
    scene.lan.heal(&scene.directors[0].host)?;
    weaker.wait_for_since("VI_1", "BACKUP", begun, SOON)?;
    weaker.wait_for_since("VI_2", "BACKUP", begun, SOON)?;
    scene.wait_for(0)?;

    stronger.stop()?;
    scene.wait_for(1)?;
    let _stronger = start(0)?;
    scene.wait_for(0)
}
