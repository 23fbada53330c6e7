//! Hosts whose directories will not do: noexec, read-only, full, absent, somebody else's.
//!
//! Each runs in a mount namespace of its own, where every place of the first stage is a fresh
//! file system of the test's making.

use super::super::*;
use super::run::{Dir, Launch, Went, binary, can_mount};

/// Mount options for home and for the four other places; `-` is an absent place.
struct World {
    home: &'static str,
    run: &'static str,
    shm: &'static str,
    vartmp: &'static str,
    tmp: &'static str,
    /// Further set-up.
    then: &'static str,
}

const GOOD: World = World { home: "", run: "-", shm: "", vartmp: "", tmp: "", then: "" };

/// Room for nothing: one page is the directory's own business, the image needs 75.
const FULL: &str = "size=8k";

fn launch(name: &str, world: &World) -> Launch {
    let dir = "/mnt/home";
    let mut launch = Launch::new(&["sh", "-c"], dir.as_ref());
    let mut script = String::from("set -e; umask 022; mount -t tmpfs none /mnt; mkdir /mnt/home;");
    let places = [
        ("/mnt/home", world.home),
        ("/mnt/run", world.run),
        ("/dev/shm", world.shm),
        ("/var/tmp", world.vartmp),
        ("/tmp", world.tmp),
    ];
    for (place, options) in places {
        if options == "-" {
            continue;
        }
        let options = if options.is_empty() { String::new() } else { format!(",{options}") };
        script.push_str(&format!(
            "mkdir -p {place}; mount -t tmpfs -o mode=1777{options} none {place};"
        ));
    }
    script.push_str(world.then);
    if world.run != "-" {
        launch.env.push(("XDG_RUNTIME_DIR".into(), "/mnt/run".into()));
    }
    launch.world = Some(script);
    launch.options.args = vec![name.to_owned()];
    launch
}

fn went(name: &str, world: World) -> Option<Result<Went, LaunchError>> {
    can_mount().then(|| launch(name, &world).run(b""))
}

#[test]
fn the_next_place_is_taken() {
    let cases: [(&str, World, &str, usize); 6] = [
        ("good", GOOD, "cache", 1),
        ("noexec home", World { home: "noexec", run: "", ..GOOD }, "run", 1),
        ("read-only home", World { home: "ro", ..GOOD }, "shm", 1),
        ("full home", World { home: FULL, ..GOOD }, "shm", 2),
        ("no inodes", World { home: "nr_inodes=1", shm: "noexec", ..GOOD }, "vartmp", 1),
        ("only tmp", World { home: "ro", shm: "ro", vartmp: FULL, ..GOOD }, "tmp", 2),
    ];
    for (name, world, place, sent) in cases {
        let Some(went) = went(name, world) else { return };
        let went = went.unwrap_or_else(|error| panic!("{name}: {error}: {}", error.excerpt));
        assert_eq!((&*went.place, went.sent.len()), (place, sent), "{name}");
        assert_eq!(went.rest(), format!("link\n{name}\n").as_bytes(), "{name}");
    }
}

#[test]
fn no_place_at_all_is_named_by_the_first() {
    let all = |options| World {
        home: options,
        run: options,
        shm: options,
        vartmp: options,
        tmp: options,
        then: "",
    };
    let cases = [
        (all("noexec"), Cause::NoExec),
        (all("ro"), Cause::ReadOnly),
        (all(FULL), Cause::NoSpace),
        (World { home: "noexec", ..all(FULL) }, Cause::NoExec),
    ];
    for (world, cause) in cases {
        let Some(went) = went("none", world) else { return };
        let error = went.unwrap_err();
        assert_eq!(error.cause, cause, "{}", error.excerpt);
        assert_eq!(error.excerpt.lines().count(), 5, "{}", error.excerpt);
        assert!(!error.hint("lab1").is_empty());
    }
}

#[test]
fn a_cache_in_another_place_is_found() {
    let then = "d=/var/tmp/posse-$(id -u); (umask 077; mkdir -p $d; f=$d/posse-HASH; \
                printf '#!/bin/sh\\necho\\necho old; cat' >$f; chmod 700 $f);";
    if !can_mount() {
        return;
    }
    let mut launch = launch("x", &World { home: "noexec", ..GOOD });
    let hash = binary(false).hash();
    launch.world = launch.world.map(|world| world + &then.replace("HASH", &hash));
    let went = launch.run(b"!").unwrap();
    assert_eq!((&*went.place, &*went.how, went.rest()), ("vartmp", "cached", &b"old\n!"[..]));
}

