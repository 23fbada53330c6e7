//! Calm worlds as a table for people and for the docs. Called by `main.rs`.

use posse_sim::{Calm, Phase};

/// What is above the rows.
pub const HEAD: &str = "\
| hosts | relays | `up`: frames, bytes a host | a command: frames, bytes a host | \
idle: frames a host and s | inputs a leaf and s | heartbeats of the owner's daemon a s | \
state: leaf | relay | owner | owner, a host | real s: `up`, commands, idle |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

/// Plain commands in a calm world.
const COMMANDS: f64 = posse_sim::COMMANDS as f64;

pub fn row(calm: &Calm) -> String {
    let hosts = calm.hosts as f64;
    let each = |phase: &Phase, times: f64| {
        let (frames, bytes) = (phase.frames as f64, phase.bytes as f64);
        format!("{:.1}, {:.0}", frames / hosts / times, bytes / hosts / times)
    };
    let (idle, state) = (&calm.idle, &calm.state);
    let idle_s = idle.virtual_us as f64 / 1e6;
    let relay = if calm.relays > 0 { bytes(state.relay) } else { "-".to_owned() };
    let cells = [
        calm.hosts.to_string(),
        calm.relays.to_string(),
        each(&calm.up, 1.0),
        each(&calm.commands, COMMANDS),
        format!("{:.2}", (idle.frames + idle.beats) as f64 / hosts / idle_s),
        format!("{:.2}", idle.leaf_inputs as f64 / idle_s),
        format!("{:.0}", idle.owner_beats as f64 / idle_s),
        bytes(state.leaf),
        relay,
        bytes(state.owner),
        format!("{:.0} B", state.owner as f64 / hosts),
        real(calm),
    ];
    format!("| {} |", cells.join(" | "))
}

fn real(calm: &Calm) -> String {
    let phases = [calm.up, calm.commands, calm.idle];
    phases.map(|phase| format!("{:.2}", phase.real.as_secs_f64())).join(", ")
}

fn bytes(number: usize) -> String {
    let kib = number as f64 / 1024.0;
    if kib < 1024.0 { format!("{kib:.1} KiB") } else { format!("{:.1} MiB", kib / 1024.0) }
}
