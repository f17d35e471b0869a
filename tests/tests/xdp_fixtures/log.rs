//! The program's log statements, which only `--debug-xdp` keeps.

use std::sync::Mutex;

use anyhow::{Context, Result};
use ha_common::Reason;
use ha_tests::xdp::frame::Advert;
use ha_tests::xdp::{Director, PRIORITY};
use ha_user::datapath::LoadOptions;

/// Lines that the program has logged.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if let Ok(mut lines) = LINES.lock() {
            lines.push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

#[test]
fn a_fence_is_logged_with_debug_xdp_and_only_then() -> Result<()> {
    log::set_logger(&Recorder).map_err(|error| anyhow::anyhow!("{error}"))?;
    log::set_max_level(log::LevelFilter::Trace);
    let higher = Advert {
        priority: PRIORITY + 1,
        ..Advert::default()
    };
    let mut silent = Director::new(LoadOptions::default())?;
    assert!(silent.datapath.debug_log().is_none());

    let mut talking = Director::new(LoadOptions { debug_xdp: true })?;
    let mut program_log = talking.datapath.debug_log().context("no log")?;
    talking.take_over();
    let outcome = talking.receive(&higher.frame())?;
    assert_eq!(outcome.reason, Reason::AdvertFenced);
    program_log.flush();
    let lines = LINES.lock().map_err(|error| anyhow::anyhow!("{error}"))?;
    let expected = "VRID 51 fenced by 192.0.2.9, priority 101";
    assert!(lines.iter().any(|line| line == expected), "{lines:?}");
    Ok(())
}
