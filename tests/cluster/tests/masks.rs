//! Masks over real hosts: the ok-set of a command, its complement, names, the stack.
//! Alone: `cargo nextest run -p posse-cluster --test masks`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions};
use posse_cluster::{Vm, ready};

fn hosts(vm: &Vm) -> Vec<String> {
    vm.posse(&["e", "echo $POSSE_HOST"]).ok().sorted()
}

#[test]
fn selections_follow_success() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(6, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-006]");
    let _ = vm.posse(&["e", "test $POSSE_RANK -lt 2"]).expect(1);
    let _ = vm.posse(&["smask"]).ok();
    assert_eq!(hosts(&vm), ["n001", "n002"]);
    let _ = vm.posse(&["savemask", "low"]).ok();
    let _ = vm.posse(&["rmask"]).ok();
    assert_eq!(hosts(&vm).len(), 6);
    let _ = vm.posse(&["e", "test $POSSE_RANK -lt 2"]).expect(1);
    let _ = vm.posse(&["smask", "-"]).ok();
    assert_eq!(hosts(&vm), ["n003", "n004", "n005", "n006"]);
    let _ = vm.posse(&["rmask"]).ok();
    let named = vm.posse(&["e", "-m", "low", "echo $POSSE_HOST"]).ok();
    assert_eq!(named.sorted(), ["n001", "n002"]);
    let _ = vm.posse(&["pushmask", "n[004-005]"]).ok();
    assert_eq!(hosts(&vm), ["n004", "n005"]);
    let _ = vm.posse(&["popmask"]).ok();
    assert_eq!(hosts(&vm).len(), 6);
}
