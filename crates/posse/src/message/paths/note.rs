//! What two processes that share memory tell each other over the socket between them: notes of one
//! size, with descriptors. Total: any bytes are a note or none.

use posse_shm::attach::Invitation;

/// Bytes of each note: the largest, and so that none is ever split by a socket that takes them.
pub(super) const NOTE_BYTES: usize = 48;

/// In the place of a core: there are several.
const ANY_CORE: u32 = u32::MAX;

const HERE: u8 = 1;
const READS: u8 = 2;
const BULK: u8 = 3;
const SEGMENT: u8 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// The ring that I read, and the doorbell that I hear: what comes with it are the ring's
    /// memory, the doorbell's page and its eventfd.
    Here {
        ring_bytes: u32,
        bit: u32,
        invitation: Invitation,
        /// The only core that I may run on, if there is only one.
        core: Option<u32>,
    },
    /// I can read your memory: large payloads need not be copied into a ring.
    Reads,
    /// I can not be read, so large payloads come through this ring, whose memory comes with it.
    Bulk { ring_bytes: u32 },
    /// Payloads that I offer may stand in this memory, which comes with it.
    Segment { bytes: u64 },
}

impl Note {
    pub fn encode(self) -> [u8; NOTE_BYTES] {
        let mut out = [0; NOTE_BYTES];
        match self {
            Note::Here { ring_bytes, bit, invitation, core } => {
                out[0] = HERE;
                out[4..8].copy_from_slice(&ring_bytes.to_le_bytes());
                out[8..12].copy_from_slice(&bit.to_le_bytes());
                out[12..16].copy_from_slice(&invitation.pid.to_le_bytes());
                out[16..24].copy_from_slice(&invitation.address.to_le_bytes());
                out[24..40].copy_from_slice(&invitation.nonce);
                out[40..44].copy_from_slice(&core.unwrap_or(ANY_CORE).to_le_bytes());
            }
            Note::Reads => out[0] = READS,
            Note::Bulk { ring_bytes } => {
                out[0] = BULK;
                out[4..8].copy_from_slice(&ring_bytes.to_le_bytes());
            }
            Note::Segment { bytes } => {
                out[0] = SEGMENT;
                out[8..16].copy_from_slice(&bytes.to_le_bytes());
            }
        }
        out
    }

    pub fn decode(bytes: &[u8; NOTE_BYTES]) -> Option<Note> {
        let word = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
        match bytes[0] {
            HERE => {
                let address = u64::from_le_bytes(*bytes[16..].first_chunk()?);
                let (pid, nonce) = (word(12)?.cast_signed(), *bytes[24..].first_chunk()?);
                let invitation = Invitation { pid, address, nonce };
                let core = Some(word(40)?).filter(|core| *core != ANY_CORE);
                Some(Note::Here { ring_bytes: word(4)?, bit: word(8)?, invitation, core })
            }
            READS => Some(Note::Reads),
            BULK => Some(Note::Bulk { ring_bytes: word(4)? }),
            SEGMENT => {
                Some(Note::Segment { bytes: u64::from_le_bytes(*bytes[8..].first_chunk()?) })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_out_as_they_went_in() {
        let invitation = Invitation { pid: 77, address: 0x7fff_1234_5678, nonce: [9; 16] };
        let here = |core| Note::Here { ring_bytes: 16_384, bit: 63, invitation, core };
        let parts = [Note::Bulk { ring_bytes: 1 << 18 }, Note::Segment { bytes: 1 << 40 }];
        for note in [here(None), here(Some(3)), Note::Reads].into_iter().chain(parts) {
            assert_eq!(Note::decode(&note.encode()), Some(note));
        }
        assert_eq!(Note::decode(&[0; NOTE_BYTES]), None);
        assert_eq!(Note::decode(&[255; NOTE_BYTES]), None);
    }
}
