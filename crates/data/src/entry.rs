//! A file, a directory or a symbolic link in a list. Each has a single name, never a path, so that
//! nothing can lead out of the target. Called by `encode.rs` and `decode.rs`.

use crate::limits::{NAME_BYTES_MAX, TARGET_BYTES_MAX};
use crate::record::{Kind, Malformed, number};

const FIXED: usize = 26;

/// What the target itself is called.
const ROOT: &[u8] = b".";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub kind: Kind,
    pub mode: u32,
    /// When it was last changed, since 1970, with `nanos` below 10^9.
    pub seconds: i64,
    pub nanos: u32,
    /// Of a file when it was listed.
    pub size: u64,
    /// One component: no `/`, neither `.` nor `..`; of the target itself `.`.
    pub name: Vec<u8>,
    /// What a link says; it is never followed.
    pub target: Vec<u8>,
}

/// One component of a path that stays where it is.
pub fn is_name(name: &[u8]) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name != b"."
        && name != b".."
        && !name.contains(&b'/')
        && !name.contains(&0)
}

pub(crate) fn range(kind: Kind) -> (usize, usize) {
    match kind {
        Kind::Root => (FIXED + 1, FIXED + 1),
        Kind::Link => (FIXED + 2, FIXED + NAME_BYTES_MAX + TARGET_BYTES_MAX),
        _ => (FIXED + 1, FIXED + NAME_BYTES_MAX),
    }
}

impl Entry {
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(FIXED + self.name.len() + self.target.len());
        body.extend(self.mode.to_le_bytes());
        body.extend(self.seconds.to_le_bytes());
        body.extend(self.nanos.to_le_bytes());
        body.extend(self.size.to_le_bytes());
        body.extend(u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes());
        body.extend(&self.name);
        body.extend(&self.target);
        body
    }

    pub fn read(kind: Kind, mut body: &[u8]) -> Result<Entry, Malformed> {
        let body = &mut body;
        let mode = u32::from_le_bytes(number(body)?);
        let seconds = i64::from_le_bytes(number(body)?);
        let nanos = u32::from_le_bytes(number(body)?);
        let size = u64::from_le_bytes(number(body)?);
        let length = usize::from(u16::from_le_bytes(number(body)?));
        let (name, target) =
            body.split_at_checked(length).ok_or(Malformed("a name that is cut short"))?;
        let named = if kind == Kind::Root { name == ROOT } else { is_name(name) };
        if !named {
            return Err(Malformed("a name that is none"));
        }
        if nanos >= 1_000_000_000 {
            return Err(Malformed("a time that is none"));
        }
        let suits = match kind {
            Kind::Link => (1..=TARGET_BYTES_MAX).contains(&target.len()) && !target.contains(&0),
            _ => target.is_empty(),
        };
        if !suits {
            return Err(Malformed("a link that is none"));
        }
        let (name, target) = (name.to_vec(), target.to_vec());
        Ok(Entry { kind, mode, seconds, nanos, size, name, target })
    }

    /// As a list of what is to be in the target begins.
    pub fn root(self) -> Entry {
        Entry { kind: Kind::Root, name: ROOT.to_vec(), ..self }
    }

    /// Whether both have the same time.
    pub fn is_as_old_as(&self, seconds: i64, nanos: u32) -> bool {
        (self.seconds, self.nanos) == (seconds, nanos)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn entry(kind: Kind, name: &[u8]) -> Entry {
        let target = if kind == Kind::Link { b"/etc".to_vec() } else { Vec::new() };
        Entry { kind, mode: 0o640, seconds: -5, nanos: 7, size: 3, name: name.to_vec(), target }
    }

    #[test]
    fn names_stay_where_they_are() {
        for name in [&b""[..], b".", b"..", b"/", b"a/b", b"/etc", b"a\0", &[b'x'; 256]] {
            assert!(!is_name(name));
            let body = entry(Kind::File, name).body();
            assert!(Entry::read(Kind::File, &body).is_err(), "{name:?}");
        }
        for name in [&b"-rf"[..], b" ", b"\n", b"...", b"\xff\xfe", &[b'x'; 255]] {
            let entry = entry(Kind::Link, name);
            assert_eq!(Entry::read(Kind::Link, &entry.body()).unwrap(), entry);
            assert!(Entry::read(Kind::Root, &entry.body()).is_err(), "{name:?}");
        }
        let root = entry(Kind::Directory, b"src").root();
        assert_eq!(Entry::read(Kind::Root, &root.body()).unwrap(), root);
    }
}
