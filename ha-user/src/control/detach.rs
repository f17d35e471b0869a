//! `vipctl detach`: takes what a dead daemon left behind off the interfaces.

use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use rustix::net::sockopt::socket_peercred;

use crate::datapath::{self, Hook};
use crate::net::link::{Link, Links};

/// Takes the programs of any version of vipd off `interface`, or off every interface, and says
/// what was there.
///
/// # Errors
/// A daemon listens on `socket`, unless `force`; there is no such interface; or the kernel
/// refuses.
pub(super) fn detach(socket: &Path, interface: Option<&str>, force: bool) -> Result<String> {
    if !force {
        refuse_if_served(socket)?;
    }
    let links = Links::read().context("cannot read the interfaces")?;
    let lines = match interface {
        Some(name) => {
            let link = links
                .named(name)
                .with_context(|| format!("interface {name} does not exist"))?;
            vec![line(link, &datapath::detach(link.ifindex)?)]
        }
        None => detach_everywhere(&links)?,
    };
    if lines.is_empty() {
        return Ok("no interface has anything of vipd's".to_owned());
    }
    Ok(lines.join("\n"))
}

fn detach_everywhere(links: &Links) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for link in links.iter() {
        let hooks = datapath::detach(link.ifindex)?;
        if !hooks.is_empty() {
            lines.push(line(link, &hooks));
        }
    }
    Ok(lines)
}

fn line(Link { name, .. }: &Link, hooks: &[Hook]) -> String {
    if hooks.is_empty() {
        return format!("{name}: nothing of vipd's is here");
    }
    let labels: Vec<_> = hooks.iter().map(|hook| hook.label()).collect();
    format!("{name}: vipd's programs are off: {}", labels.join(", "))
}

/// Whoever listens lives, also if it is frozen and does not answer.
fn refuse_if_served(socket: &Path) -> Result<()> {
    let Ok(stream) = UnixStream::connect(socket) else {
        return Ok(());
    };
    let credentials = socket_peercred(&stream).context("cannot ask who listens")?;
    bail!(
        "a daemon lives (pid {}, {}) and would go on without its data path; stop it first, or \
         insist with --force",
        credentials.pid.as_raw_nonzero(),
        socket.display()
    )
}
