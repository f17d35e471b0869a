//! What happens between the two.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Capture, Frame, Transcript, pause};
use ha_tests::pair::{Make, Pair, Port, SOON, Side};

use crate::ownership::{longest_overlap, spans};
use crate::profile::{PRIORITIES, Profile, VIP};

pub(super) const PORTS: [Port; 2] = [
    Port {
        interface: "eth0",
        address: Ipv4Addr::new(192, 0, 2, 1),
    },
    Port {
        interface: "eth0",
        address: Ipv4Addr::new(192, 0, 2, 2),
    },
];

/// What a busy machine may add to a reaction.
const SLACK: Duration = Duration::from_millis(250);
/// What being woken and removing an address may take whoever yields, on most days.
const YIELDING: Duration = Duration::from_millis(15);
/// How long the stage is watched after a change, besides three adverts.
const AFTERMATH: Duration = Duration::from_millis(200);

/// A lab and what is played in it.
struct Story<'a> {
    pair: &'a mut Pair,
    profile: &'a Profile,
    makes: [Make; 2],
}

/// Tells the story of `profile`; the first of `makes` has the higher priority.
pub(super) fn tell(profile: &Profile, makes: [Make; 2]) -> Result<()> {
    let title = format!("{profile}: {} against {}", makes[0], makes[1]);
    let told = Pair::new(PORTS)?.play(|pair| {
        let mut story = Story {
            pair,
            profile,
            makes,
        };
        story.election()?;
        story.death().context("the Active is killed")?;
        story.returns()
    });
    told.context(title)
}

impl Story<'_> {
    fn election(&mut self) -> Result<()> {
        self.start(Side::Lb2)?;
        self.start(Side::Lb1)?;
        self.settle(Side::Lb1)?;
        self.pair.assert_answers(VIP, Side::Lb1)?;
        self.pair.at(Side::Lb1).assert_mode(self.makes[0])?;
        self.pair.at(Side::Lb2).assert_mode(self.makes[1])
    }

    /// Without a data path the address stays where the daemon was killed; then there is nothing
    /// to say about overlap.
    fn death(&mut self) -> Result<()> {
        let prober = self.pair.start_prober(VIP)?;
        self.pair.at_mut(Side::Lb1).kill()?;
        let killed = Instant::now();
        let limit = self.profile.down_interval(PRIORITIES[1]) + SLACK;
        self.wait_for_master(Side::Lb2)?;
        self.aftermath()?;
        let transcript = prober.finish()?;
        let taken_over = self.first_answer(&transcript, Side::Lb2, killed)?;
        ensure!(
            taken_over <= limit,
            "takeover took {taken_over:?}, more than {limit:?}"
        );
        if self.makes[0].has_data_path() {
            self.assert_one_owner(&transcript)?;
        }
        self.reboot()
    }

    /// What a killed daemon leaves behind does not survive its machine.
    fn reboot(&self) -> Result<()> {
        let host = self.pair.at(Side::Lb1).host();
        if host.has_address(VIP)? {
            host.netns().ip(&format!("address del {VIP}/32 dev eth0"))?;
        }
        Ok(())
    }

    /// It comes back and leaves again, more than once where that is quick: one sample of a few
    /// milliseconds says little on a busy machine.
    fn returns(&mut self) -> Result<()> {
        let rounds = if self.profile.interval < Duration::from_secs(1) {
            3
        } else {
            1
        };
        let mut overlaps = Vec::new();
        for _ in 0..rounds {
            overlaps.push(self.preemption().context("it comes back and preempts")?);
            self.farewell().context("it is stopped")?;
        }
        overlaps.sort();
        let (median, limit) = (overlaps[rounds / 2], self.profile.interval + YIELDING);
        ensure!(median <= limit, "two owners for {overlaps:?} at fail-backs");
        Ok(())
    }

    /// For how long both answered.
    fn preemption(&mut self) -> Result<Duration> {
        let prober = self.pair.start_prober(VIP)?;
        self.start(Side::Lb1)?;
        self.settle(Side::Lb1)?;
        self.aftermath()?;
        let overlap = self.assert_one_owner(&prober.finish()?)?;
        self.pair.assert_answers(VIP, Side::Lb1)?;
        Ok(overlap)
    }

    fn farewell(&mut self) -> Result<()> {
        let lan = self.pair.lan();
        let capture = Capture::start(lan.netns(), lan.interface(), is_farewell)?;
        let prober = self.pair.start_prober(VIP)?;
        let asked = Instant::now();
        self.pair.at_mut(Side::Lb1).stop()?;
        self.settle(Side::Lb2)?;
        self.aftermath()?;
        let transcript = prober.finish()?;
        let farewells = capture.frames().len();
        ensure!(farewells == 1, "{farewells} adverts of priority 0");
        let taken_over = self.first_answer(&transcript, Side::Lb2, asked)?;
        let limit = self.profile.skew(PRIORITIES[1]) + SLACK;
        ensure!(
            taken_over <= limit,
            "takeover took {taken_over:?}, more than {limit:?}"
        );
        self.assert_one_owner(&transcript)?;
        Ok(())
    }

    fn start(&mut self, side: Side) -> Result<()> {
        let index = side as usize;
        let configuration = self.profile.configuration(PRIORITIES[index]);
        self.pair
            .at_mut(side)
            .start(self.makes[index], &configuration)
    }

    fn settle(&self, side: Side) -> Result<()> {
        self.pair.settle("VI_1", VIP, side, 2 * SOON)
    }

    fn wait_for_master(&self, side: Side) -> Result<()> {
        let master = || Ok(self.pair.at(side).state("VI_1") == Some("MASTER"));
        ha_tests::lab::until("the takeover", 2 * SOON, master)
    }

    fn aftermath(&self) -> Result<()> {
        pause(3 * self.profile.interval + AFTERMATH)
    }

    fn first_answer(
        &self,
        transcript: &Transcript,
        side: Side,
        since: Instant,
    ) -> Result<Duration> {
        let first = transcript.first_answer_of(self.pair.mac(side), since);
        Ok(first.context("the new Active does not answer")? - since)
    }

    /// Both answer for one advert interval at most; returns for how long they did.
    fn assert_one_owner(&self, transcript: &Transcript) -> Result<Duration> {
        let [lb1, lb2] = [Side::Lb1, Side::Lb2].map(|side| spans(transcript, self.pair.mac(side)));
        let overlap = longest_overlap(&lb1, &lb2);
        let limit = self.profile.interval + SLACK;
        ensure!(overlap <= limit, "two owners for {overlap:?}");
        Ok(overlap)
    }
}

/// Whether it is an advert of priority 0.
fn is_farewell(frame: &Frame) -> bool {
    frame.is_advert() && frame.priority() == Some(0)
}
