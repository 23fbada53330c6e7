//! Every login shell: fresh and cached, quiet and noisy, with few tools, and those that refuse.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::super::*;
use super::run::{Dir, Launch, binary, packed_bytes, payload};

const SHELLS: [&[&str]; 10] = [
    &["sh", "-c"],
    &["bash", "-c"],
    &["dash", "-c"],
    &["zsh", "-c"],
    &["ksh", "-c"],
    &["csh", "-c"],
    &["tcsh", "-c"],
    &["fish", "-c"],
    &["busybox", "sh", "-c"],
    &["rbash", "-c"],
];

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// The shells that this machine has.
fn shells() -> impl Iterator<Item = &'static [&'static str]> {
    SHELLS.into_iter().filter(|shell| {
        let found = find(shell[0]).is_some();
        if !found {
            eprintln!("skipped: {} is not installed", shell[0]);
        }
        found
    })
}

/// A home with start-up files that print, without a line end at the end.
fn noisy_home(dir: &Dir) -> PathBuf {
    let home = dir.child("home");
    let noise = "echo 'posse:0000000000000000:go away'\necho -n 'prompt> '\n";
    for file in [".cshrc", ".tcshrc", ".zshenv", "env"] {
        std::fs::write(home.join(file), noise).unwrap();
    }
    std::fs::create_dir_all(home.join(".config/fish")).unwrap();
    std::fs::write(home.join(".config/fish/config.fish"), noise).unwrap();
    home
}

fn check(went: &super::run::Went, cache: &Path) {
    let hash = binary(false).hash();
    let home = cache.canonicalize().unwrap();
    assert!(
        went.line().starts_with(&format!("at {}/posse umask 0022", home.display()))
            || went.line().starts_with(&format!("at {}/posse umask 022", home.display())),
        "{}",
        went.line()
    );
    let words = "link\n--vm\na b $HOME *\n{a,b}~\"`#?[x]\n";
    let mut expected = words.as_bytes().to_vec();
    expected.extend(payload());
    assert!(went.rest() == expected, "the link's bytes are not exact");
    let file = cache.join("posse").join(format!("posse-{hash}"));
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o7777, 0o700);
    let left = std::fs::read_dir(cache.join("posse")).unwrap().count();
    assert_eq!(left, 1, "something was left beside the binary");
}

#[test]
fn every_shell_fresh_then_cached() {
    for shell in shells() {
        let dir = Dir::new(&format!("shell-{}", shell[0]));
        let home = noisy_home(&dir);
        let mut launch = Launch::new(shell, &home);
        launch.env.push(("BASH_ENV".into(), home.join("env").display().to_string()));
        launch.before = "umask 022; echo motd; ".into();
        let fresh = launch.run(&payload()).unwrap();
        assert_eq!((&*fresh.place, &*fresh.how), ("cache", "gzip"), "{shell:?}");
        let packed = packed_bytes();
        assert_eq!(fresh.sent, [packed], "{shell:?}");
        check(&fresh, &home.join(".cache"));
        let cached = launch.run(&payload()).unwrap();
        assert_eq!((&*cached.place, &*cached.how), ("cache", "cached"), "{shell:?}");
        assert!(cached.sent.is_empty());
        check(&cached, &home.join(".cache"));
        launch.options.refresh = true;
        assert_eq!(launch.run(b"").unwrap().sent, [packed], "{shell:?}");
    }
}

/// A PATH of nothing but these programs.
fn path_of(dir: &Dir, name: &str, programs: &[&str]) -> (String, String) {
    let bin = dir.child(name);
    for program in programs {
        symlink(find(program).unwrap(), bin.join(program)).unwrap();
    }
    ("PATH".into(), bin.display().to_string())
}

#[test]
fn a_cached_binary_needs_two_programs() {
    let dir = Dir::new("cached");
    let home = dir.child("home");
    let mut launch = Launch::new(&["/bin/sh", "-c"], &home);
    launch.run(b"").unwrap();
    // The stand-in needs cat as well.
    launch.env.push(path_of(&dir, "bin", &["sh", "uname", "ls", "cat"]));
    assert_eq!(launch.run(b"").unwrap().how, "cached");
}

