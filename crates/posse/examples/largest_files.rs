//! The largest files below a directory, sought by three hosts at once: a vm made, used and ended
//! from Rust. Run by `examples/06_rust_api.sh`; needs the posse binary in PATH.

use posse::{
    Command, Directory, Fd, HostRequest, LaunchEvent, Launcher, RunEvent, Stage, UpOptions, Vm,
};
use std::collections::BTreeMap;
use std::path::Path;

/// Every host looks at its share of the files.
const LOOK: &str = r#"find . -type f -name '*.rs' -printf '%s %p\n' | sort -k2 |
    awk "NR % $POSSE_SIZE == $POSSE_RANK""#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = Path::new(&folder).canonicalize()?.to_string_lossy().into_owned();
    let vm = Vm::connect_or_start(&posse::default_vm_name()?, Path::new("posse"))?;
    for event in vm.up(UpOptions::default(), (1..=3).map(local).collect())? {
        if let LaunchEvent::Launch(launch) = event?
            && let Stage::Failed { why, .. } = launch.stage
        {
            return Err(format!("{}: {why}", launch.name).into());
        }
    }
    // Hostsets are resolved by the list that this front end has; it was empty before.
    vm.refresh_hosts()?;

    let command = Command::shell(LOOK).hosts("local[1-3]").directory(Directory::Path(folder));
    let mut running = vm.run(&command)?;
    let mut said: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    while let Some(event) = running.next_event(None)? {
        if let RunEvent::Output { rank, fd: Fd::STDOUT, bytes, .. } = event {
            said.entry(rank.0).or_default().extend_from_slice(&bytes);
        }
    }
    for (info, ended) in running.ranks().iter().zip(&running.statuses()) {
        println!("{} took {:.1?}: {:?}", info.name, ended.elapsed, ended.status);
    }

    let all = String::from_utf8(said.into_values().flatten().collect())?;
    let mut files: Vec<(u64, &str)> = all
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(size, name)| Some((size.parse().ok()?, name)))
        .collect();
    files.sort_unstable_by(|a, b| b.cmp(a));
    println!("the largest of {} files:", files.len());
    files.iter().take(5).for_each(|(size, name)| println!("{size:>8} {name}"));
    vm.down(false)?;
    Ok(())
}

/// One more daemon on this computer, as `posse up local1` asks for it.
fn local(n: u32) -> HostRequest {
    let (name, launcher) = (format!("local{n}"), Launcher::Local);
    HostRequest { name, user: None, port: None, slots: None, launcher }
}
