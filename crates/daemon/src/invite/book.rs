//! The codes that were given out: how often each may still be used, and until when. Values only;
//! time is milliseconds since 1970, since it outlives the daemon. Called by `invite`.

use crate::limits::{INVITATIONS_MAX, INVITED_AT_ONCE_MAX};
use posse_net::invitation::Secret;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Keeps what is kept apart from every other use of blake3 on the same bytes.
const CONTEXT: &str = "posse invitation v1: kept secret";

/// One code.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
struct Given {
    /// Of the secret, which is not kept itself.
    hash: [u8; 32],
    uses: u32,
    until_ms: u64,
}

/// All that are good, and those that were until lately, so that the reason can be told.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Book {
    given: Vec<Given>,
}

/// Why a code is not taken, in words for who has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotTaken {
    #[error("this code is not known here; ask for a new one")]
    Unknown,
    #[error("this code is used up; ask for a new one")]
    UsedUp,
    #[error("the time of this code is over; ask for a new one")]
    Expired,
}

impl Book {
    /// Notes a code. An error says why there can be none.
    pub fn add(
        &mut self,
        secret: &Secret,
        uses: u32,
        now_ms: u64,
        time: Duration,
    ) -> Result<(), String> {
        if !(1..=INVITED_AT_ONCE_MAX).contains(&uses) {
            return Err(format!("a code is for 1 to {INVITED_AT_ONCE_MAX} computers"));
        }
        if self.given.len() >= INVITATIONS_MAX {
            // What is over makes room, the oldest first.
            let is_over = |given: &Given| given.uses == 0 || given.until_ms <= now_ms;
            let Some(at) = self.given.iter().position(is_over) else {
                return Err(format!(
                    "{INVITATIONS_MAX} codes are out already; `posse invite --end` ends them"
                ));
            };
            self.given.remove(at);
        }
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let until_ms = now_ms.saturating_add(time);
        self.given.push(Given { hash: hash(secret), uses, until_ms });
        Ok(())
    }

    /// Uses a code once.
    pub fn take(&mut self, secret: &Secret, now_ms: u64) -> Result<(), NotTaken> {
        let hash = hash(secret);
        let given = self.given.iter_mut().find(|given| given.hash == hash);
        let given = given.ok_or(NotTaken::Unknown)?;
        if given.until_ms <= now_ms {
            return Err(NotTaken::Expired);
        }
        given.uses = given.uses.checked_sub(1).ok_or(NotTaken::UsedUp)?;
        Ok(())
    }

    /// What was used was of no use: the computer could not be admitted.
    pub fn give_back(&mut self, secret: &Secret) {
        let hash = hash(secret);
        if let Some(given) = self.given.iter_mut().find(|given| given.hash == hash) {
            given.uses += 1;
        }
    }

    /// None is good any more.
    pub fn clear(&mut self) {
        self.given.clear();
    }
}

fn hash(secret: &Secret) -> [u8; 32] {
    blake3::derive_key(CONTEXT, secret)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const HOUR_MS: u64 = 3_600_000;

    #[test]
    fn a_code_is_good_so_often_and_so_long() {
        let mut book = Book::default();
        book.add(&[1; 16], 2, 1000, HOUR).unwrap();
        book.add(&[2; 16], 1, 1000, HOUR).unwrap();
        assert_eq!(book.take(&[3; 16], 1000), Err(NotTaken::Unknown));
        assert_eq!(book.take(&[1; 16], 1000), Ok(()));
        assert_eq!(book.take(&[1; 16], 999 + HOUR_MS), Ok(()));
        assert_eq!(book.take(&[1; 16], 1000), Err(NotTaken::UsedUp));
        assert_eq!(book.take(&[2; 16], 1000 + HOUR_MS), Err(NotTaken::Expired));
        book.give_back(&[1; 16]);
        assert_eq!(book.take(&[1; 16], 1000), Ok(()));
        book.clear();
        assert_eq!(book.take(&[2; 16], 1000), Err(NotTaken::Unknown));
    }

    #[test]
    fn there_are_only_so_many() {
        let mut book = Book::default();
        assert!(book.add(&[0; 16], 0, 0, HOUR).is_err());
        assert!(book.add(&[0; 16], u32::MAX, 0, HOUR).is_err());
        for code in 0..INVITATIONS_MAX {
            book.add(&[code as u8; 16], 1, code as u64, HOUR).unwrap();
        }
        assert!(book.add(&[255; 16], 1, 0, HOUR).is_err());
        book.take(&[7; 16], 0).unwrap();
        book.add(&[255; 16], 1, 0, HOUR).unwrap();
        assert_eq!(book.take(&[7; 16], 0), Err(NotTaken::Unknown), "it made room");
        assert_eq!(book.take(&[255; 16], 0), Ok(()));
    }
}
