//! Ranges of IP addresses.

use std::net::IpAddr;

/// A range of addresses in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    address: IpAddr,
    prefix_bits: u32,
}

impl Cidr {
    /// Reads `10.0.0.0/24` or `2001:db8::/32`.
    ///
    /// # Errors
    /// The reason, when it is neither.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let malformed = || format!("Malformed CIDR, one '/' required: {text}");
        let (address, bits) = text.split_once('/').ok_or_else(malformed)?;
        let address: IpAddr = address.parse().map_err(|_| format!("Nonstandard IP address: {address}"))?;
        let prefix_bits = bits.parse().map_err(|_| format!("Malformed CIDR, mask bits must be an integer: {bits}"))?;
        if prefix_bits > width(address) {
            return Err(format!("IPv{} mask bits must be between 0 and {}", version(address), width(address)));
        }
        Ok(Self { address, prefix_bits })
    }

    /// The range of one address, when the text is one.
    pub(super) fn single(text: &str) -> Option<Self> {
        let address: IpAddr = text.parse().ok()?;
        Some(Self { address, prefix_bits: width(address) })
    }

    /// Whether the text is an address of this range.
    pub(super) fn contains(&self, text: &str) -> bool {
        let network = |address: u128| address.checked_shr(width(self.address) - self.prefix_bits).unwrap_or(0);
        match (self.address, text.parse()) {
            (IpAddr::V4(own), Ok(IpAddr::V4(other))) => {
                network(u32::from(own).into()) == network(u32::from(other).into())
            }
            (IpAddr::V6(own), Ok(IpAddr::V6(other))) => network(own.into()) == network(other.into()),
            _ => false,
        }
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn version(address: IpAddr) -> u8 {
    if address.is_ipv4() { 4 } else { 6 }
}
