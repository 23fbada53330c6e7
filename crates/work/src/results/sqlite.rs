//! Results as a file of SQLite's format 3 with one table, `results`, written in one go: SQLite
//! itself is not needed for that (<https://www.sqlite.org/fileformat2.html>; sections are named
//! below). Called by `posse results --sqlite`.

use super::Table;
use crate::limits::SQLITE_COLUMNS_MAX;
use crate::mistake::{Mistake, Result};
use crate::values::Cell;
use std::collections::BTreeSet;

/// The usual size of a page.
const PAGE: usize = 4096;

/// Before the tree of the first page: the header of the file (1.3).
const FILE_HEADER: usize = 100;

/// Headers of pages (1.6): a leaf's, and an interior one's with its last child.
const LEAF: usize = 8;
const INTERIOR: usize = 12;

/// What a cell of a leaf holds at most of its record, and at least where that is longer (1.6).
const LOCAL_MOST: usize = PAGE - 35;
const LOCAL_LEAST: usize = (PAGE - 12) * 32 / 255 - 23;

impl Table {
    /// The bytes of a database with the table `results`. Numbers are integers where they fit into
    /// 64 bits, else floating; what is empty is NULL.
    pub fn sqlite(&self) -> Result<Vec<u8>> {
        if self.columns.len() > SQLITE_COLUMNS_MAX {
            let what = format!("{} columns; SQLite takes {SQLITE_COLUMNS_MAX}", self.columns.len());
            return Err(Mistake::new(what).hint("use --csv"));
        }
        let mut file = File { pages: vec![Vec::new()] };
        let rows = 0..self.rows.len();
        let records = rows.map(|row| {
            let cells: Vec<&Cell> = (0..self.columns.len()).map(|c| self.cell(row, c)).collect();
            record(&cells)
        });
        let root = file.tree(records);
        let number = Cell::Number(root.to_string());
        let text = |text: &str| Cell::Text(text.to_owned());
        let schema =
            [text("table"), text("results"), text("results"), number, text(&self.schema())];
        let entry = file.cell(1, &record(&schema.each_ref()));
        file.pages[0] = page(FILE_HEADER, 0x0d, None, &[entry]);
        let count = file.pages.len();
        file.pages[0][..FILE_HEADER].copy_from_slice(&header(count));
        Ok(file.pages.concat())
    }

    /// Names of columns are the same to SQLite in capitals: a later one gets a number.
    fn schema(&self) -> String {
        let mut taken = BTreeSet::new();
        let mut names = Vec::new();
        for column in &self.columns {
            let mut name = column.clone();
            let mut number = 2;
            while !taken.insert(name.to_lowercase()) {
                name = format!("{column}_{number}");
                number += 1;
            }
            names.push(format!("\"{}\"", name.replace('"', "\"\"").replace('\0', "")));
        }
        format!("CREATE TABLE results({})", names.join(", "))
    }
}

/// Pages by their number, from 1.
struct File {
    pages: Vec<Vec<u8>>,
}

impl File {
    fn put(&mut self, page: Vec<u8>) -> u32 {
        self.pages.push(page);
        // Beyond this a file would have 16 TiB.
        u32::try_from(self.pages.len()).unwrap_or(u32::MAX)
    }

    /// A table's tree of these records, numbered from 1; its root.
    fn tree(&mut self, records: impl Iterator<Item = Vec<u8>>) -> u32 {
        let (mut level, mut cells, mut used, mut last) = (Vec::new(), Vec::new(), LEAF, 0);
        for record in records {
            let cell = self.cell(last + 1, &record);
            if used + cell.len() + 2 > PAGE {
                level.push((self.put(page(0, 0x0d, None, &cells)), last));
                (cells, used) = (Vec::new(), LEAF);
            }
            used += cell.len() + 2;
            cells.push(cell);
            last += 1;
        }
        level.push((self.put(page(0, 0x0d, None, &cells)), last));
        while level.len() > 1 {
            level = self.above(&level);
        }
        level[0].0
    }

