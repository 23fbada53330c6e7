//! What a switch does to the bytes of one direction, and one direction of one connection.
//! Called by `serve`.

use super::Chance;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// As the one who connects sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    There = 0,
    Back = 1,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bend {
    /// How much later everything comes, and a random tenth of it more.
    pub delay: Duration,
    /// One byte at a time.
    pub bytewise: bool,
    /// Nothing comes any more; nobody is told.
    pub stalled: bool,
}

/// Pieces on their way in one direction. The reader waits when there are more, as a network's
/// buffers do.
const PIECES: usize = 256;
const PIECE_BYTES: usize = 16 * 1024;

/// The bends of both directions, which change while bytes flow.
#[derive(Default)]
pub(super) struct Bends {
    both: Mutex<[Bend; 2]>,
    changed: Condvar,
}

impl Bends {
    pub fn set(&self, side: Side, bend: Bend) {
        self.both.lock().unwrap_or_else(PoisonError::into_inner)[side as usize] = bend;
        self.changed.notify_all();
    }

    fn get(&self, side: Side) -> Bend {
        self.both.lock().unwrap_or_else(PoisonError::into_inner)[side as usize]
    }

    /// Waits until this time, and while this direction is stalled.
    fn wait(&self, side: Side, due: Instant) {
        let mut both = self.both.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let stalled = |both: &mut [Bend; 2]| both[side as usize].stalled;
                let _flows = self.changed.wait_while(both, stalled);
                return;
            }
            let waited = self.changed.wait_timeout(both, left);
            both = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Carries one direction until one of the two ends.
pub(super) fn carry(
    from: TcpStream,
    to: TcpStream,
    side: Side,
    bends: Arc<Bends>,
    mut chance: Chance,
) {
    let (sender, receiver) = sync_channel(PIECES);
    let of_writer = bends.clone();
    let writer = thread::spawn(move || deliver(to, side, &of_writer, &receiver));
    take(from, side, &bends, &mut chance, &sender);
    drop(sender);
    let _the_end = writer.join();
}

type Piece = (Instant, Vec<u8>);

fn take(
    mut from: TcpStream,
    side: Side,
    bends: &Bends,
    chance: &mut Chance,
    sender: &SyncSender<Piece>,
) {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        // Of any size, so that no frame comes as it was sent.
        let size = 1 + chance.below(PIECE_BYTES);
        let Ok(count @ 1..) = from.read(&mut piece[..size]) else { return };
        let delay = bends.get(side).delay;
        let more = delay.mul_f64(chance.below(100) as f64 / 1000.0);
        if sender.send((Instant::now() + delay + more, piece[..count].to_vec())).is_err() {
            return;
        }
    }
}

fn deliver(mut to: TcpStream, side: Side, bends: &Bends, receiver: &Receiver<Piece>) {
    while let Ok((due, piece)) = receiver.recv() {
        bends.wait(side, due);
        let step = if bends.get(side).bytewise { 1 } else { piece.len() };
        if piece.chunks(step).any(|part| to.write_all(part).is_err()) {
            break;
        }
    }
    let _it_may_be_gone = to.shutdown(Shutdown::Write);
}
