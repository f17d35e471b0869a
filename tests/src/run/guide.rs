//! How to look around in a lab that stays up.

use std::fmt::Write;

use anyhow::Result;

use super::article;
use super::stage::Stage;
use crate::lab::{CONFIG_PATH, Software, Tools};

/// Commands for another terminal.
pub(super) fn render(stage: &Stage) -> Result<String> {
    let mut text = String::from("\nthe lab is up; in another terminal, as root:\n");
    for director in &stage.directors {
        let name = director.host.name();
        let enter = format!("nsenter --all --target {}", director.host.pid());
        writeln!(text, "\n  {enter}    # a shell on {name}")?;
        writeln!(
            text,
            "  {enter} ip -4 address show {}",
            article::LAYOUT.interface
        )?;
        writeln!(text, "  {enter} cat {CONFIG_PATH}")?;
        if let Software::Vipd(_) = director.software {
            writeln!(text, "  {enter} {} status", Tools::vipctl()?.display())?;
        }
    }
    let [client, _] = &stage.scene.watchers;
    let (pid, vip) = (client.pid(), article::LAYOUT.vip);
    let url = format!("http://{vip}{}", article::PAGE);
    writeln!(
        text,
        "\n  nsenter --all --target {pid} curl -s {url}    # from the client"
    )?;
    let lan = stage.scene.lan.netns().path();
    writeln!(
        text,
        "\n  nsenter --net={} tcpdump -ni {} vrrp or arp    # adverts and ARP on the bridge",
        lan.display(),
        stage.scene.lan.interface()
    )?;
    text.push_str("\nCtrl-C here takes everything down");
    Ok(text)
}
