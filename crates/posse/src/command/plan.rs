//! From a command and its hosts to the frame that starts it. Pure: no I/O, nothing sent.

use super::builder::Command;
use crate::Error;
use crate::answers::check_size;
use crate::run::{RankInfo, Shape};
use posse_wire::msg::{HostEntry, Load, Program, Spawn, Spec, Target};
use posse_wire::{CommandId, Fd, Frame, Message, Rank, limits};
use std::time::Duration;

/// Everything that is known of a command before it has a number.
pub(crate) struct Plan {
    pub(crate) ranks: Vec<RankInfo>,
    pub(crate) shape: Shape,
    pub(crate) inputs: Vec<Fd>,
    pub(crate) input_window: u32,
    spawn: Spawn,
}

impl Plan {
    pub(crate) fn frame(&self, id: CommandId) -> Result<Frame, Error> {
        let frame = self.spawn.frame(id);
        check_size(&frame)?;
        Ok(frame)
    }
}

/// Checks the command and lays it out over the hosts, in their order.
pub(crate) fn plan(
    command: &Command,
    hosts: &[HostEntry],
    loads: Vec<Load>,
    vm: &str,
    detached: bool,
) -> Result<Plan, Error> {
    check(command)?;
    let size = check_count(hosts.len(), command.per_host)?;
    let of = |input: bool| {
        let mut fds: Vec<Fd> = Vec::new();
        let chosen = command.pipes.iter().filter(|pipe| pipe.input == input);
        fds.extend(chosen.map(|pipe| Fd(pipe.fd)));
        fds.sort();
        fds
    };
    let (inputs, outputs) = (of(true), of(false));
    let window = share(limits::WINDOW_TOTAL_BYTES, u64::from(size) * outputs.len() as u64)
        .clamp(limits::WINDOW_BYTES_MIN, limits::WINDOW_BYTES_MAX);
    // One buffer serves all here, but every process has one on its host.
    let on_host = u64::from(command.per_host) * inputs.len() as u64;
    let input_window = share(limits::WINDOW_TOTAL_BYTES, on_host)
        .clamp(limits::WINDOW_BYTES_MIN, limits::STDIN_WINDOW_BYTES);
    let mut ranks = Vec::with_capacity(size as usize);
    let mut targets = Vec::with_capacity(hosts.len());
    for same in hosts.chunk_by(|a, b| a.number == b.number) {
        let (host, first) = (&same[0], Rank(ranks.len() as u32));
        let count = command.per_host * same.len() as u32;
        targets.push(Target { host: host.number, first, count });
        ranks.extend((0..count).map(|index| RankInfo {
            rank: Rank(first.0 + index),
            host: host.number,
            name: host.name.clone(),
            index,
        }));
    }
    let spec = Spec { loads, window, input_window, ..spec(command, vm, detached) }.encode();
    let shape = Shape { size, outputs, window };
    let spawn = Spawn { size, targets, spec, ..Spawn::default() };
    spawn.check().map_err(|error| Error::Command(error.to_string()))?;
    Ok(Plan { ranks, shape, inputs, input_window, spawn })
}

fn share(total: u32, parts: u64) -> u32 {
    u32::try_from(u64::from(total) / parts.max(1)).unwrap_or(total)
}

fn check_count(hosts: usize, per_host: u32) -> Result<u32, Error> {
    if hosts == 0 {
        return Err(Error::NoHosts);
    }
    if hosts > limits::TARGETS_MAX {
        let max = limits::TARGETS_MAX;
        return Err(Error::Command(format!("{hosts} hosts are selected, the limit is {max}")));
    }
    if per_host == 0 || per_host > limits::PER_HOST_MAX {
        let max = limits::PER_HOST_MAX;
        let text = format!("{per_host} processes per host: choose 1 to {max}");
        return Err(Error::Command(text));
    }
    let size = hosts as u64 * u64::from(per_host);
    // Every process costs its streams' bookkeeping here, as if each were a host of its own.
    let max = limits::TARGETS_MAX as u64;
    u32::try_from(size).ok().filter(|_| size <= max).ok_or_else(|| {
        Error::Command(format!(
            "{hosts} hosts with {per_host} processes each are over the limit of {max} processes; \
             start fewer at a time"
        ))
    })
}

