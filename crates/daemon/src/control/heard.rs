//! Words of other hosts' control states, and questions of front ends, to the part they are for.

use crate::shell::Shell;
use posse_control::consensus::{Input, PeerMessage, Refused};
use posse_control::{Ask, Word};
use posse_proto::{LinkId, Registry};
use posse_wire::{CommandId, HostId};
use std::rc::Rc;
use tokio::task::spawn_local;

impl Shell {
    pub fn registry(self: &Rc<Self>, link: LinkId, id: CommandId, ask: Registry) {
        match ask {
            Registry::Names(ask) => self.names(link, id, ask),
            Registry::Voters => self.show_voters(link, id),
            Registry::Recover { epoch } => self.recover_control(link, id, epoch),
        }
    }

    /// Routes say that it is of this host, or may be.
    pub fn word_came(self: &Rc<Self>, from: HostId, body: &[u8]) {
        match Word::decode(body) {
            Err(error) => crate::log::line(&format!("host {from}, control state: {error}")),
            Ok(Word::Voter(message)) => self.voter_heard(from, message),
            Ok(Word::Ask { token, ask }) => self.asked_by(from, token, ask),
            Ok(Word::Said { token, said }) => self.control.answered_by(from, token, said),
        }
    }

    fn voter_heard(self: &Rc<Self>, from: HostId, message: Box<PeerMessage>) {
        if message.from.host == from
            && let Some(voter) = self.control.voter()
        {
            voter.feed(self, Input::Peer(message));
        }
    }

    /// Only this host's own voter answers: who asks finds the one that leads.
    fn asked_by(self: &Rc<Self>, from: HostId, token: u64, ask: Ask) {
        let shell = self.clone();
        spawn_local(async move {
            let said = match shell.control.voter() {
                Some(voter) => shell.ask_own(&voter, &ask).await,
                None => Err(Refused::NoMajority { last_leader: None, was_proposed: false }),
            };
            shell.send_word(from, &Word::Said { token, said });
        });
    }
}
