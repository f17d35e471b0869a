//! Processes that tests start to kill them, or to see what they cannot do.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ha_tests::owner::own_vip;
use ha_user::datapath::{AttachMode, Datapath, LoadOptions};
use ha_user::net::link::Links;
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["attach", interface] => attach(interface),
        ["load-without", "bpf"] => load_without(CapabilitySet::BPF),
        ["load-without", "net_admin"] => load_without(CapabilitySet::NET_ADMIN),
        _ => bail!("attach INTERFACE | load-without bpf|net_admin"),
    }
}

/// Owns a VIP on `interface`, says so, and waits to be killed.
fn attach(interface: &str) -> Result<()> {
    let mut datapath = own_vip(Datapath::load(LoadOptions::default())?)?;
    let links = Links::read()?;
    let link = links.named(interface).context("no such interface")?;
    datapath.attach(link.ifindex, AttachMode::Generic)?;
    println!("attached");
    thread::sleep(Duration::from_secs(3600));
    Ok(())
}

/// Loads the program after giving `right` up, and what includes all rights.
fn load_without(right: CapabilitySet) -> Result<()> {
    let rights = right | CapabilitySet::SYS_ADMIN;
    let mut sets = capabilities(None)?;
    sets.effective -= rights;
    sets.permitted -= rights;
    sets.inheritable -= rights;
    set_capabilities(None, sets)?;
    Datapath::load(LoadOptions::default())?;
    Ok(())
}
