//! Traffic that a director has while its processes are exchanged: 10,000 ARP questions and 1,000
//! requests a second.

use std::net::SocketAddrV4;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use ha_tests::lab::{Asker, Chorus, Client, Errand, Nginx, Tools, pause};
use ha_tests::watched::{Pair, VIP};

/// Long enough for everything that the machine may do meanwhile; shorter than the kernel's wait
/// before it sends what was lost again.
const TIMEOUT: Duration = Duration::from_millis(900);

/// What must be reached at least for a run to count.
const QUESTIONS: u64 = 100_000;
const REQUESTS: usize = 10_000;

/// Those who ask and request.
pub(crate) struct Load {
    chorus: Chorus,
    client: Client,
}

impl Load {
    /// Starts nginx on the first director, which has the VIP, and the traffic to it.
    pub(crate) fn start(pair: &Pair) -> Result<Self> {
        let director = &pair.directors[0];
        let program = Tools::nginx().context("HA_NGINX")?;
        Nginx::install(director, "/usr/local/nginx", &program, &config())?.start()?;
        let (address, own) = pair.stranger()?;
        let asker = Asker::new(pair.stranger.netns(), own, address, VIP)?;
        let errand = Errand {
            server: SocketAddrV4::new(VIP, 80),
            path: "/".to_owned(),
            every: Duration::from_millis(1),
            timeout: TIMEOUT,
        };
        Ok(Self {
            chorus: Chorus::start(asker, pair.macs[0])?,
            client: Client::start(&pair.witness, errand)?,
        })
    }

    /// Waits until there was enough of it. Returns how many questions and requests were lost.
    pub(crate) fn losses(self) -> Result<(u64, usize)> {
        let enough = || self.chorus.asked() >= QUESTIONS && self.requests() >= REQUESTS;
        while !enough() {
            pause(Duration::from_millis(50))?;
        }
        let questions = self.chorus.finish()?;
        let requests = self.client.finish()?;
        ensure!(questions.others == 0, "others answered: {questions:?}");
        let lost = requests.all().iter();
        let lost = lost.filter(|request| request.outcome.is_err()).count();
        let unanswered = questions.asked.saturating_sub(questions.answered);
        println!(
            "{unanswered} of {} questions and {lost} of {} requests lost",
            questions.asked,
            requests.all().len(),
        );
        Ok((unanswered, lost))
    }

    fn requests(&self) -> usize {
        self.client.look(|requests| requests.all().len())
    }
}

fn config() -> String {
    format!(
        "worker_processes 1;\npid logs/nginx.pid;\nevents {{ worker_connections 1024; }}\n\
         http {{\n{}server {{ listen 80; keepalive_timeout 0; location / {{ return 200 \"page\"; }} }}\n}}\n",
        Nginx::http_preamble()
    )
}
