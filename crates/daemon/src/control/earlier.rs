//! What the owner's table says of an earlier life of the vm, and with it whether the control state
//! may be founded where the disk has none: there is to be one, so an owner that was not the only
//! voter asks those that were. Called by `begin` and `recover`.

use posse_control::consensus::{LogEntry, Matter, Stored, VoterId, founded};
use posse_control::state::{Command, Host, Proposal};
use posse_wire::msg::Led;
use posse_wire::{HostId, Lead};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Earlier {
    /// There was no vm.
    None,
    /// This host was the only voter.
    Alone(Lead),
    /// Other hosts have the control state.
    Others(Lead),
    /// There was a vm, and its table is lost or damaged.
    Unknown,
}

impl Earlier {
    /// From what was restored of the table. Its voters are written there before a change of them
    /// is over; there are none where it was lost in the vm's first moment.
    pub fn of(led: &Led) -> Earlier {
        let alone = led.voters.iter().all(|host| *host == HostId::OWNER);
        if alone { Earlier::Alone(led.lead) } else { Earlier::Others(led.lead) }
    }

    /// This host led by a vote that this log does not know: another one stands in its place, as
    /// out of a backup, and has forgotten what was promised since.
    pub(super) fn is_ahead_of(self, stored: &Stored) -> bool {
        let (Earlier::Alone(lead) | Earlier::Others(lead)) = self else { return false };
        let epoch = stored.meta.epoch.max(stored.state.epoch);
        Lead { epoch, term: stored.hard.term.max(stored.meta.term) } < lead
    }

    /// In the place of a log that is lost, for which this is the reason.
    pub(super) fn begins(self, founder: VoterId, why: &str) -> Stored {
        match self {
            Earlier::None => founded(founder),
            Earlier::Alone(lead) => {
                crate::log::line(&format!(
                    "the disk has lost the control state ({why}), and no other host had it: names \
                     are gone, the vm goes on without them"
                ));
                founded_after(founder, lead.epoch)
            }
            Earlier::Others(_) | Earlier::Unknown => {
                crate::log::line(&format!(
                    "the disk has lost the control state ({why}); the hosts that vote have it, and \
                     where most of them are lost `posse recover` begins it anew"
                ));
                Stored::default()
            }
        }
    }
}

/// The owner's row in this log was told by another vm's owner: somebody copied the file.
pub(super) fn is_foreign(stored: &Stored, key: &[u8; 32]) -> bool {
    owner_of(stored).is_some_and(|owner| owner != *key)
}

/// The key in the last row of the owner's daemon, where one has been told.
fn owner_of(stored: &Stored) -> Option<[u8; 32]> {
    let key = |host: &Host| host.admission.as_ref().map(|admission| admission.key);
    let told = |entry: &LogEntry| {
        let Matter::Command(bytes) = &entry.matter else { return None };
        let Command::Hosts(rows) = Proposal::decode(bytes).ok()?.command else { return None };
        let own = rows.iter().find(|row| row.number == HostId::OWNER)?;
        key(own.host.as_ref()?)
    };
    let in_log = stored.entries.iter().rev().find_map(told);
    in_log.or_else(|| key(stored.state.hosts.get(HostId::OWNER)?))
}

/// A state without names of a later epoch: who has a part of an earlier one is refused.
pub(super) fn founded_after(founder: VoterId, epoch: u32) -> Stored {
    let mut stored = founded(founder);
    stored.state.epoch = epoch + 1;
    stored.meta.epoch = epoch + 1;
    stored
}

#[cfg(test)]
mod tests {
    use super::*;
    use posse_control::state::{Admission, Answer, ClientId, HostRow, Signature, Standing};
    use posse_wire::Incarnation;
    use posse_wire::msg::{HostRequest, Launcher};

    fn led(voters: &[u32]) -> Led {
        let voters = voters.iter().map(|number| HostId(*number)).collect();
        Led { lead: Lead { epoch: 2, term: 7 }, leader: HostId::OWNER, voters }
    }

    #[test]
    fn only_who_voted_alone_founds_a_second_one() {
        let me = VoterId::new(HostId::OWNER, Incarnation(9));
        let first = Earlier::None.begins(me, "");
        assert_eq!((first.meta.epoch, first.meta.members.voters.as_slice()), (1, &[me][..]));
        for voters in [&[][..], &[0]] {
            let again = Earlier::of(&led(voters)).begins(me, "");
            assert_eq!((again.meta.epoch, again.state.epoch), (3, 3), "those of epoch 2 hear it");
            assert_eq!(again.meta.members.voters, [me]);
        }
        for earlier in [Earlier::of(&led(&[0, 1, 2])), Earlier::of(&led(&[1])), Earlier::Unknown] {
            let joins = earlier.begins(me, "");
            assert_eq!((joins.meta.index, joins.meta.members.all().count()), (0, 0), "{earlier:?}");
        }
    }

    #[test]
    fn a_log_of_another_owner_is_foreign() {
        let (request, key) = (
            HostRequest {
                name: "vm".into(),
                user: None,
                port: None,
                slots: None,
                launcher: Launcher::Local,
            },
            [4; 32],
        );
        let (ticket, parent) = (Signature([[0; 32]; 2]), HostId::OWNER);
        let admission = Admission { boot: 1, key, ticket, parent, facts: Default::default() };
        let host = Host {
            request,
            standing: Standing::Up,
            incarnation: Incarnation(1),
            launcher: "".into(),
            slots: 1,
            admission: Some(Box::new(admission)),
        };
        let rows = vec![HostRow { number: HostId::OWNER, host: Some(Box::new(host)) }];
        let proposal = Proposal { client: ClientId(1), seq: 1, command: Command::Hosts(rows) };
        let mut stored = founded(VoterId::new(HostId::OWNER, Incarnation(9)));
        assert!(!is_foreign(&stored, &[5; 32]), "nobody has said whose it is");
        let matter = Matter::Command(proposal.encode());
        stored.entries = vec![LogEntry { term: 2, index: 2, matter }];
        assert!(is_foreign(&stored, &[5; 32]) && !is_foreign(&stored, &key));
        // And once it is a part of the snapshot.
        let begin = Proposal { client: ClientId(0), seq: 0, command: Command::Open };
        let Answer::Opened(client) = stored.state.apply(2, begin, &mut vec![]) else {
            panic!("no client");
        };
        stored.state.apply(3, Proposal { client, ..proposal }, &mut vec![]);
        stored.entries.clear();
        assert!(is_foreign(&stored, &[5; 32]) && !is_foreign(&stored, &key));
    }

    #[test]
    fn a_log_from_before_the_last_vote_is_none() {
        let mut stored = Stored::default();
        (stored.meta.epoch, stored.hard.term) = (2, 7);
        let earlier = Earlier::of(&led(&[0, 1, 2]));
        assert!(!earlier.is_ahead_of(&stored));
        stored.hard.term = 6;
        assert!(earlier.is_ahead_of(&stored) && !Earlier::None.is_ahead_of(&stored));
        (stored.meta.epoch, stored.hard.term) = (3, 1);
        assert!(!earlier.is_ahead_of(&stored), "it was recovered since");
    }
}
