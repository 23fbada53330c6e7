//! The inside of brackets: `1-4,7,10-20/2`, with zero padding. Called by `operand`.

use super::cursor::{Cursor, is_space};
use crate::error::{ParseError, Problem};
use crate::limits::MAX_INDEX_DIGITS;
use crate::pattern::Range;

/// Reads from the `[` to behind the `]`.
pub(super) fn read_brackets(cursor: &mut Cursor<'_>) -> Result<Vec<Range>, ParseError> {
    let open = cursor.at();
    cursor.next();
    let mut ranges = Vec::new();
    loop {
        ranges.push(read_range(cursor, open)?);
        match cursor.next() {
            Some(',') => {}
            Some(']') => return Ok(ranges),
            _ => return Err(cursor.error_at(open, Problem::UnclosedBracket)),
        }
    }
}

/// Reads up to the `,` or `]` that ends one range.
fn read_range(cursor: &mut Cursor<'_>, open: usize) -> Result<Range, ParseError> {
    cursor.skip_space();
    let at = cursor.at();
    let part = cursor.take_while(|c| !matches!(c, ',' | ']' | '['));
    match cursor.peek() {
        None => return Err(cursor.error_at(open, Problem::UnclosedBracket)),
        Some('[') => return Err(cursor.error(Problem::DoubleBracket)),
        _ => {}
    }
    let part = part.trim_end_matches(is_space);
    if part.is_empty() {
        return Err(cursor.error_at(at, Problem::EmptyRange));
    }
    parse_range(part).map_err(|problem| cursor.error_at(at, problem))
}

fn parse_range(part: &str) -> Result<Range, Problem> {
    let (bounds, step) = match part.split_once('/') {
        Some((bounds, step)) => (bounds, Some(step.trim_matches(is_space))),
        None => (part, None),
    };
    let step = match step {
        None => 1,
        Some(text) => parse_number(text).ok().filter(|&s| s > 0).ok_or(Problem::BadStep)?,
    };
    let Some((first, last)) = bounds.split_once('-') else {
        let text = bounds.trim_matches(is_space);
        let value = parse_number(text)?;
        if step != 1 {
            return Err(Problem::BadStep);
        }
        return Ok(Range { start: value, end: value, step: 1, width: width(text) });
    };
    let (first, last) = (first.trim_matches(is_space), last.trim_matches(is_space));
    let (start, end) = (parse_number(first)?, parse_number(last)?);
    let texts = || (first.to_owned(), last.to_owned());
    if width(first).max(width(last)) > 0 && first.len() != last.len() {
        let (first, last) = texts();
        return Err(Problem::PaddingMismatch { first, last });
    }
    if start > end {
        let (first, last) = texts();
        return Err(Problem::Backwards { first, last });
    }
    Ok(Range { start, end, step, width: width(first) })
}

/// How many digits to pad to: none unless there is a leading zero.
fn width(digits: &str) -> usize {
    if digits.len() > 1 && digits.starts_with('0') { digits.len() } else { 0 }
}

fn parse_number(text: &str) -> Result<u64, Problem> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Problem::NotANumber(crate::name::excerpt(text)));
    }
    if text.len() > MAX_INDEX_DIGITS {
        return Err(Problem::IndexTooLong(text.len()));
    }
    text.parse().map_err(|_| Problem::IndexTooLong(text.len()))
}
