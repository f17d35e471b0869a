//! In which mode questions are answered, and which one `auto` takes.

use anyhow::Result;
use ha_common::Nanos;
use ha_tests::owner::ROUTER;
use ha_user::datapath::{AttachMode, Mode};

use crate::cable::{Cable, PATIENCE, SILENCE, attach, load, mac, owner};

#[test]
fn an_owned_address_is_answered_for_until_the_lease_ends() -> Result<()> {
    let cable = Cable::new()?;
    for (wanted, mode) in [
        (AttachMode::Generic, Mode::Generic),
        (AttachMode::Tc, Mode::Tc),
    ] {
        let mut datapath = owner(&cable.director)?;
        let attachment = attach(&cable.director, &mut datapath, wanted)?;
        assert_eq!(attachment.mode, mode);
        let mut asker = cable.ask()?;
        assert_eq!(
            asker.answer_within(PATIENCE)?,
            Some(mac(&cable.director)?),
            "the interface's own MAC answers"
        );
        let records = datapath.records();
        records.record(ROUTER).set_owned_until(Nanos::NEVER);
        assert_eq!(asker.answer_within(SILENCE)?, None);
    }
    Ok(())
}

#[test]
fn veth_loses_native_replies_where_nobody_runs_xdp_beyond() -> Result<()> {
    let cable = Cable::new()?;
    let mut asker = cable.ask()?;
    let mut datapath = owner(&cable.director)?;
    attach(&cable.director, &mut datapath, AttachMode::Native)?;
    assert_eq!(
        asker.answer_within(SILENCE)?,
        None,
        "if this arrives, veth has been mended"
    );
    Ok(())
}

#[test]
fn veth_delivers_native_replies_where_xdp_runs_beyond() -> Result<()> {
    let cable = Cable::new()?;
    let mut passing = load(&cable.client)?;
    attach(&cable.client, &mut passing, AttachMode::Native)?;
    let mut datapath = owner(&cable.director)?;
    let attachment = attach(&cable.director, &mut datapath, AttachMode::Native)?;
    assert_eq!(attachment.mode, Mode::Native);
    assert!(cable.ask()?.answer_within(PATIENCE)?.is_some());
    Ok(())
}

#[test]
fn auto_spares_the_other_traffic_of_a_veth_whatever_runs_beyond() -> Result<()> {
    let cable = Cable::new()?;
    let mut passing = load(&cable.client)?;
    for runs_beyond in [false, true] {
        if runs_beyond {
            attach(&cable.client, &mut passing, AttachMode::Native)?;
        }
        let mut datapath = owner(&cable.director)?;
        let attachment = attach(&cable.director, &mut datapath, AttachMode::Auto)?;
        assert_eq!(attachment.mode, Mode::Tc, "{}", attachment.why);
        assert!(cable.ask()?.answer_within(PATIENCE)?.is_some());
    }
    Ok(())
}
