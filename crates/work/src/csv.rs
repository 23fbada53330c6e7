//! Comma-separated values as RFC 4180 has them: fields in quotes may hold commas, quotes and
//! line ends. Read for parameters, written for results. TSV is the same with tabs.

use crate::column::List;
use crate::limits::COLUMNS_MAX;
use crate::mistake::{Mistake, Result};

/// Whether a file's name says that it is a table.
pub fn is_table(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.ends_with(".csv") || lower.ends_with(".tsv")
}

/// What separates the fields of a file with this name.
pub fn separator(path: &str) -> char {
    if path.to_ascii_lowercase().ends_with(".tsv") { '\t' } else { ',' }
}

/// The columns of a table by the names in its first line. All rows have as many fields.
pub fn columns(text: &str, separator: char, file: &str) -> Result<Vec<(String, List)>> {
    let mut rows = Rows { rest: text, separator, line: 1 };
    let header = rows.next_row().map_err(|mistake| mistake.within(file))?;
    let Some((_, names)) = header else {
        return Err(Mistake::new(format!("{file} is empty")).hint("its first line names columns"));
    };
    if names.len() > COLUMNS_MAX {
        let what = format!("{} columns; the limit is {COLUMNS_MAX}", names.len());
        return Err(Mistake::new(what).within(file));
    }
    let mut columns: Vec<(String, List)> =
        names.into_iter().map(|name| (name.trim().to_owned(), List::default())).collect();
    while let Some((line, row)) = rows.next_row().map_err(|mistake| mistake.within(file))? {
        if row.len() != columns.len() {
            let what = format!("{} fields, but the header has {}", row.len(), columns.len());
            return Err(Mistake::new(what).within(file).line(line));
        }
        for ((_, column), value) in columns.iter_mut().zip(row) {
            column.push(&value)?;
        }
    }
    Ok(columns)
}

/// Reads one row after the other.
struct Rows<'a> {
    rest: &'a str,
    separator: char,
    line: usize,
}

impl Rows<'_> {
    /// The next row that is not empty, with the line where it begins.
    fn next_row(&mut self) -> Result<Option<(usize, Vec<String>)>> {
        loop {
            if self.rest.is_empty() {
                return Ok(None);
            }
            let line = self.line;
            let row = self.row()?;
            if row != [""] {
                return Ok(Some((line, row)));
            }
        }
    }

    fn row(&mut self) -> Result<Vec<String>> {
        let mut row = Vec::new();
        loop {
            row.push(self.field()?);
            match self.rest.chars().next() {
                Some(c) if c == self.separator => self.rest = &self.rest[c.len_utf8()..],
                _ => break,
            }
        }
        let rest = self.rest.strip_prefix('\r').unwrap_or(self.rest);
        self.rest = rest.strip_prefix('\n').unwrap_or(rest);
        self.line += 1;
        Ok(row)
    }

    fn field(&mut self) -> Result<String> {
        if let Some(rest) = self.rest.strip_prefix('"') {
            self.rest = rest;
            return self.quoted();
        }
        let end = self.rest.find(['\n', self.separator]).unwrap_or(self.rest.len());
        let field = &self.rest[..end];
        let at_line_end = !self.rest[end..].starts_with(self.separator);
        let field = if at_line_end { field.strip_suffix('\r').unwrap_or(field) } else { field };
        self.rest = &self.rest[field.len()..];
        Ok(field.to_owned())
    }

    fn quoted(&mut self) -> Result<String> {
        let (start, mut field) = (self.line, String::new());
        loop {
            let Some(end) = self.rest.find('"') else {
                return Err(Mistake::new("a quote is never closed").line(start));
            };
            field.push_str(&self.rest[..end]);
            self.line += self.rest[..end].matches('\n').count();
            self.rest = &self.rest[end + 1..];
            match self.rest.strip_prefix('"') {
                Some(rest) => {
                    field.push('"');
                    self.rest = rest;
                }
                None => break,
            }
        }
        let ended = self.rest.is_empty()
            || self.rest.starts_with(['\n', self.separator])
            || self.rest.starts_with("\r\n");
        if !ended {
            let what = "text after a closing quote";
            return Err(Mistake::new(what)
                .hint("write \"\" for a quote in a field")
                .line(self.line));
        }
        Ok(field)
    }
}

/// Adds one row to `out`. Fields are quoted only where they must be.
pub fn write_row<S: AsRef<str>>(out: &mut String, separator: char, row: &[S]) {
    for (number, field) in row.iter().enumerate() {
        if number > 0 {
            out.push(separator);
        }
        let field = field.as_ref();
        // A lone empty field would read as an empty line.
        let alone = row.len() == 1 && field.is_empty();
        if alone || field.contains(['"', '\n', '\r', separator]) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_hold_what_separates() {
        let text = "a, b\r\n\"x,1\",\"say \"\"y\"\"\"\r\n\n\"two\nlines\",\n";
        let columns = columns(text, ',', "f").unwrap();
        assert_eq!(columns[0].0, "a");
        assert_eq!(columns[1].0, "b");
        assert!(columns[0].1.iter().eq(["x,1", "two\nlines"]));
        assert!(columns[1].1.iter().eq(["say \"y\"", ""]));
    }

    #[test]
    fn wrong_tables_say_the_line() {
        for (text, told) in [
            ("a,b\n1\n", "f: line 2: 1 fields, but the header has 2"),
            ("a\n\"x\n", "f: line 2: a quote is never closed"),
            ("a\n\"x\"y\n", "f: line 2: text after a closing quote"),
            ("", "f is empty"),
        ] {
            assert_eq!(columns(text, ',', "f").unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut text = String::new();
        write_row(&mut text, ',', &["a", "b"]);
        write_row(&mut text, ',', &["x,\"y\"\n", ""]);
        let columns = columns(&text, ',', "f").unwrap();
        assert_eq!(columns[0].1.get(0), Some("x,\"y\"\n"));
        assert_eq!(columns[1].1.get(0), Some(""));
    }
}
