//! What each version of VRRP can say of an interval.

use super::super::diagnostic::At;
use super::super::model::VrrpVersion;
use std::time::Duration;

const DEFAULT: Duration = Duration::from_secs(1);
/// Unit of version 3: a hundredth of a second.
const CENTISECOND: Duration = Duration::from_millis(10);
/// Twelve bits of them (RFC 9568 section 5.2.7).
const LONGEST_V3: Duration = Duration::from_millis(40_950);

/// The interval that goes on the wire, and keepalived's remark if it is not the one asked for.
pub(super) fn advert_interval(
    asked: Option<&At<Duration>>,
    version: VrrpVersion,
) -> (Duration, Option<String>) {
    let Some(At { value, .. }) = asked else {
        return (DEFAULT, None);
    };
    match version {
        VrrpVersion::V2 => whole_seconds(*value),
        VrrpVersion::V3 => centiseconds(*value),
    }
}

fn whole_seconds(asked: Duration) -> (Duration, Option<String>) {
    if asked.subsec_nanos() == 0 {
        return (asked, None);
    }
    let rounded = (asked + Duration::from_millis(500)).as_secs().max(1);
    let message = format!(
        "VRRPv2 advertisement interval {:.6}s must be an integer. rounding to {rounded}s",
        asked.as_secs_f64()
    );
    (Duration::from_secs(rounded), Some(message))
}

fn centiseconds(asked: Duration) -> (Duration, Option<String>) {
    let seconds = asked.as_secs_f64();
    if asked > LONGEST_V3 {
        let message = format!(
            "VRRPv3 advertisement interval {seconds:.2}s is out of range. \
             Must be less than 40.96s. Setting to 40.95s"
        );
        return (LONGEST_V3, Some(message));
    }
    let units = (asked + CENTISECOND / 2).as_nanos() / CENTISECOND.as_nanos();
    let rounded = CENTISECOND * u32::try_from(units).unwrap_or(1).max(1);
    if rounded == asked {
        return (asked, None);
    }
    let message = format!(
        "VRRPv3 advertisement interval {seconds:.6}s must be in units of 10ms - rounding to {}ms",
        rounded.as_millis()
    );
    (rounded, Some(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2_knows_whole_seconds() {
        for (asked, wire) in [(500, 1), (1000, 1), (1400, 1), (1600, 2), (10, 1)] {
            let (interval, _) = whole_seconds(Duration::from_millis(asked));
            assert_eq!(interval, Duration::from_secs(wire), "{asked} ms");
        }
    }

    #[test]
    fn version_3_knows_centiseconds_up_to_twelve_bits() {
        for (asked, wire) in [(10, 10), (14, 10), (15, 20), (1000, 1000), (50_000, 40_950)] {
            let (interval, remark) = centiseconds(Duration::from_millis(asked));
            assert_eq!(interval, Duration::from_millis(wire), "{asked} ms");
            assert_eq!(remark.is_some(), asked != wire, "{asked} ms");
        }
    }
}
