//! Pairs one by one: a line or an object each; and all of them in a sentence. Pure. Called by
//! `posse net`.

use super::cell::ms;
use super::pair::{Pair, Route};
use serde_json::json;
use std::collections::BTreeMap;

/// The name of the route in one word.
fn word(route: &Route) -> &str {
    match route {
        Route::Direct { .. } => "direct",
        Route::Tree { link } => link,
        Route::Relayed { .. } => "relayed",
        Route::None => "none",
    }
}

/// A line in columns; `width` is that of the longest name.
pub fn line(names: &[&str], pair: &Pair, width: usize) -> String {
    let name = |host: usize| names.get(host).copied().unwrap_or("?");
    let rtt = pair.rtt_us.map_or("-".to_owned(), ms);
    let rates = pair.rates().map_or_else(String::new, |(to, back)| {
        format!("  {} MB/s, back {}", megabytes(to), megabytes(back))
    });
    let rest = match &pair.route {
        Route::Relayed { via } => format!("  via {}", via.join(" ")),
        Route::None => format!("  {}", pair.why.join("; ")),
        _ => rates,
    };
    let (a, b) = (name(pair.a), name(pair.b));
    format!("{a:width$}  {b:width$}  {:7} {rtt:>8} ms{rest}", word(&pair.route))
        .trim_end()
        .to_owned()
}

fn megabytes(rate: f64) -> String {
    let rate = rate / 1e6;
    if rate < 9.95 { format!("{rate:.1}") } else { format!("{rate:.0}") }
}

/// One JSON object.
pub fn object(names: &[&str], pair: &Pair) -> String {
    let name = |host: usize| names.get(host).copied();
    let (route, link, from, via) = match &pair.route {
        Route::Direct { from } => ("direct", None, name(*from), None),
        Route::Tree { link } => ("tree", Some(link), None, None),
        Route::Relayed { via } => ("relayed", None, None, Some(via)),
        Route::None => ("none", None, None, None),
    };
    let rates = pair.rates();
    json!({
        "a": name(pair.a), "b": name(pair.b), "route": route, "link": link, "dialed_from": from,
        "via": via, "rtt_us": pair.rtt_us,
        "to_b_bytes_per_s": rates.map(|(to, _)| to.round()),
        "to_a_bytes_per_s": rates.map(|(_, back)| back.round()),
        "not_direct": pair.why,
    })
    .to_string()
}

/// How many pairs of each kind.
pub fn summary(pairs: &[Pair]) -> String {
    let mut vias: BTreeMap<&[String], usize> = BTreeMap::new();
    let (mut direct, mut tree, mut none) = (0, 0, 0);
    for pair in pairs {
        match &pair.route {
            Route::Direct { .. } => direct += 1,
            Route::Tree { .. } => tree += 1,
            Route::Relayed { via } => *vias.entry(via).or_default() += 1,
            Route::None => none += 1,
        }
    }
    let mut relayed: Vec<(&[String], usize)> = vias.into_iter().collect();
    relayed.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut parts = vec![format!("{direct} direct"), format!("{tree} links of the tree")];
    let shown = relayed.iter().take(VIAS_SHOWN);
    parts.extend(shown.map(|(via, count)| format!("{count} relayed via {}", via.join(" "))));
    let rest: usize = relayed.iter().skip(VIAS_SHOWN).map(|(_, count)| count).sum();
    parts.extend((rest > 0).then(|| format!("{rest} relayed by other routes")));
    parts.extend((none > 0).then(|| format!("{none} not reached")));
    let count = pairs.len();
    let noun = if count == 1 { "pair" } else { "pairs" };
    format!("{count} {noun}: {}", parts.join(", "))
}

/// Routes through the tree that the summary names; the list has all.
const VIAS_SHOWN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use posse::BurstTime;

    const NAMES: [&str; 3] = ["desk", "a1", "b1"];

    fn pair(a: usize, b: usize, route: Route) -> Pair {
        Pair { a, b, route, rtt_us: Some(1_500), burst: None, why: Vec::new() }
    }

    fn relayed() -> Pair {
        pair(1, 2, Route::Relayed { via: vec!["gate".into(), "desk".into()] })
    }

    #[test]
    fn a_pair_is_a_line() {
        let tree = pair(0, 1, Route::Tree { link: "ssh".into() });
        assert_eq!(line(&NAMES, &tree, 4), "desk  a1    ssh         1.50 ms");
        let want = "a1    b1    relayed     1.50 ms  via gate desk";
        assert_eq!(line(&NAMES, &relayed(), 4), want);
        let mut direct = pair(1, 2, Route::Direct { from: 2 });
        direct.burst = Some(BurstTime { bytes: 1_000_000, there_us: 10_000, back_us: 500_000 });
        let want = "a1    b1    direct      1.50 ms  2.0 MB/s, back 100";
        assert_eq!(line(&NAMES, &direct, 4), want);
    }

    #[test]
    fn a_pair_is_an_object() {
        let object: serde_json::Value =
            serde_json::from_str(&object(&NAMES, &relayed())).unwrap_or_default();
        assert_eq!((object["a"].as_str(), object["b"].as_str()), (Some("a1"), Some("b1")));
        assert_eq!(object["via"], json!(["gate", "desk"]));
        assert_eq!(object["rtt_us"], json!(1500));
    }

    #[test]
    fn all_pairs_are_a_sentence() {
        let tree = pair(0, 1, Route::Tree { link: "ssh".into() });
        let want = "2 pairs: 0 direct, 1 links of the tree, 1 relayed via gate desk";
        assert_eq!(summary(&[tree, relayed()]), want);
    }
}
