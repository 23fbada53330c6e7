//! A place in the text of an expression, and the running count of hosts named so far. Called
//! by the other files of `parse`.

use crate::error::{ParseError, Problem};
use crate::limits::MAX_HOSTS;

pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    hosts: u64,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0, hosts: 0 }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Goes on by `bytes`, which a look at `rest` has shown to be there.
    pub fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub fn skip_space(&mut self) {
        self.take_while(is_space);
    }

    pub fn take_while(&mut self, test: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !test(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// At a `-`: whether a space follows. One came before, or the name would have taken it.
    pub fn is_spaced_dash(&self) -> bool {
        self.rest().chars().nth(1).is_none_or(is_space)
    }

    /// Counts the hosts of one operand that began at `start`.
    pub fn count(&mut self, hosts: u64, start: usize) -> Result<(), ParseError> {
        self.hosts = self.hosts.saturating_add(hosts);
        if self.hosts > MAX_HOSTS as u64 {
            return Err(self.error_at(start, Problem::TooManyHosts));
        }
        Ok(())
    }

    pub fn error(&self, problem: Problem) -> ParseError {
        self.error_at(self.at, problem)
    }

    pub fn error_at(&self, at: usize, problem: Problem) -> ParseError {
        ParseError::new(self.text, at, problem)
    }
}

/// Newlines too: an expression may come out of a command's output.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}
