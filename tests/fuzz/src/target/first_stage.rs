//! What a login shell prints before and around the lines of the first stage.

use super::{Target, pieces, seen};
use posse_net::launch::{Action, Binaries, Binary, Bootstrap, Exit, Gzip, Options, Stage};
use std::mem::{Discriminant, discriminant};

pub(super) const TARGET: Target = Target {
    name: "first_stage",
    says: "the lines of a launch among a login shell's noise",
    run,
    corpus: include_str!("../../corpus/first_stage.txt"),
};

fn run(bytes: &[u8]) -> u64 {
    let whole = launch([bytes]);
    let cut = launch(pieces(bytes));
    assert_eq!((&cut.actions, &cut.link), (&whole.actions, &whole.link), "cut");
    assert_eq!(cut.stage, whole.stage);
    assert!(whole.actions.len() <= 16, "a host has us work without end");
    let kinds: Vec<_> = whole.actions.into_iter().take(8).collect();
    seen((kinds, whole.stage, whole.link.map(|link| link.is_empty())))
}

struct Launched {
    actions: Vec<Discriminant<Action>>,
    stage: Stage,
    /// What belongs to the link, where there is one.
    link: Option<Vec<u8>>,
}

/// The corpus speaks of this number.
const NONCE: u64 = 7;

fn launch<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Launched {
    // A hash that a corpus can hold.
    let plain = Binary {
        kind: "Linux x86_64".to_owned(),
        sha256: [0xab; 32],
        plain: "plain".into(),
        gzip: Gzip::Ready("gzip".into()),
    };
    let binaries = Binaries::new(vec![plain]).unwrap();
    let mut host =
        Bootstrap::new(binaries, &Options { nonce: NONCE, ..Options::default() }).unwrap();
    let (mut actions, mut link) = (Vec::new(), None::<Vec<u8>>);
    for piece in pieces {
        match &mut link {
            Some(link) => link.extend_from_slice(piece),
            None => {
                for action in host.on_stdout(piece) {
                    actions.push(discriminant(&action));
                    match action {
                        Action::Ready { leftover, place, how } => {
                            [place, how].iter().for_each(|text| can_be_shown(text));
                            link = Some(leftover.to_vec());
                        }
                        Action::Failed(error) => can_be_shown(&error.to_string()),
                        _ => {}
                    }
                }
            }
        }
    }
    let stage = host.stage();
    ends_well(host, pieces_end(stage));
    Launched { actions, stage, link }
}

/// Some end of the launcher for every stage.
fn pieces_end(stage: Stage) -> Exit {
    if stage == Stage::Login { Exit::Signal(15) } else { Exit::Code(255) }
}

fn ends_well(mut host: Bootstrap, exit: Exit) {
    host.on_stderr(b"Connection closed by \x1b[2J");
    for action in host.on_timeout().into_iter().chain(host.on_exit(exit)) {
        if let Action::Failed(error) = action {
            can_be_shown(&error.to_string());
        }
    }
}

fn can_be_shown(text: &str) {
    let bad = text.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(bad, None, "{text:?}");
}
