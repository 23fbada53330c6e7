//! Task files that are right, and what is said of those that are not.

use super::*;
use crate::task::Command;

fn no_files(_: &str) -> std::result::Result<String, String> {
    Err("no files here".to_owned())
}

fn toml(text: &str) -> Result<Work> {
    read(text, Syntax::Toml, &mut no_files)
}

const FULL: &str = r#"
name = "study"

[defaults]
directory = "runs"
retries = 2
needs = { cores = 0.5, resources = { licence = 1 } }
environment = { LANG = "C", THREADS = 4 }

[[task]]
name = "build"
argv = ["make", "-j{%}", "sim"]
needs = { cores = 4 }

[[task]]
name = "sim"
run = "./sim {size} {bench} > {bench}.txt"
parameters = ["size=512K,1M", "bench=fft,list walk"]
needs = { memory = "4G", gpus = 1, hosts = "lab[1-4] & cores>=8" }
inputs = ["sim"]
outputs = ["out/{size}/{bench}.txt"]
time_limit = "1h30m"
memory_limit = "6G"
pin = false
checkpoint = { signal = "USR1" }
priority = 5
after = "build"
environment = { LANG = "{size}" }

[[task]]
run = "echo {index}"
array = "1-100%8"
retries = 0
"#;

#[test]
fn every_key_comes_to_something() {
    let work = toml(FULL).unwrap();
    assert_eq!((work.name.as_str(), work.len()), ("study", 105));
    let [build, sim, array] = work.batches.as_slice() else { panic!("three batches") };
    assert!(matches!(&build.command, Command::Argv(words) if words.len() == 3));
    assert_eq!(build.command_line(0), "make -j1 sim");
    assert_eq!((build.shared.needs.cores, build.shared.rules.retries), (4000, 2));
    assert_eq!(sim.command_line(1), "./sim 512K 'list walk' > 'list walk'.txt");
    assert_eq!(sim.shared.outputs[0].to.fill(&sim.values(3), 1, 1), "out/1M/list walk.txt");
    assert_eq!((sim.shared.needs.memory, sim.shared.needs.gpus), (4 << 30, 1000));
    assert_eq!(sim.shared.needs.named, [("licence".to_owned(), 1000)]);
    assert_eq!(sim.shared.needs.cores, 500);
    assert_eq!(sim.shared.rules.time_limit.unwrap().as_secs(), 5400);
    let checkpoint = sim.shared.rules.checkpoint.unwrap();
    assert_eq!((checkpoint.signal, checkpoint.status), (10, 85));
    assert_eq!(sim.shared.rules.end_grace.as_secs(), 60);
    assert_eq!((sim.shared.rules.memory_limit, sim.shared.rules.pin), (Some(6 << 30), false));
    assert_eq!((sim.shared.priority, &sim.after[..], sim.first_number), (5, &[0][..], 2));
    assert_eq!(sim.shared.environment[0].1.fill(&sim.values(2), 1, 1), "1M");
    assert_eq!(sim.shared.environment[1].1.fill(&sim.values(2), 1, 1), "4");
    assert_eq!((array.at_once, array.shared.rules.retries), (Some(8), 0));
    assert_eq!(array.command_line(99), "echo 100");
}

#[test]
fn json_has_the_same_keys() {
    let text = r#"{"name": "j", "tasks": [
        {"name": "a", "run": "echo {x}", "parameters": ["x=1..3"], "needs": {"cores": 2}},
        {"run": "find . -exec ls {} +", "after": ["a"]}
    ]}"#;
    let work = read(text, Syntax::of("jobs", text), &mut no_files).unwrap();
    assert_eq!(work.batches[0].command_line(2), "echo 3");
    assert_eq!(work.batches[1].command_line(0), "find . -exec ls {} +");
}

