//! What stands around a name: `ssh://user@lab[1-4]:2222`, `name:slots`; and the check of the
//! name itself. Called by `operand`.

use super::cursor::Cursor;
use super::operand::Word;
use crate::error::{ParseError, Problem};
use crate::expr::Node;
use crate::item::Stated;
use crate::limits::{MAX_MASKS, MAX_NAME};
use crate::name::{NameProblem, check, is_name_char};
use crate::pattern::Segment;

/// Makes the node of a word that is neither predicate nor `all`.
pub(super) fn finish(cursor: &mut Cursor<'_>, mut word: Word) -> Result<Node, ParseError> {
    let stated = strip(cursor, &mut word)?;
    check_name(cursor, &word)?;
    let Word { pattern, start, .. } = word;
    cursor.count(pattern.count(), start)?;
    if !pattern.is_glob() {
        return Ok(Node::Names(pattern, stated));
    }
    if pattern.count() > MAX_MASKS as u64 {
        return Err(cursor.error_at(start, Problem::TooManyMasks));
    }
    Ok(Node::Glob(pattern, stated))
}

/// Takes scheme, user, port and slots off the word.
fn strip(cursor: &Cursor<'_>, word: &mut Word) -> Result<Stated, ParseError> {
    let mut stated = Stated::default();
    if let Some((scheme, skipped)) = front(word, "://") {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !scheme.starts_with(|c: char| c.is_ascii_lowercase()) || !scheme.bytes().all(legal) {
            return Err(cursor.error_at(word.start, Problem::BadScheme));
        }
        drop_front(word, skipped);
        stated.launcher = Some(scheme);
    }
    if let Some((user, skipped)) = front(word, "@") {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
        if user.is_empty() || user.starts_with('-') || !user.chars().all(legal) {
            return Err(cursor.error_at(word.places[0], Problem::BadUser));
        }
        drop_front(word, skipped);
        stated.user = Some(user);
    }
    let Some((number, place)) = take_number(word) else { return Ok(stated) };
    let shown = || crate::name::excerpt(&number);
    if stated.launcher.is_some() {
        let port = number.parse().ok().filter(|&port| port > 0);
        stated.port = port;
        if port.is_none() {
            return Err(cursor.error_at(place, Problem::BadPort(shown())));
        }
    } else {
        let digits = number.bytes().all(|b| b.is_ascii_digit());
        stated.slots = number.parse().ok().filter(|&slots| slots > 0 && digits);
        if stated.slots.is_none() {
            return Err(cursor.error_at(place, Problem::BadSlots(shown())));
        }
    }
    Ok(stated)
}

/// What comes before `mark` in the leading text, and how many bytes both have.
fn front(word: &Word, mark: &str) -> Option<(String, usize)> {
    let Some(Segment::Text(text)) = word.pattern.segments.first() else { return None };
    let (before, _) = text.split_once(mark)?;
    Some((before.to_owned(), before.len() + mark.len()))
}

fn drop_front(word: &mut Word, bytes: usize) {
    if let Some(Segment::Text(text)) = word.pattern.segments.first_mut() {
        text.drain(..bytes);
        word.places[0] += bytes;
        if text.is_empty() {
            word.pattern.segments.remove(0);
            word.places.remove(0);
        }
    }
}

/// Takes `:number` off the end if it is the only colon; two or more are an IPv6 address.
fn take_number(word: &mut Word) -> Option<(String, usize)> {
    let colons = |segment: &Segment| match segment {
        Segment::Text(text) => text.bytes().filter(|&b| b == b':').count(),
        Segment::Ranges(_) => 0,
    };
    if word.pattern.segments.iter().map(colons).sum::<usize>() != 1 {
        return None;
    }
    let at = word.pattern.segments.len() - 1;
    let Some(Segment::Text(text)) = word.pattern.segments.last_mut() else { return None };
    let colon = text.find(':')?;
    let number = text[colon + 1..].to_owned();
    text.truncate(colon);
    let place = word.places[at] + colon + 1;
    if colon == 0 {
        word.pattern.segments.pop();
    }
    Some((number, place))
}

/// Checks the pattern such that every name it expands to is a good one.
fn check_name(cursor: &Cursor<'_>, word: &Word) -> Result<(), ParseError> {
    let bad = |at: usize, problem| Err(cursor.error_at(at, Problem::BadName(problem)));
    for (segment, place) in word.pattern.segments.iter().zip(&word.places) {
        let Segment::Text(text) = segment else { continue };
        let wrong = text.char_indices().find(|(_, c)| !is_name_char(*c) && !"*?".contains(*c));
        if let Some((offset, c)) = wrong {
            return bad(place + offset, NameProblem::BadChar(c));
        }
    }
    let longest = word.pattern.longest();
    if longest > MAX_NAME {
        return bad(word.start, NameProblem::TooLong(longest));
    }
    // Digits may stand anywhere in a name, so what holds for the first holds for all; a mask
    // is checked as a name with digits in the place of its wild cards.
    let sample = word.pattern.first().replace(['*', '?'], "0");
    match check(&sample) {
        Ok(()) => Ok(()),
        Err(problem) => bad(word.places.first().copied().unwrap_or(word.start), problem),
    }
}
