//! Who comes and goes, as the kernel tells.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use ha_tests::lab::{Netns, until};
use ha_user::config::model::Weight;
use ha_user::config::model::process::{Arguments, Compared, Pattern, TrackProcess};
use ha_user::net::clock;
use ha_user::track::process::{
    Census, Event, Events, Scope, Seen, Wanted, everybody, is_loss, look,
};

use super::PATIENCE;

/// Whether this is the first namespace of processes, to which the kernel has given this number since 3.8.
fn is_first() -> Result<bool> {
    let link = fs::read_link("/proc/self/ns/pid")?;
    Ok(link.to_string_lossy() == "pid:[4026531836]")
}

/// Events, where the kernel tells of any: a container is told nothing.
fn events() -> Result<Option<Events>> {
    let events = Events::open();
    match is_first()? {
        true => Ok(Some(events.context("a kernel with CONFIG_PROC_EVENTS")?)),
        false => {
            ensure!(events.is_err(), "numbers that mean nothing here");
            Ok(None)
        }
    }
}

/// A shell that is ended and waited for when this is dropped.
struct Shell(Child);

impl Shell {
    fn start(arguments: &[&str]) -> Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(arguments).stdin(Stdio::piped());
        Ok(Self(shell.spawn()?))
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_process_is_told_of_from_its_birth_to_its_end() -> Result<()> {
    let Some(mut events) = events()? else {
        return Ok(());
    };
    let mut shell = Shell::start(&["-c", "printf renamed >/proc/$$/comm; read x"])?;
    let pid = shell.0.id();
    let mut heard = Vec::new();
    let mut wait_for = |wanted: Event| {
        until(&format!("{wanted:?}"), PATIENCE, || {
            while let Some(event) = events.take()? {
                heard.push(event);
            }
            Ok(heard.contains(&wanted))
        })
    };
    let parent = std::process::id();
    wait_for(Event::Forked { parent, child: pid })?;
    wait_for(Event::Executed(pid))?;
    wait_for(Event::Renamed(pid))?;
    let seen = look(pid, false).context("a living process")?;
    ensure!(seen.name == b"renamed", "{seen:?}");
    drop(shell.0.stdin.take());
    wait_for(Event::Ended(pid))?;
    ensure!(look(pid, false).is_none(), "a zombie is not there");
    Ok(())
}

#[test]
fn what_is_lost_is_said_and_what_follows_is_told() -> Result<()> {
    let Some(mut events) = events()? else {
        return Ok(());
    };
    let forks = "i=0; while [ $i -lt 5000 ]; do (:); i=$((i+1)); done";
    let status = Command::new("sh").args(["-c", forks]).status()?;
    ensure!(status.success());
    let lost = events.take().err().context("nothing is lost")?;
    ensure!(is_loss(&lost), "{lost}");
    events.skip();
    let mut ended = Shell::start(&["-c", "read x"])?;
    ended.0.kill()?;
    let wanted = Event::Ended(ended.0.id());
    until("what follows", PATIENCE, || {
        while let Some(event) = events.take()? {
            if event == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

#[test]
fn the_kernel_does_not_tell_in_another_network_namespace() -> Result<()> {
    let netns = Netns::new()?;
    let events = netns.enter(Events::open)?;
    ensure!(events.is_err(), "{events:?}");
    Ok(())
}

#[test]
fn a_census_follows_what_the_kernel_tells() -> Result<()> {
    let Some(mut events) = events()? else {
        return Ok(());
    };
    let argument = format!("census-{}", std::process::id());
    let settings = TrackProcess {
        name: "shells".to_owned(),
        pattern: Pattern {
            program: "sh".to_owned(),
            compared: Compared::Command(Arguments::Partial(vec![
                "-c".to_owned(),
                "read x".to_owned(),
                argument.clone(),
            ])),
        },
        quorum: 2,
        quorum_max: u32::MAX,
        fork_delay: Duration::ZERO,
        terminate_delay: Duration::ZERO,
        weight: Weight::default(),
    };
    let shell = || Shell::start(&["-c", "read x", &argument]);
    let mut shells = vec![shell()?];
    let mut census = Census::default();
    census.follow(vec![Wanted {
        settings,
        known: None,
    }]);
    let people = everybody()?.into_iter();
    let people: BTreeMap<u32, Seen> = people
        .filter_map(|process| Some((process, look(process, true)?)))
        .collect();
    census.count(clock::now(), &people, Scope::New);
    let mut last = None;
    let mut expect = |wanted: bool| {
        until(&format!("a quorum: {wanted}"), PATIENCE, || {
            while let Some(event) = events.take()? {
                census.take(clock::now(), event, look);
            }
            last = census.verdicts().last().map(|one| one.up).or(last);
            Ok(last == Some(wanted))
        })
    };
    expect(false)?;
    for _ in 0..3 {
        shells.push(shell()?);
        expect(true)?;
        let mut ended = shells.remove(0);
        ended.0.kill()?;
        // Nobody has waited for it yet.
        expect(false)?;
        drop(ended);
    }
    Ok(())
}
