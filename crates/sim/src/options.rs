//! What the program is asked for on its command line. Called by `main.rs`.

use posse_sim::{Plant, Without, control};

pub const HELP: &str = "\
Runs virtual machines of posse's own daemons that are wholly virtual: one seed is one world.

Usage: posse-sim --seed N [--count M] [--hosts H] [--seconds S] [--plant NAME]
                 [--without PARTS] [--draw D] [--trace | --shrink]
       posse-sim --control --seed N [--count M] [--plant NAME] [--trace]
       posse-sim --hosts H[,H..] [--seconds S] [--svg]

  --seed N          the world's number; the same number is the same world
  --count M         this world and those after it, up to the first in which a check fails [1]
  --hosts H         with --seed: so many hosts instead of the number drawn; without: calm worlds
                    of so many hosts, flat and as a tree, in which nothing goes wrong, counted
                    as a table
  --svg             ... and drawn as a picture, instead
  --seconds S       with --seed: front ends go on with jobs for so long; without: how long the
                    calm world idles [60]
  --plant NAME      put a bug in on purpose; a wrong name gets the list
  --without PARTS   leave parts of the world out: fault:N, host:N, front:N, job:N, relays,
                    processes, extra
  --draw D          draw anew what processes and front ends do
  --trace           tell what happens, one line an event
  --shrink          make a failing world small and tell its story
  --control         worlds of voters instead of daemons

Ends with 1 where a check fails, with 2 where the command line is wrong.

Example: find the first of a hundred worlds with a planted bug, and make it small
  posse-sim --seed 0 --count 100 --plant WrongResumed --shrink
";

#[derive(Debug, Default)]
pub struct Options {
    pub seed: Option<u64>,
    pub count: u64,
    pub plant: Option<String>,
    pub without: Without,
    pub draw: u64,
    pub hosts: Vec<usize>,
    pub svg: bool,
    pub seconds: Option<u64>,
    pub trace: bool,
    pub shrink: bool,
    pub control: bool,
    pub help: bool,
}

impl Options {
    pub fn read(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options { count: 1, ..Options::default() };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--seed" => options.seed = Some(number(&value()?)?),
                "--count" => options.count = number(&value()?)?,
                "--plant" => options.plant = Some(value()?),
                "--without" => options.without = value()?.parse()?,
                "--draw" => options.draw = number(&value()?)?,
                "--hosts" => options.hosts = hosts(&value()?)?,
                "--svg" => options.svg = true,
                "--seconds" => options.seconds = Some(number(&value()?)?),
                "--control" => options.control = true,
                "--trace" => options.trace = true,
                "--shrink" => options.shrink = true,
                "--help" | "-h" => options.help = true,
                other => return Err(format!("unknown argument `{other}`; try --help")),
            }
        }
        options.check()?;
        Ok(options)
    }

    fn check(&self) -> Result<(), String> {
        let changed = !self.without.is_nothing() || self.draw > 0 || self.shrink;
        let of_daemons = changed || !self.hosts.is_empty() || self.seconds.is_some();
        let wrong = if self.help {
            None
        } else if self.seed.is_none() && self.hosts.is_empty() {
            Some("--seed or --hosts is needed; try --help")
        } else if self.seed.is_none() && (changed || self.plant.is_some() || self.trace) {
            Some("a calm world (--hosts without --seed) has no faults, plants or story")
        } else if self.seed.is_some() && (self.hosts.len() > 1 || self.svg) {
            Some("a list of --hosts and --svg are for calm worlds, without --seed")
        } else if self.control && of_daemons {
            Some("worlds of voters know --seed, --count, --plant and --trace only")
        } else {
            None
        };
        wrong.map_or(Ok(()), |why| Err(why.to_owned()))
    }

    /// The planted bug of worlds of daemons.
    pub fn daemon_plant(&self) -> Result<Option<Plant>, String> {
        planted(self.plant.as_deref(), Plant::from_name, &Plant::ALL)
    }

    /// The planted bug of worlds of voters.
    pub fn control_plant(&self) -> Result<Option<control::Plant>, String> {
        planted(self.plant.as_deref(), control::Plant::from_name, &control::Plant::ALL)
    }
}

fn planted<P: std::fmt::Debug>(
    name: Option<&str>,
    find: impl Fn(&str) -> Option<P>,
    all: &[P],
) -> Result<Option<P>, String> {
    let Some(name) = name else { return Ok(None) };
    let known: Vec<String> = all.iter().map(|plant| format!("{plant:?}")).collect();
    let why = || format!("no plant `{name}`; there are {}", known.join(", "));
    find(name).map(Some).ok_or_else(why)
}

fn hosts(text: &str) -> Result<Vec<usize>, String> {
    let each = |text: &str| match number(text)? {
        0 => Err("a world has at least one host".to_owned()),
        number => Ok(number as usize),
    };
    text.split(',').map(each).collect()
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}
