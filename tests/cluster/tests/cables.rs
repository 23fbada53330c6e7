//! Networks that fail while lines stream: a cable that is pulled for two seconds, one that carries
//! one direction only to the owner, which others reach, one that carries nothing and says nothing,
//! one that is slow. Hosts beside them do not notice.
//! Alone: `cargo nextest run -p posse-cluster --test cables`.

#![allow(clippy::unwrap_used)]

use posse_bed::{NamespaceBed, NamespaceOptions, require, wait_until};
use posse_cluster::{Streams, Vm, Watched, promised, ready};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);
const SILENT_WITHIN: Duration = Duration::from_secs(10);

/// What is behind a slow cable: 8 s of it at 64 kbit/s.
const SLOW_BYTES: usize = 64_000;

#[test]
fn cables_that_fail() {
    if !ready() || require(&["ip", "nft", "tc"]).is_some() {
        return;
    }
    let mut bed = NamespaceBed::start(6, NamespaceOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-006]");
    let streams = Streams::start(&vm, bed.root(), "n[001-005]", "n[001,005]");
    let all = ["n001", "n002", "n003", "n004", "n005"];
    all.iter().for_each(|host| streams.flow(host));

    bed.rate("n006", 64).unwrap();
    let slow_at = bed.root().join("slow");
    std::fs::create_dir(&slow_at).unwrap();
    let line = format!("yes | head -c {SLOW_BYTES}");
    let mut slow = Watched::start(&vm, &slow_at, &["e", "-H", "n006", &line]);
    bed.link_down("n001").unwrap();
    bed.cut_one_way("n002", "laptop").unwrap();
    bed.cut_one_way("laptop", "n003").unwrap();
    for other in ["laptop", "n001", "n002", "n003", "n005", "n006"] {
        bed.cut("n004", other).unwrap();
    }
    let cut = Instant::now();
    streams.flow("n005");
    streams.flow_to("n005", "n005");
    let two = Duration::from_secs(2);
    let _it_passes = wait_until(two, || cut.elapsed() >= two);
    bed.link_up("n001").unwrap();
    let before = streams.from("n001");
    assert!(wait_until(LONG, || streams.from("n001") > before + 20), "n001 is back");
    streams.flow("n005");

    assert!(wait_until(LONG, || vm.posse(&["events"]).text().contains("n004 is down")));
    let known = cut.elapsed();
    assert!(known < promised(SILENT_WITHIN), "after {known:?}");
    streams.flow("n005");
    // Others reach these.
    for host in ["n002", "n003"] {
        let before = streams.from(host);
        assert!(wait_until(LONG, || streams.from(host) > before + 20), "{host} goes on");
    }
    let (code, said, _) = slow.end();
    assert!(code == 0 && slow.text().len() == SLOW_BYTES, "{code}: {said}");
    streams.flow_to("n001", "n005");
    bed.heal().unwrap();
    let up = vm.posse(&["up", "--batch", "n[001-006]"]).ok();
    assert!(up.stderr.contains("6 of 6 hosts up"), "{}", up.stderr);
    assert_eq!(vm.posse(&["e", "echo x"]).ok().text().lines().count(), 6);
    let events = vm.posse(&["events"]).text();
    let downs = events.lines().filter(|line| line.contains(" is down")).count();
    assert_eq!(downs, 1, "{events}");
    let ended = streams.stop();
    assert_eq!(ended.e.0, 255, "{ended:?}");
    assert!(ended.e.1.contains("n004"), "named: {ended:?}");
    assert_eq!(ended.of_e, ["n001", "n002", "n003", "n005"], "{ended:?}");
    assert_eq!(ended.mw.0, 0, "{ended:?}");
    ended.all_read(&["n001", "n005"]);
}
