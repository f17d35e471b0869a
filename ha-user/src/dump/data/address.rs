//! An address of an instance in a line.

use crate::config::model::VirtualAddress;
use crate::dump::picture::Router;
use crate::vrrp::State;

/// Scopes as the kernel numbers them; others are shown as numbers.
const SCOPES: [(u8, &str); 5] = [
    (0, "global"),
    (200, "site"),
    (253, "link"),
    (254, "host"),
    (255, "nowhere"),
];

/// How many of its octets make a mask that is shown.
const HOST: u8 = 32;

/// Exporters take the first word for the address, and the one after `dev` - which they find by its
/// place - for the interface.
pub(in crate::dump) fn describe(address: &VirtualAddress, router: &Router) -> String {
    let mut text = address.address.to_string();
    if address.prefix_len != HOST {
        text += &format!("/{}", address.prefix_len);
    }
    if let Some(broadcast) = address.broadcast {
        text += &format!(" brd {broadcast}");
    }
    let device = address
        .device
        .as_ref()
        .unwrap_or(&router.instance.interface);
    text += &format!(" dev {device}");
    let named = SCOPES.iter().find(|(scope, _)| *scope == address.scope);
    text += &named.map_or_else(
        || format!(" scope {}", address.scope),
        |(_, name)| format!(" scope {name}"),
    );
    if let Some(label) = &address.label {
        text += &format!(" label {label}");
    }
    if router.state == State::Active {
        text += " set";
    }
    text
}
