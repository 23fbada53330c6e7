//! Any texts: nothing panics, and what is written is read again.

// A failed unwrap in a test is the test's failure.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use posse_work::parallel::{Facts, joblog, plan};
use posse_work::results::{Plot, Table};
use posse_work::taskfile::{self, Syntax};
use posse_work::values::{Cell, Printed};
use posse_work::{Combine, Style, Template, gxp, lines, quote, sweep, units, words};
use proptest::prelude::*;

/// Texts made of what the grammars are made of, more often nearly right than noise is.
fn nearly() -> impl Strategy<Value = String> {
    let parts = vec![
        "{", "}", "{}", "{a}", "{b!}", "{1}", "{-2/.}", "{.}", "{/}", "{//}", "{#}", "{%}", "{0}",
        "$", "a", "b", "=", ",", "..", ":", "1", "9", "0.1", "-", "@", "@f", "@f.csv:x", "%", "\\",
        "'", "\"", " ", "\t", "\n", "\0", "é", "\u{2028}", "*", "[", "]", "(", ")", "|", ".*", "^",
    ];
    let part = prop::sample::select(parts).prop_map(str::to_owned);
    let noise = any::<String>();
    prop::collection::vec(prop_oneof![8 => part, 1 => noise], 0..12).prop_map(|all| all.concat())
}

/// Words of a GNU parallel line.
fn word() -> impl Strategy<Value = String> {
    let words = vec![
        "-k",
        "-j",
        "4",
        "-N2",
        "-n",
        "3",
        "-X",
        "-m",
        "--colsep",
        ",",
        "--header",
        ":",
        "--link",
        ":::",
        ":::+",
        "::::",
        "::::+",
        "f",
        "f.csv",
        "-a",
        "echo",
        "{}",
        "{2.}",
        "-I",
        "--pipe",
        "--block",
        "1k",
        "--results",
        "o/{1}",
        "--shuf",
        "-q",
        "-0",
        "-d",
        "--tag",
        "--resume",
        "--joblog",
        "l",
        "--trim",
        "lr",
        "--retries",
        "0",
        "--timeout",
        "3%",
        "--halt",
        "now",
        "--",
        "-E",
        "x",
        "-r",
        "-s",
        "9",
        "a b",
        "",
    ];
    let known = prop::sample::select(words).prop_map(str::to_owned);
    prop_oneof![12 => known, 1 => nearly()]
}

fn files(name: &str) -> Result<String, String> {
    match name {
        "f" | "-" => Ok("a\nb c\n\n'd'\n".to_owned()),
        "f.csv" => Ok("x,y\n1,2\n3\n".to_owned()),
        "l" => Ok("Seq\tHost\n1\t:\t1.0\t2.0\t0\t0\t0\t0\techo\n".to_owned()),
        _ => Err("not there".to_owned()),
    }
}

