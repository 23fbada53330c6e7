//! A forked child has no part in what its parent maps, is told so, and can map its own.
#![allow(unsafe_code)]

use posse_shm::fork::Generation;
use posse_shm::ring::{Parts, Popped, Pushed};
use posse_shm::segment::Owner;
use posse_shm::{Fault, RING_BYTES_DEFAULT, doorbell};

/// Exit status of a child that found all as it should be.
const RIGHT: i32 = 42;

/// Runs `child` in a fork of this process; says its exit status. The child must not allocate, as
/// another thread may have held the allocator when it was forked.
fn forked(child: impl FnOnce() -> bool) -> i32 {
    // SAFETY: the child calls nothing but `child`, which does not allocate, and _exit.
    match unsafe { libc::fork() } {
        -1 => panic!("fork: {}", std::io::Error::last_os_error()),
        0 => {
            let status = if child() { RIGHT } else { 1 };
            // SAFETY: _exit(2) runs nothing of this process's.
            unsafe { libc::_exit(status) }
        }
        pid => {
            let mut status = 0;
            // SAFETY: the status is this function's own; the pid is its child, not yet waited for.
            let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
            assert_eq!(waited, pid);
            if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { -status }
        }
    }
}

#[test]
fn a_child_is_told_and_harms_nobody() {
    let parts = Parts::create(RING_BYTES_DEFAULT).unwrap();
    let (mut producer, mut consumer) = (parts.producer().unwrap(), parts.consumer().unwrap());
    let (mut owner, _) = Owner::create(8192).unwrap();
    let extent = owner.take(10).unwrap();
    let bell = doorbell::Parts::create().unwrap().bell().unwrap();
    let here = Generation::begin().unwrap();
    let mut record = Vec::with_capacity(100);
    let status = forked(|| {
        let all = !here.is_current()
            && producer.try_push(&[b"x"]) == Err(Fault::Forked)
            && producer.room() == Err(Fault::Forked)
            && consumer.try_pop(&mut record) == Err(Fault::Forked)
            && owner.write(extent, b"x") == Err(Fault::Forked)
            && bell.prepare_wait() == Err(Fault::Forked);
        // From here on the child is a process of its own; the parent's things stay closed to it.
        let there = Generation::begin();
        all && there.is_ok_and(|there| there.is_current() && there != here)
            && !here.is_current()
            && producer.try_push(&[b"x"]) == Err(Fault::Forked)
    });
    assert_eq!(status, RIGHT);
    assert!(here.is_current());
    assert_eq!(consumer.try_pop(&mut record), Ok(Popped::Empty));
    assert_eq!(producer.try_push(&[b"y"]), Ok(Pushed::Done));
    assert_eq!(consumer.try_pop(&mut record), Ok(Popped::Record));
}
