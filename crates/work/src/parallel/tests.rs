//! What options make of a plan; the commands themselves are compared with the real GNU parallel
//! in tests/parallel.rs.

use super::{Facts, Options, Plan, plan};
use crate::mistake::Result;
use crate::words::words;

const LOG: &str = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n\
                   1\t:\t1.5\t     0.100\t0\t0\t0\t0\techo a\n\
                   2\t:\t1.6\t     0.100\t0\t0\t1\t0\techo 'b c'\n";

fn read(line: &str, seed: u64) -> Result<Plan> {
    let mut files = |name: &str| match name {
        "log" => Ok(LOG.to_owned()),
        "many" => Ok((0..100).map(|n| format!("{n}\n")).collect()),
        _ => Err("no such file".to_owned()),
    };
    plan(&words(line).unwrap(), Facts { slots: 2, seed }, &mut files)
}

fn commands(line: &str) -> Vec<String> {
    read(line, 1).unwrap().commands().collect()
}

#[test]
fn options_become_rules_and_labels() {
    let line = "--tag --retries 3 --timeout 2m --nice 5 --wd d/{1} -N2 echo ::: a b 'c d'";
    let plan = read(line, 1).unwrap();
    let [pair, rest] = plan.work.batches.as_slice() else { panic!("a pair and a rest") };
    let rules = &pair.shared.rules;
    assert_eq!((rules.retries, rules.nice), (2, Some(5)));
    assert_eq!(rules.time_limit.unwrap().as_secs(), 120);
    let label =
        |batch: &crate::Batch| batch.shared.label.as_ref().unwrap().fill(&batch.values(0), 1, 1);
    assert_eq!((label(pair), label(rest)), ("a b".to_owned(), "c d".to_owned()));
    assert_eq!(rest.shared.directory.as_ref().unwrap().fill(&rest.values(0), 1, 1), "d/c d");
    assert_eq!((rest.first_number, rest.command_line(0)), (2, "echo 'c d'".to_owned()));
    assert_eq!(pair.column_names(), ["1", "1.2"]);
}

#[test]
fn a_seed_draws_the_order() {
    let order =
        |seed| -> Vec<String> { read("--shuf echo :::: many", seed).unwrap().commands().collect() };
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
    let mut sorted = order(1);
    sorted.sort();
    let mut all = commands("echo :::: many");
    all.sort();
    assert_eq!(sorted, all);
}

#[test]
fn an_earlier_run_is_continued() {
    let done = |line: &str| read(line, 1).unwrap().done.into_iter().collect::<Vec<u64>>();
    assert_eq!(done("--joblog log --resume echo ::: a b c"), [1, 2]);
    assert_eq!(done("--joblog log --resume-failed echo ::: a b c"), [1]);
    assert!(done("--joblog new --resume echo ::: a b c").is_empty());
    let again = read("--joblog log --retry-failed", 1).unwrap();
    assert_eq!(again.commands().collect::<Vec<_>>(), ["echo a", "echo 'b c'"]);
    assert!(again.done.contains(&1) && !again.done.contains(&2));
}

#[test]
fn pipes_have_one_input() {
    let plan = read("--pipe -a many wc -l", 1).unwrap();
    assert_eq!(plan.split.unwrap().0, "many");
    assert_eq!(read("--pipe wc", 1).unwrap().split.unwrap().0, "-");
    assert!(read("--pipe wc ::: a", 1).is_err());
    assert!(read("--pipe", 1).is_err());
}

#[test]
fn nothing_given_is_nothing_done_and_unread_files_are_told() {
    assert!(commands("echo :::").is_empty());
    let told = read("echo :::: gone", 1).unwrap_err().to_string();
    assert_eq!(told, "can not read gone: no such file");
    let perl = read("echo '{= s/a/b/ =}' ::: a", 1).unwrap_err();
    assert_eq!(perl.pointer().unwrap(), "{= s/a/b/ =}\n^^");
    assert_eq!(Options::default(), Options::read(&[]).unwrap().0);
}
