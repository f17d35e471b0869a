//! What the program says with `--debug-xdp`.

use std::sync::Mutex;

use anyhow::{Context, Result};
use ha_tests::lab::{Asker, Mac, until};
use ha_tests::owner::{VIP, own_vip};
use ha_user::datapath::{AttachMode, Datapath, LoadOptions};
use log::{LevelFilter, Log, Metadata, Record};

use crate::cable::{Cable, PATIENCE, attach};

/// Keeps what is logged.
struct Kept(Mutex<Vec<String>>);

impl Log for Kept {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let lines = self.0.lock();
        lines.expect("not poisoned").push(record.args().to_string());
    }

    fn flush(&self) {}
}

#[test]
fn what_the_program_logs_reaches_the_daemons_log() -> Result<()> {
    static KEPT: Kept = Kept(Mutex::new(Vec::new()));
    log::set_logger(&KEPT)?;
    log::set_max_level(LevelFilter::Debug);
    let cable = Cable::new()?;
    let options = LoadOptions { debug_xdp: true };
    let mut datapath = own_vip(cable.director.enter(|| Datapath::load(options))??)?;
    attach(&cable.director, &mut datapath, AttachMode::Generic)?;
    let mut debug_log = datapath.debug_log().context("a log")?;
    let stranger = Mac([2, 0, 0, 0, 0, 0x66]);
    Asker::new(&cable.client, stranger, VIP, VIP)?.ask()?;
    until("a line of the program", PATIENCE, || {
        debug_log.flush();
        let lines = KEPT.0.lock().expect("not poisoned");
        let told = |line: &String| line.contains("192.0.2.100") && line.contains("announces");
        Ok(lines.iter().any(told))
    })
}
