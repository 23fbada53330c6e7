//! Name = value pairs of a message, and the subset that a receive asks for. Kept in their form on
//! the wire, so that a copy costs a reference and what came in a packet is not taken apart.
//! Called by `envelope`, `want`, `packet` and the faces.

use bytes::{BufMut, Bytes, BytesMut};
use thiserror::Error;

use crate::hash::Hash;
use crate::limits::{ATTRIBUTE_NAME_BYTES_MAX, ATTRIBUTES_BYTES_MAX, ATTRIBUTES_MAX};

/// Why a list of attributes was refused.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Error)]
pub enum BadAttributes {
    #[error("a name of an attribute is empty or longer than {ATTRIBUTE_NAME_BYTES_MAX} bytes")]
    Name,
    #[error("a message has two attributes of one name")]
    Twice,
    #[error("a message has more than {ATTRIBUTES_MAX} attributes")]
    TooMany,
    #[error("attributes take more than {ATTRIBUTES_BYTES_MAX} bytes")]
    TooLong,
    #[error("attributes do not decode")]
    Garbled,
}

/// Any number of `name = value` pairs up to a limit, each name once, in the order of names.
/// Values are bytes that compare equal or not. On the wire, for each: length of the name (u8),
/// name (UTF-8), length of the value (u16, little-endian), value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Attributes(Bytes);

impl Attributes {
    pub const NONE: Attributes = Attributes(Bytes::new());

    /// From pairs in any order.
    pub fn new(pairs: &[(&str, &[u8])]) -> Result<Attributes, BadAttributes> {
        let mut sorted = pairs.to_vec();
        sorted.sort_by_key(|(name, _)| *name);
        let mut bytes = BytesMut::new();
        for (name, value) in sorted {
            if name.is_empty() || name.len() > ATTRIBUTE_NAME_BYTES_MAX {
                return Err(BadAttributes::Name);
            }
            let length = u16::try_from(value.len()).map_err(|_| BadAttributes::TooLong)?;
            bytes.put_u8(name.len() as u8);
            bytes.put_slice(name.as_bytes());
            bytes.put_u16_le(length);
            bytes.put_slice(value);
        }
        Attributes::decode(bytes.freeze())
    }

    /// From their form on the wire: all of it is looked at once, here.
    pub fn decode(bytes: Bytes) -> Result<Attributes, BadAttributes> {
        if bytes.len() > ATTRIBUTES_BYTES_MAX {
            return Err(BadAttributes::TooLong);
        }
        let (mut rest, mut last, mut count) = (&bytes[..], "", 0);
        while !rest.is_empty() {
            let (name, _, after) = split(rest).ok_or(BadAttributes::Garbled)?;
            if name.is_empty() {
                return Err(BadAttributes::Name);
            }
            if count > 0 && name <= last {
                return Err(if name == last {
                    BadAttributes::Twice
                } else {
                    BadAttributes::Garbled
                });
            }
            (rest, last, count) = (after, name, count + 1);
        }
        if count > ATTRIBUTES_MAX {
            return Err(BadAttributes::TooMany);
        }
        Ok(Attributes(bytes))
    }

    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || {
            let (name, value, after) = split(rest)?;
            rest = after;
            Some((name, value))
        })
    }

    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Whether each pair of the other list is one of this list.
    pub fn include(&self, subset: &Attributes) -> bool {
        let mut mine = self.iter();
        subset.iter().all(|wanted| mine.any(|pair| pair == wanted))
    }

    /// A number for each pair, equal for equal pairs: what the index of matching goes by.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = u64> {
        self.iter().map(|(name, value)| Hash::new().bytes(name.as_bytes()).bytes(value).finish())
    }
}

/// First pair and the rest; `None` at the end, or where bytes are missing.
fn split(bytes: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    Some((std::str::from_utf8(name).ok()?, value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_back_in_the_order_of_names() {
        let made = Attributes::new(&[("kind", b"work"), ("a", b"")]).expect("small");
        let pairs: Vec<_> = made.iter().collect();
        assert_eq!(pairs, [("a", &b""[..]), ("kind", &b"work"[..])]);
        assert_eq!(made.get("kind"), Some(&b"work"[..]));
        assert_eq!(Attributes::decode(made.as_bytes().clone()), Ok(made));
    }

    #[test]
    fn a_subset_is_one_whatever_stands_between() {
        let all = Attributes::new(&[("a", b"1"), ("b", b"2"), ("c", b"3")]).expect("small");
        let is = |pairs: &[(&str, &[u8])]| all.include(&Attributes::new(pairs).expect("small"));
        assert!(is(&[]) && is(&[("b", b"2")]) && is(&[("c", b"3"), ("a", b"1")]));
        assert!(!is(&[("b", b"3")]) && !is(&[("a", b"1"), ("d", b"")]));
    }

    #[test]
    fn bad_lists_are_refused() {
        let new = Attributes::new;
        assert_eq!(new(&[("a", b"1"), ("a", b"2")]), Err(BadAttributes::Twice));
        assert_eq!(new(&[("", b"1")]), Err(BadAttributes::Name));
        assert_eq!(new(&[("a", &[0; ATTRIBUTES_BYTES_MAX])]), Err(BadAttributes::TooLong));
        assert_eq!(new(&[("a", &[0; 70_000])]), Err(BadAttributes::TooLong));
        let names: Vec<String> = (0..=ATTRIBUTES_MAX).map(|n| n.to_string()).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert_eq!(new(&many), Err(BadAttributes::TooMany));
        for bytes in [&b"\x01"[..], b"\x01a\x05\x00b", b"\x01\xff\x00\x00", b"\x01b\0\0\x01a\0\0"] {
            let refused = Attributes::decode(Bytes::from_static(bytes));
            assert_eq!(refused, Err(BadAttributes::Garbled));
        }
    }
}
