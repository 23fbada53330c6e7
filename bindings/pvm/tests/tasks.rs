//! Whole tasks over a world of threads: what PVM promises between them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod world;

use std::sync::{Arc, Mutex};

use posse_pvm::Tid;
use posse_pvm::code::PvmError;
use posse_pvm::encoding::SIGNATURE;
use posse_pvm::kind::Kind;
use posse_pvm::machine::{Wait, Want};
use posse_pvm::memory::{Items, Places};
use posse_pvm::options::Opt;
use posse_pvm::task::{Failed, Task};
use world::{World, soon};

const DEFAULT: i32 = 0;
const RAW: i32 = 1;

fn pack(task: &Task, how: i32, values: &[i32]) {
    task.init_send(how).unwrap();
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    task.pack(Kind::Int, Items::of(&bytes, 4)).unwrap();
}

fn send(task: &Task, to: Tid, tag: i32, value: i32) {
    pack(task, DEFAULT, &[value]);
    task.send(to, tag).unwrap();
}

fn int(task: &Task) -> i32 {
    let mut word = [0; 4];
    task.unpack(Kind::Int, Places::of(&mut word, 4)).unwrap();
    i32::from_ne_bytes(word)
}

#[test]
fn parent_and_child_speak() {
    let world = World::new();
    world.program("child", |task| {
        let parent = task.parent().unwrap();
        assert!(task.receive(parent.0, 1, soon()).unwrap() > 0);
        let value = int(&task);
        send(&task, parent, 2, value + 1);
    });
    let task = world.task();
    let (started, tids) = task.spawn("child", vec![], 0, "", 3).unwrap();
    assert_eq!((started, tids.len()), (3, 3));
    for (n, tid) in tids.iter().flatten().enumerate() {
        send(&task, *tid, 1, n as i32 * 10);
    }
    for (n, tid) in tids.iter().flatten().enumerate() {
        let id = task.receive(tid.0, 2, soon()).unwrap();
        let info = task.message_info(id).unwrap();
        assert_eq!((int(&task), info.bytes), (n as i32 * 10 + 1, 4));
        let heading = info.heading;
        assert_eq!(
            (heading.source, heading.tag, heading.destination),
            (tid.0, 2, task.tid().unwrap().0)
        );
    }
    assert_eq!(task.parent(), Err(PvmError::NoParent));
    assert_eq!(task.spawn("none", vec![], 0, "", 2).unwrap(), (0, vec![Err(PvmError::NoFile); 2]));
    assert_eq!(task.spawn("child", vec![], 0, "", 0), Err(PvmError::BadParam));
}

#[test]
fn receives_go_by_tag_source_and_context() {
    let world = World::new();
    let (a, b) = (world.task(), world.task());
    let (at, bt) = (a.tid().unwrap(), b.tid().unwrap());
    a.set_context(7);
    send(&a, bt, 1, 70);
    a.set_context(0);
    send(&a, bt, 1, 10);
    send(&a, bt, 2, 20);
    assert_eq!(b.receive(-1, 3, Wait::No), Ok(0));
    assert_eq!(b.receive(bt.0, -1, Wait::No), Ok(0));
    let probed = b.probe(at.0, 2).unwrap();
    assert!(probed > 0);
    assert_eq!(b.probe(-1, 2), Ok(probed), "a message has one buffer");
    assert!(b.receive(-1, -1, Wait::No).unwrap() > 0);
    assert_eq!(int(&b), 10, "the oldest first, probed or not");
    assert_eq!(b.receive(at.0, -1, Wait::No), Ok(probed));
    assert_eq!(int(&b), 20);
    b.set_context(7);
    assert!(b.receive(-1, -1, Wait::No).unwrap() > 0);
    assert_eq!(int(&b), 70);
    for (from, tag) in [(-1, -2), (-7, 1)] {
        assert_eq!(b.receive(from, tag, Wait::No), Ok(0));
        assert_eq!(b.receive(from, tag, Wait::Forever), Err(Failed(-2)));
    }
}

