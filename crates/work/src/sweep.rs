//! Parameters of a sweep: `-p NAME=VALUES`. Values are lists, ranges, the lines of a file, the
//! columns of a CSV file, or the standard input. Called by `posse sweep` and by task files; the
//! texts of files come from the caller.

use crate::column::{Axis, Combine, Grid, List, Values};
use crate::csv;
use crate::mistake::{Mistake, Result, Warning};
use crate::near::suggestion;
use crate::range::{Range, looks_like_range};
use crate::task::{Batch, Command};
use crate::template::{Style, Template, check_command};

/// Hands in the text of a file; `-` is the standard input. An error says why it can not be read.
pub type Read<'a> = &'a mut dyn FnMut(&str) -> std::result::Result<String, String>;

/// Reads one `NAME=VALUES`:
///
/// | values | mean |
/// |---|---|
/// | `512K,1M,2M` | these; a comma in a value is written `\,` |
/// | `1..10`, `0..1:0.1` | numbers, both ends included; may stand among others |
/// | `@FILE` | the lines of a file that are not empty; `@-` is the standard input |
/// | `@FILE.csv:COLUMN` | a column of a file with a header |
/// | `@FILE.csv` for `NAME` `*` | all columns of the file, row by row |
pub fn parameter(text: &str, read: Read<'_>) -> Result<Axis> {
    let Some((name, values)) = text.split_once('=') else {
        let mistake = Mistake::new(format!("`{text}` has no `=`"));
        return Err(mistake.hint("write for instance -p size=1,2,4"));
    };
    if name == "*" {
        return whole_file(text, values, read);
    }
    check_name(name).map_err(|mistake| mistake.at(text, 0, name.len()))?;
    let values = match values.strip_prefix('@') {
        Some(file) => from_file(file, read)?,
        None => list(values).map_err(|mistake| mistake.within(format!("-p {name}")))?,
    };
    if values.is_empty() {
        let mistake = Mistake::new(format!("`{name}` has no values"));
        return Err(mistake.at(text, name.len() + 1, text.len()));
    }
    Ok(Axis::new(name, values))
}

/// Names stand in braces and become columns: letters, digits, `_` and `-`, not a number.
pub fn check_name(name: &str) -> Result<()> {
    let good = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if starts && name.chars().all(good) && name.len() <= crate::limits::NAME_BYTES_MAX {
        return Ok(());
    }
    let what = format!("`{name}` can not be the name of a parameter");
    Err(Mistake::new(what).hint("use letters, digits, `_` and `-`, a letter first"))
}

/// A list with commas, of values and ranges. A range alone is kept as one.
pub fn list(text: &str) -> Result<Values> {
    if looks_like_range(text) && !text.contains(',') {
        return Ok(Values::Range(text.parse()?));
    }
    let mut values = List::default();
    let mut start = 0;
    for end in commas(text).chain([text.len()]) {
        let item = &text[start..end];
        if looks_like_range(item) {
            let range: Range = item.parse().map_err(|m: Mistake| m.at(text, start, item.len()))?;
            (0..range.len()).try_for_each(|at| values.push(&range.get(at)))?;
        } else if !text.is_empty() {
            values.push(&item.replace("\\,", ","))?;
        }
        start = end + 1;
    }
    Ok(Values::List(values))
}

/// Where commas stand that no backslash stands before.
fn commas(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).filter(|at| bytes[*at] == b',' && (*at == 0 || bytes[at - 1] != b'\\'))
}

fn text_of(file: &str, read: Read<'_>) -> Result<String> {
    read(file).map_err(|why| Mistake::new(format!("can not read {}: {why}", shown(file))))
}

fn shown(file: &str) -> &str {
    if file == "-" { "the standard input" } else { file }
}

fn from_file(file: &str, read: Read<'_>) -> Result<Values> {
    if let Some((path, column)) = file.rsplit_once(':')
        && csv::is_table(path)
    {
        let text = text_of(path, read)?;
        let mut columns = csv::columns(&text, csv::separator(path), path)?;
        let found = columns.iter().position(|(name, _)| name == column);
        return match found {
            Some(at) => Ok(Values::List(columns.swap_remove(at).1)),
            None => {
                let names = || columns.iter().map(|(name, _)| name.as_str());
                let all: Vec<&str> = names().collect();
                let what = format!("{path} has no column `{column}`; it has {}", all.join(", "));
                let mistake = Mistake::new(what);
                Err(match suggestion(column, names()) {
                    Some(hint) => mistake.hint(hint),
                    None => mistake,
                })
            }
        };
    }
    let text = text_of(file, read)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    Ok(Values::List(List::of(lines)?))
}

