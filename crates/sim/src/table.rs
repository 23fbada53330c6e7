//! Calm worlds as a table for people and for the docs. Called by `main.rs`.

use posse_sim::{Calm, Phase};

/// What is above the rows.
pub const HEAD: &str = "\
| hosts | relays | up: frames, bytes a host | 3 commands: frames, bytes a host | \
idle: frames a host and s | idle: inputs a leaf and s | owner's idle frames a s | \
state: owner, a host of it | relay | leaf | real s: up, commands, 60 s idle |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

pub fn row(calm: &Calm) -> String {
    let each = |number: u64| number as f64 / calm.hosts as f64;
    let phase = |phase: &Phase| format!("{:.1}, {:.0}", each(phase.frames), each(phase.bytes));
    let idle_s = calm.idle.virtual_us as f64 / 1e6;
    let idle = &calm.idle;
    let state = &calm.state;
    format!(
        "| {} | {} | {} | {} | {:.2} | {:.2} | {:.0} | {}, {:.0} | {} | {} | {:.1}, {:.1}, {:.1} |",
        calm.hosts,
        calm.relays,
        phase(&calm.up),
        phase(&calm.commands),
        each(idle.frames) / idle_s,
        idle.leaf_inputs as f64 / idle_s,
        idle.owner_frames as f64 / idle_s,
        bytes(state.owner),
        each(state.owner as u64),
        bytes(state.relay),
        bytes(state.leaf),
        calm.up.real.as_secs_f64(),
        calm.commands.real.as_secs_f64(),
        idle.real.as_secs_f64(),
    )
}

fn bytes(number: usize) -> String {
    match number {
        0..10_000 => format!("{number} B"),
        10_000..10_000_000 => format!("{:.1} KiB", number as f64 / 1024.0),
        _ => format!("{:.1} MiB", number as f64 / 1024.0 / 1024.0),
    }
}