    /// Pages that point to those of a level, each with the largest key below it.
    fn above(&mut self, level: &[(u32, u64)]) -> Vec<(u32, u64)> {
        // A pointer, a key of nine bytes at most, and the cell's place.
        let most = (PAGE - INTERIOR) / (4 + 9 + 2);
        let mut above = Vec::new();
        for children in level.chunks(most) {
            let Some(((last, key), before)) = children.split_last() else { continue };
            let cell = |(child, key): &(u32, u64)| {
                let mut cell = child.to_be_bytes().to_vec();
                put_varint(&mut cell, *key);
                cell
            };
            let cells: Vec<Vec<u8>> = before.iter().map(cell).collect();
            above.push((self.put(page(0, 0x05, Some(*last), &cells)), *key));
        }
        above
    }

    /// A leaf's cell: what does not fit goes to pages of its own (1.5).
    fn cell(&mut self, key: u64, record: &[u8]) -> Vec<u8> {
        let mut cell = Vec::new();
        put_varint(&mut cell, record.len() as u64);
        put_varint(&mut cell, key);
        if record.len() <= LOCAL_MOST {
            cell.extend_from_slice(record);
            return cell;
        }
        let whole = LOCAL_LEAST + (record.len() - LOCAL_LEAST) % (PAGE - 4);
        let local = if whole <= LOCAL_MOST { whole } else { LOCAL_LEAST };
        let (here, beyond) = record.split_at(local);
        let mut next = 0;
        for part in beyond.chunks(PAGE - 4).rev() {
            let mut page = u32::to_be_bytes(next).to_vec();
            page.extend_from_slice(part);
            page.resize(PAGE, 0);
            next = self.put(page);
        }
        cell.extend_from_slice(here);
        cell.extend_from_slice(&next.to_be_bytes());
        cell
    }
}

/// A page of a tree (1.6): its header, places of its cells, and from the end on the cells.
fn page(before: usize, kind: u8, last_child: Option<u32>, cells: &[Vec<u8>]) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    let mut places = Vec::new();
    let mut end = PAGE;
    for cell in cells {
        end -= cell.len();
        page[end..end + cell.len()].copy_from_slice(cell);
        places.push(end as u16);
    }
    let mut head = vec![kind, 0, 0];
    head.extend_from_slice(&(cells.len() as u16).to_be_bytes());
    head.extend_from_slice(&(end as u16).to_be_bytes());
    head.push(0);
    head.extend(last_child.iter().flat_map(|child| child.to_be_bytes()));
    head.extend(places.iter().flat_map(|place| place.to_be_bytes()));
    page[before..before + head.len()].copy_from_slice(&head);
    page
}

/// The header of the file (1.3).
fn header(pages: usize) -> [u8; FILE_HEADER] {
    let mut header = [0; FILE_HEADER];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"SQLite format 3\0");
    put(16, &(PAGE as u16).to_be_bytes());
    // Written and read as the first version has it; no bytes reserved; fractions as they must be.
    put(18, &[1, 1, 0, 64, 32, 32]);
    let number = |value: u32| value.to_be_bytes();
    // How often it was changed, and that the size beside it is of that time.
    put(24, &number(1));
    put(28, &number(u32::try_from(pages).unwrap_or(u32::MAX)));
    put(40, &number(1));
    // The form of the schema, UTF-8, and a version of SQLite that knows all of this.
    put(44, &number(4));
    put(56, &number(1));
    put(92, &number(1));
    put(96, &number(3_008_000));
    header
}

/// A row (2.1): kinds of values, then the values.
fn record(cells: &[&Cell]) -> Vec<u8> {
    let (mut kinds, mut values) = (Vec::new(), Vec::new());
    for cell in cells {
        put_varint(&mut kinds, put_value(&mut values, cell));
    }
    // The header's length counts itself: one byte, or two where it is longer.
    let length = if kinds.len() + 1 < 0x80 { kinds.len() + 1 } else { kinds.len() + 2 };
    let mut record = Vec::new();
    put_varint(&mut record, length as u64);
    record.append(&mut kinds);
    record.append(&mut values);
    record
}

