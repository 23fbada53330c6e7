//! Starting processes, against the kernel: what a command asks for is what its process gets.

#![allow(clippy::unwrap_used)]

mod host;

use host::{argv, folder, host, program, read_to_end, sh};
use posse_daemon::process::How;
use posse_wire::HostId;
use posse_wire::msg::{
    Directory, Load, LoadHosts, Pipe, Program, ResourceLimit, Status, WindowSize,
};
use std::os::unix::fs::PermissionsExt;

#[test]
fn statuses_and_signals() {
    let mut host = host();
    assert_eq!(host.run(&argv(&["true"])).how, How::Exited(0));
    assert_eq!(host.run(&sh("exit 7")).how, How::Exited(7));
    assert_eq!(host.run(&sh("kill -9 $$")).how, How::Signaled(9));
    let run = host.run(&sh("echo out; echo err >&2"));
    assert_eq!((run.outputs[&1].as_str(), run.outputs[&2].as_str()), ("out\n", "err\n"));
    assert_eq!(host.output(&argv(&["echo", "a b", "$HOME", ""])), "a b $HOME \n");
}

#[test]
fn what_cannot_be_started_is_said() {
    let host = host();
    let missing = host.refused(&argv(&["nosuch-program"]));
    assert_eq!(missing, "nosuch-program: command not found");
    assert_eq!(Status::NotStarted { why: missing }.code(), 127);
    let denied = host.refused(&argv(&["/etc/passwd"]));
    assert_eq!(denied, "/etc/passwd: permission denied");
    assert_eq!(Status::NotStarted { why: denied }.code(), 126);
    let mut spec = argv(&["true"]);
    spec.directory = Directory::Path("/no/such".to_owned());
    let why = host.refused(&spec);
    assert!(why.starts_with("no directory /no/such on lab7 (No such file"), "{why}");
    let mut spec = argv(&["true"]);
    spec.environment.push(("A=B".to_owned(), String::new()));
    assert!(host.refused(&spec).contains("\"A=B\""));
    let mut spec = argv(&["true"]);
    spec.pipes.push(Pipe { fd: 1, input: true });
    assert_eq!(host.refused(&spec), "descriptor 1 is named twice");
    let mut spec = argv(&["true"]);
    spec.loads = vec![everywhere("module load x")];
    assert!(host.refused(&spec).contains("is not loaded"));
    let long = "x".repeat(3_000_000);
    assert!(host.refused(&argv(&["true", &long])).contains("too long"));
}

