//! Where requests may go: everywhere in public, and inside only where the config allows.
//!
//! A URL out of a rule may hold what a user typed, so without this guard a message could make us
//! ask the machine's own services, its neighbours, or the cloud's metadata address.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use ipnet::IpNet;
use url::Host;
use url::Url;

/// Networks of version 4 that are not the public internet. Source: IANA special-purpose registry.
const INSIDE_V4: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Networks inside of 2000::/3, the public part of version 6, that lead elsewhere: special ones
/// (Teredo among them), documentation twice, and 6to4, which wraps any address of version 4.
const INSIDE_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// The hosts and networks inside that may be reached.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Allowed {
    names: Vec<String>,
    networks: Vec<IpNet>,
}

/// An entry of `private_hosts` that is neither a host name, nor an address, nor a CIDR.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is neither a host name, nor an address, nor a network such as `10.0.0.0/8`")]
pub struct NotAHost(pub String);

impl Allowed {
    /// Reads host names, addresses and CIDRs.
    ///
    /// # Errors
    ///
    /// [`NotAHost`] names the first entry that is none of these.
    pub fn parse<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Self, NotAHost> {
        let mut allowed = Self::default();
        for entry in entries {
            let entry = entry.as_ref();
            allowed.add(entry.trim()).ok_or_else(|| NotAHost(entry.to_owned()))?;
        }
        Ok(allowed)
    }

    fn add(&mut self, entry: &str) -> Option<()> {
        let bare = entry.trim_start_matches('[').trim_end_matches(']');
        if let Ok(network) = entry.parse::<IpNet>() {
            self.networks.push(network.trunc());
        } else if let Ok(address) = bare.parse::<IpAddr>() {
            self.networks.push(IpNet::from(address.to_canonical()));
        } else {
            let Ok(Host::Domain(name)) = Host::parse(entry) else { return None };
            self.names.push(without_last_dot(&name).to_owned());
        }
        Some(())
    }

    /// Whether every address of the host called `name` may be reached.
    pub(super) fn has_name(&self, name: &str) -> bool {
        let name = without_last_dot(name);
        self.names.iter().any(|it| it.eq_ignore_ascii_case(name))
    }

    /// Whether `address` may be reached.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.networks.iter().any(|network| network.contains(&address))
    }

    /// Whether a request may go to `url`, as far as that can be told before its host is resolved.
    pub fn may_reach(&self, url: &Url) -> bool {
        let is_local = |name: &str| name == "localhost" || name.ends_with(".localhost");
        match url.host() {
            Some(Host::Domain(name)) => !is_local(without_last_dot(name)) || self.has_name(name),
            Some(host) => self.permits_host(&host),
            None => false,
        }
    }

    /// Whether a request may go to `host`, as far as that can be told before it is resolved.
    pub(super) fn permits_host(&self, host: &Host<&str>) -> bool {
        match host {
            Host::Domain(_) => true,
            Host::Ipv4(address) => self.permits(IpAddr::V4(*address)),
            Host::Ipv6(address) => self.permits(IpAddr::V6(*address)),
        }
    }
}

fn without_last_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    let is_in = |(net, length): &(Ipv4Addr, u8)| (bits ^ u32::from(*net)) >> (32 - length) == 0;
    !INSIDE_V4.iter().any(is_in)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = u128::from(address);
    // NAT64: an address of version 4 in the last 32 bits; where it leads is what counts.
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = address.segments() {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let is_in = |(net, length): &(Ipv6Addr, u8)| (bits ^ u128::from(*net)) >> (128 - length) == 0;
    is_in(&(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)) && !INSIDE_V6.iter().any(is_in)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::Allowed;

    fn is_permitted(allowed: &Allowed, host: &str) -> bool {
        let url = Url::parse(&format!("http://{host}/")).unwrap();
        allowed.permits_host(&url.host().unwrap())
    }

    #[test]
    fn addresses_that_are_not_public_are_refused_however_they_are_written() {
        let inside = "\
            127.0.0.1 127.1 127.255.255.254 2130706433 0x7f000001 0x7f.1 017700000001 0 \
            0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 \
            100.127.255.255 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.7 \
            192.168.1.1 198.18.0.1 198.19.255.255 203.0.113.9 224.0.0.1 239.255.255.250 \
            240.0.0.1 255.255.255.255 [::] [::1] [::ffff:127.0.0.1] [::ffff:a9fe:a9fe] \
            [::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::10.0.0.1] [64:ff9b:1::1] \
            [2002:7f00:1::] [2002:c0a8:101::1] [2001::1] [2001:db8::1] [3fff::1] [fc00::1] \
            [fd12:3456::1] [fe80::1] [febf::1] [fec0::1] [ff02::1] [100::1] [4000::1] \
            １２７.0.0.1";
        for host in inside.split(' ') {
            assert!(!is_permitted(&Allowed::default(), host), "{host}");
        }
    }

    #[test]
    fn public_addresses_and_names_are_permitted() {
        let outside = "\
            8.8.8.8 1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 \
            126.255.255.255 128.0.0.1 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 \
            223.255.255.255 [2400:3200::1] [2606:4700::1111] [64:ff9b::8.8.8.8] \
            [::ffff:8.8.8.8] example.com";
        for host in outside.split(' ') {
            assert!(is_permitted(&Allowed::default(), host), "{host}");
        }
    }

    #[test]
    fn what_the_owner_lists_is_permitted_and_its_neighbour_is_not() {
        let entries =
            ["10.1.0.0/16", "192.168.1.7", "[fd00::5]", "Printer.lan.", "::ffff:10.9.9.9"];
        let allowed = Allowed::parse(entries).unwrap();
        for host in ["10.1.2.3", "192.168.1.7", "[::ffff:192.168.1.7]", "[fd00::5]", "10.9.9.9"] {
            assert!(is_permitted(&allowed, host), "{host}");
        }
        for host in ["10.2.0.1", "192.168.1.8", "[fd00::6]", "127.0.0.1"] {
            assert!(!is_permitted(&allowed, host), "{host}");
        }
        assert!(allowed.has_name("printer.LAN"));
        assert!(!allowed.has_name("lan"));
    }

    #[test]
    fn an_entry_that_is_no_host_is_named() {
        let error = Allowed::parse(["10.0.0.0/8", "not a host"]).unwrap_err();
        let text = "`not a host` is neither a host name, nor an address, nor a network such as \
            `10.0.0.0/8`";
        assert_eq!(error.to_string(), text);
        assert!(Allowed::parse(["10.0.0.0/99"]).is_err());
        assert!(Allowed::parse([""]).is_err());
    }
}
