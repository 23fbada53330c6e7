//! What front ends ask of the registry of names, from their words to the control state's and back.

use crate::shell::Shell;
use posse_control::consensus::Refused;
use posse_control::state::{
    Answer, ClientId, Command, Expect, Found, NameRow, Owner, Proposal, Question,
};
use posse_control::{Ask, Said, limits};
use posse_proto::LinkId;
use posse_wire::msg::{NameEntry, NameHolder, Named, Names};
use posse_wire::{CommandId, HostId, Message, Outcome, Rank};
use std::rc::Rc;
use tokio::task::spawn_local;
use tokio::time::timeout;

pub(super) fn holder(owner: &Owner) -> NameHolder {
    let Owner { host, incarnation, command, rank } = *owner;
    NameHolder { host, incarnation, command, rank }
}

pub(super) fn entry(row: NameRow) -> NameEntry {
    let NameRow { name, value, owner, version } = row;
    NameEntry { name, value, holder: holder(&owner), version }
}

/// What to type or do next, behind why and what is known of it.
fn refused(shell: &Shell, error: &Refused) -> Named {
    let voters = match error {
        Refused::NoMajority { .. } => shell.voters_in_words(),
        _ => String::new(),
    };
    let hint = match error {
        Refused::NoMajority { .. } => {
            "; `posse hosts` shows who votes, `posse up` brings hosts back, and `posse recover` \
             goes on without those that are lost for good"
        }
        Refused::Disk => "; make room on the disk where that host keeps it",
        Refused::Busy | Refused::Replaced { .. } | Refused::NotLeader { .. } => "; try again",
        Refused::OldEpoch { .. } | Refused::Damaged => "; see `posse hosts`",
        Refused::Limit(_) => "",
    };
    let outcome = error.outcome();
    Named::Refused { why: format!("{error}{voters}; {outcome}{hint}"), outcome }
}

fn not_done(why: &str) -> Named {
    Named::Refused { why: why.to_owned(), outcome: Outcome::NotDone }
}

/// For questions whose answer has another form than it can have.
fn odd() -> Named {
    let why = "the control state gave an answer that makes no sense".to_owned();
    Named::Refused { why, outcome: Outcome::Unknown }
}

impl Shell {
    /// A front end asks; it is answered under its id.
    pub fn names(self: &Rc<Self>, link: LinkId, id: CommandId, ask: Names) {
        match ask {
            Names::Stop => self.stop_waiting(link, id),
            Names::Wait { name, within_ms } => self.wait_for_name(link, id, name, within_ms),
            Names::Watch { prefix } => self.watch_names(link, id, prefix),
            ask => {
                let shell = self.clone();
                spawn_local(async move {
                    let named = shell.ask_names(link, ask).await;
                    shell.say_named(link, id, &named);
                });
            }
        }
    }

    pub(super) fn say_named(self: &Rc<Self>, link: LinkId, id: CommandId, named: &Named) {
        self.say(link, &named.frame(id));
    }

    async fn ask_names(self: &Rc<Self>, link: LinkId, ask: Names) -> Named {
        match ask {
            Names::Open => self.open_names().await,
            Names::Register { client, seq, name, value, process, version } => {
                let Some(owner) = self.owner_of(link, process) else {
                    return not_done(
                        "no such process runs, and the registry is as before; \
                         `posse ps --processes` lists those that do",
                    );
                };
                let expect = version.map_or(Expect::Own, Expect::Version);
                let command = Command::Register { name, value, owner, expect };
                self.register((ClientId(client), seq), owner, command).await
            }
            Names::Unregister { client, seq, name, version } => {
                self.unregister((ClientId(client), seq), name, version).await
            }
            Names::LookUp { name } => match self.look_up(name).await {
                Ok(row) => Named::Found(row.map(entry)),
                Err(error) => refused(self, &error),
            },
            Names::List { prefix, behind } => self.list(prefix, behind).await,
            Names::Wait { .. } | Names::Watch { .. } | Names::Stop => odd(),
        }
    }

    async fn open_names(self: &Rc<Self>) -> Named {
        let proposal = Proposal { client: ClientId(0), seq: 0, command: Command::Open };
        match self.ask_control(Ask::Change(proposal)).await {
            Ok(Said::Answer(Answer::Opened(client))) => Named::Opened { client: client.0 },
            Ok(_) => odd(),
            Err(error) => refused(self, &error),
        }
    }

