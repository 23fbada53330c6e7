//! Expressions in a small vm: operators, groups, globs, predicates, items, and what the
//! errors say.

// A failed unwrap in a test is the test's failure.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use posse_hostset::{EvalError, Expr, HostSet, Universe, Value};

struct Vm {
    known: HostSet,
    groups: BTreeMap<&'static str, &'static str>,
}

fn vm() -> Vm {
    let groups = [
        ("gpu", "gpu[01-04]"),
        ("idle", "load<1"),
        ("calm", "@idle & @gpu"),
        ("loop", "@knot"),
        ("knot", "lab1,@loop"),
        ("bad", "lab[5-1]"),
        ("admin", "root@lab[1-2]"),
        ("rack:r1", "lab[1-3],@near"),
        ("rack:near", "lab9"),
        ("rack:*", "lab[1-9]"),
        ("d0", "lab1"),
    ];
    Vm { known: "lab[1-10],gpu[01-04]".parse().unwrap(), groups: groups.into() }
}

impl Universe for Vm {
    fn known(&self) -> &HostSet {
        &self.known
    }
    fn group(&self, source: Option<&str>, name: &str) -> Option<String> {
        if let Some(depth) = name.strip_prefix("deep") {
            let depth: u32 = depth.parse().ok()?;
            let (open, close) = ("(".repeat(16), ")".repeat(16));
            return Some(format!("{open}@deep{}{close}", depth + 1));
        }
        if let Some(depth) = name.strip_prefix("twice") {
            let depth: u32 = depth.parse().ok()?;
            return Some(match depth {
                0 => "lab1".to_owned(),
                _ => format!("@twice{0},@twice{0}", depth - 1),
            });
        }
        let label = source.map_or(name.to_owned(), |source| format!("{source}:{name}"));
        self.groups.get(label.as_str()).map(|text| (*text).to_owned())
    }
    fn attribute(&self, host: &str, key: &str) -> Option<Value> {
        let gpu = host.starts_with("gpu");
        match key {
            "load" if host == "lab10" => None,
            "load" => Some(Value::Number(if gpu { 0.2 } else { 2.5 })),
            "cores" => Some(Value::Number(if gpu { 64.0 } else { 8.0 })),
            "mem" => Some(Value::Number(f64::from(1 << 30) * if gpu { 512.0 } else { 16.0 })),
            "arch" => Some(Value::Text(if gpu { "aarch64" } else { "x86_64" }.to_owned())),
            "version" => Some(Value::Text(if gpu { "0.10.1" } else { "0.9.0" }.to_owned())),
            _ => None,
        }
    }
}

fn select(text: &str) -> String {
    match Expr::parse(text) {
        Ok(expr) => expr.eval(&vm()).unwrap_or_else(|e| panic!("{text}: {e}")).to_string(),
        Err(error) => panic!("{text}: {error}\n{}", error.pointer()),
    }
}

fn parse_error(text: &str) -> (usize, String) {
    let error = Expr::parse(text).expect_err(text);
    (error.column(), error.problem().to_string())
}

fn eval_error(text: &str) -> EvalError {
    Expr::parse(text).unwrap().eval(&vm()).expect_err(text)
}

#[test]
fn operators_run_from_left_to_right() {
    assert_eq!(select("all - lab7"), "gpu[01-04],lab[1-6,8-10]");
    assert_eq!(select("a,b&b,c"), "b,c");
    assert_eq!(select("a + (b,c)&c"), "c");
    assert_eq!(select("a + (b,c & c)"), "a,c");
    assert_eq!(select("lab[1-4]!lab2^lab[4-5]"), "lab[1,3,5]");
    assert_eq!(select("(all - @gpu) - (lab[1-3] + lab5)"), "lab[4,6-10]");
    assert_eq!(select("x-y,a-1 - a-1"), "x-y");
    assert_eq!(select("n[1-2][3-4]"), "n[13-14,23-24]");
    assert_eq!(select("n1[8-12]"), "n[18-19,110-112]");
}

