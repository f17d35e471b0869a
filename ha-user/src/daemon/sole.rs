//! The one vipd of a network namespace: the data path on its interfaces, with everything in it, is
//! taken for that of the process before, which two at once would do with each other's.

use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

use anyhow::{Context as _, Result, bail};
use rustix::net::sockopt::socket_peercred;
use rustix::process::{Uid, geteuid};

/// Abstract names of sockets are those of a network namespace, and go with their process.
const NAME: &str = "vipd";

/// The right to a data path, which ends with the process, however that ends. Without a socket where
/// somebody has taken the name who cannot run a vipd: anybody may.
#[derive(Debug)]
pub(super) struct Sole(#[expect(dead_code, reason = "held, not used")] Option<UnixListener>);

impl Sole {
    /// Claims it.
    ///
    /// # Errors
    /// Another one has it: names the pid.
    pub(super) fn claim() -> Result<Self> {
        let name = SocketAddr::from_abstract_name(NAME).context("cannot name a socket")?;
        match UnixListener::bind_addr(&name) {
            Ok(listener) => Ok(Self(Some(listener))),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                let holder = UnixStream::connect_addr(&name).ok();
                let holder = holder.and_then(|stream| socket_peercred(stream).ok());
                let pid = holder.map_or(0, |other| other.pid.as_raw_pid());
                if let Some(stranger) = holder.filter(|other| !may_run_vipd(other.uid)) {
                    let user = stranger.uid.as_raw();
                    log::warn!("user {user} (pid {pid}) has taken the name of vipd's socket");
                    return Ok(Self(None));
                }
                bail!(
                    "another vipd (pid {pid}) works in this network namespace: put all instances \
                     into its configuration, or say `mode off` in xdp {{ }} here"
                )
            }
            Err(error) => Err(error).context("cannot ask for other daemons"),
        }
    }
}

/// Whether `user` is the superuser, or who runs this one.
fn may_run_vipd(user: Uid) -> bool {
    user.is_root() || user == geteuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_no_rights_hinders_nobody() {
        assert!(may_run_vipd(Uid::ROOT) && may_run_vipd(geteuid()));
        assert!(!may_run_vipd(Uid::from_raw(geteuid().as_raw() + 1)));
    }

    #[test]
    fn the_second_is_told_of_the_first() {
        let first = Sole::claim();
        let second = Sole::claim().expect_err("there is one");
        assert!(first.is_err() || second.to_string().contains(&std::process::id().to_string()));
        drop(first);
    }
}
