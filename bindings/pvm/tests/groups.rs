//! Groups, collective operations and the mailbox over a world of threads.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod world;

use std::sync::{Arc, Mutex};

use posse_pvm::code::PvmError;
use posse_pvm::kind::Kind;
use posse_pvm::memory::{Items, Places};
use posse_pvm::reduce::{Operator, apply};
use posse_pvm::task::Task;
use world::{World, soon};

const N: usize = 5;

/// Run `work` in N tasks that have joined a group, and take what each says, by instance.
fn in_group(
    freeze: bool,
    work: impl Fn(&Task, usize) -> Vec<i32> + Send + Sync + 'static,
) -> Vec<Vec<i32>> {
    let world = World::new();
    let said = Arc::new(Mutex::new(vec![vec![]; N]));
    let copy = said.clone();
    world.program("member", move |task| {
        let own = task.join_group("g").unwrap() as usize;
        if freeze {
            assert_eq!(task.freeze_group("g", N as i32), Ok(N as i32));
        }
        assert_eq!(task.barrier("g", N as i32), Ok(0));
        let result = work(&task, own);
        copy.lock().unwrap()[own] = result;
        assert_eq!(task.barrier("g", N as i32), Ok(0));
        let parent = task.parent().unwrap();
        task.init_send(0).unwrap();
        task.send(parent, 9).unwrap();
    });
    let task = world.task();
    task.spawn("member", vec![], 0, "", N as i32).unwrap();
    for _ in 0..N {
        assert!(task.receive(-1, 9, soon()).unwrap() > 0);
    }
    std::mem::take(&mut said.lock().unwrap())
}

fn bytes(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_ne_bytes()).collect()
}

fn ints(bytes: &[u8]) -> Vec<i32> {
    bytes.as_chunks().0.iter().map(|word| i32::from_ne_bytes(*word)).collect()
}

fn sum(task: &Task, tag: i32, root: i32, values: &[i32]) -> Vec<i32> {
    let own = bytes(values);
    let fold = |sum: &mut [u8], part: &[u8]| apply(Operator::Sum, Kind::Int, sum, part);
    let sum = task.reduce("g", tag, root, &own, fold).unwrap();
    ints(&sum.unwrap_or(own))
}

#[test]
fn reduce_adds_up_at_the_root() {
    for freeze in [false, true] {
        let said = in_group(freeze, |task, own| sum(task, 4, 2, &[own as i32, 1]));
        assert_eq!(said[2], [10, 5]);
        assert_eq!(said[0], [0, 1], "others keep theirs");
    }
}

#[test]
fn operations_of_two_tags_do_not_meet() {
    let said = in_group(true, |task, own| {
        let mut all = sum(task, 1, 0, &[own as i32]);
        all.extend(sum(task, 2, 0, &[100]));
        all
    });
    assert_eq!(said[0], [10, 500]);
}

#[test]
fn gather_and_scatter_are_by_instance() {
    let said = in_group(false, |task, own| {
        let mut all = [0; N * 4];
        let mine = bytes(&[own as i32 * own as i32]);
        let store = |at: usize, part: &[u8]| all[at * 4..][..4].copy_from_slice(part);
        assert_eq!(task.gather("g", 5, 1, &mine, store), Ok(0));
        let mut back = vec![0; 4];
        let slice = |at: usize| &all[at * 4..][..4];
        assert_eq!(task.scatter("g", 6, 1, 4, slice, |part| back.copy_from_slice(part)), Ok(0));
        ints(&back)
    });
    assert_eq!(said, [[0], [1], [4], [9], [16]]);
}

#[test]
fn broadcast_reaches_the_others() {
    let said = in_group(false, |task, own| {
        if own == 3 {
            task.init_send(0).unwrap();
            task.pack(Kind::Int, Items::of(&7i32.to_ne_bytes(), 4)).unwrap();
            assert_eq!(task.broadcast("g", 1), Ok(0));
            return vec![];
        }
        let root = task.group_tid("g", 3).unwrap();
        assert!(task.receive(root.0, 1, soon()).unwrap() > 0);
        let mut word = [0; 4];
        task.unpack(Kind::Int, Places::of(&mut word, 4)).unwrap();
        vec![i32::from_ne_bytes(word)]
    });
    assert_eq!(said.concat(), [7; N - 1]);
}

