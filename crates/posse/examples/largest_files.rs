//! The largest files below a directory, sought by three hosts at once: a vm made, used and ended
//! from Rust. Run by `examples/06_rust_api.sh`; needs the posse binary in PATH.

use posse::{
    Command, Directory, Fd, HostRequest, LaunchEvent, Launcher, RunEvent, Stage, UpOptions, Vm,
};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

/// Every host looks at its share of the files.
const LOOK: &str = r#"find . -type f -name '*.rs' -printf '%s %p\n' | sort -k2 |
    awk "NR % $POSSE_SIZE == $POSSE_RANK""#;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = Path::new(&folder).canonicalize()?;
    let vm = Vm::connect_or_start(&posse::default_vm_name()?, Path::new("posse"))?;
    bring_up(&vm)?;

    let folder = folder.to_str().ok_or("the directory is not UTF-8")?.to_owned();
    let command = Command::shell(LOOK).hosts("local[1-3]").directory(Directory::Path(folder));
    let mut running = vm.run(&command)?;
    let mut said: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    while let Some(event) = running.next_event(None)? {
        match event {
            RunEvent::Output { rank, fd: Fd::STDOUT, bytes, .. } => {
                said.entry(rank.0).or_default().extend_from_slice(&bytes);
            }
            RunEvent::Output { bytes, .. } => eprint!("{}", String::from_utf8_lossy(&bytes)),
            RunEvent::Exit { rank, status, elapsed } => {
                let host = &running.ranks()[rank.0 as usize].name;
                println!("{host} done in {elapsed:.1?}: {status:?}");
            }
            RunEvent::CutOff { .. } => {}
        }
    }

    let all = said.into_values().flatten().collect::<Vec<u8>>();
    let text = String::from_utf8_lossy(&all);
    let mut files: Vec<(u64, &str)> =
        text.lines().filter_map(|line| line.split_once(' ')).filter_map(size_and_name).collect();
    files.sort_unstable_by(|a, b| b.cmp(a));
    println!("the largest of {} files:", files.len());
    files.iter().take(5).for_each(|(size, name)| println!("{size:>8} {name}"));
    let success = running.statuses().success();
    vm.down(false)?;
    if success { Ok(()) } else { Err("a host failed".into()) }
}

/// Three daemons on this computer; `posse up 'local[1-3]'`.
fn bring_up(vm: &Vm) -> Result<(), Box<dyn Error>> {
    let local = |n| HostRequest {
        name: format!("local{n}"),
        user: None,
        port: None,
        slots: None,
        launcher: Launcher::Local,
    };
    for event in vm.up(UpOptions::default(), (1..=3).map(local).collect())? {
        if let LaunchEvent::Launch(launch) = event?
            && let Stage::Failed { why, .. } = launch.stage
        {
            return Err(format!("{}: {why}", launch.name).into());
        }
    }
    // Hostsets are resolved by the list that this front end has; it was empty before.
    vm.refresh_hosts()?;
    Ok(())
}

fn size_and_name<'a>((size, name): (&str, &'a str)) -> Option<(u64, &'a str)> {
    Some((size.parse().ok()?, name))
}
