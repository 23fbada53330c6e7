//! Makes a vm large, for benchmarks: `posse-load names VM COMMAND COUNT` registers so many names
//! for the first process of a command, `posse-load table FILE COUNT` adds so many hosts that are
//! down to the table of an owner's daemon that does not run.
//! Called by `cargo xtask bench reliability`.

use posse::{HostId, HostRequest, Incarnation, Rank};
use posse_wire::msg::{Facts, HostEntry, HostState, Launcher};
use posse_wire::{Lead, decode_value, encode_value};
use std::error::Error;
use std::path::Path;
use std::thread;

/// Front ends that register at once; each waits for its own answers.
const FRONT_ENDS: usize = 128;

type Row = (HostEntry, HostRequest, u64, Vec<u8>);
type Vm = (Vec<HostId>, u64);
type Table = ((Lead, HostId), u32, Vec<Row>, Vec<(String, Vec<u8>)>, Vm);

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["names", vm, command, count] => names(vm, command, count.parse()?),
        ["table", file, count] => table(Path::new(file), count.parse()?),
        _ => Err("posse-load names VM COMMAND COUNT, or posse-load table FILE COUNT".into()),
    }
}

fn names(vm: &str, command: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let commands = posse::Vm::connect(vm)?.commands()?;
    let found = commands.iter().find(|entry| entry.number.to_string() == command);
    let process = (found.ok_or("no such command runs")?.id, Rank(0));
    let register = |from: usize| -> Result<(), posse::Error> {
        let names = posse::Vm::connect(vm)?.names();
        for number in (from..count).step_by(FRONT_ENDS) {
            let name = format!("service/{}/instance/{number:07}", number % 100);
            let value = format!("10.0.{}.{}:4567", number >> 8 & 255, number & 255);
            names.register_for(&name, value.as_bytes(), process)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let all: Vec<_> = (0..FRONT_ENDS).map(|from| scope.spawn(move || register(from))).collect();
        for one in all {
            one.join().map_err(|_| "a front end panicked")??;
        }
        Ok(())
    })
}

fn table(file: &Path, count: u32) -> Result<(), Box<dyn Error>> {
    let (leader, next, mut rows, settings, vm): Table = decode_value(&std::fs::read(file)?)?;
    rows.extend((next..next + count).map(row));
    std::fs::write(file, encode_value(&(leader, next + count, rows, settings, vm)))?;
    Ok(())
}

fn row(number: u32) -> Row {
    let name = format!("node{number:05}.cluster");
    let facts = Facts {
        hostname: format!("node{number:05}"),
        arch: "x86_64".into(),
        system: "Linux 6.1.0-18-amd64".into(),
        version: "0.1.0".into(),
        cores: 64,
        memory: 256 << 30,
        user: "alice".into(),
        home: "/home/alice".into(),
        pid: 12_345,
        listens: "10.11.12.13:40123".into(),
    };
    let entry = HostEntry {
        number: HostId(number),
        name: name.clone(),
        incarnation: Incarnation(1),
        state: HostState::Down { why: "switched off".into() },
        launcher: "ssh".into(),
        parent: HostId::OWNER,
        rtt_us: 0,
        slots: 64,
        key: [9; 32],
        facts,
    };
    let request =
        HostRequest { name, user: None, port: None, slots: None, launcher: Launcher::Ssh };
    (entry, request, u64::from(number), vec![7; 64])
}
