//! Has the kernel take programs whatever signals come meanwhile.
//!
//! The verifier gives up when a signal comes for the thread that it works for, a freeze among them
//! (`EAGAIN`). And aya finds out once in the life of a process what the kernel can do, by small programs
//! to which the same may happen: it would then go on without names, by which the next process knows
//! what is vipd's.

use std::error::Error;
use std::io;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, SigmaskHow};
use rustix::system::uname;

use super::LoadError;

/// After these somebody else is to try: the next process.
const TRIES: usize = 64;
/// Between two of them: who freezes and thaws a process does so again.
const PAUSE: Duration = Duration::from_millis(20);
/// From here on kernels have all that aya looks for and we use (Linux 5.2; rights as we ask for them 5.8).
const MODERN: (u32, u32) = (5, 8);

/// What `load` brings into the kernel.
///
/// # Errors
/// As `load`; [`LoadError::Disturbed`] if there was no peace for it, or there was none when this process
/// found out what the kernel can do.
pub(super) fn undisturbed<T>(
    mut load: impl FnMut() -> Result<T, LoadError>,
) -> Result<T, LoadError> {
    let _calm = Calm::begin()?;
    let mut loaded = load();
    for _ in 1..TRIES {
        if !was_interrupted(&loaded) {
            break;
        }
        thread::sleep(PAUSE);
        loaded = load();
    }
    match loaded {
        Err(error @ LoadError::NotPermitted(_)) => Err(error),
        loaded if knows_kernel() && !was_interrupted(&loaded) => loaded,
        _ => Err(LoadError::Disturbed),
    }
}

fn was_interrupted<T>(loaded: &Result<T, LoadError>) -> bool {
    loaded.as_ref().is_err_and(|error| is_interruption(error))
}

fn is_interruption(error: &(dyn Error + 'static)) -> bool {
    let is_again = |error: &io::Error| error.raw_os_error() == Some(libc::EAGAIN);
    error.downcast_ref().is_some_and(is_again) || error.source().is_some_and(is_interruption)
}

/// Whether aya has found what every modern kernel has.
fn knows_kernel() -> bool {
    let known = aya::features();
    let all = known.bpf_name() && known.bpf_global_data() && known.btf().is_some();
    all || !is_modern(&uname().release().to_string_lossy())
}

fn is_modern(release: &str) -> bool {
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|number| number.parse().ok());
    let (major, minor) = (numbers.next(), numbers.next());
    (major.unwrap_or(0), minor.unwrap_or(0)) >= MODERN
}

/// While it exists, signals for this thread wait.
struct Calm(SigSet);

impl Calm {
    fn begin() -> io::Result<Self> {
        Ok(Self(SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK)?))
    }
}

impl Drop for Calm {
    fn drop(&mut self) {
        // A mask that the kernel gave it takes back.
        let _ = self.0.thread_set_mask();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_by_their_numbers() {
        for (release, expected) in [
            ("6.1.0-50-cloud-amd64", true),
            ("5.8", true),
            ("5.10.0", true),
            ("5.4.0-generic", false),
            ("4.19.0", false),
            ("", false),
        ] {
            assert_eq!(is_modern(release), expected, "{release}");
        }
    }

    #[test]
    fn what_was_interrupted_is_done_again() {
        let mut tries = 0;
        let loaded = undisturbed(|| {
            tries += 1;
            match tries {
                1 => Err(LoadError::Io(io::Error::from_raw_os_error(libc::EAGAIN))),
                _ => Err(LoadError::NotPermitted("for the test".into())),
            }
        });
        assert!(matches!(loaded, Err::<(), _>(LoadError::NotPermitted(_))));
        assert_eq!(tries, 2);
    }
}
