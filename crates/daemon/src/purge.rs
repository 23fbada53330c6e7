//! `posse down --purge`: the binary cache goes too. Only files that posse itself put there.

use std::fs;
use std::path::Path;

/// What stands before the hash in the name of a cached binary.
const NAME: &str = "posse-";

/// Removes this binary from the cache, and the cache where that leaves it empty.
pub(crate) fn purge() {
    crate::staged::purge();
    let Ok(own) = fs::read_link("/proc/self/exe") else { return };
    if !is_cached(&own) {
        return;
    }
    let _may_be_gone = fs::remove_file(&own);
    if let Some(cache) = own.parent() {
        let _other_versions_may_be_there = fs::remove_dir(cache);
    }
}

/// Whether it is called `posse-SHA256`, and not a program that stands elsewhere.
pub(crate) fn is_cached(own: &Path) -> bool {
    let name = own.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let hash = name.strip_prefix(NAME).unwrap_or_default();
    hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cache_is_touched() {
        let hash = "a".repeat(64);
        assert!(is_cached(Path::new(&format!("/home/u/.cache/posse/posse-{hash}"))));
        assert!(!is_cached(Path::new(&format!("/home/u/.cache/posse/{hash}"))));
        assert!(!is_cached(Path::new("/usr/local/bin/posse")));
    }
}
