//! Expansion and folding compared with the real ClusterShell, thousands of random expressions
//! in one run. Skips with a reason where ClusterShell is not installed (Debian: `apt-get
//! install clustershell`). `HOSTSET_SEED=N` repeats a run. What posse takes otherwise on
//! purpose is not generated; the crate documentation lists it.

// A failed unwrap in a test is the test's failure.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use posse_hostset::{Expr, HostSet, Universe, Value};

const CASES: u64 = 4_000;

/// The groups of `clustershell_peer.py`.
struct World(HostSet);

impl Universe for World {
    fn known(&self) -> &HostSet {
        &self.0
    }
    fn group(&self, _: Option<&str>, name: &str) -> Option<String> {
        let text = match name {
            "gpu" => "gpu[01-04]",
            "odd" => "n[1-19/2]",
            "both" => "@gpu,@odd",
            "some" => "@both!n[1-7]&n[5-9],n3",
            "r1" => "rack1n[01-08]",
            "r2" => "rack2n[01-08]",
            _ => return None,
        };
        Some(text.to_owned())
    }
    fn attribute(&self, _: &str, _: &str) -> Option<Value> {
        None
    }
}

struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// The peer and its list of all hosts, or why there is none.
    fn start() -> Result<(Peer, String), String> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clustershell_peer.py");
        let mut child = Command::new("/usr/bin/python3")
            .arg(script)
            .env_remove("PYTHONPATH")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("/usr/bin/python3: {error}"))?;
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut peer = Peer { input: child.stdin.take(), child, output };
        let hello = peer.read();
        match hello.split_once('\t') {
            Some(("ready", all)) => Ok((peer, all.to_owned())),
            _ => Err(hello),
        }
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end_matches('\n').to_owned()
    }

    /// Folded text and names, or the error.
    fn ask(&mut self, expression: &str) -> Result<(String, BTreeSet<String>), String> {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{expression}\n").as_bytes()).unwrap();
        let answer = self.read();
        match answer.split('\t').collect::<Vec<_>>().as_slice() {
            ["ok", folded, names] => {
                let names = names.split(',').filter(|name| !name.is_empty());
                Ok(((*folded).to_owned(), names.map(str::to_owned).collect()))
            }
            ["error", reason] => Err((*reason).to_owned()),
            _ => panic!("the peer answered {answer:?} to {expression:?}"),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.input = None;
        self.child.wait().ok();
    }
}

/// splitmix64; the tests need no better.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

fn range(random: &mut Random, steps: bool) -> String {
    let top = [4, 12, 120][random.below(3) as usize];
    let (a, b) = (random.below(top), random.below(top));
    let (first, last) = (a.min(b), a.max(b));
    let width = random.pick(&["", "2", "3", "4"]).parse().unwrap_or(0usize);
    let width = if last.to_string().len() > width { 0 } else { width };
    let space = if random.below(40) == 0 { " " } else { "" };
    match random.below(4) {
        0 => format!("{space}{first:0width$}{space}"),
        1 if steps => format!("{first:0width$}-{last:0width$}/{}", 1 + random.below(4)),
        _ => format!("{first:0width$}{space}-{space}{last:0width$}"),
    }
}

fn brackets(random: &mut Random, steps: bool) -> String {
    let count = 1 + random.below(3);
    let ranges: Vec<String> = (0..count).map(|_| range(random, steps)).collect();
    format!("[{}]", ranges.join(","))
}

/// Names with up to three dimensions, few shapes, so that operands meet.
fn names(random: &mut Random) -> String {
    let index = |random: &mut Random| random.below(14).to_string();
    match random.below(12) {
        0 => random.pick(&["login", "n7", "n07", "n007", "rack1n03", "x-1", "b", "08"]).to_owned(),
        1..=4 => format!("n{}", brackets(random, true)),
        5 => format!("n{}{}", brackets(random, true), random.pick(&["-ib", "-ipmi", ".lan"])),
        6 => brackets(random, true),
        7 => format!("rack[1-{}]n{}", 1 + random.below(3), brackets(random, false)),
        8 => format!("a{}b{}", index(random), brackets(random, false)),
        9 => format!("a[{}-{}]b{}", random.below(3), 3 + random.below(3), index(random)),
        10 => format!("n[1-{}]0", 1 + random.below(9)),
        _ => {
            let (x, y) = (random.below(3), random.below(3));
            format!("c[0-{x}]d[1-{}]e[{y}-{}]", 1 + random.below(3), y + random.below(3))
        }
    }
}

