//! A secret key: what a host or owner proves itself with.
//!
//! For: making, saving, loading, signing. Not for: printing or sending; there is no Display and
//! Debug hides it. A host's key never leaves the machine that made it, the owner's only in a file
//! that its owner asks for (`elsewhere`).
//! Called by the daemon for its host key and by `posse up` for the owner's.

use std::fmt;
use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};

use super::{IdentityError, PublicKey, SIGNATURE_BYTES, file, public};
use crate::limits::KEY_FILE_BYTES_MAX;

/// First word of a key file: a later format gets another.
const FILE_WORD: &str = "posse-secret-key-1";

/// DER before the 32 bytes of an Ed25519 seed in PKCS#8 (RFC 8410).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// An Ed25519 secret key.
pub struct SecretKey {
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl SecretKey {
    /// A new key from the system's random numbers.
    pub fn generate() -> Result<SecretKey, IdentityError> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| IdentityError::NoEntropy)?;
        SecretKey::from_seed(seed).ok_or(IdentityError::NoEntropy)
    }

    /// Writes the key to a new 0600 file in a private directory of ours.
    pub fn save(&self, path: &Path) -> Result<(), IdentityError> {
        let text = format!("{FILE_WORD} {}\n", self.to_hex());
        file::create(path, text.as_bytes(), true)
    }

    /// Reads a key that only we can have written and only we can read.
    pub fn load(path: &Path) -> Result<SecretKey, IdentityError> {
        let bytes = file::read(path, KEY_FILE_BYTES_MAX)?;
        let not_a_key = || IdentityError::NotAKey { path: path.display().to_string() };
        let text = std::str::from_utf8(&bytes).map_err(|_| not_a_key())?;
        let hex = text.strip_prefix(FILE_WORD).and_then(|rest| rest.strip_prefix(' '));
        hex.and_then(|hex| SecretKey::from_hex(hex.trim_end())).ok_or_else(not_a_key)
    }

    /// For files that nobody else can read.
    pub(crate) fn to_hex(&self) -> String {
        self.seed.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn from_hex(hex: &str) -> Option<SecretKey> {
        SecretKey::from_seed(public::decode_hex(hex)?)
    }

    /// The half that everybody may know.
    pub fn public(&self) -> PublicKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.pair.public_key().as_ref());
        PublicKey(key)
    }

    /// Signs bytes that the caller has made distinct from every other use of the key.
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(self.pair.sign(message).as_ref());
        signature
    }

    /// The form in which the TLS library takes the key; it stays in this process.
    pub(crate) fn to_pkcs8(&self) -> Vec<u8> {
        [&PKCS8_PREFIX[..], &self.seed].concat()
    }

    fn from_seed(seed: [u8; 32]) -> Option<SecretKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
        Some(SecretKey { seed, pair })
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::private_dir::{Dir, set_mode};

    #[test]
    fn signs_what_its_public_half_accepts() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let signature = key.sign(b"words");
        assert!(key.public().verify(b"words", &signature));
        assert!(!key.public().verify(b"wordz", &signature));
        assert!(!other.public().verify(b"words", &signature));
        assert!(!format!("{key:?}").contains(&key.to_hex()));
    }

    #[test]
    fn saved_private_and_never_over_another() {
        let dir = Dir::new("save");
        let path = dir.0.join("key");
        let key = SecretKey::generate().unwrap();
        key.save(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(SecretKey::load(&path).unwrap().public(), key.public());
        assert!(matches!(key.save(&path), Err(IdentityError::Exists { .. })));
        symlink("nowhere", dir.0.join("link")).unwrap();
        assert!(matches!(key.save(&dir.0.join("link")), Err(IdentityError::Exists { .. })));
    }

    #[test]
    fn open_places_are_refused() {
        let dir = Dir::new("open");
        let path = dir.0.join("key");
        let key = SecretKey::generate().unwrap();
        set_mode(&dir.0, 0o750);
        assert!(matches!(key.save(&path), Err(IdentityError::TooOpen { .. })));
        assert!(!path.exists());
        set_mode(&dir.0, 0o700);
        key.save(&path).unwrap();
        symlink("key", dir.0.join("link")).unwrap();
        assert!(SecretKey::load(&dir.0.join("link")).is_err());
        set_mode(&path, 0o640);
        assert!(matches!(SecretKey::load(&path), Err(IdentityError::TooOpen { .. })));
    }

    #[test]
    fn what_holds_no_key_is_said() {
        let dir = Dir::new("nokey");
        let path = dir.0.join("key");
        for text in ["", "posse-secret-key-1", "posse-secret-key-1 00", &"x".repeat(5000)] {
            std::fs::write(&path, text).unwrap();
            set_mode(&path, 0o600);
            let error = SecretKey::load(&path).unwrap_err();
            assert!(matches!(error, IdentityError::NotAKey { .. }), "{error}");
        }
        assert!(matches!(SecretKey::load(&dir.0), Err(IdentityError::NotAKey { .. })));
    }
}