#[test]
fn few_tools_are_enough() {
    let few = ["sh", "uname", "ls", "id", "mkdir", "chmod", "rm", "mv", "wc", "cat", "dd"];
    let dir = Dir::new("few");
    let more: [(&str, &[&str]); 4] = [
        ("unchecked", &[]),
        ("shasum", &["shasum", "head", "perl"]),
        ("openssl", &["openssl", "head"]),
        ("sha256sum", &["sha256sum", "head"]),
    ];
    for (how, tools) in more {
        if tools.iter().any(|tool| find(tool).is_none()) {
            eprintln!("skipped: {tools:?} are not all installed");
            continue;
        }
        let mut launch = Launch::new(&["/bin/sh", "-c"], &dir.child(&format!("home-{how}")));
        let programs: Vec<&str> = few.iter().chain(tools).copied().collect();
        launch.env.push(path_of(&dir, &format!("bin-{how}"), &programs));
        let went = launch.run(&payload()).unwrap();
        assert_eq!((&*went.place, &*went.how), ("cache", how));
        assert_eq!(went.sent, [binary(false).plain.len()]);
        assert!(went.rest().ends_with(&payload()));
    }
}

#[test]
fn busybox_alone_is_enough() {
    let Some(busybox) = find("busybox") else {
        eprintln!("skipped: busybox is not installed");
        return;
    };
    let dir = Dir::new("busybox");
    let bin = dir.child("bin");
    let list = std::process::Command::new(&busybox).arg("--list").output().unwrap();
    for applet in String::from_utf8(list.stdout).unwrap().lines() {
        symlink(&busybox, bin.join(applet)).unwrap();
    }
    let mut launch = Launch::new(&["busybox", "sh", "-c"], &dir.child("home"));
    let sh = bin.join("sh").display().to_string();
    launch.shell = vec![sh, "-c".into()];
    launch.env.push(("PATH".into(), bin.display().to_string()));
    let went = launch.run(&payload()).unwrap();
    assert_eq!((&*went.place, &*went.how), ("cache", "gzip"));
    assert_eq!(went.sent, [packed_bytes()]);
    assert!(went.rest().ends_with(&payload()));
}

#[test]
fn a_shared_home_takes_many_at_once() {
    let dir = Dir::new("shared");
    let home = dir.child("a home with blanks");
    std::thread::scope(|scope| {
        for i in 0..8 {
            let home = &home;
            scope.spawn(move || {
                let mut launch = Launch::new(&["sh", "-c"], home);
                launch.options.nonce = i;
                assert!(launch.run(&payload()).unwrap().rest().ends_with(&payload()));
            });
        }
    });
    let left: Vec<_> = std::fs::read_dir(home.join(".cache/posse")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn noise_without_end_is_cut_off() {
    let dir = Dir::new("noise");
    let mut launch = Launch::new(&["sh", "-c"], &dir.child("home"));
    launch.before = "head -c 1000000 /dev/zero; ".into();
    launch.run(b"").unwrap();
    launch.before = "head -c 1200000 /dev/zero; ".into();
    assert_eq!(launch.run(b"").unwrap_err().cause, Cause::Noise);
}

#[test]
fn accounts_that_run_nothing_say_so() {
    let dir = Dir::new("refuse");
    let home = dir.child("home");
    let cases = [
        (["/usr/sbin/nologin", "-c"], Cause::RestrictedShell),
        (["/bin/false", "-c"], Cause::ShellFailed),
        (["/bin/true", "-c"], Cause::ShellFailed),
    ];
    for (shell, cause) in cases.iter().filter(|(shell, _)| Path::new(shell[0]).exists()) {
        assert_eq!(&Launch::new(shell, &home).run(b"").unwrap_err().cause, cause, "{shell:?}");
    }
    let mut nothing = Launch::new(&["/bin/sh", "-c"], &home);
    nothing.env.push(("PATH".into(), "/nonexistent".into()));
    assert_eq!(nothing.run(b"").unwrap_err().cause, Cause::ShellFailed);
}

#[test]
fn another_kind_of_host_is_named() {
    let dir = Dir::new("kind");
    let mut launch = Launch::new(&["sh", "-c"], &dir.child("home"));
    let image = bytes::Bytes::from_static(b"x");
    launch.binaries = Binaries::new(vec![Binary::new("Plan9 pdp11", image, Gzip::No)]).unwrap();
    let error = launch.run(b"").unwrap_err();
    assert_eq!(error.cause, Cause::NoBinary(binary(false).kind));
    assert_eq!(error.excerpt, "at hand: Plan9 pdp11");
}