#[test]
fn what_others_can_reach_is_not_believed() {
    // A planted binary in a directory open to others, somebody else's directory, and a link from
    // a public place to a directory of ours that is not private.
    let plant = "d=$x/posse-$(id -u); mkdir -p $d; \
                 printf '#!/bin/sh\\necho\\necho evil' >$d/posse-HASH; chmod -R 755 $x/posse*;";
    if !can_mount() {
        return;
    }
    let hash = binary(false).hash();
    let plant = plant.replace("HASH", &hash);
    let link = "mkdir /mnt/ours; ln -s /mnt/ours /var/tmp/posse-$(id -u);";
    let mut launch = launch("x", &World { home: "ro", ..GOOD });
    launch.world = launch.world.map(|world| format!("{world} x=/dev/shm; {plant} {link}"));
    let went = launch.run(b"").unwrap();
    assert_eq!((&*went.place, went.rest()), ("tmp", &b"link\nx\n"[..]));
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can make somebody else's directory");
        return;
    }
    let chown = "chown -R 65534 /dev/shm/posse-0; chmod -R 700 /dev/shm/posse-0;";
    launch.world = launch.world.map(|world| format!("{world} {chown}"));
    assert_eq!(launch.run(b"").unwrap().place, "tmp");
}

#[test]
fn ram_leaves_no_name() {
    let cases = [
        ("shm", World { home: "", ..GOOD }, Some("shm")),
        ("run", World { run: "", ..GOOD }, Some("run")),
        ("noexec", World { shm: "noexec", ..GOOD }, None),
    ];
    for (name, world, place) in cases {
        if !can_mount() {
            return;
        }
        let mut launch = launch(name, &world);
        launch.options.ram = true;
        match (launch.run(b"payload"), place) {
            (Ok(went), Some(place)) => {
                assert_eq!((&*went.place, &*went.how), (place, "gzip"));
                assert!(went.line().ends_with("ls "), "a name is left: {}", went.line());
                assert_eq!(went.rest(), format!("link\n{name}\npayload").as_bytes());
            }
            (Err(error), None) => assert_eq!(error.cause, Cause::NoExec, "{}", error.excerpt),
            (other, _) => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn ram_means_ram() {
    let dir = Dir::new("ram");
    let disk = std::process::Command::new("stat").args(["-f", "-c", "%T"]).arg(&dir.0).output();
    if !can_mount() || disk.unwrap().stdout.starts_with(b"tmpfs") {
        eprintln!("skipped: the test's directory is itself in memory");
        return;
    }
    let mut launch = launch("x", &World { shm: "ro", ..GOOD });
    launch.options.ram = true;
    let bind = format!("mkdir /mnt/d; mount --bind {} /mnt/d;", dir.0.display());
    // Bound before /tmp is covered, where the directory is.
    launch.world = launch
        .world
        .map(|world| world.replacen("mkdir /mnt/home;", &format!("mkdir /mnt/home; {bind}"), 1));
    launch.env.push(("XDG_RUNTIME_DIR".into(), "/mnt/d".into()));
    assert_eq!(launch.run(b"").unwrap_err().cause, Cause::NoRam);
}

#[test]
fn a_changed_binary_is_not_run() {
    if !can_mount() {
        return;
    }
    let mut launch = launch("x", &GOOD);
    let good = binary(true);
    let mut sha256 = good.sha256;
    sha256[0] ^= 1;
    let plain = Binary { sha256, gzip: Gzip::No, ..good.clone() };
    launch.binaries = Binaries::new(vec![plain]).unwrap();
    let error = launch.run(b"").unwrap_err();
    assert_eq!((error.cause, error.retryable), (Cause::Corrupt, true));
    // A gzip that is cut, or changed in one bit: the next place is sent the plain image, and is
    // content.
    let Gzip::Ready(packed) = good.gzip.clone() else { panic!("it is packed") };
    let mut changed = packed.to_vec();
    changed[100_000] ^= 16;
    for gzip in [packed.slice(..100_000), changed.into()] {
        let bad = Binary { gzip: Gzip::Ready(gzip.clone()), ..good.clone() };
        launch.binaries = Binaries::new(vec![bad]).unwrap();
        let went = launch.run(b"").unwrap();
        assert_eq!((&*went.place, went.sent), ("shm", vec![gzip.len(), good.plain.len()]));
    }
}
