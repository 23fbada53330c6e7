//! Laws that hold for all sets and all texts: round trips, algebra, and no panic on anything.

// A failed unwrap in a test is the test's failure.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod total;

use posse_hostset::{HostName, HostSet};
use proptest::prelude::*;

/// Names of few shapes, some padded, so that they fold and meet.
fn name() -> impl Strategy<Value = HostName> {
    let shape = "(n[0-9]{1,2}|n0[0-9]{1,3}|a[0-3]b[0-5]|r[0-2]n0[0-4]-[12]|[a-z]{1,3}|[0-9]{1,22})";
    let odd = "([a-zA-Z0-9_][a-zA-Z0-9._-]{0,12}|fe80::[0-9a-f]{1,4}|::1%eth[0-9])";
    prop_oneof![9 => shape, 1 => odd].prop_filter_map("reserved", |s| HostName::new(&s).ok())
}

fn set() -> impl Strategy<Value = HostSet> {
    prop::collection::vec(name(), 0..60).prop_map(HostSet::from_iter)
}

/// Texts made of what the grammar is made of, more often nearly right than noise is.
fn nearly() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "n",
        "lab",
        "[",
        "]",
        "1-4",
        "01-12",
        "/2",
        ",",
        "!",
        "&",
        "^",
        "+",
        " - ",
        "-",
        "(",
        ")",
        "@",
        "g",
        ":",
        "4",
        "all",
        "load",
        "<",
        ">=",
        "!=",
        "1",
        "*",
        "?",
        "ssh://",
        "bob@",
        "\0",
        " ",
        "é",
        "'",
        "99999999999999999999",
        "%",
        "\n",
        "=",
        "n[1-9]",
        "@none",
        "[1-70000]",
    ]);
    prop::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
}

fn try_everything(text: &str) {
    let _either_way = (total::expression(text), total::file(text));
}

proptest! {
    #[test]
    fn folding_round_trips(set in set()) {
        let text = set.to_string();
        prop_assert_eq!(text.parse::<HostSet>().unwrap(), set, "{}", text);
    }

    #[test]
    fn algebra(a in set(), b in set(), c in set()) {
        prop_assert_eq!(a.union(&b), b.union(&a));
        prop_assert_eq!(a.intersection(&b), b.intersection(&a));
        prop_assert_eq!(a.union(&b).union(&c), a.union(&b.union(&c)));
        prop_assert_eq!(a.difference(&b), a.difference(&a.intersection(&b)));
        let either = a.union(&b).difference(&a.intersection(&b));
        prop_assert_eq!(a.symmetric_difference(&b), either);
        let parts = a.intersection(&b.union(&c));
        prop_assert_eq!(parts, a.intersection(&b).union(&a.intersection(&c)));
        prop_assert!(a.difference(&b).is_disjoint(&b) && a.intersection(&b).is_subset(&a));
        prop_assert_eq!(a.union(&b).len() + a.intersection(&b).len(), a.len() + b.len());
    }

    #[test]
    fn operators_are_the_methods(a in set(), b in set()) {
        prop_assume!(!a.is_empty() && !b.is_empty());
        let ask = |op: &str| format!("{a}{op}{b}").parse::<HostSet>().unwrap();
        prop_assert_eq!(ask(","), a.union(&b));
        prop_assert_eq!(ask("+"), a.union(&b));
        let whole = |op: &str| format!("({a}){op}({b})").parse::<HostSet>().unwrap();
        prop_assert_eq!(whole("&"), a.intersection(&b));
        prop_assert_eq!(whole("!"), a.difference(&b));
        prop_assert_eq!(whole(" - "), a.difference(&b));
        prop_assert_eq!(whole("^"), a.symmetric_difference(&b));
    }

    #[test]
    fn one_name_at_a_time(a in set(), name in name()) {
        let mut grown = a.clone();
        prop_assert_eq!(grown.insert(name.clone()), !a.contains(&name));
        prop_assert!(grown.contains(&name) && grown.is_subset(&grown));
        grown.remove(&name);
        let alone = HostSet::from_iter([name]);
        prop_assert_eq!(grown, a.difference(&alone));
    }

    #[test]
    fn order_is_total(mut names in prop::collection::vec(name(), 0..30)) {
        names.sort();
        for pair in names.windows(2) {
            prop_assert!(pair[0] <= pair[1] && (pair[0] == pair[1]) == (*pair[0] == *pair[1]));
        }
        for (i, low) in names.iter().enumerate() {
            prop_assert!(names[i..].iter().all(|high| low <= high));
        }
    }

    #[test]
    fn no_panic_on_noise(text in "\\PC{0,80}|(?s).{0,40}") {
        try_everything(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_panic_on_nearly_right(text in nearly()) {
        try_everything(&text);
    }
}
