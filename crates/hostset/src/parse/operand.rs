//! One operand that is not in parentheses: a group, a predicate, `all`, names or a glob.
//! Called by `parse`; what stands around a name (`user@`, `:4`) is left to `item`.

use super::cursor::{Cursor, is_space};
use super::{item, range};
use crate::error::{ParseError, Problem};
use crate::expr::Node;
use crate::limits::MAX_NAME;
use crate::name::NameProblem;
use crate::pattern::{Pattern, Segment};
use crate::predicate::{Compare, KEYS, Predicate};

/// A pattern as read, with the place of each segment for later errors.
pub(super) struct Word {
    pub pattern: Pattern,
    pub places: Vec<usize>,
    pub start: usize,
}

pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Node, ParseError> {
    match cursor.peek() {
        Some('@') => return read_group(cursor),
        Some('-') if cursor.is_spaced_dash() => {
            return Err(cursor.error(Problem::NothingBefore('-')));
        }
        Some(c @ (',' | '+' | '!' | '&' | '^')) => {
            return Err(cursor.error(Problem::NothingBefore(c)));
        }
        Some(']') => return Err(cursor.error(Problem::StrayBracket)),
        Some(')') => return Err(cursor.error(Problem::Empty)),
        _ => {}
    }
    let word = read_word(cursor, is_word_char)?;
    if let [Segment::Text(text)] = word.pattern.segments.as_slice() {
        if let Some(predicate) = read_predicate(cursor, text, word.start)? {
            return Ok(Node::Where(predicate));
        }
        if text == "all" {
            return Ok(Node::All);
        }
    }
    item::finish(cursor, word)
}

/// Whether `c` goes on with a word; what may not stand in a name is refused later, by the
/// character that is wrong.
fn is_word_char(c: char) -> bool {
    !is_space(c) && !matches!(c, ',' | '+' | '!' | '&' | '^' | '(' | ')' | '<' | '>' | '=')
}

fn read_word(cursor: &mut Cursor<'_>, goes_on: impl Fn(char) -> bool) -> Result<Word, ParseError> {
    let start = cursor.at();
    let (mut segments, mut places) = (Vec::new(), Vec::new());
    loop {
        places.push(cursor.at());
        match cursor.peek() {
            Some('[') => segments.push(Segment::Ranges(range::read_brackets(cursor)?)),
            Some(']') => return Err(cursor.error(Problem::StrayBracket)),
            Some(c) if goes_on(c) => {
                let text = cursor.take_while(|c| goes_on(c) && c != '[' && c != ']');
                segments.push(Segment::Text(text.to_owned()));
            }
            Some(c) if segments.is_empty() => {
                return Err(cursor.error(Problem::BadName(NameProblem::BadChar(c))));
            }
            _ => return Ok(Word { pattern: Pattern { segments }, places, start }),
        }
    }
}

/// If a comparison follows, the predicate.
fn read_predicate(
    cursor: &mut Cursor<'_>,
    key: &str,
    start: usize,
) -> Result<Option<Predicate>, ParseError> {
    let rest = cursor.rest();
    let trimmed = rest.trim_start_matches(is_space);
    let Some((op, length)) = Compare::read(trimmed) else { return Ok(None) };
    let Some(known) = KEYS.iter().find(|known| **known == key) else {
        let key = crate::name::excerpt(key);
        return Err(cursor.error_at(start, Problem::UnknownKey(key)));
    };
    cursor.advance(rest.len() - trimmed.len() + length);
    cursor.skip_space();
    let literal = read_literal(cursor)?;
    Ok(Some(Predicate::new(known, op, literal)))
}

/// A bare word or a quoted text, not empty.
fn read_literal<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, ParseError> {
    let at = cursor.at();
    let literal = match cursor.peek() {
        Some(quote @ ('"' | '\'')) => {
            cursor.next();
            let inside = cursor.take_while(|c| c != quote);
            if cursor.next().is_none() {
                return Err(cursor.error_at(at, Problem::BadValue));
            }
            inside
        }
        _ => cursor.take_while(|c| is_word_char(c) && !matches!(c, '[' | ']' | '"' | '\'')),
    };
    if literal.is_empty() || literal.len() > MAX_NAME || literal.contains(char::is_control) {
        return Err(cursor.error_at(at, Problem::BadValue));
    }
    Ok(literal)
}

/// `@name`, `@source:name`, `@*`; the name may hold ranges.
fn read_group(cursor: &mut Cursor<'_>) -> Result<Node, ParseError> {
    let start = cursor.at();
    let bad = |cursor: &Cursor<'_>| cursor.error_at(start, Problem::BadGroup);
    cursor.next();
    let source_end = cursor.rest().find(|c| !is_group_char(c));
    let source = match source_end.filter(|&end| cursor.rest()[end..].starts_with(':')) {
        Some(0) => return Err(bad(cursor)),
        Some(end) => {
            let source = cursor.rest()[..end].to_owned();
            cursor.advance(end + 1);
            Some(source)
        }
        None => None,
    };
    if cursor.rest().starts_with('*') {
        cursor.next();
        if cursor.peek().is_some_and(is_word_char) {
            return Err(bad(cursor));
        }
        return Ok(match source {
            None => Node::All,
            all_of => Node::Group(all_of, text_pattern("*")),
        });
    }
    if !cursor.peek().is_some_and(|c| is_group_char(c) || c == '[') {
        return Err(bad(cursor));
    }
    let word = read_word(cursor, is_group_char)?;
    if cursor.peek().is_some_and(is_word_char) || word.pattern.longest() > MAX_NAME {
        return Err(bad(cursor));
    }
    cursor.count(word.pattern.count(), start)?;
    Ok(Node::Group(source, word.pattern))
}

fn is_group_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/')
}

fn text_pattern(text: &str) -> Pattern {
    Pattern { segments: vec![Segment::Text(text.to_owned())] }
}
