//! Results as a table, and its forms for others: CSV, JSON lines, SQLite, SVG plots. Rows in,
//! strings or bytes out. Called by `posse results` and `posse plot`.

mod axis;
mod heat;
mod line;
mod plot;
mod svg;

pub use plot::Plot;

use crate::csv;
use crate::mistake::{Mistake, Result};
use crate::near::suggestion;
use crate::values::Cell;

/// Rows of one job: parameters, exit status, times, and what its tasks printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<String>,
    /// Each as long as `columns`; what is missing at the end is empty.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The place of a column by its name.
    pub fn column(&self, name: &str) -> Result<usize> {
        self.columns.iter().position(|column| column == name).ok_or_else(|| {
            let what = format!("the results have no column `{name}`");
            let known = self.columns.iter().map(String::as_str);
            let all = format!("they have {}", self.columns.join(", "));
            Mistake::new(what).hint(suggestion(name, known).unwrap_or(all))
        })
    }

    /// The cell of a row, empty beyond its end.
    pub fn cell(&self, row: usize, column: usize) -> &Cell {
        const EMPTY: &Cell = &Cell::Empty;
        self.rows.get(row).and_then(|row| row.get(column)).unwrap_or(EMPTY)
    }

    /// The whole table as CSV (or TSV, by the separator), with a header.
    ///
    /// ```
    /// use posse_work::{results::Table, values::Cell};
    ///
    /// let columns = vec!["bench".to_owned(), "misses".to_owned()];
    /// let rows = vec![vec![Cell::of("list walk"), Cell::of("12")]];
    /// let table = Table { columns, rows };
    /// assert_eq!(table.csv(','), "bench,misses\nlist walk,12\n");
    /// assert_eq!(table.json_lines(), "{\"bench\":\"list walk\",\"misses\":12}\n");
    /// ```
    pub fn csv(&self, separator: char) -> String {
        let mut out = String::new();
        csv::write_row(&mut out, separator, &self.columns);
        for row in 0..self.rows.len() {
            let cells: Vec<&str> =
                (0..self.columns.len()).map(|column| self.cell(row, column).text()).collect();
            csv::write_row(&mut out, separator, &cells);
        }
        out
    }

    /// An object for each row, a line each. Numbers keep their digits; what is empty is null.
    pub fn json_lines(&self) -> String {
        let mut out = String::new();
        let keys: Vec<String> = self.columns.iter().map(|name| json_text(name)).collect();
        for row in 0..self.rows.len() {
            out.push('{');
            for (column, key) in keys.iter().enumerate() {
                if column > 0 {
                    out.push(',');
                }
                out.push_str(key);
                out.push(':');
                match self.cell(row, column) {
                    Cell::Empty => out.push_str("null"),
                    Cell::Number(digits) => out.push_str(digits),
                    Cell::Text(text) => out.push_str(&json_text(text)),
                }
            }
            out.push_str("}\n");
        }
        out
    }
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_and_short_rows_are_filled() {
        let columns = ["a", "b\"", "c"].map(str::to_owned).to_vec();
        let rows = vec![vec![Cell::of("x,\n"), Cell::of("1.50")], vec![]];
        let table = Table { columns, rows };
        assert_eq!(table.csv(','), "a,\"b\"\"\",c\n\"x,\n\",1.50,\n,,\n");
        let lines: Vec<String> = table.json_lines().lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "{\"a\":\"x,\\n\",\"b\\\"\":1.50,\"c\":null}");
        for line in lines {
            serde_json::from_str::<serde_json::Value>(&line).unwrap();
        }
    }

    #[test]
    fn a_column_that_is_not_there_is_told() {
        let table = Table { columns: vec!["misses".to_owned()], rows: vec![] };
        assert_eq!(table.column("mises").unwrap_err().advice(), Some("did you mean `misses`?"));
        assert_eq!(table.column("x").unwrap_err().advice(), Some("they have misses"));
    }
}
