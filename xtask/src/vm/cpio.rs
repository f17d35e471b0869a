//! Archives in the "newc" format of cpio, which the kernel unpacks as its first file system
//! (Documentation/driver-api/early-userspace/buffer-format.rst).

use std::io::{self, Write};

const DIRECTORY: u32 = 0o040_755;
const EXECUTABLE: u32 = 0o100_755;
const LINK: u32 = 0o120_777;
const TERMINAL: u32 = 0o020_600;

/// An archive that is being written.
pub(super) struct Archive<W> {
    output: W,
    entries: u32,
}

impl<W: Write> Archive<W> {
    /// An empty one.
    pub(super) fn new(output: W) -> Self {
        Self { output, entries: 0 }
    }

    /// A directory; the one above it has to be there.
    pub(super) fn directory(&mut self, path: &str) -> io::Result<()> {
        self.entry(path, DIRECTORY, [0, 0], &[])
    }

    /// A file that may be executed.
    pub(super) fn file(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.entry(path, EXECUTABLE, [0, 0], bytes)
    }

    /// A symbolic link.
    pub(super) fn link(&mut self, path: &str, target: &str) -> io::Result<()> {
        self.entry(path, LINK, [0, 0], target.as_bytes())
    }

    /// A terminal device, by its major and minor number.
    pub(super) fn terminal(&mut self, path: &str, device: [u32; 2]) -> io::Result<()> {
        self.entry(path, TERMINAL, device, &[])
    }

    /// Ends it.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.entry("/TRAILER!!!", 0, [0, 0], &[])?;
        self.output.flush()
    }

    /// `path` begins with the `/` that names in the archive lack.
    fn entry(&mut self, path: &str, mode: u32, device: [u32; 2], bytes: &[u8]) -> io::Result<()> {
        let name = path.trim_start_matches('/');
        let size = |length: usize| u32::try_from(length).map_err(io::Error::other);
        self.entries += 1;
        let [major, minor] = device;
        let (owner, links, time, checksum) = (0, 1, 0, 0);
        let fields = [
            self.entries,
            mode,
            owner,
            owner,
            links,
            time,
            size(bytes.len())?,
            0,
            0,
            major,
            minor,
            size(name.len() + 1)?,
            checksum,
        ];
        let header: String = fields.iter().map(|field| format!("{field:08X}")).collect();
        self.padded(format!("070701{header}{name}\0").as_bytes())?;
        self.padded(bytes)
    }

    /// Headers and contents begin at multiples of four bytes.
    fn padded(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.output.write_all(bytes)?;
        let missing = bytes.len().next_multiple_of(4) - bytes.len();
        self.output.write_all(&[0; 3][..missing])
    }
}

#[cfg(test)]
mod tests {
    use super::Archive;

    #[test]
    fn entries_are_laid_out_as_the_kernel_reads_them() {
        let mut bytes = Vec::new();
        let mut archive = Archive::new(&mut bytes);
        archive.file("/a/bc", b"12345").unwrap();
        archive.finish().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (header, rest) = text.split_at(110);
        assert_eq!(&header[..14], "07070100000001", "magic and inode");
        assert_eq!(&header[14..22], "000081ED", "a regular file, 0755");
        assert_eq!(&header[54..62], "00000005", "its size");
        assert_eq!(&header[94..102], "00000005", "length of its name, and NUL");
        // 110 + 5 is padded to 116, and 5 bytes to 8.
        assert!(
            rest.starts_with("a/bc\0\x00" as &str) && rest[6..].starts_with("12345\0\0\x00070701")
        );
        assert!(text.contains("TRAILER!!!") && text.len().is_multiple_of(4));
    }
}