/// `*=@FILE.csv`: all columns by the names of the header, one task a row.
fn whole_file(text: &str, values: &str, read: Read<'_>) -> Result<Axis> {
    let Some(path) = values.strip_prefix('@').filter(|path| csv::is_table(path)) else {
        let mistake = Mistake::new("`*` takes all columns of a CSV or TSV file");
        return Err(mistake.hint("write for instance -p '*=@points.csv'").at(text, 0, text.len()));
    };
    let columns = csv::columns(&text_of(path, read)?, csv::separator(path), path)?;
    for (name, _) in &columns {
        check_name(name).map_err(|mistake| mistake.within(path).line(1))?;
    }
    let columns = columns.into_iter().map(|(name, list)| (name, Values::List(list)));
    Ok(Axis::of(columns.collect()))
}

/// A whole sweep: its parameters as `-p` has them, and the command.
///
/// ```
/// use posse_work::{Combine, sweep};
///
/// let parameters = ["size=512K,1M".to_owned(), "assoc=1..4".to_owned()];
/// let mut none = |_: &str| Err("no files here".to_owned());
/// let (batch, _) = sweep::batch(&parameters, Combine::Product, "sim {size} {assoc}", &mut none)?;
/// assert_eq!(batch.len(), 8);
/// assert_eq!(batch.command_line(5), "sim 1M 2");
/// # Ok::<(), posse_work::Mistake>(())
/// ```
pub fn batch(
    parameters: &[String],
    combine: Combine,
    command: &str,
    read: Read<'_>,
) -> Result<(Batch, Vec<Warning>)> {
    check_command(command).map_err(|mistake| mistake.within("command"))?;
    let axes = parameters.iter().map(|text| parameter(text, read));
    let grid = Grid::new(axes.collect::<Result<_>>()?, combine)?;
    let names: Vec<&str> = grid.names().collect();
    let read = Template::read(command, &names).map_err(|mistake| mistake.within("command"))?;
    let (template, mut warnings) = read;
    for place in template.unused(names.len()) {
        let says = format!("the command does not use the parameter `{}`", names[place]);
        warnings.push(Warning(says));
    }
    let shell = Command::Shell(template.shape(names.len(), Style::default()));
    Ok((Batch::new(shell, grid), warnings))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(name: &str) -> std::result::Result<String, String> {
        match name {
            "names.txt" => Ok("fft\n\n  \nlist walk\r\nsort\n".to_owned()),
            "points.csv" => Ok("x,y\n1,\"a,b\"\n2,c\n".to_owned()),
            "-" => Ok("one\ntwo".to_owned()),
            _ => Err("no such file".to_owned()),
        }
    }

    fn values(text: &str) -> Vec<String> {
        let axis = parameter(text, &mut files).unwrap();
        let (_, values) = &axis.columns()[0];
        (0..values.len()).map(|at| values.get(at).into_owned()).collect()
    }

    #[test]
    fn values_come_from_lists_ranges_and_files() {
        assert_eq!(values("s=512K,1M"), ["512K", "1M"]);
        assert_eq!(values("s=0.1,1..3,x\\,y"), ["0.1", "1", "2", "3", "x,y"]);
        assert_eq!(values("s=a,,b"), ["a", "", "b"]);
        assert_eq!(values("s=k=v"), ["k=v"]);
        assert_eq!(values("s=@names.txt"), ["fft", "list walk", "sort"]);
        assert_eq!(values("s=@-"), ["one", "two"]);
        assert_eq!(values("s=@points.csv:y"), ["a,b", "c"]);
    }

    #[test]
    fn a_table_is_an_axis_of_its_columns() {
        let axis = parameter("*=@points.csv", &mut files).unwrap();
        let grid = Grid::new(vec![axis], Combine::Product).unwrap();
        assert!(grid.names().eq(["x", "y"]));
        assert_eq!(grid.point(0), ["1", "a,b"]);
    }

    #[test]
    fn mistakes_say_what_to_write() {
        for (text, part) in [
            ("size", "no `=`"),
            ("1st=2", "can not be the name"),
            ("s=", "`s` has no values"),
            ("s=@gone", "can not read gone: no such file"),
            ("s=@points.csv:z", "has no column `z`; it has x, y"),
            ("*=1,2", "all columns of a CSV"),
            ("s=1..3,1..x", "`s`"),
        ] {
            match parameter(text, &mut files) {
                Err(mistake) => assert!(mistake.to_string().contains(part), "{text}: {mistake}"),
                Ok(axis) => assert_eq!((text, axis.len()), ("s=1..3,1..x", 4)),
            }
        }
    }

    #[test]
    fn a_million_points_are_not_made() {
        let parameters = ["a=1..1000".to_owned(), "b=0..0.999:0.001".to_owned()];
        let made = batch(&parameters, Combine::Product, "x {a} {b}", &mut files);
        let (batch, warnings) = made.unwrap();
        assert_eq!((batch.len(), warnings.len()), (1_000_000, 0));
        assert_eq!(batch.command_line(999_999), "x 1000 0.999");
    }

    #[test]
    fn a_parameter_without_use_is_told() {
        let (_, warnings) =
            batch(&["a=1".to_owned()], Combine::Product, "true", &mut files).unwrap();
        assert_eq!(warnings[0].to_string(), "the command does not use the parameter `a`");
    }
}
