//! The table of hosts as rows of the control state, and which of them changed. Called by `tell`.

use crate::shell::Shell;
use posse_control::state::{Admission, Host, HostRow, Signature, Standing};
use posse_wire::msg::{HostEntry, HostRequest, HostState};
use posse_wire::{HostId, encode_value, limits};
use std::collections::BTreeMap;

/// A command has room for all rows but the last within this, and that one is bounded too.
const ROWS_BYTES: usize = limits::COMMAND_BYTES_MAX / 2;

/// As they are now. A signature that was told is not made again: that is what costs here.
pub(super) fn all(shell: &Shell, told: &BTreeMap<HostId, Host>) -> BTreeMap<HostId, Host> {
    let rows = shell.with_daemon(|daemon| daemon.rows());
    let signed = |entry: &HostEntry| {
        let known = told.get(&entry.number).and_then(|host| host.admission.as_ref());
        known.filter(|known| known.key == entry.key).map(|known| known.ticket)
    };
    let sign = |entry: &HostEntry| signature(&shell.identity.sign(entry.number, entry.key));
    let row = |row: (HostEntry, HostRequest, u64)| {
        let ticket = (row.2 != 0).then(|| signed(&row.0).unwrap_or_else(|| sign(&row.0)));
        (row.0.number, host(row, ticket))
    };
    rows.into_iter().map(row).collect()
}

/// One that never was up has no ticket.
fn host((entry, request, boot): (HostEntry, HostRequest, u64), ticket: Option<Signature>) -> Host {
    let standing = match &entry.state {
        HostState::Launching => Standing::Wanted,
        HostState::Up | HostState::Suspect => Standing::Up,
        HostState::Down { why } => {
            let cut = why.floor_char_boundary(limits::DOWN_WHY_BYTES_MAX);
            Standing::Down { why: why[..cut].into() }
        }
    };
    let admission = ticket.map(|ticket| {
        let (key, parent, facts) = (entry.key, entry.parent, entry.facts);
        Box::new(Admission { boot, key, ticket, parent, facts })
    });
    let (incarnation, slots) = (entry.incarnation, entry.slots);
    let launcher = entry.launcher.into_boxed_str();
    let mut host = Host { request, standing, incarnation, launcher, slots, admission };
    if encode_value(&host).len() + 16 > limits::HOST_BYTES_MAX
        && let Some(admission) = &mut host.admission
    {
        // A host may say of itself what it likes; this much of it is kept.
        admission.facts = Default::default();
    }
    host
}

/// The last part of a ticket: what it signs is in the row.
fn signature(ticket: &[u8]) -> Signature {
    let mut halves = [[0; 32]; 2];
    if let Some(last) = ticket.len().checked_sub(64) {
        halves[0].copy_from_slice(&ticket[last..last + 32]);
        halves[1].copy_from_slice(&ticket[last + 32..]);
    }
    Signature(halves)
}

/// As many as one command takes; none where all is told.
pub(super) fn changed(told: &BTreeMap<HostId, Host>, now: BTreeMap<HostId, Host>) -> Vec<HostRow> {
    let over = told.keys().filter(|number| !now.contains_key(number)).copied();
    let mut rows: Vec<HostRow> = over
        .map(|number| HostRow { number, host: None })
        .take(limits::HOSTS_PER_COMMAND_MAX)
        .collect();
    let mut bytes = 0;
    for (number, host) in now {
        if rows.len() >= limits::HOSTS_PER_COMMAND_MAX || bytes >= ROWS_BYTES {
            break;
        }
        if told.get(&number) != Some(&host) {
            bytes += encode_value(&host).len();
            rows.push(HostRow { number, host: Some(Box::new(host)) });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use posse_wire::Incarnation;
    use posse_wire::msg::Launcher;

    fn hosts(count: u32, incarnation: u32) -> BTreeMap<HostId, Host> {
        let host = |number: u32| {
            let (user, port, slots, launcher) = (None, None, None, Launcher::Ssh);
            let name = format!("h{number}");
            let request = HostRequest { name, user, port, slots, launcher };
            let (launcher, admission, standing) = ("ssh".into(), None, Standing::Up);
            let incarnation = Incarnation(incarnation);
            Host { request, standing, incarnation, launcher, slots: 1, admission }
        };
        (1..=count).map(|number| (HostId(number), host(number))).collect()
    }

    #[test]
    fn only_what_changed_is_told_and_no_more_than_a_command_takes() {
        assert!(changed(&hosts(5, 1), hosts(5, 1)).is_empty());
        let mut now = hosts(5, 1);
        now.remove(&HostId(2));
        let rows = changed(&hosts(5, 1), now);
        assert_eq!(rows, [HostRow { number: HostId(2), host: None }]);
        let rows = changed(&hosts(100, 1), hosts(100, 2));
        assert_eq!(rows.len(), limits::HOSTS_PER_COMMAND_MAX);
    }
}
