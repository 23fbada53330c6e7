//! The format strings of `pvm_packf` and `pvm_unpackf` (pvm_packf(3PVM)).
//!
//! Takes the string apart into what to pack and where its argument is; arguments themselves are
//! C's business. Called by `abi/format.rs`.

use crate::code::{PvmError, Result};
use crate::kind::Kind;

/// One `%` of a format.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Directive {
    /// `%+`: begin a new message; the argument is its encoding.
    Init,
    Text,
    Items {
        kind: Kind,
        count: Number,
        stride: Number,
    },
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Number {
    /// Not given: one item. Where neither is given the argument of packing is a value.
    Absent,
    Given(i32),
    /// `*`: an argument before that of the data.
    Argument,
}

/// The directives of a format; what stands between them is passed over.
pub struct Directives<'a> {
    rest: &'a [u8],
}

impl<'a> Directives<'a> {
    pub fn of(format: &'a [u8]) -> Directives<'a> {
        Directives { rest: format }
    }

    fn next_byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn number(&mut self) -> Result<Number> {
        if self.peek() == Some(b'*') {
            self.next_byte();
            return Ok(Number::Argument);
        }
        let mut number = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            self.next_byte();
            let so_far: i32 = number.unwrap_or(0);
            let more = so_far.checked_mul(10).and_then(|n| n.checked_add(i32::from(digit - b'0')));
            number = Some(more.ok_or(PvmError::BadParam)?);
        }
        Ok(number.map_or(Number::Absent, Number::Given))
    }

    fn directive(&mut self) -> Result<Directive> {
        if self.peek() == Some(b'+') {
            self.next_byte();
            return Ok(Directive::Init);
        }
        let count = self.number()?;
        let mut stride = Number::Absent;
        if self.peek() == Some(b'.') {
            self.next_byte();
            stride = self.number()?;
        }
        let (mut short, mut long, mut unsigned) = (false, false, false);
        loop {
            match self.next_byte() {
                Some(b'h') => short = true,
                Some(b'l') => long = true,
                Some(b'u') => unsigned = true,
                Some(b's') => return Ok(Directive::Text),
                letter => {
                    let kind = kind(letter, short, long, unsigned)?;
                    return Ok(Directive::Items { kind, count, stride });
                }
            }
        }
    }
}

impl Iterator for Directives<'_> {
    type Item = Result<Directive>;

    fn next(&mut self) -> Option<Result<Directive>> {
        while self.next_byte()? != b'%' {}
        Some(self.directive())
    }
}

fn kind(letter: Option<u8>, short: bool, long: bool, unsigned: bool) -> Result<Kind> {
    Ok(match (letter, short, long, unsigned) {
        (Some(b'c'), ..) => Kind::Byte,
        (Some(b'd'), true, _, false) => Kind::Short,
        (Some(b'd'), true, _, true) => Kind::UShort,
        (Some(b'd'), false, true, false) => Kind::Long,
        (Some(b'd'), false, true, true) => Kind::ULong,
        (Some(b'd'), false, false, false) => Kind::Int,
        (Some(b'd'), false, false, true) => Kind::UInt,
        (Some(b'f'), _, false, _) => Kind::Float,
        (Some(b'f'), _, true, _) => Kind::Double,
        (Some(b'x'), _, false, _) => Kind::Complex,
        (Some(b'x'), _, true, _) => Kind::DoubleComplex,
        _ => return Err(PvmError::BadParam),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str) -> Result<Vec<Directive>> {
        Directives::of(format.as_bytes()).collect()
    }

    fn items(kind: Kind, count: Number, stride: Number) -> Directive {
        Directive::Items { kind, count, stride }
    }

    #[test]
    fn the_example_of_the_man_page() {
        let want = vec![
            Directive::Init,
            items(Kind::Int, Number::Absent, Number::Absent),
            items(Kind::Int, Number::Argument, Number::Absent),
            items(Kind::Double, Number::Given(4), Number::Absent),
        ];
        assert_eq!(read("%+ %d %*d %4lf"), Ok(want));
    }

    #[test]
    fn strides_and_modifiers() {
        let absent = Number::Absent;
        assert_eq!(
            read("%*.*uhd%.2x%s"),
            Ok(vec![
                items(Kind::UShort, Number::Argument, Number::Argument),
                items(Kind::Complex, absent, Number::Given(2)),
                Directive::Text,
            ])
        );
        assert_eq!(read("no directive"), Ok(vec![]));
        for bad in ["%q", "%", "%3", "%99999999999d", "%hl"] {
            assert_eq!(read(bad), Err(PvmError::BadParam), "{bad}");
        }
    }
}
