//! The sender's state machine against scripted hosts, honest and not.

use bytes::Bytes;

use super::*;
use crate::limits::NOISE_BYTES_MAX;

const PREFIX: &str = "posse:0000000000000007:";

fn bootstrap() -> Bootstrap {
    let x86 = Binary::new("Linux x86_64", "plain x86".into(), Gzip::Ready("gz x86".into()));
    let arm = Binary::new("Linux aarch64", "plain arm".into(), Gzip::No);
    let binaries = Binaries::new(vec![x86, arm]).unwrap();
    Bootstrap::new(binaries, &Options { nonce: 7, ..Options::default() }).unwrap()
}

fn hash(plain: &'static str) -> String {
    Binary::new("x", plain.into(), Gzip::No).hash()
}

fn write(image: &'static str) -> Action {
    Action::Write { line: format!("{}\n", image.len()).into(), image: image.into() }
}

fn say(bootstrap: &mut Bootstrap, line: &str) -> Vec<Action> {
    bootstrap.on_stdout(format!("{PREFIX}{line}\n").as_bytes())
}

fn failure(actions: &[Action]) -> &LaunchError {
    match actions {
        [.., Action::Failed(error)] => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn cached() {
    let mut host = bootstrap();
    assert_eq!(host.stage(), Stage::Login);
    assert_eq!(host.on_stdout(b"Welcome to lab1\n> "), [Action::LoggedIn]);
    assert_eq!(host.stage(), Stage::Shell);
    let go = format!("{PREFIX}go cache cached\n\x00first frame");
    let ready = Action::Ready {
        leftover: Bytes::from_static(b"\x00first frame"),
        place: "cache".into(),
        how: "cached".into(),
    };
    assert_eq!(host.on_stdout(go.as_bytes()), [ready]);
    assert_eq!(host.stage(), Stage::Link);
    assert!(host.was_cached());
    assert_eq!(failure(&host.on_timeout()).cause, Cause::Timeout(Stage::Link), "it never spoke");
}

#[test]
fn every_cut_of_the_bytes_gives_the_same() {
    let bytes = format!(
        "noise{PREFIX}bad cache write No space left\nnoise{PREFIX}need shm plain {}\n\
         {PREFIX}go shm sha256sum\nLINK",
        hash("plain arm")
    );
    for size in 1..=bytes.len() {
        let mut host = bootstrap();
        let (mut actions, mut link) = (Vec::new(), Vec::new());
        for piece in bytes.as_bytes().chunks(size) {
            if host.stage() == Stage::Link {
                link.extend_from_slice(piece);
            } else {
                actions.extend(host.on_stdout(piece));
            }
        }
        let [Action::LoggedIn, Action::Write { line, image }, Action::Ready { leftover, .. }] =
            &actions[..]
        else {
            panic!("{actions:?}");
        };
        assert_eq!((&line[..], &image[..]), (&b"9\n"[..], &b"plain arm"[..]));
        assert_eq!([&leftover[..], &link].concat(), b"LINK");
    }
}

#[test]
fn sent_again_for_another_place() {
    let mut host = bootstrap();
    let need = format!("need cache gzip {}", hash("plain x86"));
    assert_eq!(say(&mut host, &need)[1..], [write("gz x86")]);
    assert_eq!(host.on_written(2 + 4), [Action::Progress { sent: 4, total: 6 }]);
    assert_eq!(host.stage(), Stage::Sending);
    assert_eq!(host.on_written(2), [Action::Progress { sent: 6, total: 6 }]);
    assert_eq!(host.stage(), Stage::Installing);
    assert_eq!(say(&mut host, "bad cache size gzip: stdout: No space left on device"), []);
    let need = format!("need shm plain {}", hash("plain x86"));
    assert_eq!(say(&mut host, &need), [write("plain x86")]);
    assert_eq!(host.on_written(2 + 9), [Action::Progress { sent: 9, total: 9 }]);
    assert!(matches!(say(&mut host, "go shm sha256sum")[..], [Action::Ready { .. }]));
}

#[test]
fn packed_when_it_is_wanted() {
    let lazy = || Binary::new("Linux x86_64", "plain x86".into(), Gzip::OnDemand);
    let options = Options { nonce: 7, ..Options::default() };
    let started = || Bootstrap::new(Binaries::new(vec![lazy()]).unwrap(), &options).unwrap();
    let need = format!("need cache gzip {}", hash("plain x86"));
    let mut host = started();
    assert_eq!(say(&mut host, &need)[1..], [Action::Pack(0)]);
    assert_eq!(host.on_packed(Some("gz".into())), [write("gz")]);
    assert_eq!(host.stage(), Stage::Sending);
    let mut host = started();
    say(&mut host, &need);
    assert_eq!(failure(&host.on_packed(None)).cause, Cause::Other);
    assert_eq!(host.on_packed(Some("gz".into())), [], "reported once");
}

#[test]
fn the_first_place_names_the_cause() {
    let cases = [
        ("cache dir mkdir: cannot create: Read-only file system", Cause::ReadOnly),
        ("cache dir mkdir: cannot create: Disk quota exceeded", Cause::NoSpace),
        ("cache exec ./.t: Permission denied", Cause::NoExec),
        ("cache owner", Cause::UnsafeDirectory),
        ("shm ram", Cause::NoRam),
        ("cache hash", Cause::Corrupt),
    ];
    for (bad, cause) in cases {
        let mut host = bootstrap();
        say(&mut host, &format!("bad {bad}"));
        say(&mut host, "bad tmp write \x1b]0;title\x07 sorry");
        let actions = say(&mut host, "fail");
        let error = failure(&actions);
        assert_eq!(error.cause, cause, "{bad}");
        assert!(error.excerpt.ends_with("tmp: write: \\x1b]0;title\\x07 sorry"));
        assert_eq!(host.on_exit(Exit::Code(3)), [], "reported once");
    }
}

#[test]
fn another_machine() {
    let mut host = bootstrap();
    let actions = say(&mut host, "none Linux riscv64");
    let error = failure(&actions);
    assert_eq!(error.cause, Cause::NoBinary("Linux riscv64".into()));
    assert_eq!(error.excerpt, "at hand: Linux x86_64, Linux aarch64");
    assert!(error.hint("lab1").contains("cargo build"));
}

#[test]
fn a_host_cannot_make_us_send_without_end() {
    let mut host = bootstrap();
    let need = format!("need cache gzip {}", hash("plain x86"));
    let mut sent = 0;
    loop {
        match &say(&mut host, &need)[..] {
            [.., Action::Write { .. }] => sent += 1,
            [Action::Failed(error)] => {
                assert_eq!(error.cause, Cause::Other);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(sent, 5);
    assert_eq!(say(&mut host, &need), []);
}

#[test]
fn words_that_no_first_stage_says() {
    let unknown = format!("need cache gzip {}", "0".repeat(64));
    let absent = format!("need cache gzip {}", hash("plain arm"));
    for line in ["", "hello", "need", "need cache", &unknown, &absent, "\u{1b}[2J"] {
        let mut host = bootstrap();
        let actions = say(&mut host, line);
        let error = failure(&actions);
        assert_eq!(error.cause, Cause::Other, "{line:?}");
        assert!(!error.to_string().contains('\u{1b}'));
    }
    for _ in 0..100 {
        let mut host = bootstrap();
        let endless = [PREFIX.as_bytes(), &[b'x'; 10_000]].concat();
        assert_eq!(failure(&host.on_stdout(&endless)).cause, Cause::Other);
    }
}

#[test]
fn noise_is_bounded_and_shown() {
    let mut host = bootstrap();
    let mut actions = Vec::new();
    for _ in 0..=NOISE_BYTES_MAX / 1000 + 1 {
        actions.extend(host.on_stdout(&[b'y'; 1000]));
    }
    let error = failure(&actions);
    assert_eq!(error.cause, Cause::Noise);
    assert!(error.excerpt.ends_with("yyy") && error.excerpt.len() < 9_000);
    assert_eq!(actions.len(), 2);
}

#[test]
fn ends_and_timeouts_name_the_stage() {
    let mut host = bootstrap();
    host.on_stderr(b"ssh: connect to host lab1 port 22: Connection refused\r\n");
    let actions = host.on_exit(Exit::Code(255));
    assert_eq!(failure(&actions).cause, Cause::Refused);
    assert_eq!(host.on_exit(Exit::Code(255)), []);

    let mut host = bootstrap();
    assert_eq!(failure(&host.on_timeout()).cause, Cause::Timeout(Stage::Login));
    let silent = failure(&bootstrap().on_silence(9)).clone();
    assert_eq!((silent.cause.clone(), silent.retryable), (Cause::Silent { seconds: 9 }, false));
    assert_eq!(silent.to_string(), "not a word from its ssh server in 9 s");
    assert_eq!(host.on_stdout(b"late"), []);

    let mut host = bootstrap();
    host.on_stdout(b"motd\n");
    host.on_stderr(b"client_loop: send disconnect: Broken pipe\r\n");
    let actions = host.on_exit(Exit::Code(255));
    assert_eq!(failure(&actions).cause, Cause::Lost(Stage::Shell));
    assert!(failure(&actions).retryable);

    let mut host = bootstrap();
    say(&mut host, &format!("need cache gzip {}", hash("plain x86")));
    assert_eq!(failure(&host.on_exit(Exit::Signal(15))).cause, Cause::Lost(Stage::Sending));

    let mut host = bootstrap();
    say(&mut host, "go cache cached");
    host.on_stderr(b"sh: 1: exec: ./x/posse: Exec format error");
    assert_eq!(failure(&host.on_exit(Exit::Code(126))).cause, Cause::NoExec);
}

#[test]
fn any_bytes_are_survived() {
    let mut random = 1u64;
    for _ in 0..2_000 {
        let mut host = bootstrap();
        for _ in 0..20 {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let words = ["need", "bad", "go", "none", "fail", PREFIX, "\n", " ", "\u{1b}", "é"];
            let word = words[(random >> 40) as usize % words.len()];
            match (random >> 33) % 4 {
                0 => drop(host.on_stdout(&random.to_le_bytes())),
                1 => drop(host.on_written((random >> 20) as usize)),
                _ => drop(host.on_stdout(word.as_bytes())),
            }
        }
        host.on_exit(Exit::Code(1));
    }
}
