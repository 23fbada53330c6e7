//! The grammar of expressions, by recursive descent:
//!
//! ```text
//! chain   = operand { op operand }          op = , + ! & ^ or a `-` with spaces around
//! operand = ( chain ) | @group | key cmp value | all | item
//! item    = [scheme://] [user@] pattern [:number]
//! pattern = text and [ranges] in turn
//! ```
//!
//! Called by `expr`. Not for the meaning of anything (`eval`).

mod cursor;
mod item;
mod operand;
mod range;

use crate::error::{ParseError, Problem};
use crate::expr::{Chain, Node, Op};
use crate::limits::{MAX_NESTING, MAX_TEXT};
use cursor::Cursor;

/// Reads a whole text.
pub(crate) fn chain(text: &str) -> Result<Chain, ParseError> {
    if text.len() > MAX_TEXT {
        return Err(ParseError::new(text, 0, Problem::TextTooLong(text.len())));
    }
    let mut cursor = Cursor::new(text);
    cursor.skip_space();
    if cursor.peek().is_none() {
        return Err(cursor.error(Problem::Empty));
    }
    let chain = read_chain(&mut cursor, 0)?;
    match cursor.peek() {
        None => Ok(chain),
        Some(_) => Err(cursor.error(Problem::StrayParenthesis)),
    }
}

/// Reads up to the end or a `)`.
fn read_chain(cursor: &mut Cursor<'_>, depth: usize) -> Result<Chain, ParseError> {
    cursor.skip_space();
    let mut chain = Chain { first: read_operand(cursor, depth)?, rest: Vec::new() };
    loop {
        cursor.skip_space();
        let at = cursor.at();
        let Some((op, sign)) = read_operator(cursor)? else { return Ok(chain) };
        cursor.skip_space();
        if matches!(cursor.peek(), None | Some(')')) {
            return Err(cursor.error_at(at, Problem::MissingOperand(sign)));
        }
        chain.rest.push((op, read_operand(cursor, depth)?));
    }
}

fn read_operand(cursor: &mut Cursor<'_>, depth: usize) -> Result<Node, ParseError> {
    if cursor.peek() != Some('(') {
        return operand::read(cursor);
    }
    if depth == MAX_NESTING {
        return Err(cursor.error(Problem::TooDeep));
    }
    let open = cursor.at();
    cursor.next();
    let inner = read_chain(cursor, depth + 1)?;
    match cursor.next() {
        Some(')') => Ok(Node::Nested(Box::new(inner))),
        _ => Err(cursor.error_at(open, Problem::UnclosedParenthesis)),
    }
}

/// None at the end of the chain.
fn read_operator(cursor: &mut Cursor<'_>) -> Result<Option<(Op, &'static str)>, ParseError> {
    let found = match cursor.peek() {
        None | Some(')') => return Ok(None),
        Some(',') => (Op::Union, ","),
        Some('+') => (Op::Union, "+"),
        Some('!') => (Op::Difference, "!"),
        Some('&') => (Op::Intersection, "&"),
        Some('^') => (Op::Xor, "^"),
        Some('-') if cursor.is_spaced_dash() => (Op::Difference, "-"),
        Some('-') => return Err(cursor.error(Problem::LooseDash)),
        Some(']') => return Err(cursor.error(Problem::StrayBracket)),
        Some(_) => return Err(cursor.error(Problem::NoOperator)),
    };
    cursor.next();
    Ok(Some(found))
}
