//! What keepalived counts apart and the data path does not.

use ha_common::Reason;
use ha_common::wire::vrrp::{self, Authentication};

use super::Framing;
use super::packet::Packet;
use crate::vrrp::Advert;

/// IPsec's, which was in RFC 2338.
const KIND_AH: u8 = 2;

/// More about an advert than whether it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// It counts, but lists other addresses than ours.
    AddressList,
    /// It does not, for nobody knows its type of authentication.
    UnknownAuthentication,
    /// It does not, for its type of authentication is not ours.
    OtherAuthentication,
}

impl Framing {
    /// What there is to say of a packet with this verdict.
    #[must_use]
    pub fn detail(&self, packet: &[u8], verdict: &Result<Advert, Reason>) -> Option<Detail> {
        let packet = Packet::parse(packet).ok()?;
        let message = vrrp::Packet::new_checked(packet.payload, packet.family()).ok()?;
        match verdict {
            Ok(_) => (!self.lists_ours(&message)).then_some(Detail::AddressList),
            Err(Reason::AdvertAuth) => self.stranger(message.header().auth_kind()),
            Err(_) => None,
        }
    }

    /// The same addresses, in any order.
    fn lists_ours(&self, message: &vrrp::Packet<'_>) -> bool {
        let listed = message.addresses().iter();
        if listed.clone().eq(self.addresses.iter().copied()) {
            return true;
        }
        let (mut listed, mut ours) = (Vec::from_iter(listed), self.addresses.clone());
        listed.sort_unstable();
        ours.sort_unstable();
        listed == ours
    }

    fn stranger(&self, kind: u8) -> Option<Detail> {
        match kind {
            kind if kind == self.authentication().kind => None,
            Authentication::KIND_NONE | Authentication::KIND_PLAIN_TEXT | KIND_AH => {
                Some(Detail::OtherAuthentication)
            }
            _ => Some(Detail::UnknownAuthentication),
        }
    }
}
