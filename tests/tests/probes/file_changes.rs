//! FILE_CHECK and files that change, long before its next beat: what packets meet, whatever has happened
//! to the file; and what a reload leaves open.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use anyhow::{Context as _, Result, ensure};
use ha_tests::lab::{CONFIG_PATH, Daemon, Host, Responder, Signal, Tools, status, until};

use crate::scene::{PATIENCE, Scene};

const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
const PORT: u16 = 80;
/// Seconds from one beat to the next: nothing here takes as long.
const BEAT: u32 = 600;

/// A service with a server for each of these files, as the `track_file` is called, which all must be good.
fn config(files: &[(&str, &str)]) -> String {
    let blocks: String = files
        .iter()
        .map(|(name, path)| format!("track_file {name} {{\n file {path}\n weight 0\n}}\n"))
        .collect();
    let checks: String = files
        .iter()
        .map(|(name, _)| {
            format!("  FILE_CHECK {{\n   track_file {name}\n   delay_loop {BEAT}\n  }}\n")
        })
        .collect();
    format!(
        "{blocks}virtual_server {VIP} {PORT} {{
 protocol TCP
 no_server reject
 real_server 192.0.2.1 {PORT} {{
{checks} }}
}}
vrrp_instance VI_1 {{
 interface eth0
 version 3
 virtual_router_id 51
 advert_int 0.1
 virtual_ipaddress {{
  {VIP}/24
 }}
}}
"
    )
}

/// What a client meets at the service.
fn ask(client: &Host) -> Result<Result<(), ErrorKind>> {
    let ask = || TcpStream::connect_timeout(&SocketAddr::from((VIP, PORT)), PATIENCE).map(drop);
    let asked = client.netns().enter(ask)?;
    Ok(asked.map_err(|error| error.kind()))
}

#[test]
fn packets_follow_a_file_whatever_happens_to_it() -> Result<()> {
    let mut scene = Scene::new()?;
    let client = Host::new("client")?;
    scene.lan.attach(&client, "eth0", "192.0.2.50/24")?;
    let director = &scene.director;
    let _page = Responder::start(director, PORT)?;
    let config = config(&[("drain", "/run/app/drain")]);
    let daemon = Daemon::start(director, &Tools::vipd()?, &config)?;
    daemon.wait_for("VI_1", "MASTER", PATIENCE)?;
    let open = Ok(());
    let refused = Err(ErrorKind::ConnectionRefused);
    for (change, expected) in [
        ("true", open),
        ("mkdir /run/app && echo 1 >/run/app/drain", refused),
        ("echo 0 >/run/app/drain", open),
        ("echo 2 >/run/next && mv /run/next /run/app/drain", refused),
        ("rm /run/app/drain", open),
        ("echo 1 >/run/app/drain", refused),
        ("mv /run/app/drain /run/app/other", open),
        ("ln /run/app/other /run/app/drain", refused),
        ("rm -r /run/app", open),
        ("mkdir /run/app && echo 1 >/run/app/drain", refused),
        ("mv /run/app /run/away", open),
        ("ln -s away /run/app", refused),
        ("echo 0 >/run/away/drain", open),
    ] {
        director.sh(change)?;
        let meets = || Ok(ask(&client)? == expected);
        until("the packets", PATIENCE, meets).with_context(|| change.to_owned())?;
    }
    Ok(())
}

/// Waits until these are what the daemon looks at, and whether its service is open.
fn expect(director: &Host, files: &[&str], open: bool) -> Result<()> {
    until("the reload", PATIENCE, || {
        let services = status(director)?.services;
        let service = services.first().context("no service")?;
        let probes = service.servers.iter().flat_map(|server| &server.probes);
        let probes: Vec<_> = probes.map(|probe| probe.what.as_str()).collect();
        let are = probes.len() == files.len()
            && files
                .iter()
                .zip(&probes)
                .all(|(file, what)| what.ends_with(file));
        Ok(are && service.open == open)
    })
}

/// How many descriptors the worker has, and how many directories are watched through each that is for that.
fn descriptors(daemon: &Daemon) -> Result<(usize, Vec<usize>)> {
    let worker = daemon.workers()?;
    let worker = worker.first().context("no worker")?.as_raw_pid();
    let mut watches = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(format!("/proc/{worker}/fd"))? {
        let entry = entry?;
        count += 1;
        if fs::read_link(entry.path())?.to_string_lossy() == "anon_inode:inotify" {
            let number = entry.file_name();
            let info = format!("/proc/{worker}/fdinfo/{}", number.to_string_lossy());
            let info = fs::read_to_string(info)?;
            watches.push(
                info.lines()
                    .filter(|line| line.starts_with("inotify"))
                    .count(),
            );
        }
    }
    Ok((count, watches))
}

#[test]
fn a_reload_watches_other_files_and_leaves_nothing_open() -> Result<()> {
    let scene = Scene::new()?;
    let director = &scene.director;
    director.sh("mkdir /run/a /run/b")?;
    let one = ("one", "/run/a/x");
    let other = ("other", "/run/b/x");
    let daemon = Daemon::start(director, &Tools::vipd()?, &config(&[one]))?;
    daemon.wait_for("VI_1", "MASTER", PATIENCE)?;
    let follow = |files: &[(&str, &str)], open| {
        director.write(CONFIG_PATH, &config(files))?;
        daemon.signal(Signal::HUP);
        let names: Vec<_> = files.iter().map(|(name, _)| *name).collect();
        expect(director, &names, open)
    };
    expect(director, &["one"], true)?;
    let (before, watches) = descriptors(&daemon)?;
    ensure!(watches == [3], "of /, /run and /run/a: {watches:?}");
    for _ in 0..5 {
        follow(&[other], true)?;
        director.sh("echo 1 >/run/a/x")?;
        director.sh("echo 1 >/run/b/x")?;
        expect(director, &["other"], false)?;
        // What has happened to a file meanwhile is seen.
        follow(&[one, other], false)?;
        let (_, watches) = descriptors(&daemon)?;
        ensure!(watches == [4], "/, /run, /run/a, /run/b: {watches:?}");
        director.sh("rm /run/b/x")?;
        director.sh("rm /run/a/x")?;
        expect(director, &["one", "other"], true)?;
        follow(&[], true)?;
        let (_, watches) = descriptors(&daemon)?;
        ensure!(watches.is_empty(), "{watches:?}");
        follow(&[one], true)?;
    }
    let after = descriptors(&daemon)?;
    ensure!(after == (before, vec![3]), "{after:?}, not {before}");
    Ok(())
}
