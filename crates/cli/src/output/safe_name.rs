//! A file name made of a host's name: one component, never a way out of its folder, different for
//! different hosts. Called by `files.rs`.

use super::limits::FILE_NAME_BYTES_MAX;

pub fn safe_name(host: &str) -> String {
    let mut name = String::with_capacity(host.len());
    for (at, byte) in host.bytes().enumerate() {
        match byte {
            b'/' | b'%' | 0x7f.. | 0..=b' ' => name += &format!("%{byte:02X}"),
            // Neither the folder itself, nor hidden, nor an option of the next command.
            b'.' | b'-' if at == 0 => name += &format!("%{byte:02X}"),
            _ => name.push(byte as char),
        }
    }
    if name.is_empty() {
        name.push('%');
    }
    if name.len() > FILE_NAME_BYTES_MAX {
        let hash = blake3::hash(host.as_bytes()).to_hex();
        name.truncate(FILE_NAME_BYTES_MAX - 17);
        name += &format!("%{}", &hash[..16]);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_stay_in_their_folder() {
        let cases = [
            ("lab1", "lab1"),
            ("lab1:2", "lab1:2"),
            ("user@host.org", "user@host.org"),
            ("../../etc/passwd", "%2E./..%2Fetc%2Fpasswd"),
            ("..", "%2E."),
            ("-rf", "%2Drf"),
            ("a\n\0b", "a%0A%00b"),
            ("", "%"),
        ];
        for (host, name) in cases {
            assert_eq!(safe_name(host), name.replace("./", ".%2F"));
        }
        assert_eq!(safe_name(&"x".repeat(5_000)).len(), FILE_NAME_BYTES_MAX);
    }

    proptest! {
        #[test]
        fn different_hosts_have_different_names(
            a in "[a./%]{0,5}|\\PC{0,250}",
            b in "[a./%]{0,5}",
        ) {
            let (x, y) = (safe_name(&a), safe_name(&b));
            prop_assert_eq!(a == b, x == y);
            prop_assert!(!x.contains('/') && x != "." && x != ".." && x.len() <= 200);
        }
    }
}
