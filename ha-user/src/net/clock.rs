//! The daemon's clock and alarm: `CLOCK_BOOTTIME`, which the data path's stamps are in, too.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use ha_common::Nanos;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Reads the clock.
#[must_use]
pub fn now() -> Nanos {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    Nanos::new(seconds.saturating_mul(NANOS_PER_SECOND) + nanos)
}

/// Time since the machine's start, without the time it slept: `CLOCK_MONOTONIC`, for those who go by it.
#[must_use]
pub fn monotonic() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}

/// The time of day, since 1970 in UTC, at which this clock was 0 - by today's reckoning: the time of
/// day can be set.
#[must_use]
pub fn time_of_boot() -> Duration {
    let time = clock_gettime(ClockId::Realtime);
    let day = Duration::try_from(time).unwrap_or_default();
    day.saturating_sub(now().saturating_since(Nanos::new(0)))
}

/// An alarm at a point in time, for `poll`: readable from that point on until set anew.
#[derive(Debug)]
pub struct Timer(OwnedFd);

impl Timer {
    /// A timer that is not set.
    ///
    /// # Errors
    /// The process has no file descriptors left.
    pub fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        Ok(Self(timerfd_create(TimerfdClockId::Boottime, flags)?))
    }

    /// Sets the alarm to `at`, also if that is in the past; `None` turns it off. Either forgets an
    /// alarm that went off.
    ///
    /// # Errors
    /// None that a timer of this kind is known to have.
    pub fn set(&self, at: Option<Nanos>) -> io::Result<()> {
        // All zero would turn the alarm off.
        let nanos = at.map_or(0, |at| at.get().max(1));
        let spec = Itimerspec {
            it_interval: timespec(0),
            it_value: timespec(nanos),
        };
        timerfd_settime(&self.0, TimerfdTimerFlags::ABSTIME, &spec)?;
        Ok(())
    }
}

impl AsFd for Timer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn timespec(nanos: u64) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(nanos / NANOS_PER_SECOND).unwrap_or(i64::MAX),
        tv_nsec: i64::try_from(nanos % NANOS_PER_SECOND).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use rustix::event::{PollFd, PollFlags, poll};

    use super::*;

    fn fires_within(timer: &Timer, limit: Duration) -> bool {
        let mut fds = [PollFd::new(timer, PollFlags::IN)];
        let limit = Timespec::try_from(limit).expect("a short time");
        poll(&mut fds, Some(&limit)).expect("poll") == 1
    }

    #[test]
    fn fires_at_its_time_and_not_before() {
        let timer = Timer::new().expect("timer");
        let at = now() + Duration::from_millis(20);
        timer.set(Some(at)).expect("set");
        assert!(fires_within(&timer, Duration::from_secs(10)));
        assert!(now() >= at);
    }

    #[test]
    fn setting_anew_or_turning_off_forgets_an_alarm() {
        let timer = Timer::new().expect("timer");
        timer.set(Some(Nanos::NEVER)).expect("set");
        assert!(fires_within(&timer, Duration::from_secs(10)));
        timer.set(None).expect("set");
        assert!(!fires_within(&timer, Duration::ZERO));
        timer
            .set(Some(now() + Duration::from_secs(3600)))
            .expect("set");
        assert!(!fires_within(&timer, Duration::ZERO));
    }
}
