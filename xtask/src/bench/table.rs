//! Rows of figures as a table that is read alike in a terminal and in Markdown.
//!
//! Called by `commands.rs`, `relay.rs`, `reliability.rs`, `messages` and `floors.rs`.

use super::figure::{Figure, Measure};

pub struct Row {
    /// `T1` and so on, as in the issue.
    pub name: &'static str,
    pub what: &'static str,
    pub posse: Figure,
    pub floor: Figure,
    pub peer: Figure,
    /// Which number the ratios and the target speak of.
    pub measure: Measure,
    pub target: &'static str,
    /// Whether it is met; none where posse could not be measured.
    pub met: Option<bool>,
    /// Further figures and reasons, below the table.
    pub notes: Vec<String>,
}

const HEADS: [&str; 9] =
    ["", "what", "posse", "floor", "best peer", "÷ floor", "÷ peer", "target", "met"];

pub fn render(rows: &[Row]) -> String {
    let mut table = vec![HEADS.map(str::to_owned).to_vec()];
    let mut notes = vec![];
    for row in rows {
        let ratio = |other: &Figure| {
            let ratio = row.posse.ratio(other, row.measure);
            ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"))
        };
        table.push(vec![
            row.name.to_owned(),
            row.what.to_owned(),
            row.posse.to_string(),
            row.floor.to_string(),
            row.peer.to_string(),
            ratio(&row.floor),
            ratio(&row.peer),
            row.target.to_owned(),
            row.met.map_or("–", |met| if met { "yes" } else { "**no**" }).to_owned(),
        ]);
        let failed = [&row.posse, &row.floor, &row.peer].into_iter().filter_map(Figure::error);
        notes.extend(failed.chain(row.notes.clone()).map(|note| format!("- {}: {note}", row.name)));
    }
    let mut text = align(&table);
    if !notes.is_empty() {
        text.push('\n');
        text.push_str(&notes.join("\n"));
        text.push('\n');
    }
    text
}

/// A Markdown table with columns as wide as their widest cell; the first row is its head.
pub fn align(table: &[Vec<String>]) -> String {
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = table.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (n, row) in table.iter().enumerate() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            let fill = " ".repeat(width - cell.chars().count());
            format!("| {}{fill} ", cell.replace('|', "\\|"))
        });
        text.push_str(&cells.collect::<String>());
        text.push_str("|\n");
        if n == 0 {
            let rules = widths.iter().map(|width| format!("| {} ", "-".repeat(*width)));
            text.push_str(&rules.collect::<String>());
            text.push_str("|\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_shows_ratios_and_notes() {
        let row = Row {
            name: "T11",
            what: "idle memory",
            posse: Figure::number("posse", 3.0, "MB"),
            floor: Figure::Absent,
            peer: Figure::number("sshd", 6.0, "MB"),
            measure: Measure::Value,
            target: "≤ 4 MB",
            met: Some(true),
            notes: vec!["private pages".to_owned()],
        };
        let text = render(&[row]);
        let lines: Vec<&str> = text.lines().collect();
        let cells: Vec<&str> = lines[2].split('|').map(str::trim).collect();
        let want = [
            "",
            "T11",
            "idle memory",
            "3.000 MB",
            "–",
            "sshd: 6.000 MB",
            "–",
            "0.50",
            "≤ 4 MB",
            "yes",
            "",
        ];
        assert_eq!(cells, want);
        assert_eq!(lines.last(), Some(&"- T11: private pages"));
        assert_eq!(lines[0].chars().count(), lines[2].chars().count());
    }
}
