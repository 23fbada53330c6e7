//! The beds work for an ordinary user. As root this program starts itself again as nobody.

#![allow(clippy::unwrap_used)]

use posse_bed::{
    HostQuirk, Isolation, LoginShell, LoopbackBed, LoopbackOptions, NamespaceBed, NamespaceOptions,
    PASSWORD, ProcessCensus, Terminal, Topology, again_as_nobody, require, skip,
};
use std::process::Output;
use std::time::Duration;

const END: Duration = Duration::from_secs(60);

/// Whether the caller should run the test itself; as root, has nobody run it instead.
fn ordinary_user(test: &str) -> bool {
    if require(&["sshd", "ssh", "bash", "unshare", "nsenter", "ip", "nft"]).is_some() {
        return false;
    }
    if rustix::process::getuid().is_root() {
        again_as_nobody(test, &[]);
        return false;
    }
    if Isolation::probe() == Isolation::None {
        skip("no user namespaces");
        return false;
    }
    true
}

fn text(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
}

#[test]
fn loopback_hosts() {
    if !ordinary_user("loopback_hosts") {
        return;
    }
    let options = LoopbackOptions::default()
        .separate_homes()
        .quirk(1, HostQuirk::HomeReadOnly)
        .quirk(2, HostQuirk::Shell(LoginShell::Tcsh))
        .quirk(3, HostQuirk::HomeFull)
        .quirk(4, HostQuirk::PasswordOnly);
    let bed = LoopbackBed::start(5, options).unwrap();
    assert_eq!(bed.isolation(), Isolation::User);
    let ssh = |host: &str, line: &str| bed.command("ssh").args([host, line]).output().unwrap();
    let uid = rustix::process::getuid().as_raw();
    let out = ssh("n005", "echo $HOME `id -u`");
    assert_eq!(text(&out), format!("{} {uid}", bed.home(5).display()), "{out:?}");
    let out = ssh("n001", "touch x");
    assert!(String::from_utf8_lossy(&out.stderr).contains("Read-only"), "{out:?}");
    assert_eq!(text(&ssh("n002", "echo $?tcsh")), "1");
    assert!(!ssh("n003", "head -c 9 /dev/zero >x && test -s x").status.success());
    // The question is asked on a terminal, and so is the command's.
    let mut terminal = Terminal::start(bed.command("ssh").args(["-t", "n004", "tty"])).unwrap();
    terminal.expect("password: ", END).unwrap();
    terminal.send(&format!("{PASSWORD}\r")).unwrap();
    terminal.expect("/dev/pts/", END).unwrap();
    assert!(terminal.wait(END).unwrap().success());
}

#[test]
fn namespace_hosts() {
    if !ordinary_user("namespace_hosts") {
        return;
    }
    let options = NamespaceOptions::default().topology(Topology::Gateway);
    let mut bed = NamespaceBed::start(2, options).unwrap();
    assert_eq!(bed.isolation(), Isolation::User);
    let census =
        ProcessCensus::new().token(&format!("POSSE_BED={}", bed.token())).directory(bed.root());
    let ssh = |bed: &NamespaceBed, host: &str, line: &str| {
        bed.command("ssh").args(["-oConnectTimeout=5", host, line]).output().unwrap()
    };
    let uid = rustix::process::getuid().as_raw();
    let out = ssh(&bed, "n001", "hostname; id -u; ssh n002 hostname");
    assert_eq!(text(&out), format!("n001\n{uid}\nn002"), "{out:?}");
    let here = bed.command("id").arg("-u").output().unwrap();
    assert_eq!(text(&here), uid.to_string(), "the laptop's user is not mapped root");
    bed.cut("gw", "n001").unwrap();
    assert!(!ssh(&bed, "n001", "true").status.success());
    assert!(ssh(&bed, "n002", "true").status.success());
    bed.crash("n002").unwrap();
    bed.boot("n002").unwrap();
    let out = bed.run_in("n002", "id -u; hostname").unwrap().output().unwrap();
    assert_eq!(text(&out), format!("{uid}\nn002"), "{out:?}");
    let mut front = bed.command("sleep").arg("3001").spawn().unwrap();
    bed.crash("laptop").unwrap();
    assert!(!front.wait().unwrap().success());
    bed.boot("laptop").unwrap();
    bed.heal().unwrap();
    bed.noexec("n001", "/tmp").unwrap();
    let out = ssh(&bed, "n001", "cp /bin/true /tmp/t && /tmp/t; echo $?");
    assert_eq!(text(&out), "126", "{out:?}");
    drop(bed);
    census.assert_nothing_left(END);
}
