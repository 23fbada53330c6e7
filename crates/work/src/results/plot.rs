//! What is plotted: `x=size y=miss_rate by=bench` draws lines, `x=size y=assoc value=miss_rate`
//! a heat map. Rows that fall together are averaged. Called by `posse plot`.

use std::collections::BTreeMap;

use super::axis::categories;
use super::{Table, heat, line};
use crate::limits::{PLOT_POINTS_MAX, PLOT_SERIES_MAX};
use crate::mistake::{Mistake, Result};
use crate::near::suggestion;

/// Which columns go where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plot {
    x: String,
    y: String,
    /// One line for each of its values.
    by: Option<String>,
    /// A heat map of these.
    value: Option<String>,
    title: Option<String>,
}

/// Sum and count of what falls on one place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    pub fn value(self) -> f64 {
        self.sum / f64::from(self.count.max(1))
    }
}

const KEYS: [&str; 5] = ["x", "y", "by", "value", "title"];

impl Plot {
    /// Words of the form `KEY=COLUMN`: `x` and `y`, and one of `by` and `value` if wanted, and
    /// `title=TEXT`.
    pub fn read<S: AsRef<str>>(words: &[S]) -> Result<Plot> {
        let mut given: BTreeMap<&str, String> = BTreeMap::new();
        for word in words {
            let word = word.as_ref();
            let Some((key, column)) = word.split_once('=') else {
                let mistake = Mistake::new(format!("`{word}` has no `=`"));
                return Err(mistake.hint("write for instance x=size y=miss_rate by=bench"));
            };
            if !KEYS.contains(&key) {
                let mistake = Mistake::new(format!("`{key}` is nothing of a plot"));
                let known =
                    suggestion(key, KEYS).unwrap_or(format!("there are {}", KEYS.join(", ")));
                return Err(mistake.hint(known));
            }
            given.insert(key, column.to_owned());
        }
        let (Some(x), Some(y)) = (given.remove("x"), given.remove("y")) else {
            let mistake = Mistake::new("a plot needs x and y");
            return Err(mistake.hint("write for instance x=size y=miss_rate"));
        };
        let (by, value, title) = (given.remove("by"), given.remove("value"), given.remove("title"));
        if by.is_some() && value.is_some() {
            let mistake = Mistake::new("`by` draws lines and `value` a heat map: give one of them");
            return Err(mistake);
        }
        Ok(Plot { x, y, by, value, title })
    }

    /// The plot as an SVG document, and the number of rows that could not be drawn because a
    /// value was missing or no number.
    pub fn svg(&self, table: &Table) -> Result<(String, usize)> {
        match &self.value {
            Some(value) => self.heat(table, value),
            None => self.lines(table),
        }
    }

    fn heat(&self, table: &Table, value: &str) -> Result<(String, usize)> {
        let [x, y, v] = [&self.x, &self.y, value].map(|name| table.column(name));
        let (x, y, v) = (x?, y?, v?);
        let rows = || 0..table.rows.len();
        let across = categories(rows().map(|row| table.cell(row, x)));
        let up = categories(rows().map(|row| table.cell(row, y)));
        few(&self.x, across.len())?;
        few(&self.y, up.len())?;
        let places = |names: &[String]| -> BTreeMap<String, usize> {
            names.iter().cloned().enumerate().map(|(at, name)| (name, at)).collect()
        };
        let (columns, lines) = (places(&across), places(&up));
        let mut means: BTreeMap<(usize, usize), Mean> = BTreeMap::new();
        let mut left_out = 0;
        for row in rows() {
            let at = (columns.get(table.cell(row, x).text()), lines.get(table.cell(row, y).text()));
            match (at, table.cell(row, v).number()) {
                ((Some(x), Some(y)), Some(value)) => means.entry((*x, *y)).or_default().add(value),
                _ => left_out += 1,
            }
        }
        self.check_drawn(means.is_empty(), value)?;
        let title = self.title.clone().unwrap_or_else(|| value.to_owned());
        let map = heat::Map { title, x: (&self.x, &across), y: (&self.y, &up), means: &means };
        Ok((heat::draw(&map), left_out))
    }

