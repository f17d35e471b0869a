//! Frames longer than a page, which XDP sees in fragments.

use anyhow::{Context, Result};
use ha_tests::lab::Lan;

use crate::scene::{CABLE, Scene, mode};

/// Usual in networks with jumbo frames.
const MTU: u32 = 9000;
/// Headers of IPv4 and ICMP.
const HEADERS: usize = 28;

#[test]
fn jumbo_frames_pass_native_xdp_unharmed() -> Result<()> {
    let mut scene = Scene::plain(Lan::with_mtu(MTU)?)?;
    scene.mode = "native";
    let daemons = scene.start()?;
    let (mode, why) = mode(&scene.directors[0], CABLE)?;
    assert_eq!(mode, "native", "{why}");
    scene
        .ping(usize::try_from(MTU)? - HEADERS)
        .context("to lb1")?;
    scene.fail_over(&daemons)?;
    scene
        .ping(usize::try_from(MTU)? - HEADERS)
        .context("to lb2")
}
