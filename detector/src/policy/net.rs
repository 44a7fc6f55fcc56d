//! Addresses and networks: knows how IPv4 and IPv6 are written, nothing of names.

/// An address; IPv4 lies in the last four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    bytes: [u8; 16],
    v4: bool,
}

/// All addresses that agree in so many leading bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Net {
    address: Address,
    bits: usize,
}

impl Net {
    /// Reads an address or a network as CIDR; the message says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Net, &'static str> {
        let (head, bits) = match text.as_bytes().iter().position(|&byte| byte == b'/') {
            Some(slash) => (text.get(..slash), text.as_bytes().get(slash.saturating_add(1)..)),
            None => (Some(text), None),
        };
        let address =
            head.and_then(Address::parse).ok_or("% is not an IP address or a network such as 10.0.0.0/8")?;
        let width = if address.v4 { 32 } else { 128 };
        let bits = match bits {
            None => width,
            Some(digits) => {
                decimal(digits, width).ok_or("% has a prefix that is not a number of its address's bits")?
            }
        };
        let bits = bits.saturating_add(128usize.saturating_sub(width));
        let net = Net { address, bits };
        match net.masked(&address) == address.bytes {
            true => Ok(net),
            false => Err("% has bits set after its prefix"),
        }
    }

    /// The bits of an address that the network's prefix covers.
    fn masked(&self, address: &Address) -> [u8; 16] {
        let mut bytes = address.bytes;
        let mut bits = self.bits;
        for byte in &mut bytes {
            *byte &= !0xffu8.unbounded_shr(bits as u32);
            bits = bits.saturating_sub(8);
        }
        bytes
    }

    /// Whether an address lies in the network.
    pub(super) fn contains(&self, address: &Address) -> bool {
        self.address.v4 == address.v4 && self.masked(address) == self.address.bytes
    }
}

impl Address {
    /// Reads an address; an IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address.
    pub(crate) fn parse(text: &str) -> Option<Address> {
        let mut bytes = [0; 16];
        let text = text.as_bytes();
        let v4 = !text.contains(&b':');
        if v4 {
            read_v4(text, bytes.last_chunk_mut()?)?;
        } else {
            read_v6(text, &mut bytes)?;
        }
        let mapped = bytes.starts_with(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]);
        if mapped {
            bytes[10] = 0;
            bytes[11] = 0;
        }
        Some(Address { bytes, v4: v4 || mapped })
    }
}

fn read_v4(text: &[u8], bytes: &mut [u8; 4]) -> Option<()> {
    let mut parts = text.split(|&byte| byte == b'.');
    for byte in bytes {
        *byte = decimal(parts.next()?, 255)? as u8;
    }
    parts.next().is_none().then_some(())
}

fn read_v6(text: &[u8], bytes: &mut [u8; 16]) -> Option<()> {
    let gap = text.windows(2).position(|pair| pair == b"::");
    let (head, tail) = match gap {
        Some(gap) => (text.get(..gap)?, text.get(gap.saturating_add(2)..)?),
        None => (text, &[][..]),
    };
    let mut end = [0; 16];
    // Only the last group of all may be an IPv4 address.
    if gap.is_some() && head.contains(&b'.') {
        return None;
    }
    let (before, after) = (groups(head, bytes)?, groups(tail, &mut end)?);
    let len = before.saturating_add(after);
    if if gap.is_some() { len > 14 } else { len != 16 } {
        return None;
    }
    let place = bytes.get_mut(16usize.saturating_sub(after)..)?;
    place.copy_from_slice(end.get(..after)?);
    Some(())
}

