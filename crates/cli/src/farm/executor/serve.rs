//! Requests read, answers written.

use super::request::Request;
use super::session::Session;
use crate::commands::Outcome;
use crate::error::Error;
use crate::farm::limits::REQUEST_BYTES_MAX;
use crate::tell;
use serde_json::{Map, Value, json};
use std::io::{BufRead, Read};

/// Stays until the input ends. What was submitted runs on.
pub fn main(vm: Option<&str>) -> Outcome {
    let mut session = Session::new(crate::run::connect(vm)?)?;
    let mut input = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let count = input.by_ref().take(REQUEST_BYTES_MAX).read_until(b'\n', &mut line)?;
        if count == 0 {
            session.end()?;
            return Ok(0);
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        if !line.ends_with(b"\n") && count as u64 == REQUEST_BYTES_MAX {
            session.end()?;
            return Err(Error::usage(format!("a request has more than {REQUEST_BYTES_MAX} bytes")));
        }
        tell::say(&answer(&mut session, &line).to_string());
    }
}

/// With the `id` of the request, if it has one.
fn answer(session: &mut Session, line: &[u8]) -> Value {
    let mut id = None;
    let told = request(line, &mut id).and_then(|request| session.answer(request));
    let mut answer = told.unwrap_or_else(|error| {
        let mut answer = Map::new();
        answer.insert("error".to_owned(), json!(error.text));
        if let Some(hint) = error.hint {
            answer.insert("hint".to_owned(), json!(hint));
        }
        answer
    });
    if let Some(id) = id {
        answer.insert("id".to_owned(), id);
    }
    Value::Object(answer)
}

fn request(line: &[u8], id: &mut Option<Value>) -> Result<Request, Error> {
    let read = serde_json::from_slice::<Map<String, Value>>(line);
    let mut map = read.map_err(|why| Error::usage(format!("not a JSON object: {why}")))?;
    *id = map.remove("id");
    Request::read(map)
}
