//! The commands around `e` with real processes: a vm of local hosts each, in a private place.
//! Not the modes of output (`src/output`), nor other launchers (tests/cluster).

#![allow(clippy::unwrap_used)]

use posse_bed::{ProcessCensus, Terminal, wait_until};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

/// A vm of three local hosts, down again at the end, with nothing left.
struct World {
    root: PathBuf,
}

/// How a command ended.
#[derive(Debug)]
struct Ended {
    out: String,
    err: String,
    code: Option<i32>,
}

impl Ended {
    /// Lines of stdout in order of the alphabet.
    fn lines(&self) -> Vec<&str> {
        let mut lines: Vec<&str> = self.out.lines().collect();
        lines.sort_unstable();
        lines
    }
}

impl World {
    fn down() -> World {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("ca{}-{number}", std::process::id()));
        std::fs::create_dir_all(root.join("home")).unwrap();
        World { root }
    }

    fn new() -> World {
        let world = World::down();
        std::fs::create_dir(world.root.join("run")).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(world.root.join("run"), private).unwrap();
        assert_eq!(world.posse(&["up", "local[1-3]"]).code, Some(0));
        world
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_posse"));
        command
            .args(words)
            .current_dir(&self.root)
            .env("POSSE_RUNTIME_DIR", self.root.join("run"))
            .env("HOME", self.root.join("home"))
            .env("XDG_CACHE_HOME", self.root.join("cache"))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_STATE_HOME")
            .env_remove("POSSE_VM_NAME")
            .stdin(Stdio::null());
        command
    }

    fn posse(&self, words: &[&str]) -> Ended {
        let output = self.command(words).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ended { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
    }

    /// stdout of a command that must succeed.
    fn ok(&self, words: &[&str]) -> String {
        let ended = self.posse(words);
        assert_eq!(ended.code, Some(0), "{words:?}: {ended:?}");
        ended.out
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if self.root.join("run").exists() {
            let _ended_by_the_test = self.posse(&["down"]);
            let mark = format!("POSSE_RUNTIME_DIR={}", self.root.join("run").display());
            let census = ProcessCensus::new().token(&mark);
            if !std::thread::panicking() {
                census.assert_nothing_left(SOON);
            }
        }
        let _best_effort = std::fs::remove_dir_all(&self.root);
    }
}

#[test]
fn a_vm_that_is_not_there_is_named() {
    let world = World::down();
    for words in [&["e", "true"][..], &["ps"], &["masks"], &["ping"], &["--vm", "default", "cd"]] {
        let ended = world.posse(words);
        assert_eq!(ended.code, Some(4), "{words:?}: {ended:?}");
        assert!(ended.err.contains("`default`") && ended.err.contains("posse up"), "{ended:?}");
    }
}

#[test]
fn a_vm_without_hosts_says_so() {
    let world = World::new();
    world.ok(&["remove", "local[1-3]"]);
    let ended = world.posse(&["e", "true"]);
    assert_eq!(ended.code, Some(4));
    assert!(ended.err.contains("no host of the vm") && ended.err.contains("posse up"), "{ended:?}");
}

#[test]
fn a_named_host_is_brought_up_first() {
    let world = World::new();
    let ended = world.posse(&["e", "-H", "local2,local[7-8]", "echo $POSSE_HOST"]);
    assert_eq!((ended.code, ended.lines()), (Some(0), vec!["local2", "local7", "local8"]));
    assert!(ended.err.contains("local[7-8]: not in the vm"), "{ended:?}");
    assert_eq!(world.ok(&["hosts", "-q"]).lines().count(), 5);
    let nothing = world.posse(&["e", "-H", "local1", "-x", "local1", "true"]);
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.err.contains("`local1` without `local1` selects none"), "{nothing:?}");
}

