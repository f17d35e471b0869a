//! Moments as keepalived shows them: as a number, and for people.

use std::time::SystemTime;

use humantime::format_rfc3339_micros;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const SECONDS_OF_A_DAY: u64 = 86_400;

/// As `1795339422.241559 (Sun Nov 22 09:23:42.241559 2026)`, in UTC.
pub(super) fn moment(at: SystemTime) -> String {
    let since = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let (seconds, micros) = (since.as_secs(), since.subsec_micros());
    // The epoch was a Thursday.
    let day = DAYS[usize::try_from(seconds / SECONDS_OF_A_DAY % 7).unwrap_or_default()];
    // As 2026-11-22T09:23:42.241559Z.
    let date = format_rfc3339_micros(at).to_string();
    let part = |from, to| date.get(from..to).unwrap_or_default();
    let month: usize = part(5, 7).parse().unwrap_or(1);
    let month = MONTHS.get(month - 1).copied().unwrap_or_default();
    let day_of_month = part(8, 10).trim_start_matches('0');
    let (time, year) = (part(11, 26), part(0, 4));
    format!("{seconds}.{micros:06} ({day} {month} {day_of_month:>2} {time} {year})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_moment_is_shown_as_keepalived_shows_it() {
        let after = |micros| moment(SystemTime::UNIX_EPOCH + Duration::from_micros(micros));
        assert_eq!(after(0), "0.000000 (Thu Jan  1 00:00:00.000000 1970)");
        assert_eq!(
            after(1_795_339_422_241_559),
            "1795339422.241559 (Sun Nov 22 09:23:42.241559 2026)"
        );
    }
}
