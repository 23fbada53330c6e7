//! Each line of a stream is a task, while the stream goes on: bytes in, batches out. Called by
//! `posse submit --each-line`, which submits them to one job that stays open.

use crate::column::{Axis, Combine, Grid, List, Values};
use crate::limits::COMMAND_BYTES_MAX;
use crate::mistake::{Mistake, Result};
use crate::task::{Batch, Command};
use crate::template::{Style, Template, check_command};
use posse_farm::{Form, Piece, Text};

/// Takes lines apart as they come.
#[derive(Clone, Debug)]
pub struct Lines {
    text: Text,
    /// Of a line that has not ended.
    open: Vec<u8>,
    line: usize,
    tasks: u64,
}

impl Default for Lines {
    /// Each line is a command.
    fn default() -> Self {
        let text = Text(vec![Piece::Value { column: 0, form: Form::Whole, quoted: false }]);
        Lines { text, open: Vec::new(), line: 0, tasks: 0 }
    }
}

impl Lines {
    /// Each line is the value of a template: `{}`, `{line}`, `{.}` and so on.
    pub fn of_template(command: &str) -> Result<Lines> {
        check_command(command)?;
        let (mut template, _) = Template::read(command, &["line"])?;
        if !template.unused(1).is_empty() {
            template.push_each();
        }
        Ok(Lines { text: template.shape(1, Style::default()), ..Lines::default() })
    }

    /// Takes bytes; the tasks of the lines that they end, if there are any.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Option<Batch>> {
        let mut list = List::default();
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            self.keep(&rest[..at])?;
            self.end_line(&mut list)?;
            rest = &rest[at + 1..];
        }
        self.keep(rest)?;
        self.batch(list)
    }

    /// The stream is over: a last line without its end is a task too.
    pub fn finish(mut self) -> Result<Option<Batch>> {
        let mut list = List::default();
        self.end_line(&mut list)?;
        self.batch(list)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<()> {
        if self.open.len() + bytes.len() > COMMAND_BYTES_MAX {
            let what = format!("a line is longer than {COMMAND_BYTES_MAX} bytes");
            return Err(Mistake::new(what).line(self.line + 1));
        }
        self.open.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, list: &mut List) -> Result<()> {
        self.line += 1;
        let bytes = std::mem::take(&mut self.open);
        let line = String::from_utf8(bytes)
            .map_err(|_| Mistake::new("the line is not UTF-8").line(self.line))?;
        if line.contains('\0') {
            return Err(Mistake::new("a NUL byte can not stand in a command").line(self.line));
        }
        let line = line.strip_suffix('\r').unwrap_or(&line);
        if line.trim().is_empty() { Ok(()) } else { list.push(line) }
    }

    fn batch(&mut self, list: List) -> Result<Option<Batch>> {
        if list.is_empty() {
            return Ok(None);
        }
        let axis = Axis::new("line", Values::List(list));
        let grid = Grid::new(vec![axis], Combine::Product)?;
        let mut batch = Batch::new(Command::Shell(self.text.clone()), grid);
        batch.first_number = self.tasks + 1;
        self.tasks += batch.len();
        Ok(Some(batch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_tasks_as_they_come() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"echo 1").unwrap(), None);
        let batch = lines.push(b"0\n\necho {2}\necho").unwrap().unwrap();
        assert_eq!(batch.command_line(0), "echo 10");
        assert_eq!(batch.command_line(1), "echo {2}");
        let last = lines.finish().unwrap().unwrap();
        assert_eq!((last.first_number, last.len()), (3, 1));
        assert_eq!(last.command_line(0), "echo");
    }

    #[test]
    fn a_template_takes_the_line_as_a_value() {
        let mut lines = Lines::of_template("gzip {} > {line/.}.gz").unwrap();
        let batch = lines.push(b"a/b c.txt\n").unwrap().unwrap();
        assert_eq!(batch.command_line(0), "gzip 'a/b c.txt' > 'b c'.gz");
        let mut lines = Lines::of_template("cat").unwrap();
        assert_eq!(lines.push(b"f\n").unwrap().unwrap().command_line(0), "cat f");
    }

    #[test]
    fn wrong_lines_are_told_by_number() {
        let mut lines = Lines::default();
        let told = lines.push(b"ok\n\xff\n").unwrap_err();
        assert_eq!(told.to_string(), "line 2: the line is not UTF-8");
        let mut lines = Lines::default();
        assert!(lines.push(&vec![b'x'; COMMAND_BYTES_MAX + 1]).is_err());
    }
}
