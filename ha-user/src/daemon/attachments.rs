//! On which interfaces the data path works, and why not on the others.

use std::collections::{BTreeMap, BTreeSet};

use super::acceptance::Acceptance;
use super::plan::{self, RouterPlan};
use crate::config::model::XdpMode;
use crate::control::protocol;
use crate::datapath::{AttachMode, Attachment, Datapath, Wanted};
use crate::net::link::{Link, Links};

/// What was tried on each interface. An interface is tried once in its life, and once more when the
/// first VLAN comes to lie on it: an attach takes tens of milliseconds, and a reload must not cost
/// them.
#[derive(Debug, Default)]
pub(super) struct Attachments {
    tried: BTreeMap<u32, Attempt>,
    acceptance: Acceptance,
}

#[derive(Debug)]
struct Attempt {
    /// native, generic, tc or off.
    mode: &'static str,
    why: String,
    /// Why nobody judges what leaves by the interface, if nobody does.
    open_egress: Option<String>,
    /// Hardware address that the data path answers with, and whether as a router.
    told: Option<([u8; 6], bool)>,
    /// VLANs lay on the interface when the mode was chosen, or a previous process chose it.
    heeds_vlans: bool,
}

impl Attachments {
    /// Attaches to every interface that carries a router or an address, unless a previous process
    /// has.
    #[must_use]
    pub(super) fn attach(
        datapath: Option<&mut Datapath>,
        mode: XdpMode,
        plans: &[RouterPlan],
        links: &Links,
    ) -> Self {
        let mut attachments = Self::default();
        let inherited = datapath.iter().flat_map(|datapath| datapath.attachments());
        for attachment in inherited {
            if let Some(link) = links.get(attachment.ifindex) {
                let attempt = Attempt::attached(link, attachment, true);
                attachments.tried.insert(link.ifindex, attempt);
            }
        }
        attachments.extend(datapath, mode, plans, links);
        attachments
    }

    /// Attaches to interfaces that are new, forgets those that are gone; `false` if there were
    /// neither.
    pub(super) fn extend(
        &mut self,
        datapath: Option<&mut Datapath>,
        mode: XdpMode,
        plans: &[RouterPlan],
        links: &Links,
    ) -> bool {
        let mut datapath = datapath;
        let mut news = self.forget_gone(datapath.as_deref_mut(), links);
        for link in plan::interfaces(plans, links) {
            let carries_vlans = links.carries_vlans(link.ifindex);
            if let Some(known) = self.tried.get_mut(&link.ifindex)
                && (known.heeds_vlans || !carries_vlans || mode != XdpMode::Auto)
            {
                known.follow(datapath.as_deref_mut(), link);
                continue;
            }
            let mut attempt = attempt(datapath.as_deref_mut(), mode, link, carries_vlans);
            attempt.follow(datapath.as_deref_mut(), link);
            news = true;
            self.tried.insert(link.ifindex, attempt);
        }
        self.acceptance.look(plans, &self.guarded(), links);
        news
    }

    /// Tells the data path what interfaces are to their neighbours by now: no event says when one begins
    /// to forward.
    pub(super) fn follow(&mut self, datapath: Option<&mut Datapath>, links: &Links) {
        let mut datapath = datapath;
        for (ifindex, attempt) in &mut self.tried {
            if let Some(link) = links.get(*ifindex) {
                attempt.follow(datapath.as_deref_mut(), link);
            }
        }
    }

    /// Has the next [`Self::extend`] try every interface again: programs are at hand now that take
    /// the place of a previous process's.
    pub(super) fn renew(&mut self) {
        self.tried.clear();
    }

    /// An interface that is gone took its program with it; its index may come back as another.
    fn forget_gone(&mut self, datapath: Option<&mut Datapath>, links: &Links) -> bool {
        let before = self.tried.len();
        let gone = |ifindex: &u32| links.get(*ifindex).is_none();
        if let Some(datapath) = datapath {
            for ifindex in self.tried.keys().copied().filter(gone) {
                if let Err(error) = datapath.forget(ifindex) {
                    log::debug!("cannot forget interface {ifindex}: {error}");
                }
            }
        }
        self.tried.retain(|ifindex, _| !gone(ifindex));
        self.tried.len() != before
    }

    /// Interfaces that are guarded.
    pub(super) fn guarded(&self) -> BTreeSet<u32> {
        let guarded = self.tried.iter().filter(|(_, attempt)| attempt.mode != OFF);
        guarded.map(|(ifindex, _)| *ifindex).collect()
    }

    /// For `vipctl status`.
    #[must_use]
    pub(super) fn describe(&self, links: &Links) -> Vec<protocol::Interface> {
        let describe = |(ifindex, attempt): (&u32, &Attempt)| {
            let link = links.get(*ifindex)?;
            Some(protocol::Interface {
                name: link.name.clone(),
                xdp: attempt.mode.to_owned(),
                why: attempt.why.clone(),
                open_egress: attempt.open_egress.clone(),
            })
        };
        self.tried.iter().filter_map(describe).collect()
    }
}

const OFF: &str = "off";

impl Attempt {
    fn attached(link: &Link, attachment: &Attachment, heeds_vlans: bool) -> Self {
        log::info!("{}: {} ({})", link.name, attachment.mode, attachment.why);
        if let Some(why) = &attachment.open_egress {
            log::warn!("{}: what leaves here is not judged: {why}", link.name);
        }
        Self {
            mode: attachment.mode.name(),
            why: attachment.why.clone(),
            open_egress: attachment.open_egress.clone(),
            told: None,
            heeds_vlans,
        }
    }

    /// Tells the data path the interface's hardware address, and whether it is a router's, where that
    /// has changed.
    fn follow(&mut self, datapath: Option<&mut Datapath>, link: &Link) {
        let (Some(datapath), Some(mac)) = (datapath, link.mac) else {
            return;
        };
        if self.mode == OFF {
            return;
        }
        let is_router = datapath.is_router(link.ifindex);
        if self.told == Some((mac, is_router)) {
            return;
        }
        match datapath.set_interface(link.ifindex, mac, is_router) {
            Ok(()) => self.told = Some((mac, is_router)),
            Err(error) => log::error!("{}: XDP cannot answer here: {error}", link.name),
        }
    }
}

fn attempt(
    datapath: Option<&mut Datapath>,
    mode: XdpMode,
    link: &Link,
    carries_vlans: bool,
) -> Attempt {
    let mode = match mode {
        XdpMode::Off => return off("mode off in the configuration"),
        XdpMode::Tc => AttachMode::Tc,
        XdpMode::Auto => AttachMode::Auto,
        XdpMode::Native => AttachMode::Native,
        XdpMode::Generic => AttachMode::Generic,
    };
    let Some(datapath) = datapath else {
        return off("the XDP program could not be loaded; the log says why");
    };
    let wanted = Wanted {
        mode,
        carries_vlans,
    };
    match datapath.attach(link.ifindex, wanted) {
        Ok(attachment) => Attempt::attached(link, attachment, carries_vlans),
        Err(error) => {
            let error = anyhow::Error::from(error);
            log::warn!(
                "{}: no data path here, working as keepalived does: {error:#}",
                link.name
            );
            off(&format!("{error:#}"))
        }
    }
}

fn off(why: &str) -> Attempt {
    Attempt {
        mode: OFF,
        why: why.to_owned(),
        open_egress: None,
        told: None,
        heeds_vlans: true,
    }
}
