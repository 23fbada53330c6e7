//! The conformance table of PVM. `cargo nextest run -p posse-peers`; one row: `POSSE_ROW=hello`;
//! `POSSE_RECORD=1` writes `pvm/expected/` anew from the real PVM. See `README.md`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::{fs, iter, thread};

use posse_bed::skip;
use posse_peers::{Form, Machine, Programs, Row, difference, passing, record, rows, sabotage};

/// The rows that the caller asked for: all, or those whose name holds `POSSE_ROW`.
fn wanted() -> Vec<Row> {
    let word = std::env::var("POSSE_ROW").unwrap_or_default();
    rows().into_iter().filter(|row| row.name.contains(&word)).collect()
}

/// Runs a row and says what differs from what was recorded, or nothing.
fn run(machine: Machine, row: &Row, form: Form, programs: &Programs) -> Option<String> {
    let record = record() && machine == Machine::Pvm;
    run_script(machine, row, row.script, programs, record)
        .map(|what| format!("{row} ({form:?}) on {machine:?}: {what}"))
}

fn run_script(
    machine: Machine,
    row: &Row,
    script: &str,
    programs: &Programs,
    record: bool,
) -> Option<String> {
    let bounds = (row.hosts, row.seconds);
    let heard = machine.run(&programs.folder, script, bounds, row.by_hand);
    if !heard.ended() {
        return Some(format!("no machine: {}", heard.log));
    }
    let found = row.normal.apply(&heard.text);
    let stated = if machine == Machine::Posse { row.differs } else { &[] };
    let differs = difference(&row.expected(), stated, &found, record)?;
    Some(format!("differs {differs}  log: {}", heard.log))
}

/// Rows that run at a time: most of a row is waiting, and its machine is its own.
const WORKERS: usize = 2;

fn all(machine: Machine, form: Form, rows: &[Row]) {
    let programs = Programs::ready(machine, form);
    // What is recorded is of a row's first form.
    let is_wanted = |row: &&Row| match record() {
        true => row.forms.first() == Some(&form),
        false => row.forms.contains(&form),
    };
    let rows = Mutex::new(rows.iter().filter(is_wanted));
    let next = || rows.lock().unwrap().next();
    // The real one loses a word now and then (`frsg` has summed garbage): it may say it again.
    let tries = if machine == Machine::Pvm { 2 } else { 1 };
    let once = |row| run(machine, row, form, &programs);
    let last =
        |row| iter::repeat_with(|| once(row)).take(tries).try_fold(None, |_, told| told.map(Some));
    let work = || iter::from_fn(next).filter_map(|row| last(row).flatten());
    let wrong: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> =
            (0..WORKERS).map(|_| scope.spawn(|| work().collect::<Vec<_>>())).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn programs_from_source_on_the_real_pvm() {
    if Machine::Pvm.is_here() {
        all(Machine::Pvm, Form::Source, &wanted());
    }
}

#[test]
fn programs_of_debian_on_the_real_pvm() {
    if Machine::Pvm.is_here() {
        all(Machine::Pvm, Form::Debian, &wanted());
    }
}

/// The rows that `pvm/posse.txt` names; all of them with `POSSE_PVM_ALL=1`.
fn on_posse(form: Form) {
    let rows: Vec<Row> = wanted().into_iter().filter(passing).collect();
    if !rows.is_empty() && Machine::Posse.is_here() {
        all(Machine::Posse, form, &rows);
    }
}

#[test]
fn programs_from_source_on_posse() {
    on_posse(Form::Source);
}

#[test]
fn programs_of_debian_on_posse() {
    on_posse(Form::Debian);
}

/// With a library that is wrong in one thing, these rows must fail: the harness can.
#[test]
fn a_sabotaged_library_is_found() {
    if !Machine::Pvm.is_here() {
        return;
    }
    let programs = Programs::ready(Machine::Pvm, Form::Source);
    for (wrong, name) in
        [("upkint", "driver-pack"), ("upkint", "task0"), ("recv", "driver-message")]
    {
        let row = rows().into_iter().find(|row| row.name == name).unwrap();
        let library = sabotage(wrong);
        let script = format!("export LD_PRELOAD={}\n{}", library.display(), row.script);
        let found = run_script(Machine::Pvm, &row, &script, &programs, false);
        let found = found.unwrap_or_else(|| panic!("{name} does not notice the wrong {wrong}"));
        assert!(found.starts_with("differs"), "{found}");
    }
}

#[test]
fn each_row_has_its_recorded_output_and_nothing_else_is_there() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/pvm/expected");
    let there = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let there: BTreeSet<PathBuf> = there.collect();
    let wanted: BTreeSet<PathBuf> = rows().iter().map(Row::expected).collect();
    assert_eq!(there, wanted);
}

/// Whoever adds a function to a header adds a call to a driver. Of PVM's own header, two are
/// declared for programs of 3.3 and not in the library.
#[test]
fn drivers_call_every_function_of_the_header() {
    let Ok(header) = fs::read_to_string("/usr/include/pvm3.h") else {
        skip("no pvm3.h: cargo xtask packages");
        return;
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/pvm/driver");
    let drivers = fs::read_dir(folder).unwrap();
    let drivers = drivers.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let drivers: String = drivers.collect();
    let declared = header.lines().filter_map(declared).filter(|name| !name.ends_with("mwid"));
    let declared: Vec<&str> = declared.collect();
    assert_eq!(declared.len(), 110, "{declared:?}");
    let missing = declared.iter().filter(|name| !drivers.contains(**name));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&str>::new());
}

/// The name in a line such as `int pvm_send __ProtoGlarp__(( int, int ));`.
fn declared(line: &str) -> Option<&str> {
    let before = line.split_once("__ProtoGlarp__")?.0.trim_end();
    let name = before.rsplit([' ', '\t', '*', '(']).next()?;
    (name.starts_with("pvm_") || name.starts_with("Pvm")).then_some(name)
}
