//! What holds for any text at all that is read as hosts: an answer or an error that can be shown.
//! Called by `properties.rs` and, over a corpus, by `tests/fuzz`.

use posse_hostset::{Expr, Format, HostFile, HostSet, Universe, Value};

/// A vm that knows a few hosts and answers every group with the text under test.
struct Echo(HostSet, String);

impl Universe for Echo {
    fn known(&self) -> &HostSet {
        &self.0
    }
    fn group(&self, _: Option<&str>, name: &str) -> Option<String> {
        (name != "none").then(|| self.1.clone())
    }
    fn attribute(&self, host: &str, key: &str) -> Option<Value> {
        match key {
            "load" => Some(Value::Number(host.len() as f64)),
            _ => Some(Value::Text(host.to_owned())),
        }
    }
}

/// As an expression. Says how many hosts it names, or where it is wrong.
pub fn expression(text: &str) -> Result<usize, usize> {
    let vm = Echo("lab[1-9],gpu[01-04]".parse().unwrap(), text.to_owned());
    match Expr::parse(text) {
        Ok(expr) => {
            let set = expr.eval(&vm).ok();
            if let Some(set) = &set {
                assert_eq!(set.to_string().parse::<HostSet>().as_ref(), Ok(set), "{text:?}");
            }
            let _ = (expr.eval_items(&vm), expr.keys(&vm), expr.needs_attributes());
            Ok(set.map_or(0, |set| set.len()))
        }
        Err(error) => {
            assert!(error.column() <= text.chars().count() + 1);
            let shown = error.to_string();
            assert!(!shown.contains(char::is_control), "{shown:?}");
            assert_eq!(error.pointer().lines().count(), 2);
            Err(error.column())
        }
    }
}

/// As a host file of each form. Says how many hosts and errors each found.
pub fn file(text: &str) -> Vec<(usize, usize)> {
    let forms = [Format::Plain, Format::Dsh, Format::Gxp, Format::Pvm, Format::Mpi];
    let read = |form| {
        let file = HostFile::parse(text, form);
        assert!(file.errors.len() <= 20 && file.errors.len() <= file.error_count);
        assert!(!file.report().contains(|c: char| c.is_control() && c != '\n'));
        (file.hosts().len(), file.error_count)
    };
    forms.map(Some).into_iter().chain([None]).map(read).collect()
}
