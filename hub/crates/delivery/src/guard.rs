//! Which addresses the hub may connect to.
//!
//! Only public unicast addresses, unless the channel names a network. The check
//! is made on the address that is dialled, so no spelling of a host and no
//! change of a name's address in between gets around it.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// Networks a channel may reach although they are not public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

/// One network in CIDR form: `127.0.0.0/8`, `fd00::/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// The address is not public and no setting allows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "egress-denied: {host} is {address}, which is not a public address; if that is meant, allow its network in the channel"
)]
pub struct AddressDenied {
    /// As written in the URL.
    pub host: String,
    /// What would have been dialled.
    pub address: IpAddr,
}

/// A text is not a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a network; expected an address and its number of bits, like 10.1.0.0/16")]
pub struct NotANetwork(pub String);

/// Special-purpose networks (RFC 6890 and its registries) and those that only
/// wrap another address, where the wrapped one would be dialled unseen.
const NOT_PUBLIC: &[(IpAddr, u8)] = &[
    (v4(0, 0, 0, 0), 8),
    (v4(10, 0, 0, 0), 8),
    (v4(100, 64, 0, 0), 10),
    (v4(127, 0, 0, 0), 8),
    (v4(169, 254, 0, 0), 16),
    (v4(172, 16, 0, 0), 12),
    (v4(192, 0, 0, 0), 24),
    (v4(192, 0, 2, 0), 24),
    (v4(192, 88, 99, 0), 24),
    (v4(192, 168, 0, 0), 16),
    (v4(198, 18, 0, 0), 15),
    (v4(198, 51, 100, 0), 24),
    (v4(203, 0, 113, 0), 24),
    (v4(224, 0, 0, 0), 4),
    (v4(240, 0, 0, 0), 4),
    // IETF protocol assignments, Teredo (2001::/32) among them.
    (v6(0x2001, 0), 23),
    (v6(0x2001, 0xdb8), 32),
    (v6(0x2002, 0), 16),
    (v6(0x3fff, 0), 20),
];

/// Global unicast. All else in IPv6 is not: loopback, NAT64 (64:ff9b::/96),
/// unique local, link-local, multicast.
const PUBLIC_V6: Network = Network { address: v6(0x2000, 0), bits: 3 };

const fn v4(a: u8, b: u8, c: u8, d: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(a, b, c, d))
}

const fn v6(a: u16, b: u16) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0))
}

/// Whether anybody on the internet could be meant by this address.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let special = |(network, bits): &(IpAddr, u8)| {
        Network { address: *network, bits: *bits }.contains(address)
    };
    (address.is_ipv4() || PUBLIC_V6.contains(address)) && !NOT_PUBLIC.iter().any(special)
}

// === impl Networks ===

impl Networks {
    /// Reads networks in CIDR form.
    ///
    /// # Errors
    /// The first text that is none.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, NotANetwork> {
        texts.iter().map(|text| text.as_ref().parse()).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the address may be dialled.
    ///
    /// # Errors
    /// When it may not.
    pub fn check(&self, host: &str, address: IpAddr) -> Result<(), AddressDenied> {
        if is_public(address) || self.0.iter().any(|network| network.contains(address)) {
            return Ok(());
        }
        Err(AddressDenied { host: host.to_owned(), address })
    }
}

// === impl Network ===

impl Network {
    /// Whether the address is in it. An IPv4 address written as IPv6 counts as
    /// the IPv4 address it is.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let fault = || NotANetwork(text.to_owned());
        let (address, bits) = text.split_once('/').ok_or_else(fault)?;
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let digits = bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits: u8 = bits.parse().map_err(|_| fault())?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        if !digits || bits > bits_max {
            return Err(fault());
        }
        Ok(Self { address, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests;
