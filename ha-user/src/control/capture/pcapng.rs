//! Writes pcapng (draft-ietf-opsawg-pcapng), with the verdict as a comment on each packet.

use std::io::{self, Write};

/// Section Header Block.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
/// Tells the order of octets.
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// Section length: not known.
const UNTIL_THE_END: u64 = u64::MAX;
const VERSION: [u16; 2] = [1, 0];
/// Interface Description Block.
const INTERFACE: u32 = 1;
/// LINKTYPE_ETHERNET.
const ETHERNET: u16 = 1;
/// Enhanced Packet Block.
const PACKET: u32 = 6;

/// Codes of options.
mod option {
    pub(super) const COMMENT: u16 = 1;
    /// In a section header.
    pub(super) const USER_APPLICATION: u16 = 4;
    /// In an interface description.
    pub(super) const NAME: u16 = 2;
    /// In an interface description: negative power of 10 of a second.
    pub(super) const TIME_RESOLUTION: u16 = 9;
    /// In a packet.
    pub(super) const FLAGS: u16 = 2;
}
const NANOSECONDS: u8 = 9;

/// Which way a packet went: `epb_flags`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Inbound = 1,
    Outbound = 2,
}

/// A packet, and what there is to say of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// Number of its interface, in the order of their descriptions.
    pub(super) interface: u32,
    /// Nanoseconds since 1970.
    pub(super) at: u64,
    pub(super) direction: Direction,
    /// Octets that it had.
    pub(super) length: u32,
    /// Those that are shown.
    pub(super) octets: &'a [u8],
    pub(super) comment: &'a str,
}

/// A file of one section.
pub(super) struct Writer<W> {
    to: W,
}

impl<W: Write> Writer<W> {
    /// Begins with the name of the program that writes.
    ///
    /// # Errors
    /// As of `to`.
    pub(super) fn begin(to: W, program: &str) -> io::Result<Self> {
        let mut writer = Self { to };
        let mut block = Block::new(SECTION_HEADER);
        block.put(BYTE_ORDER_MAGIC.to_le_bytes());
        for number in VERSION {
            block.put(number.to_le_bytes());
        }
        block.put(UNTIL_THE_END.to_le_bytes());
        block.option(option::USER_APPLICATION, program.as_bytes());
        writer.write(block)?;
        Ok(writer)
    }

    /// Describes the next interface, of whose packets at most `most` octets are shown.
    ///
    /// # Errors
    /// As of the file.
    pub(super) fn interface(&mut self, name: &str, most: u32) -> io::Result<()> {
        let mut block = Block::new(INTERFACE);
        block.put(ETHERNET.to_le_bytes());
        block.put([0; 2]);
        block.put(most.to_le_bytes());
        block.option(option::NAME, name.as_bytes());
        block.option(option::TIME_RESOLUTION, &[NANOSECONDS]);
        self.write(block)
    }

    /// Adds a packet of an interface that was described.
    ///
    /// # Errors
    /// As of the file.
    pub(super) fn packet(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        let mut block = Block::new(PACKET);
        let [high, low] = [packet.at >> 32, packet.at & u64::from(u32::MAX)];
        let shown = packet.octets.len() as u64;
        let numbers = [
            packet.interface.into(),
            high,
            low,
            shown,
            packet.length.into(),
        ];
        for number in numbers {
            // Each of them has 32 bits.
            let [a, b, c, d, ..] = number.to_le_bytes();
            block.put([a, b, c, d]);
        }
        block.put(packet.octets);
        block.pad();
        block.option(option::COMMENT, packet.comment.as_bytes());
        block.option(option::FLAGS, &(packet.direction as u32).to_le_bytes());
        self.write(block)
    }

    /// Hands everything to whoever reads.
    ///
    /// # Errors
    /// As of the file.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    fn write(&mut self, block: Block) -> io::Result<()> {
        self.to.write_all(&block.finish())
    }
}

/// A block in the making: its type, room for its length, its body.
struct Block(Vec<u8>);

impl Block {
    const LENGTH: std::ops::Range<usize> = 4..8;

    fn new(kind: u32) -> Self {
        let mut block = Self(Vec::new());
        block.put(kind.to_le_bytes());
        block.put([0; 4]);
        block
    }

    fn put(&mut self, octets: impl AsRef<[u8]>) {
        self.0.extend_from_slice(octets.as_ref());
    }

    fn pad(&mut self) {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    /// Adds an option; one that is too long for its length is cut.
    fn option(&mut self, code: u16, value: &[u8]) {
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.put(code.to_le_bytes());
        self.put(length.to_le_bytes());
        self.put(value.get(..length.into()).unwrap_or_default());
        self.pad();
    }

    /// Ends the options, of which every block here has some, and repeats the length.
    fn finish(mut self) -> Vec<u8> {
        self.put([0; 4]);
        let length = u32::try_from(self.0.len() + 4).unwrap_or(u32::MAX);
        self.put(length.to_le_bytes());
        if let Some(place) = self.0.get_mut(Self::LENGTH) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits a file into types and bodies, and checks both lengths of each block.
    fn blocks(mut file: &[u8]) -> Vec<(u32, Vec<u8>)> {
        let word = |octets: &[u8]| u32::from_le_bytes(octets[..4].try_into().expect("a word"));
        let mut blocks = Vec::new();
        while !file.is_empty() {
            let length = word(&file[4..]) as usize;
            assert_eq!(length % 4, 0);
            assert_eq!(word(&file[length - 4..]) as usize, length);
            blocks.push((word(file), file[8..length - 4].to_vec()));
            file = &file[length..];
        }
        blocks
    }

    #[test]
    fn a_file_has_a_section_interfaces_and_packets() {
        let mut file = Vec::new();
        let mut writer = Writer::begin(&mut file, "vipctl").expect("a vector");
        writer.interface("eth0", 96).expect("a vector");
        let packet = Packet {
            interface: 0,
            at: 0x1234_5678_9abc_def0,
            direction: Direction::Outbound,
            length: 1500,
            octets: &[1, 2, 3, 4, 5],
            comment: "drop",
        };
        writer.packet(&packet).expect("a vector");
        let blocks = blocks(&file);
        let kinds: Vec<u32> = blocks.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [SECTION_HEADER, INTERFACE, PACKET]);
        assert_eq!(blocks[0].1[..4], BYTE_ORDER_MAGIC.to_le_bytes());
        let body = &blocks[2].1;
        assert_eq!(body[4..8], 0x1234_5678_u32.to_le_bytes());
        assert_eq!(body[8..12], 0x9abc_def0_u32.to_le_bytes());
        assert_eq!(body[12..20], [5, 0, 0, 0, 0xdc, 5, 0, 0]);
        assert_eq!(body[20..28], [1, 2, 3, 4, 5, 0, 0, 0]);
        assert_eq!(body[28..36], *b"\x01\0\x04\0drop");
        assert_eq!(body[36..44], [2, 0, 4, 0, 2, 0, 0, 0]);
        assert_eq!(body[44..], [0; 4]);
    }
}