#[test]
fn the_same_errors_come_through_the_trampoline() {
    let mut host = host();
    let folder = folder("tramp");
    let file = folder.join("bad");
    std::fs::write(&file, "#!/no/such/interpreter\n").unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    for nice in [0, 1] {
        let mut spec = argv(&[file.to_str().unwrap()]);
        spec.nice = nice;
        let why = host.refused(&spec);
        assert!(why.contains("not found") && why.contains("interpreter"), "{why}");
        let mut spec = argv(&["nosuch"]);
        spec.nice = nice;
        assert_eq!(host.refused(&spec), "nosuch: command not found");
    }
    let mut spec = argv(&["true"]);
    spec.resource_limits = vec![limit("nofile", Some(9), Some(5))];
    let why = host.refused(&spec);
    assert!(why.starts_with("cannot set limit nofile: "), "{why}");
    spec.resource_limits = vec![limit("nosuch", None, None)];
    assert!(host.refused(&spec).contains("there are as, core,"));
    // Nothing of the failed ones is left.
    assert!(posse_daemon::process::reap_all().is_empty());
    assert_eq!(host.run(&argv(&["true"])).how, How::Exited(0));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_script_without_its_first_line_is_given_to_the_shell() {
    let mut host = host();
    let folder = folder("script");
    let file = folder.join("plain");
    std::fs::write(&file, "echo plain $1\n").unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    for nice in [0, 2] {
        let mut spec = argv(&["./plain", "x"]);
        spec.directory = Directory::Path(folder.to_str().unwrap().to_owned());
        spec.nice = nice;
        assert_eq!(host.output(&spec), "plain x\n");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn directory_and_umask_are_the_childs_alone() {
    let mut host = host();
    let before = std::fs::read_to_string("/proc/self/status").unwrap();
    let umask = |text: &str| text.lines().find(|line| line.starts_with("Umask")).map(str::to_owned);
    for nice in [0, 1] {
        let mut spec = sh("pwd; umask; echo $PWD");
        spec.directory = Directory::Path("/usr".to_owned());
        spec.umask = Some(0o137);
        spec.nice = nice;
        assert_eq!(host.output(&spec), "/usr\n0137\n/usr\n");
    }
    assert_eq!(std::env::current_dir().unwrap(), std::path::Path::new("/"));
    let after = std::fs::read_to_string("/proc/self/status").unwrap();
    assert_eq!(umask(&after), umask(&before));
    let home = host.context.home.clone();
    host.context.home = "/usr".into();
    let mut spec = sh("pwd");
    spec.directory = Directory::BelowHome("bin".to_owned());
    let below = host.output(&spec);
    assert!(below == "/usr/bin\n", "{below}");
    host.context.home = home;
}

fn limit(name: &str, soft: Option<u64>, hard: Option<u64>) -> ResourceLimit {
    ResourceLimit { name: name.to_owned(), soft, hard }
}

#[test]
fn limits_and_niceness() {
    let mut host = host();
    let mut spec = sh("ulimit -n; ulimit -Hn; ulimit -t; ulimit -c; nice");
    spec.resource_limits = vec![
        limit("nofile", Some(77), Some(99)),
        limit("cpu", Some(1000), Some(2000)),
        limit("core", Some(0), Some(0)),
    ];
    spec.nice = 3;
    assert_eq!(host.output(&spec), "77\n99\n1000\n0\n3\n");
    host.context.open_files = Some(64);
    assert_eq!(host.output(&sh("ulimit -n")), "64\n");
    let mut spec = sh("ulimit -n");
    spec.nice = 1;
    assert_eq!(host.output(&spec), "64\n");
}

#[test]
fn a_terminal_echoes_and_knows_its_size() {
    let mut host = host();
    let mut spec = sh("stty size; tty >/dev/null && read x && echo got-$x; ps -o sid= -p $$");
    spec.terminal = Some(WindowSize { rows: 33, columns: 101 });
    let started = host.start(&spec, 0);
    assert!(started.ends.is_empty());
    let terminal = started.terminal.unwrap();
    rustix::io::write(&terminal, b"typed\n").unwrap();
    let text = read_to_end(&terminal);
    assert!(text.contains("33 101\r\n"), "{text}");
    assert!(text.contains("typed\r\n") && text.contains("got-typed\r\n"), "{text}");
    let session = text.split_ascii_whitespace().last().unwrap();
    assert_eq!(session, started.pid.as_raw_nonzero().to_string());
    assert_eq!(host.wait(started.pid), How::Exited(0));
}

#[test]
fn interrupts_typed_on_a_terminal_arrive() {
    let mut host = host();
    let mut spec = sh("trap 'echo INT; exit 5' INT; echo ready; while :; do sleep 0.05; done");
    spec.terminal = Some(WindowSize { rows: 24, columns: 80 });
    spec.pipes = vec![Pipe { fd: 3, input: false }];
    let started = host.start(&spec, 0);
    let terminal = started.terminal.unwrap();
    let mut bytes = [0; 64];
    host::until("it is ready", || {
        rustix::io::read(&terminal, &mut bytes).is_ok() && bytes.starts_with(b"ready")
    });
    rustix::io::write(&terminal, &[3]).unwrap();
    assert_eq!(host.wait(started.pid), How::Exited(5));
    assert_eq!(started.ends.len(), 1);
}

#[test]
fn descriptors_beyond_two() {
    let mut host = host();
    // What whoever runs this test left open is in every child of it.
    let stray = host.output(&argv(&["ls", "/proc/self/fd"])).lines().count() - 4;
    let mut spec = argv(&["bash", "-c", "cat <&3 >&4; ls /proc/self/fd | tr '\\n' ' ' >&200"]);
    spec.pipes = vec![
        Pipe { fd: 4, input: false },
        Pipe { fd: 3, input: true },
        Pipe { fd: 200, input: false },
    ];
    let mut started = host.start(&spec, 0);
    let input = started.ends.iter().position(|end| end.input).unwrap();
    let input = started.ends.remove(input);
    assert_eq!(input.fd, 3);
    rustix::io::write(&input.pipe, b"through\n").unwrap();
    drop(input);
    let outputs = host::read_all(&started);
    assert_eq!(outputs[&4], "through\n");
    // Its own five (0 to 4, 200) and the directory that ls reads.
    let open: Vec<&str> = outputs[&200].split_ascii_whitespace().collect();
    assert_eq!(open.len(), 7 + stray, "{open:?}");
    assert_eq!(host.wait(started.pid), How::Exited(0));
}

#[test]
fn the_environment_tells_a_process_its_place() {
    let mut host = host();
    let mut spec = argv(&["env"]);
    spec.environment.push(("FRUIT".to_owned(), "apple".to_owned()));
    spec.environment.push(("FRUIT".to_owned(), "pear".to_owned()));
    let text = host.output(&spec);
    let has = |line: &str| assert!(text.lines().any(|l| l == line), "{line} is not in {text}");
    has("FRUIT=pear");
    has("POSSE_VM=my.lab");
    has("POSSE_HOST=lab7");
    has("POSSE_RANK=3");
    has("POSSE_SIZE=5");
    has("POSSE_INDEX=2");
    has("POSSE_COMMAND=4294967303");
    has("POSSE_TOKEN=my.lab.4294967303");
    has("GXP_EXEC_IDX=3");
    has("GXP_NUM_EXECS=5");
    has("GXP_HOSTNAME=lab7");
    assert!(text.contains("HOME=") && text.contains("\nPATH="));
}

#[test]
fn streams_that_are_not_carried_are_dev_null() {
    let mut host = host();
    for nice in [0, 1] {
        let mut spec = sh("cat; readlink /proc/self/fd/0 /proc/self/fd/2; echo lost >&2");
        spec.pipes = vec![Pipe { fd: 1, input: false }];
        spec.nice = nice;
        assert_eq!(host.output(&spec), "/dev/null\n/dev/null\n");
    }
}

#[test]
fn login_shells_and_our_own_binary() {
    let mut host = host();
    host.context.shell = "/bin/bash".into();
    let mut spec = program(Program::LoginShell);
    spec.pipes.push(Pipe { fd: 0, input: true });
    let mut started = host.start(&spec, 0);
    let input = started.ends.pop().unwrap();
    rustix::io::write(&input.pipe, b"echo $0; shopt -q login_shell && echo login\n").unwrap();
    drop(input);
    let text = &host::read_all(&started)[&1];
    assert!(text.ends_with("-bash\nlogin\n"), "{text}");
    assert_eq!(host.wait(started.pid), How::Exited(0));
    let run = host.run(&program(Program::Own(vec!["nothing".to_owned()])));
    assert_eq!(run.how, How::Exited(2));
}

#[test]
fn a_thousand_starts_leave_nothing() {
    let mut host = host();
    let count = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    host.run(&argv(&["true"]));
    let before = count();
    let (mut running, mut ranks) = (0, 0..1000);
    while running > 0 || !ranks.is_empty() {
        if running < 8
            && let Some(rank) = ranks.next()
        {
            let started = host.start(&argv(&["true"]), rank);
            assert_eq!(started.ends.len(), 2);
            running += 1;
        }
        for (pid, how) in posse_daemon::process::reap_all() {
            assert_eq!(how, How::Exited(0));
            assert!(host.families.reaped(pid).is_some());
            running -= 1;
        }
    }
    assert_eq!(count(), before);
    assert!(!host.families.is_busy());
    assert!(host.families.leftovers().is_empty());
}

fn everywhere(text: &str) -> Load {
    Load { hosts: LoadHosts::All, text: text.to_owned() }
}

#[test]
fn an_environment_is_loaded_once() {
    let mut host = host();
    let folder = folder("load");
    let ran = folder.join("ran");
    let profile = "echo welcome; export FROM_PROFILE=1; (sleep 300 &)";
    std::fs::write(folder.join(".profile"), profile).unwrap();
    host.context.home = folder.clone();
    host.context.environment.push(("HOME".into(), folder.clone().into()));
    let text = format!("echo >> {}; echo noise; export FRUIT='a\nb'; unset LANG", ran.display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for shell in ["/bin/sh", "/bin/bash"] {
        host.context.shell = shell.into();
        let mut spec = sh("echo $FRUIT $FROM_PROFILE");
        let not_here = Load { hosts: LoadHosts::of([HostId(8)]), text: "false".to_owned() };
        let after = "test -n \"$LOCAL\" && export FRUIT=\"$FRUIT $LOCAL\"";
        let first = everywhere(&format!("{text}; LOCAL=c; : {shell}"));
        spec.loads = vec![first, not_here, everywhere(after)];
        let texts = host.context.loads_of(&spec);
        assert_eq!(texts.len(), 2, "each host picks its own");
        runtime.block_on(host.context.load(&texts)).unwrap();
        runtime.block_on(host.context.load(&texts)).unwrap();
        assert_eq!(host.output(&spec), "a b c\n", "only what the texts changed, in order");
    }
    assert_eq!(std::fs::read_to_string(&ran).unwrap(), "\n\n");
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let why = runtime.block_on(host.context.load(&texts(&["true", "false", ":"]))).unwrap_err().why;
    assert!(why.contains("`false`: failed with status 1"), "{why}");
    std::fs::write(folder.join(".profile"), "").unwrap();
    let why = runtime.block_on(host.context.load(&texts(&["exit 3", "true"]))).unwrap_err().why;
    assert!(why.contains("did not come to its end"), "{why}");
    assert!(host.families.leftovers().is_empty(), "what a login leaves is spared");
    let mut ending = posse_daemon::process::Ending::new(
        posse_daemon::process::Who::All,
        rustix::process::Signal::KILL,
        std::time::Duration::ZERO,
    );
    host::until("the sleeps are gone", || {
        posse_daemon::process::reap_all();
        let step = ending.step(&mut host.families, std::time::Instant::now());
        step == posse_daemon::process::Step::Over { left: 0 }
    });
    std::fs::remove_dir_all(&folder).unwrap();
}