#[test]
fn groups_and_globs() {
    assert_eq!(select("@gpu!gpu02"), "gpu[01,03-04]");
    assert_eq!(select("@rack:r1"), "lab[1-3,9]");
    assert_eq!(select("@rack:*"), "lab[1-9]");
    assert_eq!(select("@* & lab?"), "lab[1-9]");
    assert_eq!(select("l*[1-2]"), "lab[1-2]");
    assert_eq!(select("nothing*"), "");
    assert_eq!(select("@calm"), "gpu[01-04]");
    assert_eq!(select("@twice15"), "lab1");
}

#[test]
fn predicates() {
    assert_eq!(select("load<1"), "gpu[01-04]");
    assert_eq!(select("load >= 1 & lab[8-10]"), "lab[8-9]");
    assert_eq!(select("load!=0.2"), "lab[1-9]");
    assert_eq!(select("load<1 & cores>=8"), "gpu[01-04]");
    assert_eq!(select("all - mem<100G"), "gpu[01-04]");
    assert_eq!(select("arch=x86_* & lab[1-2]"), "lab[1-2]");
    assert_eq!(select("version>0.9.0"), "gpu[01-04]");
    assert_eq!(select("arch='aarch64'!gpu01"), "gpu[02-04]");
    assert_eq!(select("rtt<5ms"), "");
    let needs = |text: &str| Expr::parse(text).unwrap().needs_attributes();
    assert!(needs("all - (lab1 & load<1)") && !needs("all - @idle"));
    let keys = |text: &str| Expr::parse(text).unwrap().keys(&vm()).unwrap();
    assert_eq!(keys("@calm,(cores>2)").into_iter().collect::<Vec<_>>(), ["cores", "load"]);
    assert!(keys("@gpu,lab*").is_empty());
    assert!(Expr::parse("@loop").unwrap().keys(&vm()).is_err());
    assert!(matches!(eval_error("cores>many"), EvalError::NotANumber { .. }));
}

#[test]
fn items() {
    let text = "lab[1-2]:4,root@lab2,ssh://bob@far[1-2]:2222,fe80::1,@admin - lab1";
    let items = Expr::parse(text).unwrap().eval_items(&vm()).unwrap();
    let shown: Vec<String> = items.iter().map(|item| item.to_string()).collect();
    assert_eq!(shown, ["ssh://bob@far1:2222", "ssh://bob@far2:2222", "fe80::1", "root@lab2:4"]);
    let again = Expr::parse(&shown.join(",")).unwrap().eval_items(&vm()).unwrap();
    assert_eq!(again, items);
    let names = Expr::parse("local[1-4]").unwrap().items().unwrap();
    assert_eq!((names.len(), names[3].name.as_str()), (4, "local4"));
}

#[test]
fn errors_point_at_the_column() {
    let cases = [
        ("lab[5-1]", 5, "write 1-5"),
        ("a,lab[01-100]", 7, "padded"),
        ("a,lab[1-4", 6, "add `]`"),
        ("a b", 3, "without an operator"),
        ("all -lab7", 5, "all - lab7"),
        ("a,-oProxyCommand", 3, "must not begin with `-`"),
        ("a;rm", 2, "`;` cannot stand"),
        ("a\0b", 2, "control character"),
        ("é", 1, "xn--"),
        ("a,", 2, "nothing after `,`"),
        ("!a", 1, "nothing before `!`"),
        ("(a", 1, "add `)`"),
        ("a)", 2, "without `(`"),
        ("()", 2, "no hosts named"),
        ("", 1, "no hosts named"),
        ("laod<1", 1, "there are load"),
        ("load<", 6, "load<1"),
        ("@", 1, "@gpu"),
        ("@gpu*", 1, "@gpu"),
        ("a:b", 3, "slots"),
        ("ssh://a:99999", 9, "65535"),
        ("-x@a", 1, "user"),
        ("SSH://a", 1, "launcher"),
        ("all:4", 1, "every host"),
        ("n[[000-014;007]]", 3, "n007"),
        ("n[a-c]", 3, "numbers only"),
        ("n[1-99999999999999999999]", 3, "digits"),
        ("n[1-4/0]", 3, "step"),
        ("a,n[1-300]*", 3, "256 masks"),
        ("a\u{202e}b", 2, "control character"),
    ];
    for (text, column, says) in cases {
        let (at, problem) = parse_error(text);
        assert_eq!(at, column, "{text}: {problem}");
        assert!(problem.contains(says), "{text}: {problem}");
    }
    let error = Expr::parse("gpu01,lab[5-1]").unwrap_err();
    assert_eq!(error.pointer(), "gpu01,lab[5-1]\n          ^");
    let far = format!("{},lab[5-1]", "host,".repeat(1000));
    let pointer = Expr::parse(&far.replace(",,", ",")).unwrap_err().pointer();
    assert!(pointer.len() < 200 && pointer.contains("lab[5-1]"), "{pointer}");
}