#[test]
fn a_receive_frees_the_buffer_before_unless_it_was_put_away() {
    let world = World::new();
    let task = world.task();
    let own = task.tid().unwrap();
    (0..4).for_each(|n| send(&task, own, 5, n));
    let first = task.receive(-1, 5, Wait::No).unwrap();
    let second = task.receive(-1, 5, Wait::No).unwrap();
    assert!(first == second || task.message_info(first).is_err());
    assert_eq!(task.set_receive_buffer(0), Ok(second));
    let third = task.receive(-1, 5, Wait::No).unwrap();
    assert_ne!(second, third);
    assert_eq!(task.set_receive_buffer(second), Ok(third));
    assert_eq!(int(&task), 1);
    assert_eq!(task.set_receive_buffer(third), Ok(second));
    assert_eq!(task.set_receive_buffer(second), Ok(third));
    assert!(task.unpack_string(|_| {}).is_err(), "it is where it was left");
    assert!(task.receive(-1, 6, Wait::No).unwrap() == 0 && task.current().1 == 0);
    assert_eq!(task.message_info(second), Err(PvmError::NoSuchBuf));
    // A received message goes on as it is.
    assert!(task.set_send_buffer(third).is_ok());
    task.send(own, 8).unwrap();
    task.receive(-1, 8, Wait::No).unwrap();
    assert_eq!(int(&task), 2);
}

#[test]
fn multicast_reaches_each_once_and_not_oneself() {
    let world = World::new();
    let (a, b) = (world.task(), world.task());
    let (at, bt) = (a.tid().unwrap(), b.tid().unwrap());
    pack(&a, DEFAULT, &[3]);
    a.multicast(&[bt, at, bt], 4).unwrap();
    assert!(b.receive(-1, 4, Wait::No).unwrap() > 0);
    assert_eq!(b.receive(-1, 4, Wait::No), Ok(0));
    assert_eq!(a.receive(-1, 4, Wait::No), Ok(0));
    assert_eq!(a.send(at.host(), 4), Err(PvmError::BadParam));
    assert_eq!(a.send(at, -4), Err(PvmError::BadParam));
    a.set_option(Opt::ResvTids, 1).unwrap();
    assert_eq!(a.send(at, -4), Ok(0));
}

#[test]
fn arrays_without_buffers() {
    let world = World::new();
    let task = world.task();
    let own = task.tid().unwrap();
    let numbers = [1u8, 2, 3, 4, 5, 6, 7, 8];
    task.send_array(own, 1, Items::of(&numbers, 4)).unwrap();
    let (heading, body) = task.receive_array(-1, 1).unwrap();
    assert_eq!((heading.tag, &body[..]), (1, &numbers[..]));
    assert_eq!(task.current(), (0, 0));
    task.send_array(own, 1, Items::of(&numbers, 4)).unwrap();
    let id = task.receive(own.0, 1, Wait::No).unwrap();
    assert_eq!(task.message_info(id).unwrap().encoding, SIGNATURE);
    pack(&task, RAW, &[9]);
    task.send(own, 2).unwrap();
    assert_eq!(task.receive_array(-1, 2).unwrap().1[..], 9i32.to_ne_bytes());
}

#[test]
fn data_in_place_is_read_when_it_is_sent() {
    let world = World::new();
    let task = world.task();
    let own = task.tid().unwrap();
    let mut numbers = [1u8, 2, 3, 4];
    let address = numbers.as_mut_ptr();
    task.init_send(2).unwrap();
    task.pack(Kind::Byte, Items::of(&numbers, 1)).unwrap();
    assert_eq!(task.pack_string(b"no"), Err(PvmError::NotImpl));
    assert_eq!(task.message_info(task.current().0).unwrap().bytes, 0);
    set(address, 6);
    task.send(own, 1).unwrap();
    set(address, 0);
    task.receive(own.0, 1, Wait::No).unwrap();
    let mut got = [0; 4];
    task.unpack(Kind::Byte, Places::of(&mut got, 1)).unwrap();
    assert_eq!(got, [6, 2, 3, 4]);
}

/// Write where a program would: behind the library's back.
#[allow(unsafe_code)]
fn set(address: *mut u8, value: u8) {
    // SAFETY: the array of the test above, which outlives it.
    unsafe { address.write_volatile(value) };
}

#[test]
fn a_function_of_the_program_chooses() {
    extern "C" fn largest(id: i32, tid: i32, tag: i32) -> i32 {
        // Ranks by identifier: the later it came, the better. The task is the test's own.
        if tag == 99 {
            -77
        } else if tid == -1 {
            id + 1
        } else {
            0
        }
    }
    let world = World::new();
    let task = world.task();
    let own = task.tid().unwrap();
    (1..4).for_each(|n| send(&task, own, n, n));
    assert!(task.set_matcher(Some(largest)).is_none());
    let probed = task.probe(-1, 0).unwrap();
    assert_eq!(task.receive(-1, 0, Wait::No), Ok(probed));
    assert_eq!(int(&task), 3);
    assert_eq!(task.receive(own.0, 0, Wait::No), Ok(0));
    assert_eq!(task.receive(-1, 99, Wait::No), Err(Failed(-77)));
    assert!(task.set_matcher(None).is_some());
    // What had been taken up for the function is still first.
    send(&task, own, 1, 100);
    assert!(task.receive(-1, 1, Wait::No).unwrap() > 0);
    assert_eq!(int(&task), 1);
    assert!(task.receive(-1, -1, Wait::No).unwrap() > 0);
    assert_eq!(int(&task), 2);
    assert!(task.receive(-1, -1, Wait::No).unwrap() > 0);
    assert_eq!(int(&task), 100);
}

