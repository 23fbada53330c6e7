//! GNU parallel's command lines beside the real one: what `--dry-run` prints, line for line.
//! Without GNU parallel the test says so and passes.

// A failed unwrap in a test is the test's failure.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use posse_work::parallel::joblog::{self, Entry};
use posse_work::parallel::{Facts, plan};
use posse_work::words;

/// Files that the command lines name.
const FILES: [(&str, &str); 5] = [
    ("two.txt", "x y\nz\n"),
    ("table.csv", "name,n\nfft,1024\nlist walk, 7 \n\"q\",2\n"),
    ("tabs.tsv", "a\tb\n1\t2 3\n4\t5\n"),
    ("blank.txt", "a\n\n  \nb\nEND\nc"),
    ("nul.bin", "p q\0r\ns\0"),
];

/// What stands on the standard input where a line has no other source.
const STDIN: &str = "one\ntwo words\nit's; rm -rf $HOME `x`\n\ndir/sub.d/file.tar.gz\n";

/// Words are as a shell would split them.
const LINES: &[&str] = &[
    "echo",
    "echo {}",
    "echo pre{}post",
    "'echo {} | wc -c'",
    "",
    "{}",
    "'{} --flag'",
    "V={} echo",
    "my{} x ::: a 'b c'",
    "echo '{.}' '{/}' '{//}' '{/.}'",
    "echo {#} {}",
    "echo {#}",
    "echo {1} {2} ::: a b ::: 1 2 3",
    "echo {2}-{1} ::: a b ::: 1 2 3 ::: x y",
    "echo ::: a b :::+ 1 2",
    "echo ::: a b c :::+ 1 2",
    "echo ::: a b :::+ 1 2 3 ::: x y",
    "echo ::: x y ::: a b :::+ 1 2",
    "--link echo ::: a b c ::: 1 2",
    "--xapply echo {2} {1} ::: a b ::: 1 2 3",
    "echo {1.} {2/} {1//} {2/.} ::: a/b.c d.e ::: f/g.h i",
    "echo '{1 }' '{2 /}' ::: a ::: b/c",
    "echo {-1} {-2} ::: a b ::: c d",
    "echo {3} ::: a b",
    "echo {1} {1} {} ::: 'a b'",
    "echo :::: two.txt",
    "echo :::: two.txt two.txt",
    "echo ::: k :::: two.txt ::: l",
    "echo ::: 1 2 ::::+ two.txt",
    "-a two.txt echo",
    "-a two.txt -a two.txt echo {2} {1}",
    "-a two.txt echo ::: m n",
    "--colsep , echo {1} {2} :::: table.csv",
    "--colsep , echo {2} :::: table.csv",
    "-C '[,;]' echo {2}{1} ::: 'a,b' 'c;d'",
    "--colsep ' +' echo {2} {1} ::: 'a  b' 'c d'",
    "--colsep '\\t' echo {2} {1} :::: tabs.tsv",
    "--colsep '\\|' echo {1}-{2} ::: 'a|b' ::: 'c|d'",
    "--header : echo {size} {n} ::: size 1 2 ::: n a b",
    "--header : --colsep , echo {n} {name} :::: table.csv",
    "--header : echo {b} {a/} {1} :::: tabs.tsv",
    "-N2 echo {2} {1} ::: a b c d e",
    "-N 2 echo pre{}post ::: a b c",
    "-N 2 echo 'x{}y z{.}' ::: a.x b c",
    "-N3 echo {1} {3} {-1} ::: a b c d",
    "-N0 echo hi ::: 1 2 3",
    "-N0 echo hi {} x ::: 1 2",
    "-n2 echo ::: a b c",
    "-n 2 echo pre{}post ::: a b c",
    "-n2 echo {#} {1}{2} ::: a b c",
    "-N2 echo {1} {3} ::: a b c ::: 1 2",
    "-X -j2 echo pre{}post ::: a b c d e",
    "-m -j2 echo pre{}post ::: a b c d e",
    "-X -j3 echo a{.}b c{}d e ::: 1.x 2.y 3 4 5 6 7",
    "-m -j4 echo",
    "-X -j1 -n2 echo :::  a b c d e",
    "-m -j2 -n3 echo ::: 1 2 3 4 5",
    "-X -j1 -s 20 echo ::: aaa bbb ccc ddd eee fff",
    "-I ,, echo ,, {} {.} ::: a.b c",
    "-I@ echo x@y ::: a",
    "--er EXT --bnr BASE --dnr DIR --bner BE --seqreplace SEQ echo EXT BASE DIR BE SEQ ::: d/a.b",
    "-q echo 'a b' {} '$HOME' ::: x 'y z'",
    "-q perl -e 'print \"{}\\n\"' ::: a",
    "-q echo '' {} ::: a",
    "-0 echo :::: nul.bin",
    "-d , echo ::: a,b c",
    "-d '\\t' echo {} ::: 'a\tb'",
    "-d xx echo ::: 1xx2",
    "-r echo :::: blank.txt",
    "-E END echo :::: blank.txt",
    "--trim lr echo ::: ' a ' 'b '",
    "--trim l echo x{}y ::: ' a '",
    "--trim r echo x{}y ::: ' a '",
    "--colsep , --trim n echo {2} :::: table.csv",
    "--arg-sep ,, echo {} ,, a b",
    "--arg-file-sep ,, echo {} ,, two.txt",
    "--arg-sep ,, --arg-file-sep // echo ,, a ,,+ b // two.txt",
    "-kj4 --joblog=log.txt --delay 0.1 --retries 3 --timeout 1h echo ::: a",
    "--halt soon,fail=1 --load 9999 --memfree 1k --nice 5 --line-buffer echo ::: a b",
    "--keep --jobs 2 --no-run-if echo ::: a '' b",
    "echo '{' '}' '{x}' '{1x}' '${HOME}' ::: a",
    "'awk \"{print \\$1}\" {}' ::: f",
    "echo ::: '' 'a\\b' 'a\"b' \"a'b\" '~' '*' '#' '{}' 'ä'",
    "echo 'a  b' {}  ::: c",
    "'echo {};echo {}' ::: 'a b'",
    "'echo\t{}' ::: 'a b'",
    "-- echo {} ::: -x --y",
    "echo -k {} ::: a",
    "-k -v echo ::: a ::: ''",
    "echo ::: a ::: b c :::+ d e :::+ f g",
    "-X -j2 echo {1}-{2} ::: a b c ::: 1 2",
    "-X -j2 echo {} ::: a b c ::: 1 2",
    "-X -j1 echo {2}{} ::: a b c",
    "-N2 --colsep , echo {1} {2} {3} {4} ::: a,b c,d e,f",
    "--header : -N2 echo {x} {} ::: x 1 2 3",
    "--header : echo {x.} {y//} ::: x a.b ::: y c/d",
    "-m -j1 echo {} {/} ::: a/b 'c/d e'",
    "-n1 -X -j1 echo ::: a b",
    "echo {}{} {#}{} ::: 'a b'",
    "-q -N2 echo a{}b ::: x 'y z' w",
    "-q -n2 echo a{}b ::: x 'y z' w",
    "'cd {//} && ls {/}' ::: a/b/c /x y a//b/ /",
    "--colsep , --link echo {1}{2}{3} ::: a,b c,d ::: 1 2",
    "echo {1}{2}{3}{4} :::: two.txt ::: 1 2 :::+ a b",
    "-E b echo ::: a b c",
    "-r echo ::: '' ' ' a",
    "echo \"'{}'\" ::: 'a b'",
    "bash -c echo\\ {} ::: 'a b'",
    "-I {x} echo {x} {1x} {} ::: a",
    "echo {.}{.} {/.}x ::: a.tar.gz .hidden d.x/f 'a b.c'",
    "nice -n 3 echo ::: a",
    "A=1 B={} echo {} ::: 'a b'",
    "' {} x' ::: 'a b'",
    "{}{#} ::: 'a b'",
    "echo ::: a b ::: 1 2 ::: x y :::+ p q",
    "--tag echo ::: 'a b' c",
    "--tag echo {2} ::: a b ::: 1 2",
    "--tagstring '{2}-{1.}' echo ::: a.b ::: 'c d'",
    "--tagstring 'no {#} {/}' echo ::: a/b",
    "--tag -N2 echo ::: a b c",
    "--tag -X -j1 echo ::: a b c",
    "--tagstring x{}y -X -j1 echo ::: a b",
];

