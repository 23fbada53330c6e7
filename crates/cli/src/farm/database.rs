//! Results as a database of SQLite with one table, `results`. Called by `posse results --sqlite`.

use super::limits::COLUMNS_MAX;
use crate::error::Error;
use posse_work::results::Table;
use posse_work::values::Cell;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::collections::BTreeSet;
use std::path::Path;

/// Takes the place of what is there, in one step.
pub fn write(table: &Table, file: &Path) -> Result<(), Error> {
    if table.columns.len() > COLUMNS_MAX {
        let what = format!("{} columns; SQLite takes {COLUMNS_MAX}", table.columns.len());
        return Err(Error::usage(what).hint("use --csv"));
    }
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let new = Path::new(&name);
    let written = fill(table, new)
        .map_err(|why| Error::config(format!("{} can not be written: {why}", file.display())));
    let placed = written.and_then(|()| Ok(std::fs::rename(new, file)?));
    if placed.is_err() {
        let _it_may_not_be_there = std::fs::remove_file(new);
    }
    placed
}

fn fill(table: &Table, file: &Path) -> rusqlite::Result<()> {
    let mut database = Connection::open(file)?;
    let all = database.transaction()?;
    all.execute(&schema(&table.columns), [])?;
    let places = vec!["?"; table.columns.len()].join(",");
    let mut insert = all.prepare(&format!("INSERT INTO results VALUES({places})"))?;
    for row in 0..table.rows.len() {
        let cells = (0..table.columns.len()).map(|column| value(table.cell(row, column)));
        insert.execute(params_from_iter(cells))?;
    }
    drop(insert);
    all.commit()?;
    database.close().map_err(|(_, why)| why)
}

/// Numbers are integers where they fit into 64 bits, else floating; what is empty is NULL.
fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) => Value::Text(text.clone()),
        Cell::Number(digits) => match (digits.parse(), digits.parse()) {
            (Ok(whole), _) => Value::Integer(whole),
            (_, Ok(real)) => Value::Real(real),
            _ => Value::Text(digits.clone()),
        },
    }
}

/// Names of columns are the same to SQLite in capitals: a later one gets a number.
fn schema(columns: &[String]) -> String {
    let mut taken = BTreeSet::new();
    let mut names = Vec::new();
    for column in columns {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_database_has_numbers_texts_and_nothing() {
        let columns = ["task", "Size", "size", "a\"b"].map(str::to_owned).to_vec();
        let number = |digits: &str| Cell::Number(digits.to_owned());
        let text = Cell::Text("it's".to_owned());
        let rows = vec![
            vec![number("1"), text.clone(), number("0.5"), Cell::Empty],
            vec![number("2"), text, number("123456789012345678901"), number("-7")],
        ];
        let table = Table { columns, rows };
        let folder = std::env::temp_dir().join(format!("posse-db-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("r.db");
        std::fs::write(&file, "something else").unwrap();
        write(&table, &file).unwrap();
        let database = Connection::open(&file).unwrap();
        let ask = "SELECT count(*), sum(size_2), max(\"Size\"), total(\"a\"\"b\") FROM results";
        let found: (i64, f64, String, f64) = database
            .query_row(ask, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .unwrap();
        assert_eq!(found, (2, 0.5 + 123_456_789_012_345_678_901.0, "it's".to_owned(), -7.0));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
