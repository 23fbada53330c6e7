//! Receiving: which message comes next, by tag and source or by a function of the program.
//!
//! The machine matches by tag, source and context. For a function of the program (`pvm_recvf`)
//! all that has arrived is taken into a queue of buffers here, since the function is given
//! buffers; what is in that queue arrived before what the machine still has. A message for a
//! handler is never wanted. Called by `abi/receive.rs` and `collective.rs`.

use std::ffi::c_int;
use std::sync::Arc;

use bytes::Bytes;

use super::{State, Task, collective};
use crate::Tid;
use crate::buffer::{Buffer, Heading};
use crate::code::{PvmError, Result};
use crate::encoding::Encoding;
use crate::machine::{Arrival, Arrived, Machine, Wait, Want};

/// `int match(int mid, int tid, int tag)`: negative an error, 0 no, 1 this one, more the best.
pub type Matcher = extern "C" fn(c_int, c_int, c_int) -> c_int;

/// An error of `pvm_recvf`'s function is any negative number, so it stays one.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Failed(pub i32);

impl From<PvmError> for Failed {
    fn from(error: PvmError) -> Failed {
        Failed(error.code())
    }
}

impl Task {
    /// `pvm_recv`, `pvm_nrecv`, `pvm_trecv`: the received message is the current receive buffer,
    /// the one before is freed. 0 when the wait was in vain.
    pub fn receive(&self, from: i32, tag: i32, wait: Wait) -> Result<i32, Failed> {
        let machine = self.machine()?;
        check(from, tag, wait)?;
        self.state().drop_received();
        let Some(id) = self.next(&machine, from, tag, wait, true)? else { return Ok(0) };
        self.state().buffers.set_receive(id)?;
        Ok(id)
    }

    /// `pvm_probe`: the buffer of a message that could be received, 0 for none.
    pub fn probe(&self, from: i32, tag: i32) -> Result<i32, Failed> {
        let machine = self.machine()?;
        Ok(self.next(&machine, from, tag, Wait::No, false)?.unwrap_or(0))
    }

    /// `pvm_precv`: the message's heading and body; the current buffers stay as they are.
    pub fn receive_array(&self, from: i32, tag: i32) -> Result<(Heading, Bytes), Failed> {
        let machine = self.machine()?;
        check(from, tag, Wait::Forever)?;
        let found = self.next(&machine, from, tag, Wait::Forever, true)?;
        let mut buffer = self.state().forget(found.ok_or(PvmError::SysErr)?)?;
        Ok((buffer.heading, buffer.bytes()))
    }

    /// `pvm_recvf`: gives the old function; `None` is PVM's own matching.
    pub fn set_matcher(&self, matcher: Option<Matcher>) -> Option<Matcher> {
        std::mem::replace(&mut self.state().matcher, matcher)
    }

    /// The body of a message of the library's own.
    pub(super) fn receive_own(&self, machine: &Arc<dyn Machine>, want: Want) -> Result<Bytes> {
        let queued = self.state().take_queued(&want, true);
        let found = match queued {
            Some(id) => Some(id),
            None => self.next_of_machine(machine, &want, Wait::Forever, true)?,
        };
        Ok(self.state().forget(found.ok_or(PvmError::SysErr)?)?.bytes())
    }

    fn next(
        &self,
        machine: &Arc<dyn Machine>,
        from: i32,
        tag: i32,
        wait: Wait,
        take: bool,
    ) -> Result<Option<i32>, Failed> {
        let matcher = self.state().matcher;
        if let Some(matcher) = matcher {
            return self.by_function(machine, matcher, (from, tag), wait, take);
        }
        let context = Some(self.context());
        let want = Want { from: (from != -1).then_some(Tid(from)), tag: some(tag), context };
        let queued = self.state().take_queued(&want, take);
        match queued {
            Some(id) => Ok(Some(id)),
            None => Ok(self.next_of_machine(machine, &want, wait, take)?),
        }
    }

    /// From the machine, as a buffer; handlers run meanwhile.
    fn next_of_machine(
        &self,
        machine: &Arc<dyn Machine>,
        want: &Want,
        wait: Wait,
        take: bool,
    ) -> Result<Option<i32>> {
        loop {
            let arrival =
                if take { machine.receive(Some(want), wait) } else { machine.probe(want, wait) };
            match arrival? {
                Some(Arrival::Handled(id, arrived)) => self.run_handler(machine, id, arrived)?,
                Some(Arrival::Wanted(arrived)) => {
                    return self.state().keep(arrived, machine.me().tid(), take).map(Some);
                }
                None => return Ok(None),
            }
        }
    }

