//! The loopback hosts do what their documentation says, and leave nothing.

#![allow(clippy::unwrap_used)]

use posse_bed::{
    HostQuirk, Isolation, LoginShell, LoopbackBed, LoopbackOptions, PASSWORD, ProcessCensus,
    require, skip, wait_until,
};
use std::process::Output;
use std::time::{Duration, Instant};

const END: Duration = Duration::from_secs(60);

fn ready() -> bool {
    if require(&["sshd", "ssh", "ssh-keygen", "bash", "unshare"]).is_some() {
        return false;
    }
    if Isolation::probe() == Isolation::None {
        skip("no root and no user namespaces");
        return false;
    }
    true
}

fn ssh(bed: &LoopbackBed, host: &str, command: &str) -> Output {
    bed.command("ssh").args(["-oBatchMode=yes", host, command]).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

#[test]
fn sixteen_hosts_have_homes_of_their_own() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(16, LoopbackOptions::default().separate_homes()).unwrap();
    let mut children: Vec<_> = bed
        .hosts()
        .iter()
        .map(|host| {
            let mut ssh = bed.command("ssh");
            ssh.args([host, "echo $HOME $(pwd) $POSSE_BED"]).stdout(std::process::Stdio::piped());
            ssh.spawn().unwrap()
        })
        .collect();
    for (k, child) in children.drain(..).enumerate() {
        let out = child.wait_with_output().unwrap();
        let home = bed.home(k + 1).display();
        assert_eq!(text(&out.stdout), format!("{home} {home} {}", bed.token()));
        assert!(out.status.success() && out.stderr.is_empty());
    }
    let out = ssh(&bed, "n001", "ssh n016 'echo there: $HOME'");
    assert_eq!(text(&out.stdout), format!("there: {}", bed.home(16).display()), "{out:?}");
}

#[test]
fn startup_files_misbehave() {
    if !ready() {
        return;
    }
    let options = LoopbackOptions::default()
        .quirk(1, HostQuirk::NoisyRc)
        .quirk(2, HostQuirk::SlowRc(Duration::from_millis(700)))
        .quirk(3, HostQuirk::FailingRc)
        .quirk(4, HostQuirk::ExitingRc)
        .quirk(5, HostQuirk::ChangesMotd);
    let bed = LoopbackBed::start(6, options).unwrap();
    let noisy = ssh(&bed, "n001", "echo ok");
    assert!(noisy.stdout.starts_with(b"Welcome") && noisy.stdout.ends_with(b"ok\n"), "{noisy:?}");
    assert!(noisy.stderr.contains(&0xff));
    let start = Instant::now();
    assert_eq!(text(&ssh(&bed, "n002", "echo ok").stdout), "ok");
    assert!(start.elapsed() >= Duration::from_millis(700));
    let failing = ssh(&bed, "n003", "echo ok; exit 5");
    assert_eq!((text(&failing.stdout).as_str(), failing.status.code()), ("ok", Some(5)));
    assert!(text(&failing.stderr).contains("syntax error"), "{failing:?}");
    let exiting = ssh(&bed, "n004", "echo ok");
    assert_eq!((exiting.stdout.len(), exiting.status.code()), (0, Some(7)));
    let (first, second) = (ssh(&bed, "n005", "true"), ssh(&bed, "n005", "true"));
    assert!(text(&first.stderr).starts_with("Maintenance window"), "{first:?}");
    assert_ne!(first.stderr, second.stderr);
    let plain = ssh(&bed, "n006", "echo ok");
    assert_eq!(text(&plain.stdout), "ok", "{plain:?} {}", bed.server_log());
}

#[test]
fn login_shells_are_real() {
    if !ready() || require(&["csh", "tcsh", "fish", "rbash"]).is_some() {
        return;
    }
    let shells = [LoginShell::Csh, LoginShell::Tcsh, LoginShell::Fish, LoginShell::Restricted];
    let options =
        shells.iter().enumerate().fold(LoopbackOptions::default(), |options, (k, shell)| {
            options.quirk(k + 1, HostQuirk::Shell(*shell))
        });
    let bed = LoopbackBed::start(4, options).unwrap();
    assert_eq!(text(&ssh(&bed, "n001", "set a = 3; @ b = $a + 1; echo $b $?tcsh").stdout), "4 0");
    assert_eq!(text(&ssh(&bed, "n002", "set a = 3; @ b = $a + 1; echo $b $?tcsh").stdout), "4 1");
    assert_eq!(text(&ssh(&bed, "n003", "set a 3; echo (math $a + 1)").stdout), "4");
    let out = ssh(&bed, "n004", "cd /");
    assert!(!out.status.success() && text(&out.stderr).contains("restricted"), "{out:?}");
    assert_eq!(text(&ssh(&bed, "n004", "sh -c 'cd / && pwd'").stdout), "/");
}