    fn lines(&self, table: &Table) -> Result<(String, usize)> {
        let (x, y) = (table.column(&self.x)?, table.column(&self.y)?);
        let by = self.by.as_ref().map(|name| table.column(name)).transpose()?;
        let rows = || 0..table.rows.len();
        let across = categories(rows().map(|row| table.cell(row, x)));
        let numeric = rows().all(|row| table.cell(row, x).number().is_some());
        if !numeric {
            few(&self.x, across.len())?;
        } else if across.len() > PLOT_POINTS_MAX {
            let what =
                format!("`{}` has {} values; a plot draws {PLOT_POINTS_MAX}", self.x, across.len());
            return Err(Mistake::new(what));
        }
        let places: BTreeMap<&str, usize> =
            across.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        let names = match by {
            Some(by) => categories(rows().map(|row| table.cell(row, by))),
            None => vec![self.y.clone()],
        };
        few(self.by.as_deref().unwrap_or(""), names.len())?;
        let mut series: BTreeMap<&str, BTreeMap<usize, Mean>> = BTreeMap::new();
        let mut left_out = 0;
        for row in rows() {
            let name = by.map_or(self.y.as_str(), |by| table.cell(row, by).text());
            match (places.get(table.cell(row, x).text()), table.cell(row, y).number()) {
                (Some(place), Some(value)) => {
                    series.entry(name).or_default().entry(*place).or_default().add(value);
                }
                _ => left_out += 1,
            }
        }
        self.check_drawn(series.is_empty(), &self.y)?;
        let drawing = line::Lines {
            title: self.title.clone().unwrap_or_else(|| self.y.clone()),
            x: (&self.x, &across),
            y: &self.y,
            numeric,
            names: &names,
            series: &series,
        };
        Ok((line::draw(&drawing), left_out))
    }

    fn check_drawn(&self, empty: bool, column: &str) -> Result<()> {
        if empty {
            let what = format!("`{column}` has no numbers to plot");
            return Err(Mistake::new(what).hint("posse results shows the table"));
        }
        Ok(())
    }
}

fn few(column: &str, count: usize) -> Result<()> {
    if count > PLOT_SERIES_MAX {
        let what = format!("`{column}` has {count} values; a plot can show {PLOT_SERIES_MAX}");
        return Err(Mistake::new(what).hint("choose a column with fewer values"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Cell;

    fn table() -> Table {
        let columns = ["size", "assoc", "bench", "rate"].map(str::to_owned).to_vec();
        let mut rows = Vec::new();
        for (n, size) in ["1M", "512K"].into_iter().enumerate() {
            for assoc in 1..=4 {
                for bench in ["fft", "<sort>"] {
                    let rate = (n + assoc) as f64 / 10.0;
                    let cells = [size, &assoc.to_string(), bench, &rate.to_string()].map(Cell::of);
                    rows.push(cells.to_vec());
                }
            }
        }
        rows.push(["1M", "1", "fft", "failed"].map(Cell::of).to_vec());
        Table { columns, rows }
    }

    #[test]
    fn lines_and_heat_maps_are_drawn() {
        let (svg, left_out) =
            Plot::read(&["x=assoc", "y=rate", "by=bench"]).unwrap().svg(&table()).unwrap();
        assert_eq!((svg.matches("<polyline").count(), left_out), (2, 1));
        assert!(svg.contains("&lt;sort&gt;") && !svg.contains("<sort>"));
        let words = ["x=size", "y=assoc", "value=rate", "title=miss rate"];
        let (svg, _) = Plot::read(&words).unwrap().svg(&table()).unwrap();
        assert_eq!(svg.matches("class='cell'").count(), 8);
        assert!(svg.contains(">miss rate<") && svg.contains(">512K<"));
        assert!(svg.find(">512K<") < svg.find(">1M<"));
    }

    #[test]
    fn wrong_plots_are_told() {
        for (words, told) in [
            (&["x=a"][..], "needs x and y"),
            (&["x"], "no `=`"),
            (&["z=a"], "nothing of a plot"),
            (&["x=a", "y=b", "by=c", "value=d"], "give one"),
        ] {
            let mistake = Plot::read(words).unwrap_err().to_string();
            assert!(mistake.contains(told), "{mistake}");
        }
        let svg = |words: &[&str]| Plot::read(words).unwrap().svg(&table());
        assert!(svg(&["x=size", "y=bench"]).unwrap_err().to_string().contains("no numbers"));
        assert!(svg(&["x=sise", "y=rate"]).unwrap_err().advice().unwrap().contains("`size`"));
    }
}
