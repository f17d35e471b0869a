//! A data path that owns an address without a daemon.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use ha_user::datapath::{Datapath, VirtualAddress};
use ha_user::net::clock;
use ha_user::vrrp::RouterId;

/// The address that is owned.
pub const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
/// The slot of its router.
pub const ROUTER: RouterId = RouterId(3);

/// Makes `datapath` own [`VIP`] for an hour.
///
/// # Errors
/// The kernel refuses an entry in a map.
pub fn own_vip(mut datapath: Datapath) -> Result<Datapath> {
    let now = clock::now();
    let records = datapath.records();
    let record = records.record(ROUTER);
    record.set_owned_since(now);
    record.set_owned_until(now + Duration::from_secs(3600));
    datapath.set_address(VirtualAddress::new(VIP.into(), 0), ROUTER)?;
    datapath.gate().set_owned(1);
    Ok(datapath)
}
