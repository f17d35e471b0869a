//! Two directors; processes of the better one are killed.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::eyes::{Eyes, FLIGHT};
use ha_tests::lab::{CONFIG_PATH, Daemon, Tools, pause, until};
use ha_tests::watched::{INSTANCE, Pair, Setup};

/// Far more than an election takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Path of the daemon on a director.
pub(crate) const DAEMON: &str = "/usr/local/sbin/keepalived";
/// What a machine that has other things to do may add to a silence.
const NOISE: Duration = Duration::from_millis(60);

/// lb1 is the better director; its processes are killed.
pub(crate) struct Patient {
    pub(crate) pair: Pair,
    pub(crate) daemons: [Daemon; 2],
    pub(crate) eyes: Eyes,
}

impl Patient {
    pub(crate) fn new(interval_ms: u64) -> Result<Self> {
        let setup = Setup {
            version: 3,
            interval_ms,
            preempt: true,
            priorities: [150, 100],
            xdp: Some("native"),
        };
        let (pair, daemons, eyes) = Eyes::on_new(setup, PATIENCE)?;
        Ok(Self {
            pair,
            daemons,
            eyes,
        })
    }

    /// The process of lb1 that runs VRRP.
    pub(crate) fn worker(&self) -> Result<i32> {
        let pid = self.pair.directors[0].sh("cat /run/keepalived_vrrp.pid")?;
        Ok(pid.trim().parse()?)
    }

    /// Kills the process of lb1 that runs VRRP.
    pub(crate) fn kill_worker(&self) -> Result<()> {
        let kill = format!("kill -9 {}", self.worker()?);
        self.pair.directors[0].sh(&kill).map(drop)
    }

    /// Starts the daemon of lb1.
    pub(crate) fn start(&mut self) -> Result<()> {
        let config = self.pair.setup().config(0);
        self.daemons[0] = Daemon::start(&self.pair.directors[0], &Tools::vipd()?, &config)?;
        Ok(())
    }

    /// Runs `program`, which is the daemon of lb1 or starts it, with `arguments` before the usual
    /// ones. It becomes the owner.
    pub(crate) fn launch(&mut self, program: &str, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .args(["-f", CONFIG_PATH, "-n", "-l", "-D"]);
        self.daemons[0] = Daemon::launch(&self.pair.directors[0], &mut command)?;
        self.eyes.wait_for_owner(self.pair.macs[0], PATIENCE)
    }

    /// `vipctl restart` on lb1.
    pub(crate) fn restart(&self) -> Result<Output> {
        let mut vipctl = Command::new(Tools::vipctl()?);
        self.pair.directors[0].output(vipctl.arg("restart"))
    }

    /// As [`Self::restart`]; must succeed. Returns what it prints.
    pub(crate) fn restart_well(&self) -> Result<String> {
        let output = self.restart()?;
        let [said, complaint] =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        ensure!(output.status.success(), "{complaint}{}", self.logs());
        Ok(said)
    }

    /// The parent process of lb1.
    pub(crate) fn parent(&self) -> Result<i32> {
        let pid = self.pair.directors[0].sh("cat /run/keepalived.pid")?;
        Ok(pid.trim().parse()?)
    }

    /// Waits until the process that was started since `fault` has taken over from the one before.
    pub(crate) fn wait_for_adoption(&self, fault: Instant) -> Result<()> {
        let log = self.daemons[0].log();
        log.wait_for("carrying on as the process before", fault, PATIENCE)?;
        // Longer than anything that might still be on its way from before.
        pause(self.pair.setup().active_down_interval(1) + FLIGHT)
    }

    /// Nobody has noticed anything since `fault`. Returns the longest time without answers.
    pub(crate) fn judge_calm(&self, fault: Instant) -> Result<Duration> {
        let end = Instant::now();
        pause(FLIGHT)?;
        for daemon in &self.daemons {
            let said = daemon.log().last_of(&["Entering"]);
            let since = said.filter(|(line, _)| line.at >= fault);
            ensure!(since.is_none(), "a transition: {since:?}");
        }
        let record = self.eyes.take_before(end);
        let period = fault..end;
        ensure!(record.doubled(&period).is_none(), "two answered");
        ensure!(record.strangers(&period).is_empty(), "somebody else spoke");
        ensure!(
            record
                .last_answer_of(self.pair.macs[1], period.clone())
                .is_none(),
            "the other director answered"
        );
        let silence = record.silence(&period);
        let length = silence.end - silence.start;
        let noise = NOISE + self.eyes.stalls.longest(&period);
        ensure!(length <= noise, "nobody answered for {length:?}");
        Ok(length)
    }

    /// What the daemons have said last.
    pub(crate) fn logs(&self) -> String {
        let tail = |index: usize| self.daemons[index].log().tail(12);
        format!("lb1:\n{}\nlb2:\n{}", tail(0), tail(1))
    }

    /// Both processes of lb1 live, and know their addresses.
    pub(crate) fn judge_processes(&self) -> Result<()> {
        let both = || Ok(self.daemons[0].processes()?.len() == 2);
        until("both processes", PATIENCE, both)?;
        ensure!(self.daemons[1].state(INSTANCE) == Some("BACKUP"));
        ensure!(self.pair.directors[0].has_address(ha_tests::watched::VIP)?);
        Ok(())
    }
}
