//! Links without TLS: what an ssh pipe carries.

use crate::pair::{carry, frame, output, sockets, take};
use posse_net::link::{Link, LinkError};
use posse_wire::{Kind, limits};
use rustix::net::sockopt::set_socket_send_buffer_size;

fn pair() -> (Link, Link) {
    let (a, b) = sockets();
    (Link::from_socket(a).unwrap(), Link::from_socket(b).unwrap())
}

#[tokio::test]
async fn frames_go_both_ways_whole_and_in_order() {
    let (a, b) = pair();
    let sizes = [0, 1, 1023, 1024, 1025, limits::CHUNK_BYTES_MAX];
    let frames: Vec<_> = sizes.iter().zip(1..).map(|(size, id)| output(id, *size)).collect();
    carry(&a, &b, &frames).await;
    carry(&b, &a, &frames).await;
}

#[tokio::test]
async fn a_pair_of_pipes_is_a_link_and_what_was_read_before_comes_first() {
    let (read, write) = rustix::pipe::pipe().unwrap();
    let (back_read, back_write) = rustix::pipe::pipe().unwrap();
    let (a, b) = (Link::new(back_read, write).unwrap(), Link::new(read, back_write).unwrap());
    let early = output(1, 50);
    b.preload(&early.to_bytes()[..20]);
    b.preload(&early.to_bytes()[20..]);
    assert_eq!(take(&b, 1).await.unwrap(), [early]);
    carry(&a, &b, &[output(2, 60_000)]).await;
    drop(a);
    assert!(matches!(take(&b, 1).await, Err(LinkError::Closed)));
}

#[tokio::test]
async fn a_socket_that_takes_little_at_a_time_cuts_nothing() {
    let (a, b) = sockets();
    set_socket_send_buffer_size(&a, 4096).unwrap();
    let (a, b) = (Link::from_socket(a).unwrap(), Link::from_socket(b).unwrap());
    let frames: Vec<_> = (1..=200).map(|id| output(id, (id as usize * 331) % 60_000)).collect();
    frames.iter().for_each(|frame| a.push(frame));
    assert!(!a.flush().unwrap(), "the socket took all at once");
    let (sent, got) = tokio::join!(a.drain(), take(&b, frames.len()));
    sent.unwrap();
    assert!(got.unwrap() == frames);
}

#[tokio::test]
async fn a_heartbeat_goes_before_a_long_queue() {
    let (a, b) = pair();
    let frames: Vec<_> = (1..=100).map(|id| output(id, limits::CHUNK_BYTES_MAX)).collect();
    frames.iter().for_each(|frame| a.push(frame));
    assert!(!a.flush().unwrap(), "the socket took all at once");
    a.push(&frame(Kind::Heartbeat, 0, Vec::new()));
    let (sent, got) = tokio::join!(a.drain(), take(&b, frames.len() + 1));
    sent.unwrap();
    let mut got = got.unwrap();
    let at = got.iter().position(|frame| frame.kind == Kind::Heartbeat).unwrap();
    assert!(at < 50, "the heartbeat came after {at} frames");
    got.remove(at);
    assert!(got == frames);
}

#[tokio::test]
async fn a_frame_longer_than_its_kind_may_be_ends_the_link() {
    let (a, b) = pair();
    a.push(&output(1, limits::STREAM_FRAME_BYTES_MAX + 1));
    a.flush().unwrap();
    assert!(matches!(take(&b, 1).await, Err(LinkError::Wire(_))));
}