/// Everything an error says can be said.
fn tell<T>(read: posse_work::Result<T>) -> Option<T> {
    read.map_err(|mistake| {
        let told = format!("{mistake} {:?} {:?}", mistake.pointer(), mistake.advice());
        assert!(!told.is_empty());
    })
    .ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_text_panics(text in nearly(), other in nearly(), bytes in any::<Vec<u8>>()) {
        if let Some((template, _)) = tell(Template::read(&text, &["a", "b"])) {
            for arity in 0..4 {
                let context = Style { repeat_context: true, quote_words: true, quote_values: true };
                template.shape(arity, Style::default()).fill(&[&other], 1, 1);
                template.shape(arity, context).fill(&[&other, &text], 1, 1);
            }
        }
        let parameters = [format!("a={other}"), format!("b={text}")];
        for combine in [Combine::Product, Combine::Zip] {
            let made = sweep::batch(&parameters, combine, &text, &mut files);
            if let Some((batch, _)) = tell(made) {
                batch.command_line(batch.len() / 2);
                batch.command_line(batch.len());
            }
        }
        tell(sweep::parameter(&text, &mut files));
        tell(gxp::read(&text, &["a1", "b2"]));
        tell(gxp::read(&format!("n {other} c"), &["a1", "b2"]));
        tell(joblog::read(&text));
        tell(units::bytes(&text));
        tell(units::duration(&text));
        tell(taskfile::read(&text, Syntax::Toml, &mut files));
        tell(taskfile::read(&text, Syntax::Json, &mut files));
        let keys = format!("run = {text:?}\nparameters = [{other:?}]\nafter = [{text:?}]");
        let file = format!("[[task]]\n{keys}");
        tell(taskfile::read(&file, Syntax::Toml, &mut files));
        tell(lines::Lines::default().push(&bytes));
        tell(lines::Lines::of_template(&text));
        words(&text);
        let mut printed = Printed::default();
        printed.push(&bytes);
        printed.push(text.as_bytes());
        printed.finish();
    }

    #[test]
    fn no_line_of_gnu_parallel_panics(args in prop::collection::vec(word(), 0..9)) {
        let made = plan(&args, Facts { slots: 3, seed: 7 }, &mut files);
        if let Some(plan) = tell(made) {
            prop_assert_eq!(plan.commands().count() as u64, plan.work.len());
            if let Some((_, split)) = &plan.split {
                let mut cutter = split.cutter();
                let mut blocks = tell(cutter.push(b"a\nb\n")).unwrap_or_default();
                blocks.extend(cutter.finish());
            }
        }
    }

    #[test]
    fn any_table_is_written_and_drawn(
        names in prop::collection::vec(nearly(), 3..4),
        texts in prop::collection::vec(prop::collection::vec(nearly(), 0..5), 0..6),
        numbers in prop::collection::vec(any::<f64>(), 6),
    ) {
        let number = |at: usize| Cell::of(&numbers.get(at).copied().unwrap_or(0.0).to_string());
        let rows = texts.iter().enumerate().map(|(at, row)| {
            let texts = row.iter().map(|text| Cell::of(text));
            [number(at)].into_iter().chain(texts).collect()
        });
        let table = Table { columns: names.clone(), rows: rows.collect() };
        for line in table.json_lines().lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
        prop_assert!(table.csv(',').lines().count() > table.rows.len());
        let word = |key: &str, at: usize| format!("{key}={}", names[at]);
        for words in [
            [word("x", 1), word("y", 0), word("by", 2)],
            [word("x", 0), word("y", 0), word("by", 1)],
            [word("x", 1), word("y", 2), word("value", 0)],
        ] {
            if let Some((svg, _)) = tell(Plot::read(&words).unwrap().svg(&table)) {
                prop_assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"));
            }
        }
    }

    #[test]
    fn a_quoted_value_is_one_word(values in prop::collection::vec(any::<String>(), 1..4)) {
        let line: Vec<String> = values.iter().map(|value| quote(value).into_owned()).collect();
        prop_assert_eq!(words(&line.join(" ")), Some(values));
    }

    #[test]
    fn a_command_gets_its_values_as_they_are(a in any::<String>(), b in any::<String>()) {
        let (template, _) = Template::read("x {a} y{b}z '{c}' {a.b}", &["a", "b"]).unwrap();
        let line = template.shape(2, Style::default()).fill(&[&a, &b], 1, 1);
        let want = ["x".to_owned(), a, format!("y{b}z"), "{c}".to_owned(), "{a.b}".to_owned()];
        prop_assert_eq!(words(&line), Some(want.to_vec()));
    }

    #[test]
    fn a_list_is_read_as_it_was_written(values in prop::collection::vec("[^,\\\\.]{1,6}", 1..6)) {
        let escaped: Vec<String> = values.iter().map(|value| value.replace(',', "\\,")).collect();
        let list = sweep::list(&escaped.join(",")).unwrap();
        let read: Vec<String> = (0..list.len()).map(|at| list.get(at).into_owned()).collect();
        prop_assert_eq!(read, values);
    }

    #[test]
    fn every_point_of_a_product_comes_once(lengths in prop::collection::vec(1_u64..6, 1..4)) {
        let parameters: Vec<String> =
            lengths.iter().enumerate().map(|(n, len)| format!("p{n}=1..{len}")).collect();
        let made = sweep::batch(&parameters, Combine::Product, "x {}", &mut files);
        let (batch, _) = made.unwrap();
        let all: Vec<String> = (0..batch.len()).map(|at| batch.command_line(at)).collect();
        let mut sorted = all.clone();
        sorted.sort();
        prop_assert_eq!(&sorted, &all);
        sorted.dedup();
        prop_assert_eq!(sorted.len() as u64, lengths.iter().product::<u64>());
    }
}