#[test]
fn group_calls_outside_of_a_group() {
    let world = World::new();
    let (task, other) = (world.task(), world.task());
    assert_eq!(task.group_size("g"), Err(PvmError::NoGroup));
    assert_eq!(task.barrier("g", 1), Err(PvmError::NoGroup));
    assert_eq!(task.join_group(""), Err(PvmError::NullGroup));
    assert_eq!(task.join_group("g"), Ok(0));
    assert_eq!(task.join_group("g"), Err(PvmError::DupGroup));
    assert_eq!(other.join_group("g"), Ok(1));
    assert_eq!(task.group_tid("g", 1), other.tid());
    assert_eq!(task.group_instance("g", other.tid().unwrap()), Ok(1));
    for instance in [-1, 2] {
        assert_eq!(task.group_tid("g", instance), Err(PvmError::NoInst));
    }
    assert_eq!(task.barrier("g", 0), Err(PvmError::Mismatch));
    assert_eq!(task.reduce("g", 1, 7, &[0], |_, _| Ok(())), Err(PvmError::NoInst));
    assert_eq!(task.leave_group("g"), Ok(0));
    assert_eq!(task.barrier("g", 1), Err(PvmError::NotInGroup));
    assert_eq!(other.group_size("g"), Ok(1));
    assert_eq!(task.join_group("g"), Ok(0), "the lowest that is free");
    assert_eq!(task.freeze_group("g", 2), Ok(2));
    assert_eq!(task.join_group("g"), Err(PvmError::NotInGroup));
    assert_eq!(other.leave_group("g"), Ok(0));
    assert_eq!(task.group_size("g"), Ok(2), "frozen");
    assert_eq!(task.leave_group("g"), Ok(0));
    assert_eq!(task.group_size("g"), Err(PvmError::NoGroup));
}

#[test]
fn the_mailbox_keeps_messages() {
    let world = World::new();
    let (task, other) = (world.task(), world.task());
    let id = task.init_send(0).unwrap();
    task.pack_string(b"kept").unwrap();
    assert_eq!(task.put_info("k", id, 0), Ok(0));
    assert_eq!(task.put_info("k", 777, 0), Err(PvmError::NoSuchBuf));
    let mut text = vec![];
    assert!(other.receive_info("k", 0, 0).unwrap() > 0);
    other.unpack_string(|bytes| text = bytes.to_vec()).unwrap();
    assert_eq!(text, b"kept");
    assert_eq!(other.delete_info("k", 0), Err(PvmError::Denied));
    for (name, index, error) in [
        ("k", 1, PvmError::NotFound),
        ("k", -1, PvmError::BadParam),
        ("none", 0, PvmError::NotFound),
        ("", 0, PvmError::BadParam),
    ] {
        assert_eq!(other.receive_info(name, index, 0), Err(error), "{name} {index}");
    }
    assert_eq!(task.delete_info("k", 0), Ok(0));
    assert_eq!(task.insert("old", -1, 42), Ok(0));
    assert_eq!(task.insert("old", 0, 43), Err(PvmError::Denied));
    assert_eq!(task.insert("old", 5, 43), Ok(5));
    assert_eq!(other.lookup("old", -1), Ok((0, 42)));
    assert_eq!(other.lookup("old", 5), Ok((5, 43)));
    assert_eq!(other.lookup("old", 6), Err(PvmError::NotFound));
    task.set_option(posse_pvm::options::Opt::NoReset, 1).unwrap();
    assert_eq!(other.no_resets(), Ok(vec![task.tid().unwrap()]));
    task.exit().unwrap();
    assert_eq!(other.no_resets(), Ok(vec![]));
    assert_eq!(other.lookup("old", 0), Ok((0, 42)), "stays without its owner");
}

#[test]
fn contexts_are_given_out_and_taken_back() {
    let world = World::new();
    let task = world.task();
    let (a, b) = (task.new_context().unwrap(), task.new_context().unwrap());
    assert_ne!(a, b);
    assert_eq!(task.set_context(a), 0);
    assert_eq!(task.free_context(b), Ok(0));
    assert_eq!(task.free_context(b), Err(PvmError::NotFound));
    world.program("child", |task| {
        task.tid().unwrap();
        let context = task.context();
        task.init_send(0).unwrap();
        task.pack(Kind::Int, Items::of(&context.to_ne_bytes(), 4)).unwrap();
        task.send(task.parent().unwrap(), 1).unwrap();
    });
    task.spawn("child", vec![], 0, "", 1).unwrap();
    assert!(task.receive(-1, 1, soon()).unwrap() > 0);
    let mut word = [0; 4];
    task.unpack(Kind::Int, Places::of(&mut word, 4)).unwrap();
    assert_eq!(i32::from_ne_bytes(word), a, "inherited");
}
