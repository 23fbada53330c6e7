//! The table of hosts as rows of the control state, and which of them changed. Called by `tell`,
//! `lead`, and for one row by `elsewhere`.

use crate::shell::Shell;
use posse_control::state::{Admission, Host, HostRow, Signature, Standing};
use posse_net::identity::{PublicKey, SIGNATURE_BYTES};
use posse_net::ticket::Ticket;
use posse_proto::Row;
use posse_wire::msg::{HostEntry, HostRequest, HostState};
use posse_wire::{HostId, VmId, encode_value, limits};
use std::collections::BTreeMap;

/// A command has room for all rows but the last within this, and that one is bounded too.
const ROWS_BYTES: usize = limits::COMMAND_BYTES_MAX / 2;

/// As they are now.
pub(super) fn all(shell: &Shell) -> BTreeMap<HostId, Host> {
    let rows = shell.with_daemon(|daemon| daemon.rows());
    let row = |(entry, request, boot, ticket): Row| {
        let ticket = (boot != 0).then(|| signature(&ticket));
        (entry.number, host((entry, request, boot), ticket))
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

/// Of a ticket the signature alone: what it signs is in the row. Zeros where there is none.
fn signature(ticket: &[u8]) -> Signature {
    let signed = Ticket::decode(ticket).map_or([0; SIGNATURE_BYTES], |ticket| ticket.signature());
    let (mut halves, middle) = ([[0; 32]; 2], SIGNATURE_BYTES / 2);
    halves[0].copy_from_slice(&signed[..middle]);
    halves[1].copy_from_slice(&signed[middle..]);
    Signature(halves)
}

/// By whom tickets are signed, and for which vm: the same in all rows.
struct Signed {
    vm: VmId,
    owner: PublicKey,
}

impl Signed {
    fn of(shell: &Shell) -> Signed {
        let own = shell.with_daemon(|daemon| Ticket::decode(daemon.ticket()).ok());
        let owner = own.map_or(shell.identity.own.public(), |ticket| ticket.owner);
        Signed { vm: shell.identity.vm, owner }
    }

    /// As a host shows it; empty where there is none.
    fn ticket(&self, number: HostId, of: &Admission) -> Vec<u8> {
        let signature = of.ticket.0.concat();
        let signature = <[u8; SIGNATURE_BYTES]>::try_from(signature).unwrap_or([0; 64]);
        let (key, is_none) = (PublicKey(of.key), signature == [0; SIGNATURE_BYTES]);
        let ticket = Ticket::of_parts((self.vm, number), key, self.owner, signature);
        if is_none { Vec::new() } else { ticket.encode().to_vec() }
    }
}

impl Shell {
    /// Where a host listens, and its ticket, as the rows here have it.
    pub(crate) fn place_of(&self, number: HostId) -> Option<(String, Vec<u8>)> {
        let signed = Signed::of(self);
        self.control.voter()?.state(|state| {
            let admission = state.hosts.get(number)?.admission.as_ref()?;
            Some((admission.facts.listens.clone(), signed.ticket(number, admission)))
        })
    }
}

/// The table as rows have it, for a daemon that takes the vm over: see `posse_proto::Input::Lead`.
pub(super) fn table(shell: &Shell, rows: &[(HostId, Host)], leader: HostId) -> Vec<u8> {
    let signed = Signed::of(shell);
    let row = |(number, host): &(HostId, Host)| -> Row {
        let admission = host.admission.as_ref();
        let entry = HostEntry {
            number: *number,
            name: host.request.name.clone(),
            incarnation: host.incarnation,
            state: match &host.standing {
                Standing::Up => HostState::Up,
                Standing::Down { why } => HostState::Down { why: why.to_string() },
                Standing::Wanted => HostState::Down { why: "its launch was not over".to_owned() },
            },
            launcher: host.launcher.to_string(),
            parent: admission.map_or(HostId::OWNER, |of| of.parent),
            rtt_us: 0,
            slots: host.slots,
            key: admission.map_or([0; 32], |of| of.key),
            facts: admission.map(|of| of.facts.clone()).unwrap_or_default(),
        };
        let boot = admission.map_or(0, |of| of.boot);
        (
            entry,
            host.request.clone(),
            boot,
            admission.map(|of| signed.ticket(*number, of)).unwrap_or_default(),
        )
    };
    posse_proto::table_of(leader, rows.iter().map(row).collect())
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