#[test]
fn masks_follow_what_succeeded() {
    let world = World::new();
    let hosts = |words: &[&str]| {
        let ended = world.posse(words);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.lines().join(" ")
    };
    assert_eq!(world.posse(&["smask"]).code, Some(2), "there is no ok-set yet");
    assert_eq!(world.posse(&["e", "-q", "test $POSSE_HOST != local2"]).code, Some(1));
    world.ok(&["smask"]);
    assert_eq!(hosts(&["e", "echo $POSSE_HOST"]), "local1 local3");
    world.ok(&["savemask", "good"]);
    world.ok(&["rmask"]);
    world.posse(&["e", "-q", "test $POSSE_HOST != local2"]);
    world.ok(&["pushmask", "-"]);
    assert_eq!(hosts(&["e", "echo $POSSE_HOST"]), "local2");
    assert_eq!(hosts(&["e", "-m", "good", "echo $POSSE_HOST"]), "local1 local3");
    assert_eq!(hosts(&["e", "-m", "good", "-H", "local3", "echo $POSSE_HOST"]), "local3");
    world.ok(&["popmask"]);
    assert_eq!(hosts(&["e", "echo $POSSE_HOST"]), "local1 local2 local3");
    assert_eq!(world.posse(&["popmask"]).code, Some(2));
    world.ok(&["restoremask", "good"]);
    let shown = world.ok(&["showmasks"]);
    assert!(shown.contains("in force      local[1,3] (2)"), "{shown}");
    assert!(shown.contains("-m good       local[1,3] (2)"), "{shown}");
    world.ok(&["savemask", "-u", "good"]);
    assert_eq!(world.posse(&["restoremask", "good"]).code, Some(2));
    world.ok(&["smask", "local1"]);
    assert!(world.ok(&["masks", "--json"]).contains("\"in_force\":\"local1\""));
}

#[test]
fn settings_reach_commands() {
    let world = World::new();
    let one = |line: &str| world.ok(&["e", "-H", "local2", line]).trim().to_owned();
    world.ok(&["export", "A=1", "B=x y"]);
    assert_eq!(one("echo $A-$B"), "1-x y");
    assert_eq!(world.ok(&["export"]), "A=1\nB='x y'\n");
    world.ok(&["export", "-u", "A"]);
    assert_eq!(one("echo $A-$B"), "-x y");
    world.ok(&["umask", "027"]);
    assert_eq!((one("umask"), world.ok(&["umask"])), ("0027".into(), "027\n".into()));
    let ended = world.posse(&["cd", "/no/such/place"]);
    assert_eq!(ended.code, Some(5), "{ended:?}");
    world.ok(&["cd", "/usr/bin"]);
    world.ok(&["cd", ".."]);
    assert_eq!((one("pwd"), world.ok(&["cd", "--show"])), ("/usr".into(), "/usr\n".into()));
    world.ok(&["cd"]);
    assert_eq!(one("pwd"), world.root.join("home").to_str().unwrap());
    world.ok(&["cd", "-u"]);
    assert_eq!(one("pwd"), world.root.to_str().unwrap());
}

#[test]
fn an_environment_is_loaded_once_and_shown() {
    let world = World::new();
    let count = world.root.join("count");
    let line = format!("export LOADED=yes; echo x >> {}", count.display());
    world.ok(&["env", "--load", &line]);
    assert_eq!(world.ok(&["e", "echo $LOADED"]), "yes\nyes\nyes\n");
    assert_eq!(std::fs::read_to_string(&count).unwrap().lines().count(), 3);
    let shown = world.ok(&["env", "--show", "local3"]);
    assert_eq!(shown, format!("# all hosts: {line}\nLOADED=yes\n"));
    assert_eq!(world.posse(&["env", "--load", "false"]).code, Some(5));
    assert_eq!(world.ok(&["e", "-H", "local1", "echo $LOADED"]), "yes\n", "the old one holds");
    world.ok(&["env", "--clear"]);
    assert_eq!(world.ok(&["e", "-H", "local1", "echo =$LOADED"]), "=\n");
    assert_eq!(world.posse(&["env"]).code, Some(2));
}