    fn by_function(
        &self,
        machine: &Arc<dyn Machine>,
        matcher: Matcher,
        (from, tag): (i32, i32),
        wait: Wait,
        take: bool,
    ) -> Result<Option<i32>, Failed> {
        loop {
            while self.enqueue(machine, Wait::No)? {}
            if let Some(id) = self.scan(matcher, from, tag)? {
                if take {
                    self.state().queue.retain(|queued| *queued != id);
                }
                return Ok(Some(id));
            }
            if wait == Wait::No || !self.enqueue(machine, wait)? {
                return Ok(None);
            }
        }
    }

    /// One more message into the queue; false when none came.
    fn enqueue(&self, machine: &Arc<dyn Machine>, wait: Wait) -> Result<bool> {
        let Some(id) = self.next_of_machine(machine, &Want::ANY, wait, true)? else {
            return Ok(false);
        };
        self.state().queue.push_back(id);
        Ok(true)
    }

    fn scan(&self, matcher: Matcher, from: i32, tag: i32) -> Result<Option<i32>, Failed> {
        let queued: Vec<i32> = self.state().visible().collect();
        let mut best = (0, None);
        for id in queued {
            match matcher(id, from, tag) {
                error if error < 0 => return Err(Failed(error)),
                1 => return Ok(Some(id)),
                rank if rank > best.0 => best = (rank, Some(id)),
                _ => {}
            }
        }
        Ok(best.1)
    }
}

impl State {
    /// A message that came in, as a buffer: the one that `pvm_probe` gave, if it did.
    fn keep(&mut self, arrived: Arrived, own: Tid, take: bool) -> Result<i32> {
        let stamp = arrived.stamp;
        let known =
            if take { self.probed.remove(&stamp) } else { self.probed.get(&stamp).copied() };
        if let Some(id) = known {
            return Ok(id);
        }
        let id = self.buffers.add(buffer(arrived, own))?;
        if !take {
            self.probed.insert(stamp, id);
        }
        Ok(id)
    }

    pub(super) fn drop_received(&mut self) {
        let id = self.buffers.receive_id();
        if id != 0 {
            let _already_gone = self.forget(id);
        }
    }

    fn take_queued(&mut self, want: &Want, take: bool) -> Option<i32> {
        let at = self.queue.iter().position(|id| {
            let heading = self.buffers.get(*id).map(|buffer| buffer.heading);
            heading.is_ok_and(|h| want.takes(Tid(h.source), h.context, h.tag))
        })?;
        if take { self.queue.remove(at) } else { self.queue.get(at).copied() }
    }

    /// What a function of the program may see: not the library's own messages.
    fn visible(&mut self) -> impl Iterator<Item = i32> {
        let buffers = &mut self.buffers;
        self.queue.iter().copied().filter(|id| {
            buffers.get(*id).is_ok_and(|buffer| buffer.heading.context != collective::CONTEXT)
        })
    }
}

/// The buffer of an arrived message.
pub(super) fn buffer(arrived: Arrived, own: Tid) -> Buffer {
    let heading = Heading {
        context: arrived.label.context,
        tag: arrived.label.tag,
        wait_id: arrived.label.wait_id,
        checksum: 0,
        source: arrived.from.0,
        destination: own.0,
    };
    Buffer::received(heading, Encoding::from_wire(arrived.label.encoding), arrived.body)
}

fn some(number: i32) -> Option<i32> {
    (number != -1).then_some(number)
}

/// -1 is any; what is below names nothing that could ever come, so that a wait without end for it
/// is an error (pvm_recv(3PVM)). A source may be the daemon, whose tid is the lowest number, and a
/// tag one of the system's own (`pvmproto.h`).
fn check(from: i32, tag: i32, wait: Wait) -> Result<()> {
    const SYSTEM: std::ops::Range<u32> = 0x8001_0001..0x8005_0000;
    let may_tag = tag >= -1 || SYSTEM.contains(&tag.cast_unsigned());
    let may = may_tag && (from >= -1 || Tid(from) == Tid::DAEMON);
    if may || wait != Wait::Forever { Ok(()) } else { Err(PvmError::BadParam) }
}
