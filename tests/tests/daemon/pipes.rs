//! Pipes that transitions are written to, beside Debian's keepalived.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ha_tests::lab::{CONFIG_PATH, Daemon, Host, Lan, Signal, Software, Tools, pause, until};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, STOP, Solo};

const PIPE: &str = "/run/transitions";
const LINES: &str = "/run/lines";
const READER: &str = "/usr/local/bin/reader";

/// A host with two interfaces, on which one of the two daemons runs.
struct Scene {
    host: Host,
    daemon: Daemon,
    reader: Child,
    read: usize,
    _lans: [Lan; 2],
}

/// Two instances, of which one is in a group, the other tracks a script.
const TWO: &str = "global_defs {
    script_user root
    enable_script_security
    notify_fifo /run/transitions
    vrrp_notify_priority_changes
}
vrrp_script chk {
    script \"/usr/bin/test ! -e /run/bad\"
    interval 1
    weight -30
}
vrrp_instance VI_1 {
    interface eth0
    version 3
    virtual_router_id 51
    priority 100
    advert_int 0.1
    track_script {
        chk
    }
    virtual_ipaddress {
        192.0.2.100/24
    }
}
";
const GROUP: &str = "vrrp_sync_group G {
    group {
        VI_2
    }
}
vrrp_instance VI_2 {
    interface eth1
    version 3
    virtual_router_id 52
    priority 90
    advert_int 0.1
    virtual_ipaddress {
        198.51.100.100/24
    }
}
";

/// One that has scripts for its end.
const DELETED: &str = "vrrp_instance VI_3 {
    interface eth1
    version 3
    virtual_router_id 53
    priority 100
    advert_int 0.1
    notify_deleted \"/usr/local/bin/note gone\"
    notify_fault \"/usr/local/bin/note fault\"
    notify \"/usr/local/bin/note\"
    virtual_ipaddress {
        198.51.100.103/24
    }
}
";

impl Scene {
    fn new(software: &Software) -> Result<Self> {
        let mut lans = [Lan::new()?, Lan::new()?];
        let host = Host::new("lb1")?;
        lans[0].attach(&host, "eth0", "192.0.2.1/24")?;
        lans[1].attach(&host, "eth1", "198.51.100.1/24")?;
        // Reads on, whoever opens and closes the pipe.
        let read = format!("mkfifo {PIPE}; : >{LINES}; exec cat <>{PIPE} >>{LINES}");
        let reader = host.spawn(Command::new("sh").args(["-c", &read]))?;
        until("a reader", PATIENCE, || Ok(host.outside(LINES).exists()))?;
        host.write_script(
            "/usr/local/bin/note",
            "#!/bin/sh\necho \"$@\" >>/run/told\n",
        )?;
        let daemon = Daemon::start(&host, software, &format!("{TWO}{GROUP}"))?;
        Ok(Self {
            host,
            daemon,
            reader,
            read: 0,
            _lans: lans,
        })
    }

    /// Lines that come until `last`, and shortly after it.
    fn lines_until(&mut self, last: &str) -> Result<Vec<String>> {
        let path = self.host.outside(LINES);
        let all = || anyhow::Ok(std::fs::read_to_string(&path)?);
        let new = |text: &str| text.lines().skip(self.read).any(|line| line == last);
        until(last, PATIENCE, || Ok(new(&all()?))).with_context(|| format!("{:?}", all()))?;
        self.lines_for(Duration::from_millis(500))
    }

    /// Lines that come within `time`.
    fn lines_for(&mut self, time: Duration) -> Result<Vec<String>> {
        pause(time)?;
        let text = std::fs::read_to_string(self.host.outside(LINES))?;
        let lines: Vec<_> = text.lines().skip(self.read).map(str::to_owned).collect();
        self.read += lines.len();
        Ok(lines)
    }

    /// What scripts were told of the instance that is removed, in any order.
    fn told(&self) -> Result<Vec<String>> {
        let path = self.host.outside("/run/told");
        let read = || std::fs::read_to_string(&path).unwrap_or_default();
        until("the scripts", PATIENCE, || {
            Ok(read().contains("DELETED") && read().contains("gone"))
        })?;
        let mut told: Vec<String> = read().lines().map(str::to_owned).collect();
        told.sort();
        Ok(told)
    }

    fn reload(&self, config: &str) -> Result<()> {
        self.host.write(CONFIG_PATH, config)?;
        self.daemon.signal(Signal::HUP);
        Ok(())
    }