#[test]
fn groups_of_hosts_load_environments_of_their_own() {
    let world = World::new();
    let config = world.root.join("home/.config/posse");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("groups"), "gpu: local[2-3],elsewhere\n").unwrap();
    let lines = "# by machine\n@gpu: export WAY=\"$WAY file\"\nelsewhere: false\n";
    std::fs::write(config.join("env"), lines).unwrap();
    world.ok(&["env", "--load", "export WAY=\"$WAY last\"", "-H", "local3"]);
    world.ok(&["env", "--load", "export WAY=\"$WAY one\"; unset LOGNAME", "-H", "local[1-2]"]);
    world.ok(&["env", "--load", "export WAY=general"]);
    let said = world.ok(&["e", "-l", "echo $WAY"]);
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    let wanted = ["local1: general one", "local2: general file one", "local3: general file last"];
    assert_eq!(lines, wanted);
    let shown = world.ok(&["env", "--show", "local2"]);
    let shown: Vec<&str> = shown.lines().collect();
    assert_eq!(shown[0], "# all hosts: export WAY=general");
    assert!(shown[1].starts_with("# @gpu: export WAY="), "{shown:?}");
    assert!(shown[1].ends_with("/posse/env:2)"), "{shown:?}");
    assert!(shown[2].starts_with("# local[1-2]: export WAY="), "{shown:?}");
    assert_eq!(shown[3..], ["unset LOGNAME", "WAY=general file one"]);
    let bad = world.posse(&["env", "--load", "test -z \"$WAY\"", "-H", "local1"]);
    assert_eq!(bad.code, Some(5), "tried behind the others: {bad:?}");
    world.ok(&["env", "--clear", "-H", "local[1-2]"]);
    assert_eq!(world.ok(&["e", "-H", "local1", "echo $WAY"]), "general\n");
    world.ok(&["env", "--clear"]);
    assert_eq!(world.ok(&["e", "-H", "local3", "echo $WAY"]), "file\n");
    let again = world.posse(&["env", "--clear", "-H", "local3"]);
    assert!(again.err.contains("no line for `local3` was loaded"), "{again:?}");
    std::fs::write(config.join("env"), "local1 true\n").unwrap();
    let broken = world.posse(&["e", "true"]);
    assert!(broken.err.contains("env:1: no `: ` in \"local1 true\""), "{broken:?}");
}

#[test]
fn the_whole_command_has_a_time_of_its_own() {
    let world = World::new();
    let line = "test $POSSE_HOST = local1 && exit 3; trap 'exit 0' TERM; sleep 300 & wait";
    let ended = world.posse(&["e", "--timeout-all", "0.7", line]);
    assert_eq!(ended.code, Some(124), "{ended:?}");
    assert!(ended.err.contains("local[2-3]: out of time, ended"), "{ended:?}");
    assert!(ended.err.contains("local1: exit 3"), "{ended:?}");
    let config = world.root.join("home/.config/posse");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("env"), "local2: sleep 300\n").unwrap();
    let each = ["e", "-t", "100", "--timeout-all", "0.7", "-H", "local[1-2]", "true"];
    let ended = world.posse(&each);
    assert_eq!(ended.code, Some(126), "it did not run: {ended:?}");
    assert!(ended.err.contains("local2: not started: ended before it was started"), "{ended:?}");
    let detached = world.posse(&["e", "--timeout-all", "1", "--detach", "true"]);
    assert_eq!(detached.code, Some(2), "{detached:?}");
}

