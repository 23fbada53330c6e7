//! A steady flow of eager messages allocates nothing in the engine: counted by the allocator of
//! this test, while an engine works and not while the test plays the driver.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use posse_message::{Attributes, Engine, Message, Mode, Options, RecvId, Scope, Want};
use posse_wire::ProcessId;

struct Counting;

thread_local! {
    static COUNTS: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Without a destructor, and so there for every allocation of the thread.
fn count() {
    if COUNTS.get() {
        COUNT.set(COUNT.get() + 1);
    }
}

// An allocator can not be written without it; it is the system's, and counts.
#[allow(unsafe_code)]
// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps what `GlobalAlloc` asks of it.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above; `at` came from `alloc` or `realloc`, which are the system's.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const HERE: Scope = Scope { face: 1, context: 0 };

/// What the engine allocates is counted.
fn counted<T>(work: impl FnOnce() -> T) -> T {
    COUNTS.set(true);
    let result = work();
    COUNTS.set(false);
    result
}

struct Pair {
    engines: [Engine; 2],
    now: Duration,
}

impl Pair {
    fn new() -> Pair {
        let engine = |id| Engine::new(ProcessId(id), Options::default());
        Pair { engines: [engine(1), engine(2)], now: Duration::ZERO }
    }

    fn send(&mut self, from: usize, tag: i64, payload: &Bytes) {
        let message = Message {
            to: self.engines[1 - from].me(),
            scope: HERE,
            tag,
            mode: Mode::Eager,
            attributes: Attributes::NONE,
            payload: payload.clone(),
        };
        counted(|| {
            let sent = self.engines[from].send(message).expect("room");
            self.engines[from].forget_send(sent);
        });
    }

    fn carry(&mut self, from: usize) {
        let source = self.engines[from].me();
        while let Some((_, packet)) = counted(|| self.engines[from].outgoing(self.now)) {
            let mut buffer = BytesMut::with_capacity(64 * 1024);
            packet.encode(&mut buffer);
            // As a link cuts frames from what it has read: shared, so a slice costs nothing.
            let frame = buffer.split().freeze();
            let to = &mut self.engines[1 - from];
            counted(|| to.handle(self.now, source, frame)).expect("an engine's packet");
        }
    }

    fn post(&mut self, at: usize, want: Want) -> RecvId {
        counted(|| self.engines[at].post(want)).expect("few peers")
    }

    fn take(&mut self, at: usize, receive: RecvId) {
        let received = counted(|| self.engines[at].take_completed(receive));
        assert!(received.is_some_and(|result| result.is_ok()));
    }

    /// A message of each kind there and back: one that is waited for, one that is not, one for
    /// any source and tag.
    fn round(&mut self, payload: &Bytes) {
        for from in [0, 1] {
            let (at, me) = (1 - from, self.engines[from].me());
            let posted = self.post(at, Want::any(HERE).of(me).tagged(1));
            let any = self.post(at, Want::any(HERE));
            for tag in 1..4 {
                self.send(from, tag, payload);
            }
            self.carry(from);
            self.take(at, posted);
            self.take(at, any);
            let late = self.post(at, Want::any(HERE).tagged(3));
            self.take(at, late);
        }
        self.now += Duration::from_millis(1);
        let now = self.now;
        self.engines.iter_mut().for_each(|engine| counted(|| engine.tick(now)));
    }
}

#[test]
fn a_steady_eager_message_allocates_nothing() {
    let mut pair = Pair::new();
    let payload = Bytes::from_static(&[7; 4000]);
    for _ in 0..500 {
        pair.round(&payload);
    }
    COUNT.set(0);
    for _ in 0..1_000 {
        pair.round(&payload);
    }
    assert_eq!(COUNT.get(), 0);
    assert!(counted(|| Box::new(1)).as_ref() == &1 && COUNT.get() == 1);
}