/// Reads groups of hexadecimal digits, the last of which may be an IPv4 address; returns how many bytes they fill.
fn groups(text: &[u8], bytes: &mut [u8; 16]) -> Option<usize> {
    let mut at = 0usize;
    if text.is_empty() {
        return Some(at);
    }
    let mut parts = text.split(|&byte| byte == b':').peekable();
    while let Some(part) = parts.next() {
        let place = bytes.get_mut(at..)?;
        if parts.peek().is_none() && part.contains(&b'.') {
            read_v4(part, place.first_chunk_mut()?)?;
            at = at.saturating_add(4);
        } else {
            let fits = !part.is_empty() && part.len() <= 4;
            let group = part.iter().try_fold(0u16, |group, &digit| {
                Some(group << 4 | char::from(digit).to_digit(16).filter(|_| fits)? as u16)
            })?;
            if !fits {
                return None;
            }
            *place.first_chunk_mut()? = group.to_be_bytes();
            at = at.saturating_add(2);
        }
    }
    Some(at)
}

/// A number without sign and leading zeros that is at most `max`.
fn decimal(digits: &[u8], max: usize) -> Option<usize> {
    if !(1..=3).contains(&digits.len()) || digits.len() > 1 && digits.first() == Some(&b'0') {
        return None;
    }
    let number = digits.iter().try_fold(0usize, |number, digit| {
        digit.is_ascii_digit().then(|| number.saturating_mul(10).saturating_add((digit & 15).into()))
    })?;
    (number <= max).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::string::ToString;
    use std::{format, vec};

    #[test]
    fn addresses_are_read_as_the_standard_library_reads_them() {
        let mut texts = vec![];
        for text in [
            "",
            ".",
            "1",
            "1.2.3",
            "1.2.3.4",
            "1.2.3.4.5",
            "01.2.3.4",
            "256.1.1.1",
            "1.2.3.-4",
            "0.0.0.0",
            "::",
            ":",
            ":::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1::3::5",
            "12345::",
            "g::",
            "::ffff:1.2.3.4",
            "::1.2.3.4",
            "1:2:3:4:5:6:1.2.3.4",
            "1.2.3.4::",
            "1:2:3:4:5:6:7:1.2.3.4",
            "1:::8",
            "fe80::1%eth0",
            "2001:DB8::ABCD",
            "1:2:3:4::5:6:7:8",
            "1:",
            ":1",
            " 1.2.3.4",
            "1.2.3.4 ",
            "::ffff:0:0",
        ] {
            texts.push(text.to_string());
        }
        for seed in 0..2000u128 {
            let value = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            let sparse = value & value.rotate_left(17) & value.rotate_left(59);
            texts.push(Ipv6Addr::from(value).to_string());
            texts.push(Ipv6Addr::from(sparse & (u128::MAX << (seed % 120))).to_string());
            texts.push(Ipv4Addr::from(value as u32).to_string());
        }
        for text in texts {
            let v4 = text.parse::<Ipv4Addr>().ok();
            let v6 = text.parse::<Ipv6Addr>().ok();
            let expected = match (v4, v6.and_then(|v6| v6.to_ipv4_mapped()), v6) {
                (Some(v4), _, _) | (_, Some(v4), _) => Some((u128::from(u32::from(v4)), true)),
                (_, _, Some(v6)) => Some((u128::from(v6), false)),
                _ => None,
            };
            let ours = Address::parse(&text).map(|address| (u128::from_be_bytes(address.bytes), address.v4));
            assert_eq!(ours, expected, "{text}");
        }
    }

    #[test]
    fn a_network_holds_what_shares_its_prefix() {
        for (net, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("198.51.100.23", "198.51.100.23", "198.51.100.22"),
            ("198.51.100.0/23", "198.51.101.255", "198.51.102.0"),
            ("0.0.0.0/0", "255.1.2.3", "::1"),
            ("::/0", "2001:db8::1", "1.2.3.4"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
        ] {
            let parsed = Net::parse(net).unwrap();
            assert!(parsed.contains(&Address::parse(inside).unwrap()), "{net} {inside}");
            assert!(!parsed.contains(&Address::parse(outside).unwrap()), "{net} {outside}");
        }
        for bad in ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "::/129", "10/8", "::1/64", ""] {
            assert!(Net::parse(bad).is_err(), "{}", format!("{bad} was taken"));
        }
    }
}
