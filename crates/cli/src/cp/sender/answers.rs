//! Where the answers of receivers come from: one digit for each thing that was asked about
//! (`posse_data::answer`).

use posse_data::answer;
use std::io::{self, BufRead};

pub trait Answers {
    /// A question about so many things is about to be sent; no digit may be above `most`.
    fn ask(&mut self, count: usize, most: u8) -> io::Result<()>;
    /// The digits for it, as many as were asked about.
    fn answer(&mut self) -> io::Result<Vec<u8>>;
}

/// Nobody answers: everything is lacked.
#[derive(Default)]
pub struct Everything(Vec<u8>);

impl Answers for Everything {
    fn ask(&mut self, count: usize, most: u8) -> io::Result<()> {
        self.0 = vec![most; count];
        Ok(())
    }

    fn answer(&mut self) -> io::Result<Vec<u8>> {
        Ok(std::mem::take(&mut self.0))
    }
}

/// A line each.
pub struct Lines<R> {
    from: R,
    asked: (usize, u8),
}

impl<R: BufRead> Lines<R> {
    pub fn new(from: R) -> Lines<R> {
        Lines { from, asked: (0, 0) }
    }
}

impl<R: BufRead> Answers for Lines<R> {
    fn ask(&mut self, count: usize, most: u8) -> io::Result<()> {
        self.asked = (count, most);
        Ok(())
    }

    fn answer(&mut self) -> io::Result<Vec<u8>> {
        let (count, most) = self.asked;
        let mut line = String::new();
        // A digit each, and the end of the line.
        let mut limited = io::Read::take(&mut self.from, count as u64 + 1);
        limited.read_line(&mut line)?;
        let Some(digits) = line.strip_suffix('\n') else {
            return Err(io::Error::other("the receiver has ended"));
        };
        answer::read(digits, count, most).map_err(|wrong| io::Error::other(wrong.0))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_answer_and_anything_else_the_end() {
        let answers = |text: &'static str| {
            let mut lines = Lines::new(text.as_bytes());
            lines.ask(3, 2).unwrap();
            lines.answer().ok()
        };
        assert_eq!(answers("21\n"), Some(vec![2, 1, 0]));
        assert_eq!(answers("\n"), Some(vec![0, 0, 0]));
        for odd in ["", "21", "3\n", "2222\n", "2 \n"] {
            assert_eq!(answers(odd), None, "{odd:?}");
        }
    }
}
