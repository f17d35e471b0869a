//! A service dies on the Active director: how soon a client gets the page of the other one.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ha_tests::lab::{Client, DIRECTOR_HEADER, Errand, Nginx, Tools, pause, until};
use ha_tests::pair::{Make, Pair, Port, SOON, Side};

const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
const PORTS: [Port; 2] = [
    Port {
        interface: "eth0",
        address: Ipv4Addr::new(192, 0, 2, 1),
    },
    Port {
        interface: "eth0",
        address: Ipv4Addr::new(192, 0, 2, 2),
    },
];
const PREFIX: &str = "/usr/local/nginx";
/// How often the service dies.
const DEATHS: usize = 10;
/// What the client may miss, most times and ever.
const MEDIAN: Duration = Duration::from_millis(400);
const WORST: Duration = Duration::from_secs(1);

#[test]
fn a_fault_moves_the_address_within_a_moment() -> Result<()> {
    play(0)
}

#[test]
fn a_weight_moves_the_address_within_a_moment() -> Result<()> {
    play(-20)
}

/// `advert_int 1`, as most have it.
fn config(priority: u8, weight: i8) -> String {
    format!(
        "vrrp_check web {{
    HTTP_GET {{
        url {{
            path /
            status_code 200
        }}
    }}
    interval 0.1
    weight {weight}
    fall 1
}}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        {VIP}
    }}
    track_check {{
        web
    }}
}}
"
    )
}

fn play(weight: i8) -> Result<()> {
    Pair::new(PORTS)?.play(|pair| {
        let services = [serve(pair, Side::Lb1)?, serve(pair, Side::Lb2)?];
        for (side, priority) in [(Side::Lb1, 100), (Side::Lb2, 90)] {
            pair.at_mut(side)
                .start(Make::Vipd, &config(priority, weight))?;
        }
        pair.settle("VI_1", VIP, Side::Lb1, 2 * SOON)?;
        let errand = Errand {
            server: SocketAddrV4::new(VIP, 80),
            path: "/".to_owned(),
            every: Duration::from_millis(5),
            timeout: Duration::from_millis(500),
        };
        let client = Client::start(pair.client(), errand)?;
        let mut gaps = Vec::new();
        for _ in 0..DEATHS {
            gaps.push(kill_once(pair, &services[0], &client)?);
        }
        client.finish()?;
        gaps.sort();
        let (median, worst) = (gaps[DEATHS / 2], gaps[DEATHS - 1]);
        ensure!(median <= MEDIAN && worst <= WORST, "{gaps:?}");
        Ok(())
    })
}

/// How long the client had no page.
fn kill_once(pair: &Pair, service: &Nginx, client: &Client) -> Result<Duration> {
    let page_of = |name: &str, since: Instant| {
        client.look(|requests| {
            let ended = requests.all().iter().filter(|one| one.sent_at >= since);
            ended
                .filter_map(|one| one.outcome.as_ref().ok())
                .any(|reply| reply.director == name)
        })
    };
    let begun = Instant::now();
    until("pages of lb1", SOON, || Ok(page_of("lb1", begun)))?;
    let killed = Instant::now();
    service.kill()?;
    until("pages of lb2", SOON, || Ok(page_of("lb2", killed)))?;
    pause(Duration::from_millis(200))?;
    let gap = client.look(|requests| requests.gap(killed..Instant::now()));
    let gap = gap.context("no page before or after")?;
    service.start()?;
    pair.settle("VI_1", VIP, Side::Lb1, 2 * SOON)?;
    Ok(gap.end - gap.start)
}

fn serve(pair: &Pair, side: Side) -> Result<Nginx> {
    let program = Tools::nginx().context("HA_NGINX is not set: start this through cargo xtask")?;
    let host = pair.at(side).host();
    let config = format!(
        "events {{}}\nhttp {{\n{}server {{\n listen 80;\n location / {{\n add_header {DIRECTOR_HEADER} {};\n \
         return 200 page;\n}}\n}}\n}}\n",
        Nginx::http_preamble(),
        host.name()
    );
    let nginx = Nginx::install(host, PREFIX, &program, &config)?;
    nginx.start()?;
    Ok(nginx)
}
