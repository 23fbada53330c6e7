//! `posse down --purge`: the binary cache goes too. Only files that posse itself put there.

use std::fs;
use std::path::{Path, PathBuf};

/// Removes this binary's own place in the cache, and the cache where that leaves it empty.
pub(crate) fn purge() {
    let Ok(own) = fs::read_link("/proc/self/exe") else { return };
    let Some(place) = cached(&own) else { return };
    let _may_be_gone = fs::remove_file(&own);
    let _another_binary_may_be_there = fs::remove_dir(&place);
    if let Some(cache) = place.parent() {
        let _other_versions_may_be_there = fs::remove_dir(cache);
    }
}

/// The folder `…/posse/<sha256>` of a cached binary; `None` for one that stands elsewhere.
pub(crate) fn cached(own: &Path) -> Option<PathBuf> {
    let place = own.parent()?;
    let hash = place.file_name()?.to_str()?;
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| place.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cache_is_touched() {
        let hash = "a".repeat(64);
        let path = PathBuf::from(format!("/home/u/.cache/posse/{hash}/posse"));
        assert_eq!(cached(&path), Some(format!("/home/u/.cache/posse/{hash}").into()));
        assert_eq!(cached(Path::new("/usr/local/bin/posse")), None);
    }
}
