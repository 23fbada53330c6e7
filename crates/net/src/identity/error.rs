//! Why a key could not be made, kept or read, and what to do then. Made throughout `identity`.

/// Why a key could not be made, kept, read or understood.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
    #[error("{path} already exists; remove it first if the key in it is no longer wanted")]
    Exists { path: String },
    #[error("{path} belongs to uid {owner}, not to you; use a directory of your own")]
    ForeignOwner { path: String, owner: u32 },
    #[error("{path} has mode {mode:04o}, others could reach it; run: chmod {wanted} {path}")]
    TooOpen { path: String, mode: u32, wanted: &'static str },
    #[error("{path} holds no posse key; remove it and a new one is made at the next `posse up`")]
    NotAKey { path: String },
    #[error("not a public key: expected 64 hex digits, as `posse hosts --json` prints them")]
    BadPublicKey,
    #[error("the system gave no random bytes; a key cannot be made on this machine")]
    NoEntropy,
}
