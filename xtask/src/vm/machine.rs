//! One machine: a kernel, its file system, and qemu.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::contents::Contents;
use super::image::Image;
use super::plan::{Report, Step};
use crate::job::{self, Limits};
use crate::setup::{Kernel, Qemu, Series};
use crate::{lab, progress, workspace};

/// A boot takes some 10 s, and all steps some 5 minutes, on a host that does nothing else.
const LIMITS: Limits = Limits {
    first_line: Duration::from_mins(2),
    end: Duration::from_mins(30),
};
/// Everything is in memory: the image, the programs it holds, and what they write.
const MEMORY_MIB: &str = "1024";
/// The machine's second serial port; its first one is the kernel's.
const REPORT: &str = "/dev/ttyS1";
/// What Debian's kernels do for safety that costs an emulated processor time, and is no subject here.
const OPTIONS: &str = "mitigations=off init_on_alloc=0 apparmor=0 audit=0";
/// Lines of the console that tell why a machine died.
const LAST_WORDS: usize = 25;

/// What the labs need of the kernel, in the order of their dependencies.
const MODULES: &[&str] = &[
    "llc",
    "stp",
    "bridge",
    "garp",
    "mrp",
    "8021q",
    "tls",
    "bonding",
    "dummy",
    "veth",
    "overlay",
    "sch_ingress",
    "cls_bpf",
    "sch_netem",
    "virtio",
    "virtio_ring",
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_pci",
    "failover",
    "net_failover",
    "virtio_net",
    "vmxnet3",
];

/// Network cards whose drivers run XDP: `eth0` and so on, in the order of their modules above. The
/// last one takes VLAN tags off.
const CARDS: &[&str] = &[
    "virtio-net-pci",
    "virtio-net-pci",
    "virtio-net-pci",
    "vmxnet3",
];

/// A machine that can be started.
pub(super) struct Machine<'a> {
    contents: &'a Contents,
    kernel: Kernel,
    steps: Vec<Step>,
    /// Where its image and its console are.
    directory: PathBuf,
}

impl<'a> Machine<'a> {
    /// A machine with the kernel of `series`.
    ///
    /// # Errors
    /// The kernel is not to be had.
    pub(super) fn new(series: Series, contents: &'a Contents) -> Result<Self> {
        let kernel = series.ensure()?;
        let directory = workspace::target()?.join("vm").join(series.name());
        fs::create_dir_all(&directory)
            .with_context(|| format!("cannot create {}", directory.display()))?;
        Ok(Self {
            contents,
            kernel,
            steps: contents.steps(series),
            directory,
        })
    }

    /// What it is to do.
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// As `uname -r` says it.
    pub(super) fn release(&self) -> &str {
        &self.kernel.release
    }

    /// Runs `steps` to their end, or to that of the machine or of the time it has. A machine that does
    /// not come up, which qemu's emulation is to blame for, gets a second chance.
    ///
    /// # Errors
    /// The image cannot be written, or qemu cannot be started.
    pub(super) fn run(&self, qemu: &Qemu, steps: &[Step]) -> Result<Report> {
        self.write_image(steps)?;
        let report = self.boot(qemu)?;
        if report.has_begun() {
            return Ok(report);
        }
        progress::print(&format!(
            "kernel {} did not come up, and is booted once more\n{}\n",
            self.release(),
            self.last_words()
        ));
        self.boot(qemu)
    }

    fn boot(&self, qemu: &Qemu) -> Result<Report> {
        let mut machine = self.command(qemu, "stdio");
        let label = format!("kernel {}", self.kernel.release);
        let outcome = job::run_within(LIMITS, &label, &mut machine)?;
        if !outcome.status.success() {
            eprint!("{}", outcome.stderr);
        }
        Ok(Report::parse(&outcome.stdout))
    }

    /// Becomes qemu, with the report at the user's terminal. Returns only on failure.
    ///
    /// # Errors
    /// The image cannot be written, or qemu cannot be started.
    pub(super) fn become_terminal(&self, qemu: &Qemu) -> Result<()> {
        self.write_image(&self.steps)?;
        lab::become_command(self.command(qemu, "mon:stdio"))
    }

    /// The end of what the kernel said.
    pub(super) fn last_words(&self) -> String {
        let path = self.console();
        let console = fs::read(&path).unwrap_or_default();
        let console = String::from_utf8_lossy(&console);
        let lines: Vec<_> = console.lines().collect();
        let end = &lines[lines.len().saturating_sub(LAST_WORDS)..];
        format!("{}:\n{}", path.display(), end.join("\n"))
    }

    fn image(&self) -> PathBuf {
        self.directory.join("image.cpio")
    }

    fn console(&self) -> PathBuf {
        self.directory.join("console.log")
    }

    fn write_image(&self, steps: &[Step]) -> Result<()> {
        let mut image = Image::create(&self.image())?;
        let scratch = self.directory.join("stripped");
        self.contents.write(&mut image, (steps, REPORT), &scratch)?;
        for (number, name) in MODULES.iter().enumerate() {
            let Some(path) = self.kernel.module(name)? else {
                continue;
            };
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            image.file(Path::new(&format!("/modules/{number:02}-{file}")), &bytes)?;
        }
        image.finish()
    }

    /// A machine with two serial ports, the console and `report`, and network cards on one hub.
    fn command(&self, qemu: &Qemu, report: &str) -> Command {
        let console = format!("file:{}", self.console().display());
        let (program, argument) = self.contents.first_process();
        let processor = self.contents.processor();
        let mut command = qemu.command();
        command
            .args(["-nodefaults", "-no-user-config", "-no-reboot"])
            .args(["-display", "none", "-accel", processor.accelerator])
            .args([
                "-cpu",
                processor.model,
                "-smp",
                processor.count,
                "-m",
                MEMORY_MIB,
            ])
            .arg("-kernel")
            .arg(&self.kernel.image)
            .arg("-initrd")
            .arg(self.image())
            .arg("-append")
            .arg(format!(
                "console=ttyS0 panic=-1 {OPTIONS} rdinit={} -- {argument}",
                program.display()
            ))
            .args(["-serial", &console, "-serial", report]);
        for (number, card) in CARDS.iter().enumerate() {
            command
                .args(["-netdev", &format!("hubport,id=net{number},hubid=0")])
                .arg("-device")
                // Nothing is booted from it.
                .arg(format!("{card},netdev=net{number},romfile="));
        }
        command
    }
}
