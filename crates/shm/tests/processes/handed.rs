//! What is handed to another process goes nowhere else by itself.

use posse_shm::{doorbell, permit, ring};
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
    let (ring_copy, bell_copy) = (ring.try_clone().unwrap(), bell.try_clone().unwrap());
    let permits_copy = permits.try_clone().unwrap();
    let fds = [&ring.memory, &bell.page, &bell.event, &permits.memory];
    assert!(fds.iter().all(|fd| closes(fd.as_fd())));
    let fds = [&ring_copy.memory, &bell_copy.page, &bell_copy.event, &permits_copy.memory];
    assert!(fds.iter().all(|fd| closes(fd.as_fd())));
    assert!(closes(bell.bell().unwrap().as_fd()));
}
