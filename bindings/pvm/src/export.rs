//! The list of names in `PVM_EXPORT`: which variables children inherit.
//!
//! Strings alone; the variable itself is read in `task/spawn.rs` and written in `abi/`.

pub const VARIABLE: &str = "PVM_EXPORT";

/// The names of a list.
pub fn names(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b':').filter(|name| !name.is_empty())
}

/// The list with a name at its end, unless it has it.
pub fn with(list: &[u8], name: &[u8]) -> Vec<u8> {
    let mut all: Vec<&[u8]> = names(list).collect();
    if !name.is_empty() && !all.contains(&name) {
        all.push(name);
    }
    all.join(&b':')
}

pub fn without(list: &[u8], name: &[u8]) -> Vec<u8> {
    let rest: Vec<&[u8]> = names(list).filter(|other| *other != name).collect();
    rest.join(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_there_once() {
        assert_eq!(with(b"", b"A"), b"A");
        assert_eq!(with(b"A", b"B"), b"A:B");
        assert_eq!(with(b"A:B", b"A"), b"A:B");
        assert_eq!(with(b"A", b""), b"A");
        assert_eq!(without(b"A:B", b"A"), b"B");
        assert_eq!(without(b"A", b"A"), b"");
        assert_eq!(without(b"A", b"C"), b"A");
    }
}