/// Gives the kind of the value.
fn put_value(values: &mut Vec<u8>, cell: &Cell) -> u64 {
    match cell {
        Cell::Empty => 0,
        Cell::Text(text) => {
            values.extend_from_slice(text.as_bytes());
            13 + 2 * text.len() as u64
        }
        Cell::Number(digits) => match (digits.parse::<i64>(), digits.parse::<f64>()) {
            (Ok(whole), _) => {
                values.extend_from_slice(&whole.to_be_bytes());
                6
            }
            (_, Ok(value)) => {
                values.extend_from_slice(&value.to_be_bytes());
                7
            }
            _ => 0,
        },
    }
}

/// Seven bits a byte, the highest first; the ninth byte has eight (1.6).
fn put_varint(to: &mut Vec<u8>, value: u64) {
    if value >> 56 != 0 {
        to.extend((1..9).rev().map(|at| (value >> (7 * at + 1)) as u8 | 0x80));
        to.push(value as u8);
        return;
    }
    let bytes = (1..8).rev().filter(|at| value >> (7 * at) != 0);
    to.extend(bytes.map(|at| (value >> (7 * at)) as u8 | 0x80));
    to.push(value as u8 & 0x7f);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// What Python's SQLite reads, a line a row; `None` without Python.
    fn read(table: &Table, name: &str) -> Option<String> {
        let path = std::env::temp_dir().join(format!("{name}-{}.db", std::process::id()));
        std::fs::write(&path, table.sqlite().unwrap()).unwrap();
        let program = "import sqlite3, sys\n\
             db = sqlite3.connect(sys.argv[1])\n\
             print(db.execute('pragma integrity_check').fetchall())\n\
             for row in db.execute('select * from results'): print(*map(repr, row))";
        let ran = Command::new("python3").args(["-c", program]).arg(&path).output();
        std::fs::remove_file(&path).unwrap();
        let ran = ran.ok()?;
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        Some(String::from_utf8(ran.stdout).unwrap())
    }

    #[test]
    fn sqlite_reads_what_was_written() {
        let columns = ["task", "Size", "size", "a \"b\""].map(str::to_owned).to_vec();
        let rows = vec![
            vec![Cell::of("1"), Cell::of("1M"), Cell::of("-2.5e3")],
            vec![Cell::of("-9000000000"), Cell::Empty, Cell::of("é'\n"), Cell::of("0")],
        ];
        let Some(told) = read(&Table { columns, rows }, "small") else { return };
        let want = "[('ok',)]\n1 '1M' -2500.0 None\n-9000000000 None \"é'\\n\" 0\n";
        assert_eq!(told, want);
        let empty = Table { columns: vec!["task".to_owned()], rows: vec![] };
        assert_eq!(read(&empty, "empty").unwrap(), "[('ok',)]\n");
    }

    #[test]
    fn many_and_long_rows_fill_several_levels() {
        let columns = vec!["n".to_owned(), "text".to_owned()];
        // Up to where a record is just too long, one over several pages, and many short ones.
        let length = |n: usize| match n {
            0 => 20_000,
            1..5_000 => n,
            _ => 1,
        };
        let row = |n: usize| vec![Cell::Number(n.to_string()), Cell::Text("y".repeat(length(n)))];
        let table = Table { columns, rows: (0..60_000).map(row).collect() };
        let Some(told) = read(&table, "large") else { return };
        let mut lines = told.lines();
        assert_eq!(lines.next(), Some("[('ok',)]"));
        assert_eq!(lines.clone().count(), 60_000);
        assert_eq!(lines.next().unwrap().len(), "0 ''".len() + 20_000);
    }

    #[test]
    fn numbers_take_as_many_bytes_as_they_need() {
        let bytes = |value| {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            bytes
        };
        assert_eq!(bytes(0x7f), [0x7f]);
        assert_eq!(bytes(0x80), [0x81, 0]);
        assert_eq!(bytes((1 << 56) - 1), [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
        assert_eq!(bytes(u64::MAX), [0xff; 9]);
    }
}
