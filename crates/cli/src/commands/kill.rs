//! `posse kill`: ends commands, or sends a signal to their processes; ends jobs and tasks.

use super::Outcome;
use crate::error::Error;
use crate::farm;
use crate::run;
use crate::run::detached;
use posse::{CommandState, Controller, Rank, Vm};
use rustix::process::Signal;

/// End commands by their numbers, or send them a signal
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  posse kill 3             SIGTERM, then SIGKILL; descendants too\n  \
        posse kill -9 3 4\n  posse kill -USR1 3:0-2   a signal to ranks 0 to 2 of command 3\n  \
        posse ps                 the numbers\n  \
        posse kill --job 2 3.17  job 2, and task 17 of job 3"
)]
pub struct Args {
    /// The words are jobs, by number or name, or tasks as JOB.TASK; `posse jobs` lists them
    #[arg(long)]
    job: bool,
    /// Commands, and before them the signal: `-9`, `-KILL`, `-SIGKILL`, `-s KILL`
    #[arg(value_name = "[-SIG] NUMBER[:RANKS]", required = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// What a word names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Target {
    number: u32,
    /// All where none are given.
    ranks: Option<(u32, u32)>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    if args.job {
        return kill_jobs(&run::connect(vm)?, &args.words);
    }
    let (signal, targets) = parse(&args.words).map_err(Error::usage)?;
    let vm = run::connect(vm)?;
    for target in targets {
        let entry = detached::find(&vm, target.number)?;
        if let CommandState::Over { .. } = entry.state {
            return Err(Error::usage(format!("command {} is over already", target.number)));
        }
        let controller = vm.controller(&entry);
        let act = |rank| act(&controller, signal, rank);
        match target.ranks {
            None => act(None)?,
            Some((first, last)) => (first..=last).try_for_each(|r| act(Some(r)))?,
        }
    }
    // The daemon has taken the frames before this one when it answers.
    vm.commands()?;
    Ok(0)
}

/// What of them is not over: the rest of a job, or one task.
fn kill_jobs(vm: &Vm, words: &[String]) -> Outcome {
    let farm = vm.farm();
    for word in words {
        if word.contains('.') {
            let task = farm::find_task(&farm, word)?;
            farm.kill(task.job, Some(vec![task.index]))?;
        } else {
            farm.kill(farm::find(&farm, word)?, None)?;
        }
    }
    Ok(0)
}

/// No signal, and SIGKILL, end everything of a process, descendants too.
fn act(controller: &Controller, signal: Option<u8>, rank: Option<u32>) -> Result<(), Error> {
    let rank = rank.map(Rank);
    let sent = match signal {
        None => controller.end(rank),
        Some(KILL) => controller.end_with(rank, KILL),
        Some(signal) => controller.signal(rank, signal),
    };
    Ok(sent?)
}

const KILL: u8 = Signal::KILL.as_raw() as u8;

fn parse(words: &[String]) -> Result<(Option<u8>, Vec<Target>), String> {
    let (signal, rest) = match words {
        [flag, name, rest @ ..] if flag == "-s" => (Some(number_of(name)?), rest),
        [flag, rest @ ..] if flag.starts_with('-') => (Some(number_of(&flag[1..])?), rest),
        rest => (None, rest),
    };
    if rest.is_empty() {
        return Err("name a command by its number; `posse ps` lists them".to_owned());
    }
    Ok((signal, rest.iter().map(|word| target(word)).collect::<Result<_, _>>()?))
}

fn target(word: &str) -> Result<Target, String> {
    let wrong = || format!("`{word}` is no number of a command, such as 3 or 3:0-4");
    let (number, ranks) = match word.split_once(':') {
        Some((number, ranks)) => (number, Some(ranks)),
        None => (word, None),
    };
    let of = |text: &str| text.parse::<u32>().map_err(|_| wrong());
    let ranks = ranks.map(|ranks| {
        let (first, last) = ranks.split_once('-').unwrap_or((ranks, ranks));
        let (first, last) = (of(first)?, of(last)?);
        if first <= last { Ok((first, last)) } else { Err(wrong()) }
    });
    Ok(Target { number: of(number)?, ranks: ranks.transpose()? })
}

/// As Linux numbers them on the architectures that posse runs on.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

fn number_of(name: &str) -> Result<u8, String> {
    if let Ok(number) = name.parse::<u8>() {
        return if (1..=64).contains(&number) { Ok(number) } else { Err(no_signal(name)) };
    }
    let upper = name.to_ascii_uppercase();
    let short = upper.strip_prefix("SIG").unwrap_or(&upper);
    let at = NAMES.iter().position(|known| *known == short).ok_or_else(|| no_signal(name))?;
    Ok(at as u8 + 1)
}

fn no_signal(name: &str) -> String {
    format!("`{name}` is no signal; give a number or a name such as INT")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Result<(Option<u8>, Vec<Target>), String> {
        parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn words_are_signals_and_numbers() {
        let all = |number| Target { number, ranks: None };
        assert_eq!(of(&["3"]).unwrap(), (None, vec![all(3)]));
        assert_eq!(of(&["-9", "3", "4"]).unwrap(), (Some(9), vec![all(3), all(4)]));
        assert_eq!(of(&["-s", "usr1", "3"]).unwrap().0, Some(10));
        assert_eq!(of(&["-SIGSYS", "3"]).unwrap().0, Some(31));
        let some = Target { number: 3, ranks: Some((0, 4)) };
        assert_eq!(of(&["-TERM", "3:0-4"]).unwrap(), (Some(15), vec![some]));
        assert_eq!(of(&["3:2"]).unwrap().1[0].ranks, Some((2, 2)));
        for bad in [&["-9"][..], &["x"], &["-FOO", "1"], &["-0", "1"], &["3:4-1"], &["3:"], &["-1"]]
        {
            assert!(of(bad).is_err(), "{bad:?}");
        }
    }
}
