//! Shows packets with their verdicts to `vipctl capture`, while somebody looks.

use ha_common::abi::{CAPTURED_OCTETS, Gate, Sighting, Way};
use ha_common::{Nanos, Reason};

use crate::maps;
use crate::packet::Packet;

/// Shows a packet that was judged, as it is by now, if somebody wants to see it. Costs everybody
/// else a look at the gate.
#[inline(always)]
pub(crate) fn offer(packet: &impl Packet, way: Way, reason: Reason, gate: &Gate) {
    let until = gate.capture_until();
    if until != Nanos::NEVER {
        offer_until(until, packet, way, reason, gate);
    }
}

#[inline(always)]
fn offer_until(until: Nanos, packet: &impl Packet, way: Way, reason: Reason, gate: &Gate) {
    let at = maps::now();
    if at >= until {
        // Whoever looked is gone.
        gate.set_capture_until(Nanos::NEVER);
        return;
    }
    if !gate.capture_reasons().contains(reason) {
        return;
    }
    let Some((tally, captured)) = maps::capture() else {
        return;
    };
    if !tally.admit(at) {
        return;
    }
    let length = packet.len();
    captured.describe(Sighting {
        at,
        ifindex: packet.ifindex(),
        reason,
        way,
        length: length as u32,
    });
    let octets = length.min(CAPTURED_OCTETS);
    if !packet.copy_out(captured.octets_mut(), octets) || !maps::show(captured, octets) {
        tally.leave_out();
    }
}