fn operand(random: &mut Random) -> String {
    match random.below(20) {
        0 => format!("@{}", random.pick(&["gpu", "odd", "both", "some", "r1", "r[1-2]", "*"])),
        1 => random.pick(&["n*", "n1?", "gpu0[1-3]*", "*n0?", "r*[2-4]", "log*", "zz*"]).into(),
        2 => format!("n1[{}-{}]", random.below(4), 4 + random.below(6)),
        3 => format!("n0{}", brackets_of_one_digit(random)),
        _ => names(random),
    }
}

/// What stands behind a digit: ClusterShell reads longer numbers there as another range.
fn brackets_of_one_digit(random: &mut Random) -> String {
    let a = random.below(9);
    format!("[{a}-{},{}]", a + random.below(10 - a), random.below(10))
}

fn expression(random: &mut Random) -> String {
    let mut text = operand(random);
    for _ in 0..random.below(5) {
        let space = if random.below(8) == 0 { " " } else { "" };
        text += &format!("{space}{}{space}", random.pick(&[",", ",", ",", "!", "&", "^"]));
        text += &operand(random);
    }
    text
}

/// A scattered set in two or three dimensions, which folds in many ways.
fn scatter(random: &mut Random) -> String {
    let (wide, deep) = (2 + random.below(12), 1 + random.below(2));
    let padded = random.below(2) == 0;
    let one = |random: &mut Random| {
        let mut name = String::from("s");
        for dimension in 0..=deep {
            let index = random.below(wide);
            let width = if padded && dimension == 1 { 2 } else { 0 };
            name += &format!("{}{index:0width$}", ["x", "y", "z"][dimension as usize]);
        }
        name
    };
    let count = 2 + random.below(60);
    (0..count).map(|_| one(random)).collect::<Vec<_>>().join(",")
}

/// One dimension with mixed padding.
fn padded(random: &mut Random) -> String {
    let one = |random: &mut Random| {
        let width = random.below(4) as usize;
        let value = random.below(130);
        format!("p{value:0width$}")
    };
    let count = 2 + random.below(40);
    (0..count).map(|_| one(random)).collect::<Vec<_>>().join(",")
}

/// Something wrong that both must refuse.
fn broken(random: &mut Random) -> String {
    let wrong = [
        "n[5-1]",
        "n[01-100]",
        "n[1-010]",
        "n[",
        "n]",
        "n[]",
        "n[1,,2]",
        "n[1-",
        "n[a-c]",
        "a,,b",
        "a,",
        ",a",
        "!a",
        "a!",
        "a&",
        "n[1-4/0]",
        "n[1/2]",
        "n[1-2/x]",
        "n[1]]",
        "n[1-3]x]",
        "a^",
        "[[1-2]]",
    ];
    let wrong = random.pick(&wrong);
    if random.below(2) == 0 { wrong.to_owned() } else { format!("{},{wrong}", names(random)) }
}

fn seed() -> u64 {
    let given = std::env::var("HOSTSET_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_nanos() as u64 % 1_000_000
    })
}

#[test]
fn same_as_clustershell() {
    let (mut peer, all) = match Peer::start() {
        Ok(started) => started,
        Err(reason) => return println!("skipped: no ClusterShell here: {reason}"),
    };
    let world = World(all.parse().unwrap());
    let seed = seed();
    println!("HOSTSET_SEED={seed}");
    let mut refused = 0;
    for case in 0..CASES {
        let random = &mut Random(seed.wrapping_mul(1_000_003).wrapping_add(case));
        let text = match case % 10 {
            0 | 1 => scatter(random),
            2 => padded(random),
            3 => broken(random),
            _ => expression(random),
        };
        let ours = Expr::parse(&text).map_err(|e| e.to_string());
        let ours = ours.and_then(|expr| expr.eval(&world).map_err(|e| e.to_string()));
        match (peer.ask(&text), ours) {
            (Ok((folded, names)), Ok(set)) => {
                let have: BTreeSet<String> = set.iter().map(|name| name.to_string()).collect();
                assert_eq!(have, names, "expansion of {text:?}, seed {seed}, case {case}");
                assert_eq!(set.to_string(), folded, "fold of {text:?}, seed {seed}, case {case}");
            }
            (Err(_), Err(_)) => refused += 1,
            (theirs, ours) => {
                panic!("{text:?}, seed {seed}, case {case}: {theirs:?} but here {ours:?}")
            }
        }
    }
    println!("{CASES} expressions, {refused} refused by both");
    assert!((CASES / 20..CASES / 2).contains(&refused), "the generator is lopsided");
}