struct Bed(PathBuf);

impl Bed {
    fn new(name: &str) -> Bed {
        let place = std::env::temp_dir().join(format!("posse-work-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        for (name, text) in FILES {
            std::fs::write(place.join(name), text).unwrap();
        }
        Bed(place)
    }

    /// What the real one prints, with these options first.
    fn theirs(&self, first: &[&str], args: &[String], input: &str) -> std::io::Result<String> {
        // A load or memory option could make it wait for ever.
        let mut child = Command::new("timeout")
            .args(["60", "parallel"])
            .args(["--will-cite", "-k"])
            .args(first)
            .args(args)
            .current_dir(&self.0)
            .env("HOME", &self.0)
            .env("PARALLEL_SHELL", "/bin/sh")
            .env_remove("PARALLEL")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        // A line with other sources closes its input.
        let _reads_or_not = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {told}");
        Ok(String::from_utf8(output.stdout).unwrap())
    }

    /// Runs it for what it leaves behind.
    fn run(&self, args: &[String]) {
        let mut command = Command::new("timeout");
        command.args(["60", "parallel", "--will-cite", "-k", "-j1"]).args(args);
        command.current_dir(&self.0).env("HOME", &self.0).env("PARALLEL_SHELL", "/bin/sh");
        command.env_remove("PARALLEL").stdin(Stdio::null()).output().unwrap();
    }

    fn ours(&self, args: &[String]) -> String {
        let place: &Path = &self.0;
        let mut read = |name: &str| match name {
            "-" => Ok(STDIN.to_owned()),
            name => std::fs::read_to_string(place.join(name)).map_err(|why| why.to_string()),
        };
        let facts = Facts { slots: slots(args), seed: 1 };
        let plan = plan(args, facts, &mut read).unwrap_or_else(|mistake| {
            panic!("{args:?}: {mistake}");
        });
        let tasks = plan.work.batches.iter().flat_map(|b| (0..b.len()).map(move |at| (b, at)));
        let shown = tasks.map(|(batch, at)| {
            let label = batch
                .shared
                .label
                .as_ref()
                .map(|label| label.fill(&batch.values(at), batch.first_number + at, 1) + "\t");
            label.unwrap_or_default() + &batch.command_line(at) + "\n"
        });
        shown.collect()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let _gone_or_not = std::fs::remove_dir_all(&self.0);
    }
}

/// `-j N` where it is said; elsewhere nothing depends on it.
fn slots(args: &[String]) -> u32 {
    args.iter().find_map(|arg| arg.strip_prefix("-j")?.parse().ok()).unwrap_or(1)
}

/// Whether the real one is here; says so if not.
fn is_installed() -> bool {
    let version = Command::new("parallel").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let there = version.is_ok_and(|text| text.starts_with("GNU parallel"));
    if !there {
        println!("skipped: no GNU parallel here (Debian package parallel)");
    }
    there
}

#[test]
fn the_same_as_gnu_parallel() {
    if !is_installed() {
        return;
    }
    let bed = Bed::new("lines");
    let (mut wrong, mut commands) = (Vec::new(), 0);
    for line in LINES {
        let args = words(line).unwrap();
        let theirs = bed.theirs(&["--dry-run"], &args, STDIN).unwrap();
        let ours = bed.ours(&args);
        commands += theirs.lines().count();
        // With --quote, what is quoted together may be quoted apart: the words are the same.
        let same =
            if line.starts_with("-q") { words(&theirs) == words(&ours) } else { theirs == ours };
        if !same {
            wrong.push(format!("{line}\n  theirs: {theirs:?}\n  ours:   {ours:?}"));
        }
    }
    println!("{} command lines, {commands} commands", LINES.len());
    assert!(commands > 2 * LINES.len(), "the real one printed {commands} commands");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Options of `--pipe`, and the command that shows where blocks end.
const PIPES: &[&str] = &[
    "--block 50",
    "--block 7",
    "--block 1k",
    "-N3",
    "-N1 --block 10",
    "-N4 --block 1k",
    "--recend 3 --block 20",
    "--recstart 1 --block 20",
    "--recstart 1 -N2 --block 15",
    "--recend '\\n' --recstart 2 --block 30",
    "--recend 5 --rrs -N1",
    "--header : --block 30",
    "--header 2 -N2",
];

#[test]
fn blocks_are_cut_where_gnu_parallel_cuts_them() {
    if !is_installed() {
        return;
    }
    let bed = Bed::new("blocks");
    let numbers: String = (1..=40).map(|n| format!("{}\n", n * n)).collect();
    let ragged = "1\n\n22 333\n4444444444444444444444444444\n5\n12345 12345 12345\nend";
    let mut wrong = Vec::new();
    for (line, input) in PIPES.iter().flat_map(|line| [(line, numbers.as_str()), (line, ragged)]) {
        let mut args = words(line).unwrap();
        args.extend(["--pipe", "cat; echo; echo ---"].map(str::to_owned));
        let theirs = bed.theirs(&["-j1"], &args, input).unwrap();
        let mut none = |_: &str| Err("no files".to_owned());
        let plan = plan(&args, Facts { slots: 1, seed: 1 }, &mut none).unwrap();
        let mut cutter = plan.split.unwrap().1.cutter();
        let mut blocks = Vec::new();
        for bytes in input.as_bytes().chunks(3) {
            blocks.extend(cutter.push(bytes).unwrap());
        }
        blocks.extend(cutter.finish());
        let shown = |block: Vec<u8>| String::from_utf8(block).unwrap() + "\n---\n";
        let ours: String = blocks.into_iter().map(shown).collect();
        if ours != theirs {
            wrong.push(format!("{line}\n  theirs: {theirs:?}\n  ours:   {ours:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn logs_and_results_are_read_and_named_alike() {
    if !is_installed() {
        return;
    }
    let bed = Bed::new("logs");
    let line =
        "--joblog log --results out --header : 'exit {b}' ::: a x/y z ::: b 0 3 ::: 10 1\\\\2";
    let args = words(line).unwrap();
    bed.run(&args);
    let log = std::fs::read_to_string(bed.0.join("log")).unwrap();
    let entries = joblog::read(&log).unwrap();
    assert_eq!(entries.len(), 4);
    let lines: String = entries.iter().map(Entry::line).collect();
    assert_eq!(format!("{}{lines}", joblog::HEADER), log);

    let resumed = [words("--resume-failed").unwrap(), args].concat();
    let place: &Path = &bed.0;
    let mut read =
        |name: &str| std::fs::read_to_string(place.join(name)).map_err(|why| why.to_string());
    let plan = plan(&resumed, Facts { slots: 1, seed: 1 }, &mut read).unwrap();
    assert!(plan.done.iter().eq([1, 3].iter()));
    let batch = &plan.work.batches[0];
    for at in 0..batch.len() {
        let values: Vec<String> = batch.values(at).iter().map(|v| v.to_string()).collect();
        let files = plan.results.as_ref().unwrap().files(&plan.names, &values, at + 1).unwrap();
        assert!(bed.0.join(&files.stdout).is_file(), "{}", files.stdout);
        assert!(bed.0.join(&files.seq).is_file(), "{}", files.seq);
    }
}
