//! What is handed to another process goes nowhere else by itself.

use posse_shm::{doorbell, permit, ring, segment};
use rustix::fd::AsFd;
use rustix::fd::BorrowedFd;
use rustix::io::{FdFlags, fcntl_getfd};

fn closes(fd: BorrowedFd<'_>) -> bool {
    fcntl_getfd(fd).unwrap().contains(FdFlags::CLOEXEC)
}

#[test]
fn descriptors_close_on_exec() {
    let ring = ring::Parts::create(4096).unwrap();
    let bell = doorbell::Parts::create().unwrap();
    let permits = permit::Parts::create(2).unwrap();
    let (_owner, segment) = segment::Owner::create(4096).unwrap();
    let copies = (ring.try_clone().unwrap(), bell.try_clone().unwrap());
    let more = (permits.try_clone().unwrap(), segment.try_clone().unwrap());
    let fds = [&ring.memory, &bell.page, &bell.event, &permits.memory, &segment.memory];
    assert!(fds.iter().all(|fd| closes(fd.as_fd())));
    let fds = [&copies.0.memory, &copies.1.page, &copies.1.event, &more.0.memory, &more.1.memory];
    assert!(fds.iter().all(|fd| closes(fd.as_fd())));
    assert!(closes(bell.bell().unwrap().as_fd()));
}