#[test]
fn limits_hold_before_memory_is_taken() {
    let wide = ["n[1-65537]", "n[1-1000]m[1-1000]", "a[0-9999999999999999999]"];
    let many = format!("{}x", "n[1-60000],".repeat(2));
    let deep = format!("x{}", "[0-9999999]".repeat(20));
    for text in wide.into_iter().chain([many.as_str(), deep.as_str()]) {
        assert!(parse_error(text).1.contains("65536 hosts"), "{text}");
    }
    assert_eq!(Expr::parse("n[1-65536]").unwrap().eval(&vm()).unwrap().len(), 65_536);
    let nested = format!("{}a{}", "(".repeat(17), ")".repeat(17));
    assert!(parse_error(&nested).1.contains("parentheses"));
    assert!(Expr::parse(&nested[1..34]).is_ok());
    assert!(parse_error(&"(".repeat(100_000)).1.contains("parentheses"));
    assert!(parse_error(&"a".repeat(300)).1.contains("253"));
    assert!(parse_error(&"a,".repeat(3 << 20)).1.contains("bytes"));
}

#[test]
fn work_is_bounded() {
    let mut big = vm();
    big.known = "n[1-60000]".parse().unwrap();
    let churn = "all".to_owned() + &"!a,b".repeat(30_000);
    assert_eq!(Expr::parse(&churn).unwrap().eval(&big).unwrap_err(), EvalError::TooMuch);
}

#[test]
fn groups_that_go_wrong() {
    let says = |text: &str| eval_error(text).to_string();
    assert!(says("@loop").contains("@loop -> @knot -> @loop"));
    assert!(says("@nope").contains("no group `@nope`"));
    assert!(says("@bad").contains("`@bad` is wrong: column 5"));
    assert!(says("@deep0").contains("16 deep"));
    assert!(says("@rack:nope").contains("@rack:nope"));
}

#[test]
fn sets_of_65536_names() {
    let numbers = (0..65_536u32).map(|n| n.wrapping_mul(40_503) % 65_536);
    let text: Vec<String> = numbers.map(|n| format!("h{n}x")).collect();
    let set: HostSet = text.join(",").parse().unwrap();
    assert_eq!(set.to_string(), "h[0-65535]x");
    let odd: HostSet = "h[1-65535/2]x".parse().unwrap();
    assert_eq!(set.difference(&odd).len(), 32_768);
    assert!(odd.is_subset(&set) && odd.contains("h65535x") && !odd.contains("h2x"));
    assert_eq!(set.symmetric_difference(&odd), set.difference(&odd));
}

/// Globs may select from more than a vm's hosts; `all` does not.
#[test]
fn globs_select_from_what_is_named() {
    struct Files(HostSet, HostSet);
    impl Universe for Files {
        fn known(&self) -> &HostSet {
            &self.0
        }
        fn named(&self) -> &HostSet {
            &self.1
        }
        fn group(&self, _: Option<&str>, _: &str) -> Option<String> {
            Some("far?".to_owned())
        }
        fn attribute(&self, _: &str, _: &str) -> Option<Value> {
            None
        }
    }
    let files = Files("lab1".parse().unwrap(), "lab[1-3],far[1-2]".parse().unwrap());
    let select = |text: &str| Expr::parse(text).unwrap().eval(&files).unwrap().to_string();
    assert_eq!(select("lab* - lab3"), "lab[1-2]");
    assert_eq!((select("all"), select("@x")), ("lab1".into(), "far[1-2]".into()));
    let masks = Expr::parse("lab*,(a[1-2]? & b),@x,c").unwrap().masks();
    assert_eq!(masks, ["lab*", "a1?", "a2?"]);
}
