//! The processors of a machine: this host's own if it lends them, else emulated ones.

use std::fs::{self, OpenOptions};

/// What lends a host's processors.
const DEVICE: &str = "/dev/kvm";
/// Flags of processors that can be lent: Intel's and AMD's.
const CAPABLE: [&str; 2] = ["vmx", "svm"];

/// How qemu makes processors.
pub(super) struct Processor {
    /// qemu's `-accel`.
    pub(super) accelerator: &'static str,
    /// qemu's `-cpu`.
    pub(super) model: &'static str,
    /// qemu's `-smp`.
    pub(super) count: &'static str,
    /// How many times slower than this host's the tests may take it to be: `HA_SLOWNESS`.
    pub(super) slowness: &'static str,
}

const LENT: Processor = Processor {
    accelerator: "kvm",
    model: "host",
    count: "2",
    slowness: "2",
};

/// An old one is emulated best: qemu 7.2 makes a mess of the flags after CMPXCHG16B, which the
/// kernel's allocator would use. With two of them, one may run into a breakpoint of the kernel's
/// that the other one has taken away already, and the kernel stops.
const EMULATED: Processor = Processor {
    accelerator: "tcg",
    model: "Nehalem,-cx16",
    count: "1",
    slowness: "20",
};

impl Processor {
    /// The faster one that there is.
    pub(super) fn best() -> &'static Self {
        let flags = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        // The device alone does not tell: inside a virtual machine it may be there and hang.
        let is_lent = is_capable(&flags) && opens(DEVICE);
        if is_lent { &LENT } else { &EMULATED }
    }
}

fn opens(device: &str) -> bool {
    let device = OpenOptions::new().read(true).write(true).open(device);
    device.is_ok()
}

fn is_capable(cpuinfo: &str) -> bool {
    let mut words = cpuinfo.split_whitespace();
    words.any(|word| CAPABLE.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::is_capable;

    #[test]
    fn a_processor_that_can_be_lent_has_the_flag_as_a_word_of_its_own() {
        assert!(is_capable("flags\t\t: fpu vme vmx ssse3\n"));
        assert!(is_capable("flags\t\t: fpu svm\n"));
        assert!(!is_capable("flags\t\t: fpu vme svm_lock\n"));
    }
}
