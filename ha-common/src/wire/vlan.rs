//! VLAN tags (IEEE 802.1Q), of which a frame may carry two.

use super::{ParseError, at_least, put, word};

/// Octets that a tag puts between the EtherType that announces it and its payload.
pub const TAG_LEN: usize = 4;
/// Tags that are looked through.
pub const MAX_TAGS: usize = 2;

/// EtherType of a customer tag (802.1Q).
pub const TYPE_CUSTOMER: u16 = 0x8100;
/// EtherType of a service tag (802.1ad).
pub const TYPE_SERVICE: u16 = 0x88a8;

/// Whether `ethertype` announces a tag.
#[inline(always)]
#[must_use]
pub const fn is_tag(ethertype: u16) -> bool {
    matches!(ethertype, TYPE_CUSTOMER | TYPE_SERVICE)
}

/// The VLAN that a tag with this control word names; 0 if none, for the tag gives a priority alone.
#[inline(always)]
#[must_use]
pub const fn vid(control: u16) -> u16 {
    control & field::VID_MASK
}

mod field {
    pub(super) const CONTROL: usize = 0;
    pub(super) const TYPE: usize = 2;
    pub(super) const VID_MASK: u16 = 0x0fff;
}

/// View of a tag, behind the EtherType that announces it.
///
/// ```text
/// | priority 3 bits, DEI 1, VLAN id 12 | EtherType of the payload (2) |
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tag<T>(T);

impl<T: AsRef<[u8]>> Tag<T> {
    /// # Errors
    /// [`ParseError::Truncated`] below [`TAG_LEN`].
    #[inline(always)]
    pub fn new_checked(buffer: T) -> Result<Self, ParseError> {
        at_least(buffer, TAG_LEN).map(Self)
    }

    /// Priority, drop eligibility and VLAN id as one word.
    #[inline(always)]
    pub fn control(&self) -> u16 {
        word(self.0.as_ref(), field::CONTROL)
    }

    /// EtherType of what follows the tag.
    #[inline(always)]
    pub fn ethertype(&self) -> u16 {
        word(self.0.as_ref(), field::TYPE)
    }

    /// Everything behind the tag.
    pub fn payload(&self) -> &[u8] {
        self.0.as_ref().get(TAG_LEN..).unwrap_or_default()
    }
}

/// Meaning of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr {
    /// VLAN id, 12 bits.
    pub vid: u16,
    /// Priority and drop eligibility, 4 bits.
    pub class: u8,
    /// EtherType of what follows the tag.
    pub ethertype: u16,
}

impl Repr {
    /// Every tag has a meaning.
    pub fn parse<T: AsRef<[u8]>>(tag: &Tag<T>) -> Self {
        let [high, _] = tag.control().to_be_bytes();
        Self {
            vid: vid(tag.control()),
            class: high >> 4,
            ethertype: tag.ethertype(),
        }
    }

    /// Octets that [`Self::emit`] writes.
    #[must_use]
    pub const fn buffer_len(&self) -> usize {
        TAG_LEN
    }

    /// Writes the tag to the front of `buffer`, which has room for it.
    pub fn emit(&self, buffer: &mut [u8]) {
        let control = u16::from(self.class) << 12 | vid(self.vid);
        put(buffer, field::CONTROL, control.to_be_bytes());
        put(buffer, field::TYPE, self.ethertype.to_be_bytes());
    }
}
