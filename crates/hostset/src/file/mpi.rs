//! MPI machine files: Hydra's and Intel's `name:4 user=u`, Open MPI's `name slots=4
//! max_slots=8`. A name that is repeated adds its slots, a bare one counting 1, since batch
//! systems write one line a slot. Called by `file`.

use super::option;
use super::plain::expression;
use super::report::Collector;

pub(super) fn line(line: &str, collector: &mut Collector) -> Result<(), String> {
    let line = tight(line);
    let mut tokens = line.split_whitespace();
    let mut items = expression(tokens.next().unwrap_or(""))?;
    for token in tokens {
        let (key, value) = option(token)?;
        for item in &mut items {
            match key {
                "slots" | "cpu" | "count" => item.slots = Some(slots(value)?),
                "user" | "username" => item.user = Some(user(value)?),
                _ => item.options.push((key.to_owned(), value.to_owned())),
            }
        }
    }
    collector.add_with(items, |known, item| {
        let slots = known.slots.unwrap_or(1).saturating_add(item.slots.unwrap_or(1));
        known.update(item);
        known.slots = Some(slots);
    })
}

/// Open MPI takes spaces around `=`.
fn tight(line: &str) -> String {
    let parts: Vec<&str> = line.split('=').map(str::trim).collect();
    parts.join("=")
}

fn slots(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|&n| n > 0 && text.bytes().all(|b| b.is_ascii_digit()));
    number.ok_or_else(|| {
        format!("`{}` is not a number of slots; write `slots=4`", crate::name::excerpt(text))
    })
}

/// A user name, by the rule of `user@host`.
pub(super) fn user(text: &str) -> Result<String, String> {
    let items = expression(&format!("{text}@host"));
    let user = items.ok().and_then(|items| match items.as_slice() {
        [item] if item.user.as_deref() == Some(text) => item.user.clone(),
        _ => None,
    });
    user.ok_or_else(|| format!("`{}` is not a user name", crate::name::excerpt(text)))
}
