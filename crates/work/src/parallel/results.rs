//! `--results`: where GNU parallel keeps what a task prints. A table, or files in directories
//! named for the arguments. Called by `plan`, and by whoever writes the files.

use super::joblog::{self, Entry};
use super::options::Options;
use crate::csv;
use crate::mistake::Result;
use crate::template::{Dialect, Style, Template};

/// Where results go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Results {
    /// One file with a row for each task.
    Table { path: String, format: Format },
    /// `PREFIX/NAME/VALUE/.../stdout`, `stderr` and `seq`.
    Tree(String),
    /// A template for the file's name; `NAME.err` and `NAME.seq` beside it, or the three files
    /// inside where it ends in a slash.
    Named(Template),
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Tsv,
    Json,
}

/// The three files of one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    pub stdout: String,
    pub stderr: String,
    pub seq: String,
}

impl Format {
    /// The first line of a table whose values are called so, where it has one.
    pub fn head(self, names: &[String]) -> String {
        let fixed = joblog::HEADER.trim_end().split('\t').map(str::to_owned);
        let last = ["Stdout", "Stderr"].map(str::to_owned);
        let cells: Vec<String> = fixed.chain(names.iter().cloned()).chain(last).collect();
        match self {
            Format::Json => String::new(),
            Format::Csv => line(',', &cells),
            Format::Tsv => line('\t', &cells),
        }
    }

    /// The line of one task. Bytes that are no text are replaced.
    pub fn row(self, entry: &Entry, values: &[String], stdout: &[u8], stderr: &[u8]) -> String {
        let (stdout, stderr) = (String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
        if self == Format::Json {
            return json_row(entry, values, &stdout, &stderr);
        }
        let mut cells = vec![entry.number.to_string(), entry.host.clone()];
        cells.extend([entry.start, entry.runtime].map(|seconds| format!("{seconds:.3}")));
        cells.extend([entry.sent, entry.received].map(|bytes| bytes.to_string()));
        cells.extend([entry.status, entry.signal].map(|number| number.to_string()));
        cells.push(entry.command.clone());
        cells.extend(values.iter().cloned());
        cells.extend([stdout.into_owned(), stderr.into_owned()]);
        line(if self == Format::Csv { ',' } else { '\t' }, &cells)
    }
}

fn line(separator: char, cells: &[String]) -> String {
    let mut line = String::new();
    csv::write_row(&mut line, separator, cells);
    line
}

fn json_row(entry: &Entry, values: &[String], stdout: &str, stderr: &str) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let values: Vec<String> = values.iter().map(|value| text(value)).collect();
    format!(
        "{{ \"Seq\": {}, \"Host\": {}, \"Starttime\": {:.3}, \"JobRuntime\": {:.3}, \"Send\": {}, \
         \"Receive\": {}, \"Exitval\": {}, \"Signal\": {}, \"Command\": {}, \"V\": [ {} ], \
         \"Stdout\": {}, \"Stderr\": {} }}\n",
        entry.number,
        text(&entry.host),
        entry.start,
        entry.runtime,
        entry.sent,
        entry.received,
        entry.status,
        entry.signal,
        text(&entry.command),
        values.join(", "),
        text(stdout),
        text(stderr),
    )
}

