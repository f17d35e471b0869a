//! Adverts that are well-formed, and not true.

use anyhow::{Context, Result, ensure};
use ha_common::Reason;
use ha_common::wire::vrrp::{Authentication, Version};
use ha_tests::forgery::{sent_by_stranger, stranger};
use ha_tests::watched::Pair;
use ha_tests::xdp::frame::Advert;

use crate::scene::{Scene, V2, V3};

/// An advert like the stranger's, changed, in a frame of the stranger's.
fn forge(scene: &Scene, change: impl FnOnce(&mut Advert)) -> Result<Vec<u8>> {
    let mut advert = stranger(&scene.pair)?;
    change(&mut advert);
    sent_by_stranger(&scene.pair, advert.frame())
}

/// What director `index` sends, from the stranger's port.
fn replay(scene: &Scene, index: usize) -> Result<Vec<u8>> {
    forge(scene, |advert| {
        advert.priority = scene.pair.setup().priorities[index];
        advert.source = Pair::<2>::address(index).octets();
    })
}

/// The Backup takes it for what it says; the Active director knows that it has not said it.
#[test]
fn replayed_adverts_of_the_active_director() -> Result<()> {
    for setup in [V2, V3] {
        let scene = Scene::new(setup)?;
        scene.bear(&replay(&scene, 0)?)?;
        scene.wait_for_packets(0, Reason::AdvertOwn)?;
        ensure!(scene.packets(0, Reason::AdvertFenced)? == 0);
    }
    Ok(())
}

/// Whoever sends with the Backup's address is told who is Active, and that is all.
#[test]
fn adverts_with_the_backups_own_source() -> Result<()> {
    for setup in [V2, V3] {
        let scene = Scene::new(setup)?;
        scene.bear(&replay(&scene, 1)?)?;
        scene.wait_for_packets(1, Reason::AdvertOwn)?;
        scene.wait_for_packets(0, Reason::AdvertLower)?;
    }
    Ok(())
}

/// It is who VRRP says that must be obeyed: the directors are silent, and recover by themselves.
#[test]
fn priority_255_of_a_stranger_is_obeyed_and_outlived() -> Result<()> {
    for setup in [V2, V3] {
        let scene = Scene::new(setup)?;
        scene.send(&forge(&scene, |advert| advert.priority = 255)?)?;
        scene.wait_for_line(0, "Entering BACKUP STATE")?;
        ensure!(scene.packets(0, Reason::AdvertFenced)? == 1);
        scene.wait_for_line(0, "Entering MASTER STATE")?;
        scene.wait_for_peace()?;
    }
    Ok(())
}

/// With a password (version 2) it is none of theirs.
#[test]
fn priority_255_without_the_password_is_ignored() -> Result<()> {
    let pair = Pair::new(V2)?;
    let password = "    authentication {\n        auth_type PASS\n        auth_pass 1111\n    }\n";
    let scene = Scene::configured(pair, password)?;
    scene.bear(&forge(&scene, |advert| advert.priority = 255)?)?;
    let wrong = forge(&scene, |advert| {
        advert.priority = 255;
        advert.version = Version::V2(Authentication::plain_text(*b"2222\0\0\0\0"));
    })?;
    scene.bear(&wrong)?;
    for index in [0, 1] {
        scene.wait_for_packets(index, Reason::AdvertAuth)?;
        scene.wait_for_line(index, Reason::AdvertAuth.describe())?;
    }
    Ok(())
}

/// A farewell counts from whom the Backup follows.
#[test]
fn priority_0_of_a_stranger_hands_nothing_over() -> Result<()> {
    for setup in [V2, V3] {
        let scene = Scene::new(setup)?;
        scene.bear(&forge(&scene, |advert| advert.priority = 0)?)?;
        scene.wait_for_packets(1, Reason::AdvertLeaving)?;
    }
    Ok(())
}

/// In the Active director's name it counts: the Backup claims, and yields to the answer.
#[test]
fn priority_0_in_the_name_of_the_active_director_is_put_right() -> Result<()> {
    let scene = Scene::new(V3)?;
    let farewell = forge(&scene, |advert| {
        advert.priority = 0;
        advert.source = Pair::<2>::address(0).octets();
    })?;
    scene.send(&farewell)?;
    scene.wait_for_packets(1, Reason::AdvertLeaving)?;
    scene.wait_for_peace()?;
    let own = scene.daemons[0].log().matching("Entering BACKUP STATE");
    ensure!(own.len() <= 1, "the Active director gave way: {own:?}");
    Ok(())
}

/// Lists of addresses are not compared: the priority decides, as between routers that agree.
#[test]
fn a_list_of_other_addresses_changes_nothing() -> Result<()> {
    let lists = [vec![], vec![[203, 0, 113, 7]], vec![[203, 0, 113, 7]; 20]];
    for setup in [V2, V3] {
        let scene = Scene::new(setup)?;
        for addresses in lists.clone() {
            scene.bear(&forge(&scene, |advert| advert.addresses = addresses)?)?;
        }
        for index in [0, 1] {
            scene.wait_for_packets(index, Reason::AdvertLower)?;
            let status = scene.status(index)?;
            let instance = status.instances.first().context("an instance")?;
            ensure!(instance.addresses.len() == 1, "{:?}", instance.addresses);
        }
    }
    Ok(())
}