#[test]
fn wrong_files_are_told_with_their_place() {
    for (text, told, hint) in [
        ("[[task]]\nrun = 'x'\ncoers = 1", "line 3: column 1: unknown field `coers`", "`cores`"),
        ("[[task]]\nrun = ", "line 2", ""),
        ("name = 'x'", "the file has no tasks", "[[task]]"),
        ("[[task]]\nname = 'a'", "task `a`: nothing to run", "run ="),
        ("[[task]]\nrun = ' '", "run: the command is empty", ""),
        ("[[task]]\nrun = 'x {2}'\nparameters = ['a=1']", "run: column 3: `{2}` is not there", ""),
        ("[[task]]\nrun = 'x'\nneeds = { hosts = 'lab[3-1]' }", "needs.hosts: column 5", ""),
        ("[[task]]\nrun = 'x'\nneeds = { memory = 'much' }", "needs.memory: `much`", "4G"),
        ("[[task]]\nrun = 'x'\ntime_limit = 'soon'", "time_limit: `soon`", "1h30m"),
        ("[[task]]\nrun = 'x'\narray = '5-1'", "array: column 1: not numbers", "1-100"),
        ("[[task]]\nrun = 'x'\nargv = ['x']", "give one of them", ""),
        ("[defaults]\nname = 'x'\n[[task]]\nrun = 'x'", "`name` can not stand in [defaults]", ""),
        ("[[task]]\nrun = 'x {a}'\nparameters = ['a=@f']", "can not read f: no files here", ""),
    ] {
        let mistake = toml(text).unwrap_err();
        assert!(mistake.to_string().contains(told), "{text}: {mistake}");
        assert!(mistake.advice().unwrap_or("").contains(hint), "{text}: {:?}", mistake.advice());
    }
}

#[test]
fn cycles_and_unknown_names_are_told() {
    let task = |name: &str, after: &str| {
        format!("[[task]]\nname = '{name}'\nrun = 'true'\nafter = [{after}]\n")
    };
    let cycle = [task("a", "'b'"), task("b", "'c'"), task("c", "'d', 'b'"), task("d", "")].concat();
    let told = toml(&cycle).unwrap_err().to_string();
    assert_eq!(told, "tasks wait for each other: b -> c -> b");
    let own = toml(&task("a", "'a'")).unwrap_err().to_string();
    assert_eq!(own, "tasks wait for each other: a -> a");
    let unknown = toml(&[task("build", ""), task("b", "'biuld'")].concat()).unwrap_err();
    assert_eq!(unknown.to_string(), "task `b` waits for `biuld`, which is not there");
    assert_eq!(unknown.advice(), Some("did you mean `build`?"));
    let twice = toml(&[task("a", ""), task("a", "")].concat()).unwrap_err().to_string();
    assert_eq!(twice, "two tasks are called `a`: number 1 and number 2");
}

#[test]
fn a_long_chain_is_no_deep_stack() {
    let mut text = String::new();
    for number in 0..20_000 {
        text += &format!("[[task]]\nname = 't{number}'\nrun = 'x'\n");
        if number > 0 {
            text += &format!("after = 't{}'\n", number - 1);
        }
    }
    assert_eq!(toml(&text).unwrap().batches[19_999].after, [19_998]);
}

#[test]
fn batches_stand_in_an_order_that_dependencies_allow() {
    let task = |name: &str, after: &str| {
        format!("[[task]]\nname = '{name}'\nrun = 'true'\nafter = [{after}]\n")
    };
    let text = [task("a", "'c'"), task("b", ""), task("c", "'d'"), task("d", "")].concat();
    let work = toml(&text).unwrap();
    let told: Vec<(&str, u64, &[usize])> =
        work.batches.iter().map(|b| (b.name.as_str(), b.first_number, &b.after[..])).collect();
    let want: [(&str, u64, &[usize]); 4] =
        [("b", 1, &[]), ("d", 2, &[]), ("c", 3, &[1]), ("a", 4, &[2])];
    assert_eq!(told, want);
}

#[test]
fn files_may_be_called_otherwise_here() {
    let inputs = |inputs: &str| {
        toml(&format!("[[task]]\nrun = 'x'\ninputs = [{inputs}]")).map(|work| {
            let files = &work.batches[0].shared.inputs[0];
            [&files.from, &files.to].map(|text| text.fill::<&str>(&[], 1, 1))
        })
    };
    assert_eq!(inputs("'a/b'").unwrap(), ["a/b", "a/b"]);
    assert_eq!(inputs("{ from = 'lab1:x', to = 'y' }").unwrap(), ["lab1:x", "y"]);
    assert!(inputs("'s3://x/y'").unwrap_err().to_string().contains("what it is called here"));
}
