//! From the texts of input sources to a grid: records, columns, headers, and how sources go
//! together. Called by `plan`.

use regex_lite::Regex;

use super::options::{Options, Trim};
use crate::column::{Axis, Combine, Grid, List, Values};
use crate::limits::COLUMNS_MAX;
use crate::mistake::{Mistake, Result, Warning};

/// What the sources hold.
pub(super) struct Records {
    pub grid: Grid,
    /// Of the columns, from `--header :`; numbers from 1 otherwise.
    pub names: Vec<String>,
    pub warnings: Vec<Warning>,
}

/// Columns of one source, all of one length.
struct Table {
    columns: Vec<List>,
    linked: bool,
}

/// Reads the texts of all sources; `bool` says whether a source is linked to the one before.
pub(super) fn read(texts: &[(String, bool)], options: &Options) -> Result<Records> {
    let separator = separator(options)?;
    let mut names: Vec<String> = Vec::new();
    let mut warnings = Vec::new();
    let mut tables = Vec::new();
    for (text, linked) in texts {
        let mut records = split(text, options);
        let header = options.header.is_some().then(|| records.next()).flatten();
        names.extend(header.iter().flat_map(|line| {
            let line = line.strip_suffix('\r').unwrap_or(line);
            fields(line, separator.as_ref()).into_iter().map(str::to_owned)
        }));
        let columns = columns(records, separator.as_ref(), options.trim, &mut warnings)?;
        tables.push(Table { columns, linked: *linked });
    }
    let width: usize = tables.iter().map(|table| table.columns.len()).sum();
    if width > COLUMNS_MAX {
        return Err(Mistake::new(format!("{width} columns; the limit is {COLUMNS_MAX}")));
    }
    for place in names.len()..width {
        names.push((place + 1).to_string());
    }
    names.truncate(width);
    let grid = grid(tables, options.link)?;
    Ok(Records { grid, names, warnings })
}

/// What separates columns: `--colsep`, or a tab with `--header`.
fn separator(options: &Options) -> Result<Option<Regex>> {
    let text = match (&options.colsep, &options.header) {
        (Some(text), _) => text,
        (None, Some(_)) => "\t",
        (None, None) => return Ok(None),
    };
    Regex::new(text).map(Some).map_err(|why| {
        let what = format!("--colsep is not a regular expression: {why}");
        Mistake::new(what).hint("write a backslash before | . * + ? ( ) [ ] { } ^ $")
    })
}

/// The records of a text, without their delimiter.
fn split<'a>(text: &'a str, options: &'a Options) -> impl Iterator<Item = &'a str> {
    let whole = text.strip_suffix(options.delimiter.as_str()).unwrap_or(text);
    let pieces = (!text.is_empty()).then(|| whole.split(options.delimiter.as_str()));
    let end = options.end_of_file.as_deref().filter(|end| !end.is_empty());
    let pieces = pieces.into_iter().flatten().take_while(move |piece| Some(*piece) != end);
    pieces.filter(|piece| !(options.skip_empty && piece.trim().is_empty()))
}

fn fields<'a>(line: &'a str, separator: Option<&Regex>) -> Vec<&'a str> {
    match separator {
        Some(separator) => separator.split(line).collect(),
        None => vec![line],
    }
}

fn columns<'a>(
    records: impl Iterator<Item = &'a str>,
    separator: Option<&Regex>,
    trim: Trim,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<List>> {
    let mut columns: Vec<List> = Vec::new();
    let mut first_short = None;
    for (number, record) in records.enumerate() {
        let fields = fields(record, separator);
        while columns.len() < fields.len().min(COLUMNS_MAX + 1) {
            // A column that begins late was empty until here.
            let before = std::iter::repeat_n("", number);
            columns.push(List::of(before)?);
            first_short = first_short.or((number > 0).then_some(number));
        }
        if fields.len() < columns.len() {
            first_short = first_short.or(Some(number + 1));
        }
        for (place, column) in columns.iter_mut().enumerate() {
            column.push(trim.of(fields.get(place).copied().unwrap_or("")))?;
        }
    }
    if let Some(number) = first_short {
        let says =
            format!("record {number} has fewer columns than others; the missing ones are empty");
        warnings.push(Warning(says));
    }
    Ok(columns)
}

/// Sources side by side (`--link`), or every value with every other but for linked groups.
fn grid(tables: Vec<Table>, link: bool) -> Result<Grid> {
    let filled = tables.iter().any(|table| !table.columns.is_empty());
    let mut groups: Vec<Vec<List>> = Vec::new();
    let mut place = 0;
    for mut table in tables {
        if table.columns.is_empty() && filled {
            // An empty source beside others stands for one empty argument.
            table.columns = vec![List::of([""])?];
        }
        match groups.last_mut() {
            Some(group) if table.linked || link => group.append(&mut table.columns),
            _ => groups.push(table.columns),
        }
    }
    let mut axes = Vec::new();
    for group in groups {
        let lengths = || group.iter().map(List::len);
        // Linked by `:::+`: as long as the shortest. By `--link`: the short ones start again.
        let length = if link { lengths().max() } else { lengths().min() }.unwrap_or(0);
        let mut columns = Vec::new();
        for list in group {
            let list = if list.len() == length { list } else { recycled(&list, length)? };
            place += 1;
            columns.push((place.to_string(), Values::List(list)));
        }
        axes.push(Axis::of(columns));
    }
    Grid::new(axes, Combine::Product)
}

/// The first `length` values, beginning again at the end.
fn recycled(list: &List, length: usize) -> Result<List> {
    List::of((0..length).filter_map(|at| list.get(at % list.len().max(1))))
}

impl Trim {
    fn of(self, value: &str) -> &str {
        match self {
            Trim::None => value,
            Trim::Left => value.trim_start(),
            Trim::Right => value.trim_end(),
            Trim::Both => value.trim(),
        }
    }
}