    /// What is written in a whole life, from one event to the next.
    fn story(&mut self) -> Result<Vec<Vec<String>>> {
        let mut story = vec![self.lines_until("GROUP \"G\" MASTER 0")?];
        self.host.sh("touch /run/bad")?;
        story.push(self.lines_until("INSTANCE \"VI_1\" MASTER_PRIORITY 70")?);
        self.host.sh("rm /run/bad")?;
        story.push(self.lines_until("INSTANCE \"VI_1\" MASTER_PRIORITY 100")?);
        self.host.netns().ip("link set eth1 down")?;
        story.push(self.lines_until("GROUP \"G\" FAULT 0")?);
        self.host.netns().ip("link set eth1 up")?;
        story.push(self.lines_until("GROUP \"G\" MASTER 0")?);
        self.reload(&format!("{TWO}{GROUP}"))?;
        story.push(self.lines_for(Duration::from_secs(2))?);
        self.reload(TWO)?;
        story.push(self.lines_until("INSTANCE \"VI_2\" FAULT 90")?);
        self.reload(&format!("{TWO}{DELETED}"))?;
        story.push(self.lines_until("INSTANCE \"VI_3\" MASTER 100")?);
        self.reload(TWO)?;
        story.push(self.lines_until("INSTANCE \"VI_3\" DELETED 100")?);
        story.push(self.told()?);
        self.daemon.stop()?;
        story.push(self.lines_until("INSTANCE \"VI_1\" STOP 100")?);
        Ok(story)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // The host's end takes what is not there any more.
        let _ = self.reader.kill();
        let _ = self.reader.wait();
    }
}

/// The lines of one event, those of groups last: keepalived has them first when it starts.
fn groups_last(lines: &[String]) -> Vec<&String> {
    let of_group = |line: &&String| line.starts_with("GROUP");
    let (groups, others): (Vec<_>, Vec<_>) = lines.iter().partition(of_group);
    others.into_iter().chain(groups).collect()
}

#[test]
fn both_daemons_write_the_same() -> Result<()> {
    let theirs = Scene::new(&Tools::keepalived()?)?.story()?;
    let ours = Scene::new(&Tools::vipd()?)?.story()?;
    for (theirs, ours) in theirs.iter().zip(&ours) {
        println!("{theirs:?}");
        ensure!(
            groups_last(theirs) == groups_last(ours),
            "{theirs:?}\n{ours:?}"
        );
    }
    ensure!(theirs.len() == 11 && ours.len() == 11);
    Ok(())
}

/// A pipe that the daemon makes, with a command that reads it.
fn with_reader(config: &str) -> String {
    format!(
        "global_defs {{\n script_user root\n enable_script_security\n \
         notify_fifo {PIPE} nobody nogroup\n notify_fifo_script \"{READER} one two\" root\n}}\n{config}"
    )
}

/// Notes its arguments and what it reads.
const NOTES: &str = "#!/bin/sh
echo \"$$ $*\" >>/run/starts
exec cat \"$3\" >>/run/lines
";

/// A life with a pipe of the daemon's own, as facts that can be compared.
fn life_of_a_pipe(software: &Software) -> Result<Vec<String>> {
    let mut lan = Lan::new()?;
    let host = Host::new("lb1")?;
    lan.attach(&host, "eth0", "192.0.2.1/24")?;
    host.write_script(READER, NOTES)?;
    let mut daemon = Daemon::start(&host, software, &with_reader(CONFIG))?;
    daemon.wait_for(INSTANCE, "MASTER", PATIENCE)?;
    let starts = || host.sh("cut -d' ' -f2- /run/starts");
    until("the reader", PATIENCE, || {
        Ok(starts().is_ok_and(|text| text.lines().count() == 1))
    })?;
    let mut facts = vec![
        host.sh(&format!("stat -c '%F %a %U %G' {PIPE}"))?,
        starts()?,
    ];
    until("a line", PATIENCE, || {
        Ok(host.sh("cat /run/lines")?.contains("MASTER"))
    })?;
    facts.push(host.sh("cat /run/lines")?);
    daemon.signal(Signal::HUP);
    until("the next reader", PATIENCE, || {
        Ok(starts()?.lines().count() == 2)
    })?;
    let first = host.sh("head -1 /run/starts | cut -d' ' -f1")?;
    let gone = format!("kill -0 {} 2>&1 || true", first.trim());
    until("the end of the first", PATIENCE, || {
        Ok(host.sh(&gone)?.contains("No such"))
    })?;
    daemon.stop()?;
    until("the end of the reader", STOP, || {
        Ok(host.processes(&["cat"])?.len() <= 1)
    })?;
    facts.push(starts()?);
    // keepalived leaves the pipe after a reload.
    let stays = host.outside(PIPE).exists();
    ensure!(
        !stays || matches!(software, Software::Keepalived(_)),
        "the pipe is left"
    );
    Ok(facts)
}

#[test]
fn a_pipe_and_its_reader_live_as_with_keepalived() -> Result<()> {
    let theirs = life_of_a_pipe(&Tools::keepalived()?)?;
    let ours = life_of_a_pipe(&Tools::vipd()?)?;
    ensure!(theirs == ours, "{theirs:#?}\n{ours:#?}");
    println!("{ours:#?}");
    Ok(())
}

