//! The programs outlive processes, and make way for successors.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use anyhow::{Context, Result, ensure};
use ha_tests::lab::Netns;
use ha_user::datapath::{self, AttachError, AttachMode, Hook};

use crate::cable::{Cable, PATIENCE, SILENCE, attach, ifindex, load, owner};

fn start_victim(netns: &Netns) -> Result<Child> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ha-child"));
    command.args(["attach", "eth0"]).stdout(Stdio::piped());
    let mut child = netns.enter(|| command.spawn())??;
    let output = child.stdout.take().context("its output")?;
    let mut lines = BufReader::new(output).lines();
    let attached = lines.any(|line| line.is_ok_and(|line| line == "attached"));
    ensure!(attached, "the child has not attached");
    Ok(child)
}

fn kill(mut victim: Child) -> Result<()> {
    victim.kill()?;
    victim.wait()?;
    Ok(())
}

#[test]
fn the_program_outlives_the_process_that_attached_it() -> Result<()> {
    let cable = Cable::new()?;
    let mut asker = cable.ask()?;
    kill(start_victim(&cable.director)?)?;
    for _ in 0..100 {
        assert!(asker.answer_within(PATIENCE)?.is_some());
    }
    let eth0 = ifindex(&cable.director, "eth0")?;
    let detached = cable.director.enter(|| datapath::detach(eth0))??;
    assert_eq!(detached, [Hook::Xdp, Hook::Egress]);
    assert_eq!(asker.answer_within(SILENCE)?, None, "`vipctl detach`");
    let nothing = cable.director.enter(|| datapath::detach(eth0))??;
    assert_eq!(nothing, []);
    Ok(())
}

#[test]
fn a_successor_takes_over_without_a_question_unanswered() -> Result<()> {
    for mode in [AttachMode::Generic, AttachMode::Tc] {
        succeed(mode)?;
    }
    Ok(())
}

/// Has one successor after the other attach in `mode`, while questions are asked.
fn succeed(mode: AttachMode) -> Result<()> {
    let cable = Cable::new()?;
    attach(&cable.director, &mut owner(&cable.director)?, mode)?;
    let mut asker = cable.ask()?;
    let done = AtomicBool::new(false);
    let answers = thread::scope(|scope| {
        let questions = scope.spawn(|| -> Result<Vec<bool>> {
            let mut answers = Vec::new();
            while !done.load(Relaxed) {
                answers.push(asker.answer_within(PATIENCE)?.is_some());
            }
            Ok(answers)
        });
        let successors = (0..5).try_for_each(|_| -> Result<()> {
            let mut successor = owner(&cable.director)?;
            attach(&cable.director, &mut successor, mode)?;
            Ok(())
        });
        done.store(true, Relaxed);
        let answers = questions.join().expect("the asking thread");
        successors.and(answers)
    })?;
    let lost = answers.iter().filter(|answered| !**answered).count();
    assert_eq!(lost, 0, "of {} questions", answers.len());
    assert!(answers.len() > 100, "only {} questions", answers.len());
    Ok(())
}

#[test]
fn a_successor_may_choose_another_mode() -> Result<()> {
    let cable = Cable::new()?;
    let mut passing = load(&cable.client)?;
    attach(&cable.client, &mut passing, AttachMode::Native)?;
    kill(start_victim(&cable.director)?)?;
    let mut asker = cable.ask()?;
    let modes = [
        AttachMode::Native,
        AttachMode::Tc,
        AttachMode::Generic,
        AttachMode::Tc,
        AttachMode::Native,
    ];
    for mode in modes {
        let mut successor = owner(&cable.director)?;
        attach(&cable.director, &mut successor, mode)?;
        assert!(asker.answer_within(PATIENCE)?.is_some(), "{mode:?}");
    }
    Ok(())
}

#[test]
fn detaching_leaves_a_successor_alone() -> Result<()> {
    let cable = Cable::new()?;
    for mode in [AttachMode::Generic, AttachMode::Tc] {
        let mut first = owner(&cable.director)?;
        let mut second = owner(&cable.director)?;
        attach(&cable.director, &mut first, mode)?;
        attach(&cable.director, &mut second, mode)?;
        assert!(first.detach_all().is_empty());
        let mut asker = cable.ask()?;
        assert!(asker.answer_within(PATIENCE)?.is_some());
        assert!(second.detach_all().is_empty());
        assert_eq!(asker.answer_within(SILENCE)?, None);
    }
    Ok(())
}

#[test]
fn an_interface_that_has_gone_is_no_obstacle() -> Result<()> {
    let cable = Cable::new()?;
    let mut datapath = owner(&cable.director)?;
    attach(&cable.director, &mut datapath, AttachMode::Generic)?;
    cable.director.ip("link del eth0")?;
    assert!(datapath.detach_all().is_empty());
    let error = datapath.attach(4711, AttachMode::Auto);
    assert!(matches!(error, Err(AttachError::Interface { .. })));
    Ok(())
}
