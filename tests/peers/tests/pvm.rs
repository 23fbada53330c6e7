//! The conformance table of PVM. `cargo nextest run -p posse-peers`; one row: `POSSE_ROW=hello`;
//! `POSSE_RECORD=1` writes `pvm/expected/` anew from the real PVM. See `README.md`.

use posse_peers::{Form, Machine, Programs, Row, difference, record, rows};

/// The rows that the caller asked for: all, or those whose name holds `POSSE_ROW`.
fn wanted() -> Vec<Row> {
    let word = std::env::var("POSSE_ROW").unwrap_or_default();
    rows().into_iter().filter(|row| row.name.contains(&word)).collect()
}

/// Runs a row and says what differs from what was recorded, or nothing.
fn run(machine: Machine, row: &Row, form: Form, programs: &Programs) -> Option<String> {
    let heard = machine.run(&programs.folder, row.script, row.hosts, row.seconds);
    if !heard.ended() {
        return Some(format!("{row}: no machine: {}", heard.log));
    }
    let found = row.normal.apply(&heard.text);
    let record = record() && machine == Machine::Pvm && form == Form::Source;
    let differs = difference(&row.expected(), &found, record)?;
    Some(format!("{row} ({form:?}) on {machine:?} differs {differs}  log: {}", heard.log))
}

fn all(machine: Machine, form: Form, rows: &[Row]) {
    let programs = Programs::ready(machine, form);
    let rows = rows.iter().filter(|row| row.forms().contains(&form));
    let wrong: Vec<String> = rows.filter_map(|row| run(machine, row, form, &programs)).collect();
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
    if Machine::Pvm.is_here() && !record() {
        all(Machine::Pvm, Form::Debian, &wanted());
    }
}