    /// Where a process runs that is to have a name; the front end itself where none is given.
    fn owner_of(&self, link: LinkId, process: Option<(CommandId, Rank)>) -> Option<Owner> {
        self.with_daemon(|daemon| {
            let Some((command, rank)) = process else {
                let command = daemon.client_first(link)?;
                let (host, incarnation) = (daemon.host(), daemon.incarnation());
                return Some(Owner { host, incarnation, command, rank: Rank::ALL });
            };
            let (host, incarnation) = daemon.holder(command, rank)?;
            Some(Owner { host, incarnation, command, rank })
        })
    }

    async fn register(
        self: &Rc<Self>,
        (client, seq): (ClientId, u64),
        owner: Owner,
        command: Command,
    ) -> Named {
        if timeout(limits::CONFIRM_WITHIN, self.told_hosts()).await.is_err() {
            return refused(self, &Refused::NoMajority { last_leader: None, was_proposed: false });
        }
        self.may_hold(owner);
        let result = self.ask_control(Ask::Change(Proposal { client, seq, command })).await;
        if !self.lives(&owner) {
            // It ended meanwhile, and whether that was told before is not known here.
            self.tell_gone(owner);
        }
        self.changed(result)
    }

    async fn unregister(
        self: &Rc<Self>,
        (client, seq): (ClientId, u64),
        name: String,
        version: Option<u64>,
    ) -> Named {
        let owner = match self.look_up(name.clone()).await {
            Ok(row) => row.map(|row| row.owner),
            Err(error) => return refused(self, &error),
        };
        // Asked all the same where nobody has it: an earlier try may have been done.
        let nobody = || {
            let (host, incarnation) = self.with_daemon(|d| (d.host(), d.incarnation()));
            Owner { host, incarnation, command: CommandId::NONE, rank: Rank::ALL }
        };
        let owner = owner.unwrap_or_else(nobody);
        let expect = version.map_or(Expect::Own, Expect::Version);
        let command = Command::Unregister { name, owner, expect };
        self.changed(self.ask_control(Ask::Change(Proposal { client, seq, command })).await)
    }

    pub(super) async fn look_up(self: &Rc<Self>, name: String) -> Result<Option<NameRow>, Refused> {
        match self.ask_control(Ask::Question(Question::Name(name))).await? {
            Said::Found(Found::Name(row)) => Ok(row),
            _ => Ok(None),
        }
    }

    async fn list(self: &Rc<Self>, prefix: String, behind: Option<String>) -> Named {
        let question = Question::Names { prefix, behind };
        match self.ask_control(Ask::Question(question)).await {
            Ok(Said::Found(Found::Names { rows, more })) => {
                Named::Listed { names: rows.into_iter().map(entry).collect(), more }
            }
            Ok(_) => odd(),
            Err(error) => refused(self, &error),
        }
    }
}

impl Shell {
    /// Which of the voters are up, as the table of hosts has it.
    fn voters_in_words(&self) -> String {
        let voters = self.voters().voters;
        if voters.is_empty() {
            return String::new();
        }
        let rows = self.with_daemon(|daemon| daemon.rows());
        let one = |host: &HostId| match rows.iter().find(|row| row.0.number == *host) {
            Some((entry, ..)) if entry.is_up() => entry.name.clone(),
            Some((entry, ..)) => format!("{} (down)", entry.name),
            None => format!("host {host}"),
        };
        let voters: Vec<String> = voters.iter().map(one).collect();
        format!("; the voters are {}", voters.join(", "))
    }

    /// What became of a change.
    fn changed(&self, result: Result<Said, Refused>) -> Named {
        let answer = match result {
            Ok(Said::Answer(answer)) => answer,
            Ok(_) => return odd(),
            Err(error) => return refused(self, &error),
        };
        match answer {
            Answer::Version(version) => Named::Registered { version },
            Answer::Done => Named::Unregistered,
            Answer::Taken { owner, version } => Named::Taken { holder: holder(&owner), version },
            Answer::NoName => Named::NoName,
            Answer::NoHost => not_done(
                "the host of that process is down, and the registry is as before; see \
                 `posse hosts`",
            ),
            Answer::Full(limit) => not_done(&format!(
                "a vm holds no more ({limit:?}), and the registry is as before; unregister some \
                 first"
            )),
            Answer::NoClient => Named::Forgotten,
            Answer::Late => Named::Refused {
                why: "this was tried too long ago to know whether it was done; look the name up"
                    .into(),
                outcome: Outcome::Unknown,
            },
            Answer::Opened(_) | Answer::Superseded => odd(),
        }
    }
}
