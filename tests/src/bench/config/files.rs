//! Configurations of the size that operators have at most.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

/// What there is much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// So many real servers, a thousand behind each virtual one.
    Servers(u32),
    /// So many virtual addresses of one instance.
    Addresses(u32),
}

/// Real servers of a virtual one.
const OF_A_SERVICE: u32 = 1000;
/// Addresses of virtual servers, and of the instance.
const VIPS: u32 = u32::from_be_bytes([10, 200, 0, 1]);
const REAL: u32 = u32::from_be_bytes([10, 100, 0, 0]);

impl Size {
    /// For people.
    pub(super) fn name(self) -> String {
        match self {
            Self::Servers(count) => format!("{count} real servers"),
            Self::Addresses(count) => format!("{count} VIPs"),
        }
    }

    /// The file, and the same with another value in one line.
    pub(super) fn files(self) -> [String; 2] {
        let (file, line, edited) = match self {
            Self::Servers(count) => (servers(count), "weight 1\n", "weight 2\n"),
            Self::Addresses(count) => (addresses(count), "priority 100\n", "priority 101\n"),
        };
        let edited = file.replacen(line, edited, 1);
        [file, edited]
    }
}

fn servers(count: u32) -> String {
    let services = count.div_ceil(OF_A_SERVICE);
    let mut file = addresses(services);
    for service in 0..services {
        let first = service * OF_A_SERVICE;
        // Probes are not what is measured: nearly none is due.
        let _ = write!(
            file,
            "virtual_server {} 80 {{\n    protocol TCP\n    delay_loop 3600\n    lb_algo rr\n    \
             lb_kind DR\n",
            address(VIPS, service)
        );
        for server in first..count.min(first + OF_A_SERVICE) {
            let _ = write!(
                file,
                "    real_server {} 80 {{\n        weight 1\n        TCP_CHECK {{\n            \
                 connect_timeout 3\n        }}\n    }}\n",
                address(REAL, server)
            );
        }
        file += "}\n";
    }
    file
}

/// One instance: an advert lists its first address.
fn addresses(count: u32) -> String {
    let mut file = format!(
        "vrrp_instance VI_1 {{\n    state MASTER\n    interface eth0\n    virtual_router_id 1\n    \
         priority 100\n    virtual_ipaddress {{\n        {}\n    }}\n    \
         virtual_ipaddress_excluded {{\n",
        address(VIPS, 0)
    );
    for index in 1..count {
        let _ = writeln!(file, "        {}", address(VIPS, index));
    }
    file + "    }\n}\n"
}

fn address(first: u32, index: u32) -> Ipv4Addr {
    Ipv4Addr::from(first + index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_another() {
        for size in [Size::Servers(2500), Size::Addresses(10)] {
            let [file, edited] = size.files();
            let pairs = file.lines().zip(edited.lines());
            assert_eq!(pairs.filter(|(one, other)| one != other).count(), 1);
        }
        let [file, _] = Size::Servers(2500).files();
        assert_eq!(file.matches("real_server ").count(), 2500);
        assert_eq!(file.matches("virtual_server ").count(), 3);
    }
}