impl Results {
    pub(super) fn read(text: &str, names: &[String]) -> Result<Results> {
        let lower = text.to_ascii_lowercase();
        let ends = [(".csv", Format::Csv), (".tsv", Format::Tsv), (".json", Format::Json)];
        if let Some((_, format)) = ends.iter().find(|(end, _)| lower.ends_with(end)) {
            return Ok(Results::Table { path: text.to_owned(), format: *format });
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let words = [text.to_owned()];
        let template = Template::of_words(&words, &Dialect::parallel(&names, &[]))?;
        if template.has_fields() {
            return Ok(Results::Named(template));
        }
        Ok(Results::Tree(text.to_owned()))
    }

    /// The files of a task with these values; `None` for a table.
    pub fn files(&self, names: &[String], values: &[String], number: u64) -> Option<Files> {
        let within = |directory: &str| Files {
            stdout: format!("{directory}stdout"),
            stderr: format!("{directory}stderr"),
            seq: format!("{directory}seq"),
        };
        match self {
            Results::Table { .. } => None,
            Results::Tree(prefix) => Some(within(&format!("{prefix}/{}/", path(names, values)))),
            Results::Named(template) => {
                let style = Style { quote_values: false, ..Style::default() };
                let name = template.shape(values.len(), style).fill(values, number, 1);
                Some(match name.ends_with('/') {
                    true => within(&name),
                    false => Files {
                        stderr: format!("{name}.err"),
                        seq: format!("{name}.seq"),
                        stdout: name,
                    },
                })
            }
        }
    }
}

/// `NAME/VALUE/NAME/VALUE`, the names in order: numbers first, by their value.
fn path(names: &[String], values: &[String]) -> String {
    let width = names.len().max(1);
    let mut parts = Vec::new();
    for record in values.chunks(width) {
        let mut columns: Vec<usize> = (0..record.len()).collect();
        let name = |at: usize| names.get(at).map_or("", String::as_str);
        columns.sort_by(|a, b| {
            let (a, b) = (name(*a), name(*b));
            leading_number(a).cmp(&leading_number(b)).then(a.cmp(b))
        });
        for at in columns {
            parts.extend([name(at).to_owned(), escaped(&record[at])]);
        }
    }
    parts.join("/")
}

fn leading_number(name: &str) -> u64 {
    let digits = name.len() - name.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    name[..digits].parse().unwrap_or(0)
}

/// What can not stand in a file's name, as GNU parallel writes it; but for `.` and `..`, which it
/// leaves as they are.
fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('\t', "\\t").replace('\0', "\\0");
    let value = value.replace('/', "\\_");
    match value.as_str() {
        // These would leave the directory.
        "." => "\\.".to_owned(),
        ".." => "\\..".to_owned(),
        _ => value,
    }
}

/// Whether a task's results are there already (`--resume` without a joblog).
pub fn is_done(options: &Options, files: &Files, exists: impl Fn(&str) -> bool) -> bool {
    options.resume != super::Resume::No && options.joblog.is_none() && exists(&files.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_tree_is_named_for_names_and_values() {
        let names = strings(&["2", "10", "a"]);
        let tree = Results::read("out", &names).unwrap();
        let files = tree.files(&names, &strings(&["x/y", "b", "\t"]), 1).unwrap();
        assert_eq!(files.stdout, "out/a/\\t/2/x\\_y/10/b/stdout");
        let files = tree.files(&strings(&["1"]), &strings(&[".."]), 1).unwrap();
        assert_eq!(files.seq, "out/1/\\../seq");
    }

    #[test]
    fn tables_have_a_row_a_task() {
        let entry = Entry {
            number: 1,
            host: ":".to_owned(),
            start: 1.5,
            runtime: 0.25,
            sent: 0,
            received: 3,
            status: 2,
            signal: 0,
            command: "echo a".to_owned(),
        };
        let values = strings(&["a,b"]);
        assert!(Format::Csv.head(&strings(&["V1"])).ends_with(",Command,V1,Stdout,Stderr\n"));
        let row = Format::Csv.row(&entry, &values, b"x\n", b"");
        assert_eq!(row, "1,:,1.500,0.250,0,3,2,0,echo a,\"a,b\",\"x\n\",\n");
        let json: serde_json::Value =
            serde_json::from_str(&Format::Json.row(&entry, &values, b"x\n", b"\"")).unwrap();
        assert_eq!((&json["V"][0], &json["Stderr"]), (&"a,b".into(), &"\"".into()));
    }

    #[test]
    fn a_template_names_files() {
        let names = strings(&["1"]);
        let files = |text: &str| {
            let results = Results::read(text, &names).unwrap();
            results.files(&names, &strings(&["a.c"]), 7).unwrap().stderr
        };
        assert_eq!(files("o/{#}-{.}"), "o/7-a.err");
        assert_eq!(files("o/{}/"), "o/a.c/stderr");
        let table = Results::read("x.CSV", &names).unwrap();
        assert!(table.files(&names, &strings(&["a"]), 1).is_none());
    }
}
