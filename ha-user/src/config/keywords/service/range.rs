//! A range of addresses, in one of keepalived's three spellings.

use std::net::IpAddr;

/// Addresses of one family, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    is_ipv4: bool,
    first: u128,
    last: u128,
}

impl Range {
    /// Reads `ADDRESS`, `FIRST-LAST` with a whole address or its last part behind the dash, or
    /// `NETWORK/LENGTH`.
    pub(super) fn read(text: &str) -> Option<Self> {
        if let Some((first, last)) = text.split_once('-') {
            let first = first.parse().ok()?;
            let range = Self::of(first, last_address(first, last)?)?;
            return (range.first < range.last).then_some(range);
        }
        if let Some((network, length)) = text.split_once('/') {
            return Self::of_network(network.parse().ok()?, length.parse().ok()?);
        }
        let address = text.parse().ok()?;
        Self::of(address, address)
    }

    /// How many there are, and one less.
    pub(super) const fn span(&self) -> u128 {
        self.last - self.first
    }

    pub(super) fn addresses(self) -> impl Iterator<Item = IpAddr> {
        (self.first..=self.last).filter_map(move |bits| match self.is_ipv4 {
            true => Some(IpAddr::V4(u32::try_from(bits).ok()?.into())),
            false => Some(IpAddr::V6(bits.into())),
        })
    }

    fn of(first: IpAddr, last: IpAddr) -> Option<Self> {
        let range = Self {
            is_ipv4: first.is_ipv4(),
            first: bits(first),
            last: bits(last),
        };
        let is_one = first.is_ipv4() == last.is_ipv4() && range.first <= range.last;
        is_one.then_some(range)
    }

    fn of_network(network: IpAddr, length: u32) -> Option<Self> {
        let width = if network.is_ipv4() { 32 } else { 128 };
        let hosts = width_mask(u32::checked_sub(width, length)?);
        let first = bits(network);
        (first & hosts == 0).then_some(Self {
            is_ipv4: network.is_ipv4(),
            first,
            last: first | hosts,
        })
    }
}

/// So many ones.
fn width_mask(width: u32) -> u128 {
    let others = 128_u32.saturating_sub(width);
    u128::MAX.checked_shr(others).unwrap_or(0)
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// The address behind the dash, which may be its last part alone.
fn last_address(first: IpAddr, last: &str) -> Option<IpAddr> {
    if let Ok(address) = last.parse() {
        return Some(address);
    }
    match first {
        IpAddr::V4(first) => {
            let last: u8 = last.parse().ok()?;
            Some(IpAddr::V4(
                (u32::from(first) & !0xff | u32::from(last)).into(),
            ))
        }
        IpAddr::V6(first) => {
            let last = u16::from_str_radix(last, 16).ok()?;
            Some(IpAddr::V6(
                (u128::from(first) & !0xffff | u128::from(last)).into(),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(text: &str) -> Option<(String, String)> {
        let range = Range::read(text)?;
        let first = range.addresses().next()?.to_string();
        let last = Range {
            first: range.last,
            ..range
        };
        Some((first, last.addresses().next()?.to_string()))
    }

    #[test]
    fn ranges_have_three_spellings_in_both_families() {
        for (text, first, last) in [
            ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
            ("192.0.2.3-10", "192.0.2.3", "192.0.2.10"),
            ("192.0.2.250-192.0.3.10", "192.0.2.250", "192.0.3.10"),
            ("192.0.2.8/29", "192.0.2.8", "192.0.2.15"),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255"),
            ("ae00::2-9", "ae00::2", "ae00::9"),
            ("ae00::2-ff", "ae00::2", "ae00::ff"),
            ("ae00::/126", "ae00::", "ae00::3"),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] {
            let expected = (first.to_owned(), last.to_owned());
            assert_eq!(ends(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn ranges_rise_and_networks_begin_where_they_begin() {
        for text in [
            "",
            "-",
            "192.0.2.9-3",
            "192.0.2.9-9",
            "192.0.2.9-300",
            "192.0.2.1-2001:db8::9",
            "192.0.2.1/24",
            "192.0.2.0/33",
            "ae00::1/64",
            "ae00::/129",
            "192.0.2.0/-1",
            "web",
        ] {
            assert_eq!(Range::read(text), None, "{text}");
        }
    }
}
