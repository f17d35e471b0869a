//! On the daemon's socket: which adverts wake it.
//!
//! The kernel asks for each packet of VRRP's protocol, after the other program has judged it.
//! Everything is read again here: nothing is handed from one program to the other but stamps.

use aya_ebpf::programs::SkBuffContext;
use ha_common::abi::{Familiar, RouterKey, RouterRecord, flag};
use ha_common::wire::{ipv4, vrrp};

use crate::carrier::{cast, hears};
use crate::maps::{self, Router};

/// What an accepted packet is cut to: nothing.
const WHOLE: i64 = u32::MAX as i64;
const REJECT: i64 = 0;

/// How many octets of a packet the daemon gets, 0 for none of it.
#[inline(always)]
pub(crate) fn judge(context: &SkBuffContext) -> i64 {
    match wakes(context) {
        Some(false) | None => REJECT,
        Some(true) => WHOLE,
    }
}

/// Whether the daemon must see the packet; `None` if that is no advert.
#[inline(always)]
fn wakes(context: &SkBuffContext) -> Option<bool> {
    // The kernel has looked at the IP header before.
    let header_len = usize::from(context.load::<u8>(0).ok()? & 0x0f) * 4;
    let [source, destination] =
        [ipv4::SOURCE, ipv4::DESTINATION].map(|at| context.load(at).map(u32::to_ne_bytes).ok());
    let header = context.load(header_len).map(u64::to_ne_bytes).ok()?;
    let advert = vrrp::Header::new_checked(&header).ok()?;
    let ifindex = maps::ifindex(context);
    let key = RouterKey::ipv4(ifindex, advert.vrid(), cast(destination?));
    let Some(router) = Router::by_key(key) else {
        // Where the program is attached all routers are known. Elsewhere, and where the kernel
        // names another interface than the one that the packet came in by, the daemon looks.
        return Some(maps::interface_mac(ifindex).is_none());
    };
    let familiar = Familiar {
        source: source?,
        header,
    };
    Some(hears(router.record, destination?) && is_news(router.record, familiar, &advert))
}

/// Whether an advert says more than the stamps do.
#[inline(always)]
fn is_news(
    record: &RouterRecord,
    advert: Familiar,
    header: &vrrp::Header<&[u8; vrrp::HEADER_LEN]>,
) -> bool {
    let now = maps::now();
    let hearing = record.hearing();
    if record.election().flags & flag::IGNORE_ADVERTS != 0 {
        return false;
    }
    if hearing.familiar() == Some(advert) {
        // A moment ago this very advert was stamped. If not, nobody stamps here any more.
        let age = now.get().saturating_sub(record.last_advert().get());
        return age > header.interval_nanos() / 2;
    }
    let priority = header.priority();
    let is_lower = priority != 0 && priority < record.election().accept_min_priority;
    !is_lower || now >= hearing.sated_until() || hearing.follows(advert.source)
}
