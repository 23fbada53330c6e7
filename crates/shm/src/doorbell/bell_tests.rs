//! A doorbell with its eventfd, within one process.

use super::{Bell, Parts, Ringer, Wait, Woken};
use rustix::fd::AsFd;
use rustix::io::write;
use std::thread;
use std::time::{Duration, Instant};

const SOON: Option<Duration> = Some(Duration::from_secs(4));

fn pair() -> (Bell, Ringer) {
    let parts = Parts::create().unwrap();
    let ringer = parts.try_clone().unwrap().ringer().unwrap();
    (parts.bell().unwrap(), ringer)
}

#[test]
fn who_is_awake_is_not_rung() {
    let (bell, ringer) = pair();
    assert!(!ringer.ring(3).unwrap());
    assert!(!ringer.ring(63).unwrap());
    assert_eq!(bell.prepare_wait(), Ok(Wait::News(1 << 63 | 1 << 3)));
    assert_eq!(bell.take(), Ok(0));
    assert_eq!(bell.prepare_wait(), Ok(Wait::Sleep));
    assert!(ringer.ring(1).unwrap());
    // Once is enough.
    assert!(!ringer.ring(2).unwrap());
    assert_eq!(bell.wait(&[], SOON).unwrap(), Woken { news: 0b110, readable: vec![] });
    assert!(!ringer.ring(1).unwrap());
}

#[test]
fn who_sleeps_is_woken() {
    let (bell, ringer) = pair();
    let sleeper = thread::spawn(move || {
        let mut news = 0;
        while news == 0 {
            news = match bell.prepare_wait().unwrap() {
                Wait::News(news) => news,
                Wait::Sleep => bell.wait(&[], None).unwrap().news,
            };
        }
        news
    });
    thread::yield_now();
    ringer.ring(5).unwrap();
    assert_eq!(sleeper.join().unwrap(), 1 << 5);
}

#[test]
fn other_descriptors_and_the_time_end_a_wait() {
    let (bell, ringer) = pair();
    let (read, wrote) = rustix::net::socketpair(
        rustix::net::AddressFamily::UNIX,
        rustix::net::SocketType::STREAM,
        rustix::net::SocketFlags::CLOEXEC,
        None,
    )
    .unwrap();
    let moment = Some(Duration::from_millis(1));
    let others = [wrote.as_fd(), read.as_fd()];
    let over = Woken { news: u64::MAX, readable: vec![] };
    assert_eq!(bell.wait(&others, moment).unwrap(), over);
    write(&wrote, b"x").unwrap();
    assert_eq!(bell.wait(&others, SOON).unwrap(), Woken { news: 0, readable: vec![1] });
    ringer.wake();
    let start = Instant::now();
    assert_eq!(bell.wait(&[], None).unwrap(), Woken::default());
    assert!(start.elapsed() < Duration::from_secs(5));
}