#[test]
fn homes_refuse() {
    if !ready() {
        return;
    }
    let options = LoopbackOptions::default()
        .quirk(1, HostQuirk::HomeReadOnly)
        .quirk(2, HostQuirk::HomeNoexec)
        .quirk(3, HostQuirk::HomeFull);
    let bed = LoopbackBed::start(3, options).unwrap();
    let out = ssh(&bed, "n001", "pwd; touch x");
    assert_eq!(text(&out.stdout), bed.home(1).display().to_string());
    assert!(text(&out.stderr).contains("Read-only"), "{out:?}");
    let out = ssh(&bed, "n002", "pwd; cp /bin/true x && ./x");
    assert_eq!(text(&out.stdout), bed.home(2).display().to_string());
    assert!(text(&out.stderr).contains("ermission denied"), "{out:?}");
    let out = ssh(&bed, "n003", "pwd; head -c 9 /dev/zero >x && test -s x");
    assert_eq!(text(&out.stdout), bed.home(3).display().to_string());
    assert!(text(&out.stderr).contains("No space") && !out.status.success(), "{out:?}");
}

#[test]
fn doors_are_closed_in_every_way() {
    if !ready() {
        return;
    }
    let options = LoopbackOptions::default()
        .quirk(1, HostQuirk::Refused)
        .quirk(2, HostQuirk::Silent)
        .quirk(3, HostQuirk::WrongHostKey)
        .quirk(4, HostQuirk::PasswordOnly)
        .quirk(5, HostQuirk::NoLogin)
        .client_line("ConnectTimeout 2");
    let bed = LoopbackBed::start(6, options).unwrap();
    for (host, words) in [
        ("n001", "Connection refused"),
        ("n002", "timed out"),
        ("n003", "Host key verification failed"),
        ("n004", "Permission denied (password)"),
        ("n005", "Permission denied (publickey)"),
    ] {
        let out = ssh(&bed, host, "echo in");
        assert_eq!((out.stdout.len(), out.status.code()), (0, Some(255)), "{host}");
        assert!(text(&out.stderr).contains(words), "{host}: {out:?}");
    }
    let askpass = bed.root().join("askpass");
    std::fs::write(&askpass, format!("#!/bin/sh\necho {PASSWORD}\n")).unwrap();
    std::fs::set_permissions(&askpass, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let mut ssh = bed.command("ssh");
    ssh.env("SSH_ASKPASS", askpass).env("SSH_ASKPASS_REQUIRE", "force").args(["n004", "echo in"]);
    let out = ssh.output().unwrap();
    assert_eq!(text(&out.stdout), "in", "{out:?}");
}

#[test]
fn too_many_logins_at_once_are_dropped() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default().max_startups("2:100:2")).unwrap();
    let connect = || std::net::TcpStream::connect(("127.0.0.1", bed.port())).unwrap();
    // Two connections that never log in fill the server's room.
    let held = [connect(), connect()];
    let full = wait_until(END, || !ssh(&bed, "n002", "true").status.success());
    assert!(full, "{}", bed.server_log());
    drop(held);
    let mut out = ssh(&bed, "n003", "true");
    let open = wait_until(END, || {
        out = ssh(&bed, "n003", "true");
        out.status.success()
    });
    assert!(open, "{out:?} {}", bed.server_log());
}

#[test]
fn nothing_is_left() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(2, LoopbackOptions::default().separate_homes()).unwrap();
    let census =
        ProcessCensus::new().token(&format!("POSSE_BED={}", bed.token())).directory(bed.root());
    let port = bed.port();
    let out = ssh(&bed, "n001", "setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo $HOME");
    assert!(out.status.success());
    // One on the laptop's side as well.
    let mut local = bed.command("sleep").arg("1000").spawn().unwrap();
    assert!(wait_until(END, || census.snapshot().processes.len() >= 2), "{}", census.snapshot());
    drop(bed);
    assert!(!local.wait().unwrap().success());
    census.assert_nothing_left(END);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}

/// Starts this test program again, told that it may make no namespaces.
#[test]
fn without_any_namespace() {
    const CHOICE: &str = "POSSE_BED_ISOLATION";
    if !ready() && std::env::var_os(CHOICE).is_none() {
        return;
    }
    if !rustix::process::getuid().is_root() {
        skip("an ordinary user's own home and shell would be used");
        return;
    }
    if std::env::var_os(CHOICE).is_none() {
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let again = again.args(["--exact", "without_any_namespace"]).env(CHOICE, "none");
        let out = again.output().unwrap();
        assert!(out.status.success(), "{}", text(&out.stdout));
        return;
    }
    let homes = LoopbackBed::start(1, LoopbackOptions::default().separate_homes());
    assert!(homes.err().unwrap().to_string().contains("need mount namespaces"));
    let bed = LoopbackBed::start(2, LoopbackOptions::default()).unwrap();
    let census =
        ProcessCensus::new().token(&format!("POSSE_BED={}", bed.token())).directory(bed.root());
    let out = ssh(&bed, "n002", "setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo in");
    assert_eq!(text(&out.stdout), "in", "{out:?} {}", bed.server_log());
    let port = bed.port();
    drop(bed);
    census.assert_nothing_left(END);
    let refused = || std::net::TcpStream::connect(("127.0.0.1", port)).is_err();
    assert!(wait_until(END, refused));
}