#[test]
fn faces_start_a_host_where_another_is_done() {
    let world = World::new();
    let there = |name: &str| world.root.join(name).display().to_string();
    // The first is done after the third, which starts after the second.
    let line = format!(
        "case $POSSE_HOST in local1) until [ -e {three} ]; do sleep 0.05; done;; local2) : >{two};;
         local3) [ -e {two} ] && : >{three};; esac; echo $POSSE_HOST",
        two = there("two"),
        three = there("three"),
    );
    for face in [&["pdsh", "-S", "-f", "2", "-w", "local[1-3]"][..], &["dsh", "-M", "-F", "2"]] {
        let hosts = ["-m", "local1", "-m", "local2", "-m", "local3", "--"];
        let words: Vec<&str> = match face[0] {
            "dsh" => [face, &hosts, &[&line]].concat(),
            _ => [face, &[&line]].concat(),
        };
        let ended = world.posse(&words);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.out, "local2: local2\nlocal3: local3\nlocal1: local1\n", "{ended:?}");
        for name in ["two", "three"] {
            std::fs::remove_file(world.root.join(name)).unwrap();
        }
    }
}

#[test]
fn all_read_what_all_write() {
    let world = World::new();
    let ended =
        world.posse(&["mw", "-t", "20", "echo $POSSE_HOST; head -n $POSSE_SIZE | sort >&2"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for host in ["local1", "local2", "local3"] {
        assert_eq!(ended.err.lines().filter(|line| *line == host).count(), 3, "{ended:?}");
    }
    let words =
        ["mw", "-t", "20", "sort", "-r", "{{", "echo $POSSE_RANK; exec >&-; tr '\\n' : >&2", "}}"];
    let ended = world.posse(&words);
    assert_eq!((ended.code, ended.err.matches("2:1:0:").count()), (Some(0), 3), "{ended:?}");
    let words = ["mw", "-t", "20", "--fd", "3:4", "echo $POSSE_RANK >&3; exec 3>&-; wc -l <&4"];
    assert_eq!(world.ok(&words).replace(' ', ""), "3\n3\n3\n");
    assert_eq!(world.posse(&["mw", "-i", "cat"]).code, Some(2));
    assert_eq!(world.posse(&["mw", "--fd", "3:3", "cat"]).code, Some(2));
}

#[test]
fn detached_commands_are_found_again() {
    let world = World::new();
    let line = "echo in $POSSE_HOST; exec sleep 1000";
    let number = world.ok(&["e", "--detach", "-H", "local[1-2]", line]).trim().to_owned();
    let number = number.as_str();
    let listed = world.ok(&["ps"]);
    assert!(listed.contains("running") && listed.contains(line), "{listed}");
    assert!(wait_until(SOON, || world.posse(&["out", number]).out.lines().count() == 2));
    let out = world.posse(&["out", "-l", number]);
    assert_eq!((out.code, out.lines()), (Some(0), vec!["local1: in local1", "local2: in local2"]));
    assert!(out.err.contains("still runs"), "{out:?}");
    assert!(wait_until(SOON, || world.ok(&["ps", "--processes"]).lines().count() == 3));
    let json = world.ok(&["ps", "-p", "--json", "local2"]);
    assert!(json.contains("\"rank\":1") && json.contains("\"host\":\"local2\""), "{json}");
    world.ok(&["kill", "-USR1", &format!("{number}:1")]);
    let one = || world.ok(&["ps", "--json"]).contains("\"running\":1");
    assert!(wait_until(SOON, one));
    world.ok(&["kill", number]);
    let over = || world.ok(&["ps", "--json"]).contains("\"code\":143");
    assert!(wait_until(SOON, over));
    let out = world.posse(&["out", "-f", number]);
    assert_eq!(out.code, Some(143));
    assert!(out.err.contains("local2: killed by SIGUSR1"), "{out:?}");
    assert_eq!(world.posse(&["kill", number]).code, Some(2));
    for words in [["kill", "99"], ["out", "99"], ["attach", "99"], ["kill", "-FOO"]] {
        assert_eq!(world.posse(&words).code, Some(2), "{words:?}");
    }
}

#[test]
fn attach_follows_and_its_interrupt_ends_the_command() {
    let world = World::new();
    let number = world.ok(&["e", "--detach", "echo a; cat /proc/self/stat >/dev/null; exit 3"]);
    let ended = world.posse(&["attach", number.trim()]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(3), "a\na\na\n"));
    let number = world.ok(&["e", "--detach", "echo here; exec sleep 1000"]);
    let mut terminal = Terminal::start(&world.command(&["attach", number.trim()])).unwrap();
    terminal.expect("here", SOON).unwrap();
    terminal.send("\x03").unwrap();
    assert_eq!(terminal.wait(SOON).unwrap().code(), Some(130));
    assert!(wait_until(SOON, || world.ok(&["ps", "--json"]).contains("\"code\":130")));
}

#[test]
fn a_shell_has_the_terminal() {
    let world = World::new();
    assert_eq!(world.posse(&["sh", "local[1-2]"]).code, Some(2));
    let ended = world.posse(&["sh", "local2", "echo $POSSE_HOST; pwd; exit 4"]);
    let home = world.root.join("home");
    assert_eq!(ended.out, format!("local2\n{}\n", home.display()));
    assert_eq!((ended.code, ended.err.as_str()), (Some(4), ""));
    let mut terminal = Terminal::start(&world.command(&["sh", "local3"])).unwrap();
    terminal.resize(31, 97).unwrap();
    terminal.send("echo on-$POSSE_HOST\n").unwrap();
    terminal.expect("on-local3", SOON).unwrap();
    terminal.resize(40, 111).unwrap();
    let seen = wait_until(SOON, || {
        terminal.send("stty size\n").unwrap();
        terminal.text().contains("40 111")
    });
    assert!(seen, "{}", terminal.text());
    terminal.send("exit 7\n").unwrap();
    assert_eq!(terminal.wait(SOON).unwrap().code(), Some(7));
}

#[test]
fn events_and_pings_are_told() {
    let world = World::new();
    world.posse(&["e", "exit 3"]);
    let events = world.ok(&["events"]);
    assert!(events.contains("local2 is up") && events.contains("over: exit 3"), "{events}");
    let json = world.ok(&["events", "--json"]);
    assert!(json.lines().any(|line| line.contains("\"what\":\"command-started\"")), "{json}");
    let ping = world.ok(&["ping", "-c", "2"]);
    assert_eq!(ping.matches("3 of 3 hosts: min ").count(), 2, "{ping}");
    assert!(world.ok(&["ping", "--json", "local1"]).contains("\"answered\":1"));
    assert_eq!(world.posse(&["ping", "nosuch"]).code, Some(2));
}

#[test]
fn the_doctor_looks_here_and_there() {
    let world = World::new();
    let here = world.ok(&["doctor"]);
    assert!(here.contains("vm default: 4 of 4 hosts up") && here.contains("kernel"), "{here}");
    let there = world.ok(&["doctor", "local2"]);
    assert!(there.contains("its daemon answers") && there.contains("the clock agrees"), "{there}");
    let stranger = world.posse(&["doctor", "--json", "no-such-host.invalid"]);
    assert_eq!(stranger.code, Some(5), "{stranger:?}");
    assert!(stranger.out.contains("\"level\":\"fail\""), "{stranger:?}");
}

#[test]
fn every_command_has_an_example() {
    let world = World::down();
    let help = world.ok(&["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    // Deeper lines go on with the text of the one above.
    let name = |line: &str| {
        line.strip_prefix("  ")
            .filter(|rest| !rest.starts_with(' '))?
            .split(' ')
            .next()
            .map(str::to_owned)
    };
    let names: Vec<String> = listed.take_while(|line| !line.is_empty()).filter_map(name).collect();
    assert!(names.len() > 20, "{help}");
    for name in names {
        let help = world.ok(&[&name, "--help"]);
        assert!(help.contains("Example"), "posse {name} --help: {help}");
    }
}
