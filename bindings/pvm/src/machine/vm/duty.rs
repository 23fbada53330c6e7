//! Duties that a task takes over from the vm: `pvm_reg_tasker`, `pvm_reg_hoster`, `pvm_reg_rm`.
//!
//! Who has a duty stands in the mailbox under PVM's own names, and goes from there with its task.
//! Who needs something done looks there first and asks that task, by the messages of the
//! man pages (pvm_reg_tasker(3PVM) and the others), in a pvmd's place: their answers come back to
//! it. Called by `answers.rs`; what is asked is in `tasker.rs` and `hoster.rs`.

use std::time::{Duration, Instant};

use bytes::Bytes;
use posse::HostId;
use posse::board::{MailError, MailFlags};
use posse::pvm::classes::{HOSTER, MANAGER, TASKER, TRACER};

use super::VmMachine;
use super::error::code;
use crate::Tid;
use crate::buffer::{Buffer, Contents, Heading};
use crate::code::{PvmError, Result};
use crate::encoding::{ByteOrder, Encoding};
use crate::kind::Kind;
use crate::machine::flags::MAIL_INDEX_SHIFT;
use crate::machine::{Arrival, Label, Role, Wait, Want};
use crate::memory::Items;

/// Tags of the system's own messages (`pvmproto.h`).
const SM_FIRST: i32 = 0x8004_0001_u32.cast_signed();
pub const SM_CONFIG: i32 = SM_FIRST + 4;
pub const SM_TASKX: i32 = SM_FIRST + 10;
pub const SM_STHOST: i32 = SM_FIRST + 14;
pub const SM_STHOSTACK: i32 = SM_FIRST + 15;
pub const SM_STTASK: i32 = SM_FIRST + 16;

/// Who has a duty, and what it left to say there.
pub struct OnDuty {
    pub task: Tid,
    pub said: String,
}

impl VmMachine {
    /// `Already` where another task has it.
    pub(super) fn take_over(&self, role: Role) -> Result<()> {
        let at = |index: u32| MailFlags(index << MAIL_INDEX_SHIFT);
        let (class, flags, said) = match role {
            Role::Hoster => (HOSTER, at(0), String::new()),
            Role::ResourceManager => (MANAGER, at(0), String::new()),
            Role::Tasker => (TASKER, at(self.here().0), self.for_tasks()?),
            // There may be several. Nobody writes the events that they would read.
            Role::Tracer => (TRACER, MailFlags::MULTI, String::new()),
        };
        match self.board()?.mailbox().put(class, flags, said.as_bytes()) {
            Ok(_) => Ok(()),
            Err(posse::Error::Mail { why: MailError::Denied, .. }) => Err(PvmError::Already),
            Err(error) => Err(code(error)),
        }
    }

    pub(super) fn hoster(&self) -> Result<Option<OnDuty>> {
        self.on_duty(HOSTER, 0, MailFlags::default())
    }

    pub(super) fn manager(&self) -> Result<Option<OnDuty>> {
        self.on_duty(MANAGER, 0, MailFlags::default())
    }

    /// Those of these hosts, by their places in the list; mostly there is none at all.
    pub(super) fn taskers(&self, hosts: &[HostId]) -> Result<Vec<Option<OnDuty>>> {
        if self.on_duty(TASKER, 0, MailFlags::FIRST)?.is_none() {
            return Ok(hosts.iter().map(|_| None).collect());
        }
        let of = |host: &HostId| self.on_duty(TASKER, host.0, MailFlags::default());
        hosts.iter().map(of).collect()
    }

    /// `None` where it is nobody's, or this task's own.
    fn on_duty(&self, class: &str, index: u32, flags: MailFlags) -> Result<Option<OnDuty>> {
        let letter = match self.board()?.mailbox().get(class, index, flags, None) {
            Err(posse::Error::Mail { why: MailError::NotFound, .. }) => return Ok(None),
            letter => letter.map_err(code)?,
        };
        let task = letter.owner.and_then(|owner| self.messages().lives.learn(owner));
        let task = task.filter(|task| *task != self.me.tid());
        let said = String::from_utf8(letter.value).map_err(|_| PvmError::BadMsg)?;
        Ok(task.map(|task| OnDuty { task, said }))
    }

    /// Says something of the system's to a task in this one's name.
    pub(super) fn say_to(&self, task: Tid, tag: i32, wait_id: i32, body: Bytes) -> Result<()> {
        let encoding = Encoding::Xdr(ByteOrder::OWN).wire();
        let label = Label { context: 0, tag, wait_id, encoding };
        self.post(&[task], label, Contents::Whole(body))
    }

    /// The answer of a task: `HostFail` where it ends before, or does not give one in time. No
    /// time is for as long as it takes, as with PVM.
    pub(super) fn answer_of(
        &self,
        task: Tid,
        tag: i32,
        within: Option<Duration>,
    ) -> Result<Buffer> {
        let want = Want { from: Some(task), tag: Some(tag), context: Some(0) };
        let wait = within.map_or(Wait::Forever, |within| Wait::Until(Instant::now() + within));
        match self.next(Some(&want), wait, true)? {
            Some(Arrival::Wanted(answer)) => {
                let encoding = Encoding::from_wire(answer.label.encoding);
                Ok(Buffer::received(Heading::default(), encoding, answer.body))
            }
            _ => Err(PvmError::HostFail),
        }
    }
}

/// A message of the system's: integers and strings in `PvmDataDefault`.
pub struct Said(Buffer);

impl Said {
    pub fn new() -> Said {
        Said(Buffer::new(Encoding::Xdr(ByteOrder::OWN), Tid::DAEMON))
    }

    pub fn int(mut self, number: i32) -> Result<Said> {
        self.0.pack(Kind::Int, Items::of(&number.to_ne_bytes(), 4))?;
        Ok(self)
    }

    pub fn text(mut self, text: &str) -> Result<Said> {
        self.0.pack_string(text.as_bytes())?;
        Ok(self)
    }

    pub fn bytes(mut self) -> Bytes {
        self.0.bytes()
    }
}

/// The next string of an answer.
pub fn text_of(buffer: &mut Buffer) -> Result<String> {
    let mut text = Vec::new();
    buffer.unpack_string(|bytes| text = bytes.to_vec())?;
    String::from_utf8(text).map_err(|_| PvmError::BadMsg)
}