fn check(command: &Command) -> Result<(), Error> {
    let wrong = |text: &str| Err(Error::Command(text.to_owned()));
    let words: &[String] = match &command.program {
        Program::Argv(words) if words.first().is_none_or(String::is_empty) => {
            return wrong("the command is empty; name a program");
        }
        Program::Shell(line) if line.trim().is_empty() => {
            return wrong("the command is empty; name a program");
        }
        Program::Argv(words) | Program::Own(words) => words,
        Program::Shell(line) => std::slice::from_ref(line),
        Program::LoginShell => &[],
    };
    if words.iter().any(|word| word.contains('\0')) {
        return wrong("the command holds a zero byte, which no program can receive");
    }
    for (name, value) in &command.environment {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            let text = format!("`{}` cannot be an environment variable", name.escape_default());
            return Err(Error::Command(text));
        }
    }
    if command.loads.len() > limits::LOADS_MAX {
        let (count, max) = (command.loads.len(), limits::LOADS_MAX);
        return wrong(&format!("{count} texts are to be loaded, the limit is {max}"));
    }
    if command.pipes.len() > limits::PIPES_MAX {
        let (count, max) = (command.pipes.len(), limits::PIPES_MAX);
        return wrong(&format!("{count} descriptors are to be carried, the limit is {max}"));
    }
    Ok(())
}

/// But for what depends on the hosts.
fn spec(command: &Command, vm: &str, detached: bool) -> Spec {
    let command = command.clone();
    let title = command.title.unwrap_or_else(|| title(&command.program));
    Spec {
        program: command.program,
        directory: command.directory,
        environment: command.environment,
        loads: Vec::new(),
        umask: command.umask,
        nice: command.nice,
        resource_limits: command.resource_limits,
        terminal: command.terminal,
        pipes: command.pipes,
        window: 0,
        input_window: 0,
        timeout_ms: command.timeout.map(milliseconds),
        end_grace_ms: u32::try_from(milliseconds(command.end_grace)).unwrap_or(u32::MAX),
        session_grace_ms: milliseconds(command.session_grace),
        detached,
        parent: command.parent,
        vm: vm.to_owned(),
        title,
    }
}

/// Rounded up, so that a microsecond is not "at once".
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}

fn title(program: &Program) -> String {
    match program {
        Program::Argv(words) => words.join(" "),
        Program::Shell(line) => line.clone(),
        Program::Own(arguments) => format!("posse {}", arguments.join(" ")),
        Program::LoginShell => "login shell".to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use posse_wire::msg::{Facts, HostState};
    use posse_wire::{HostId, Incarnation};

    #[test]
    fn windows_share_the_front_ends_memory() {
        assert_eq!(share(limits::WINDOW_TOTAL_BYTES, 2), 16 << 20);
        assert_eq!(share(limits::WINDOW_TOTAL_BYTES, 256), 128 << 10);
        assert_eq!(share(limits::WINDOW_TOTAL_BYTES, 0), limits::WINDOW_TOTAL_BYTES);
    }

    #[test]
    fn counts_are_checked_before_anything_is_made() {
        assert!(matches!(check_count(0, 1), Err(Error::NoHosts)));
        for (hosts, per_host) in [(1, 0), (1, 4097), (65_537, 1), (65_536, 2), (100, 4096)] {
            assert!(check_count(hosts, per_host).is_err(), "{hosts} x {per_host}");
        }
        assert_eq!(check_count(65_536, 1).unwrap(), 65_536);
    }

    #[test]
    fn what_cannot_be_started_is_refused() {
        let bad = [
            Command::argv([""]),
            Command::argv(Vec::<String>::new()),
            Command::shell(" "),
            Command::argv(["a\0b"]),
            Command::shell("true").env("a=b", "c"),
            Command::shell("true").env("", "c"),
        ];
        for command in bad {
            assert!(check(&command).is_err(), "{command:?}");
        }
        assert!(check(&Command::login_shell()).is_ok());
    }

    #[test]
    fn a_host_that_stands_twice_has_twice_the_processes() {
        let host = |number| HostEntry {
            number: HostId(number),
            name: format!("lab{number}"),
            incarnation: Incarnation(1),
            state: HostState::Up,
            launcher: "ssh".to_owned(),
            parent: HostId(0),
            rtt_us: 0,
            slots: 1,
            key: [0; 32],
            facts: Facts::default(),
        };
        let hosts = [host(1), host(1), host(2), host(1)];
        let plan = plan(&Command::argv(["true"]), &hosts, Vec::new(), "vm", true).unwrap();
        let ranks: Vec<_> = plan.ranks.iter().map(|info| (info.host.0, info.index)).collect();
        assert_eq!(ranks, [(1, 0), (1, 1), (2, 0), (1, 0)]);
        let targets: Vec<_> =
            plan.spawn.targets.iter().map(|t| (t.host.0, t.first.0, t.count)).collect();
        assert_eq!(targets, [(1, 0, 2), (2, 2, 1), (1, 3, 1)]);
        // No more on one host than it may have, however often it is named.
        let many = vec![host(1); limits::PER_HOST_MAX as usize + 1];
        assert!(super::plan(&Command::argv(["true"]), &many, Vec::new(), "vm", true).is_err());
    }

    #[test]
    fn durations_are_rounded_up() {
        assert_eq!(milliseconds(Duration::from_micros(1)), 1);
        assert_eq!(milliseconds(Duration::from_millis(7)), 7);
        assert_eq!(milliseconds(Duration::MAX), u64::MAX);
    }
}
