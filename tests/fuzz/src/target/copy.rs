//! The container of `posse cp` and `posse sync`, as a host or this computer reads it.

use super::{Target, pieces, seen};
use posse_data::{Decoder, Kind, Malformed, Record};

pub(super) const TARGET: Target = Target {
    name: "copy",
    says: "the container that files travel in",
    run,
    corpus: include_str!("../../corpus/copy.txt"),
};

fn run(bytes: &[u8]) -> u64 {
    let whole = read([bytes]);
    let cut = read(pieces(bytes));
    assert_eq!(cut, whole, "cut");
    let kinds: Vec<char> = whole.records.iter().filter_map(|text| text.chars().next()).collect();
    seen((&kinds[..kinds.len().min(6)], whole.wrong, whole.complete))
}

#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// Each as text, content joined.
    records: Vec<String>,
    wrong: Option<&'static str>,
    complete: bool,
}

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Seen {
    let (mut decoder, mut depth) = (Decoder::default(), 0_usize);
    let (mut records, mut content) = (Vec::new(), Vec::new());
    let mut wrong = None;
    for piece in pieces {
        let fed = decoder.feed(piece, |record| {
            match &record {
                Record::Data(data) => content.extend_from_slice(data),
                Record::Entry(entry) => {
                    assert!(!entry.name.contains(&b'/') && entry.name != b"..", "{entry:?}");
                    let within = matches!(entry.kind, Kind::Directory | Kind::Root);
                    depth += usize::from(within);
                }
                Record::Leave { .. } => depth = depth.checked_sub(1).unwrap(),
                Record::End(_) => assert_eq!(depth, 0),
                _ => {}
            }
            if !matches!(record, Record::Data(_)) {
                records.push(format!("{record:?} {content:?}"));
                content.clear();
            }
            Ok::<(), Malformed>(())
        });
        if let Err(Malformed(what)) = fed {
            wrong = Some(what);
            break;
        }
    }
    Seen { records, wrong, complete: decoder.is_complete() }
}