#[test]
fn handlers_take_their_messages() {
    static SEEN: Mutex<Vec<i32>> = Mutex::new(vec![]);
    extern "C" fn handler(id: i32) -> i32 {
        SEEN.lock().unwrap().push(id);
        0
    }
    let world = World::new();
    let task = world.task();
    let own = task.tid().unwrap();
    let want = Want { from: None, tag: Some(20), context: None };
    let id = task.add_handler(want, handler).unwrap();
    assert_eq!(task.add_handler(want, handler), Err(PvmError::Exists));
    pack(&task, DEFAULT, &[1]);
    let before = task.current();
    task.send(own, 20).unwrap();
    assert_eq!(SEEN.lock().unwrap().len(), 1, "run while sending");
    assert_eq!(task.current(), before);
    assert_eq!(task.message_info(SEEN.lock().unwrap()[0]), Err(PvmError::NoSuchBuf));
    task.send(own, 21).unwrap();
    assert!(task.receive(-1, -1, Wait::No).unwrap() > 0);
    task.remove_handler(id).unwrap();
    task.send(own, 20).unwrap();
    assert!(task.receive(-1, 20, Wait::No).unwrap() > 0);
    assert_eq!(SEEN.lock().unwrap().len(), 1);
}

#[test]
fn ends_are_told_of() {
    let world = World::new();
    world.program("waits", |task| {
        task.receive(-1, 1, soon()).unwrap();
    });
    let task = world.task();
    let tids = task.spawn("waits", vec![], 0, "", 1).unwrap().1;
    let child = tids[0].unwrap();
    task.notify(1, 60, 1, &[child]).unwrap();
    assert_eq!(task.receive(-1, 60, Wait::No), Ok(0));
    assert_eq!(task.task_status(child), Ok(0));
    send(&task, child, 1, 0);
    let id = task.receive(-1, 60, soon()).unwrap();
    assert_eq!(int(&task), child.0);
    assert_eq!(task.message_info(id).unwrap().heading.source, i32::MIN);
    assert_eq!(task.task_status(child), Err(PvmError::NoTask));
    assert_eq!(task.send(child, 1), Ok(0), "sending to the dead is no error");
    for (kind, tag, about) in [(0, 1, child), (1, -1, child), (1, 1, Tid(0)), (1, 1, child.host())]
    {
        assert_eq!(task.notify(kind, tag, 1, &[about]), Err(PvmError::BadParam));
    }
}

#[test]
fn output_of_children_is_caught_to_its_end() {
    let world = World::new();
    world.program("speaks", |_| {});
    let task = world.task();
    let written = Arc::new(Mutex::new(vec![]));
    let copy = written.clone();
    task.catch_output(Some(Box::new(move |text| copy.lock().unwrap().extend_from_slice(text))))
        .unwrap();
    let child = task.spawn("speaks", vec![], 0, "", 1).unwrap().1[0].unwrap();
    task.set_option(Opt::AutoErr, 0).unwrap();
    task.exit().unwrap();
    assert_eq!((task.option(Opt::AutoErr), task.option(Opt::OutputTid)), (0, 0));
    let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    let want =
        format!("[{child}] BEGIN\n[{child}] hello from {child}\n[{child}] and\n[{child}] EOF\n");
    assert_eq!(text, want);
    assert_ne!(task.tid().unwrap(), Tid(0x40001), "enrols anew");
}

#[test]
fn siblings_are_the_same_list_for_all() {
    let world = World::new();
    world.program("one", |task| {
        let siblings = task.siblings().unwrap();
        let at = siblings.iter().position(|tid| *tid == task.tid().unwrap()).unwrap();
        send(&task, task.parent().unwrap(), 1, (at * 100 + siblings.len()) as i32);
    });
    let task = world.task();
    task.spawn("one", vec![], 0, "", 4).unwrap();
    let mut got: Vec<i32> = (0..4)
        .map(|_| {
            task.receive(-1, 1, soon()).unwrap();
            int(&task)
        })
        .collect();
    got.sort_unstable();
    assert_eq!(got, [4, 104, 204, 304]);
    assert_eq!(task.siblings(), Ok(vec![task.tid().unwrap()]));
}