#[test]
fn another_worker_neither_repeats_nor_restarts() -> Result<()> {
    let solo = Solo::new()?;
    solo.host.write_script(READER, NOTES)?;
    let daemon = solo.start(&with_reader(CONFIG))?;
    let lines = || solo.host.sh("cat /run/lines");
    until("lines", PATIENCE, || {
        Ok(lines().is_ok_and(|text| text.contains("MASTER")))
    })?;
    let before = (lines()?, solo.host.sh("cat /run/starts")?);
    let made = std::fs::metadata(solo.host.outside(PIPE))?.ino();
    let killed = Instant::now();
    let worker = solo.pid_in("/run/keepalived_vrrp.pid")?;
    solo.host.sh(&format!("kill -KILL {worker}"))?;
    daemon
        .log()
        .wait_for("carrying on as the process before", killed, PATIENCE)?;
    let vipctl = Tools::vipctl()?.display().to_string();
    solo.host.sh(&format!("{vipctl} restart"))?;
    daemon.log().wait_for("Restarted:", killed, PATIENCE)?;
    pause(Duration::from_secs(1))?;
    ensure!(
        before == (lines()?, solo.host.sh("cat /run/starts")?),
        "{}",
        lines()?
    );
    ensure!(made == std::fs::metadata(solo.host.outside(PIPE))?.ino());
    solo.host.netns().ip("link set eth0 down")?;
    let fault = before.0 + "INSTANCE \"VI_1\" FAULT 100\n";
    until("one more line", PATIENCE, || Ok(lines()? == fault))?;
    Ok(())
}

#[test]
fn a_full_pipe_holds_nothing_up_and_its_loss_is_said() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(&format!(
        "global_defs {{\n notify_fifo {PIPE}\n}}\n{CONFIG}"
    ))?;
    let mut options = OpenOptions::new();
    let options = options
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK);
    let mut pipe = options.open(solo.host.outside(PIPE))?;
    while pipe.write(&[b'\n'; 4096]).is_ok() {}
    while pipe.write(b"\n").is_ok() {}
    let full = Instant::now();
    for _ in 0..3 {
        solo.host.netns().ip("link set eth0 down")?;
        daemon.wait_for_since(INSTANCE, "FAULT", full, PATIENCE)?;
        pause(Duration::from_millis(100))?;
        let up = Instant::now();
        solo.host.netns().ip("link set eth0 up")?;
        daemon.wait_for_since(INSTANCE, "MASTER", up, PATIENCE)?;
    }
    daemon.log().wait_for("nobody reads it", full, PATIENCE)?;
    let read = Instant::now();
    while pipe.read(&mut [0; 4096]).is_ok() {}
    solo.host.netns().ip("link set eth0 down")?;
    // FAULT, BACKUP and MASTER, three times.
    daemon.log().wait_for("9 lines are lost", read, PATIENCE)?;
    let mut line = [0; 4096];
    let length = pipe.read(&mut line)?;
    ensure!(line[..length] == *b"INSTANCE \"VI_1\" FAULT 100\n");
    Ok(())
}

#[test]
fn servers_are_told_of_once_whoever_finds_out() -> Result<()> {
    let server = "real_server 192.0.2.7 8080 {\n MISC_CHECK {\n misc_path \"/usr/bin/test -e /run/good\"\n \
                  delay_loop 1\n }\n }\n";
    let service = format!(
        "virtual_server 192.0.2.100 80 {{\n protocol TCP\n lb_algo rr\n lb_kind DR\n {server}}}\n"
    );
    let config = format!("global_defs {{\n lvs_notify_fifo {PIPE}\n}}\n{CONFIG}{service}");
    let solo = Solo::new()?;
    solo.host.sh("touch /run/good")?;
    let daemon = solo.start(&config)?;
    let mut options = OpenOptions::new();
    let options = options
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK);
    let mut pipe = options.open(solo.host.outside(PIPE))?;
    let mut said = String::new();
    let mut hear = |wanted: &str| {
        until(wanted, PATIENCE, || {
            let mut octets = [0; 4096];
            let length = pipe.read(&mut octets).unwrap_or(0);
            said.push_str(&String::from_utf8_lossy(&octets[..length]));
            Ok(said.ends_with(wanted))
        })?;
        anyhow::Ok(std::mem::take(&mut said))
    };
    solo.host.sh("rm /run/good")?;
    let down = "RS [192.0.2.7]:tcp:8080 [192.0.2.100]:tcp:80 DOWN\nVS [192.0.2.100]:tcp:80 DOWN\n";
    ensure!(hear("80 DOWN\nVS [192.0.2.100]:tcp:80 DOWN\n")? == down);
    let killed = Instant::now();
    let worker = solo.pid_in("/run/keepalived_vrrp.pid")?;
    solo.host.sh(&format!("kill -KILL {worker}"))?;
    let adopted = "carrying on as the process before";
    daemon.log().wait_for(adopted, killed, PATIENCE)?;
    // It finds the server bad, too.
    pause(Duration::from_secs(3))?;
    solo.host.sh("touch /run/good")?;
    let up = down.replace("DOWN", "UP");
    let heard = hear("VS [192.0.2.100]:tcp:80 UP\n")?;
    ensure!(heard == up, "{heard}");
    Ok(())
}
