//! PVM host files: `name opt=value ...`; `* opt=value ...` sets the defaults of the lines that
//! follow, from scratch each time; `&name` declares a host for later. `lo=` becomes the user,
//! the other options are kept as written. Called by `file`.

use super::mpi::user;
use super::option;
use super::plain::expression;
use super::report::Collector;
use crate::item::HostItem;

/// Login, password question, daemon, execution path, speed, working directory, debugger,
/// address, and the name for several daemons on one computer.
const OPTIONS: &[&str] = &["lo", "so", "dx", "ep", "sp", "wd", "bx", "ip", "id"];

type Options = Vec<(String, String)>;

pub(super) fn line(
    line: &str,
    defaults: &mut Options,
    collector: &mut Collector,
) -> Result<(), String> {
    if let Some(rest) = line.strip_prefix('*') {
        *defaults = options(rest)?;
        return Ok(());
    }
    if line.starts_with('$') {
        return Err("`$` (several daemons on one computer) is written `local[1-4]` here".into());
    }
    let (deferred, line) = match line.strip_prefix('&') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, line),
    };
    let (name, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let own = options(rest)?;
    let mut items = expression(name)?;
    for item in &mut items {
        item.deferred = deferred;
        apply(item, defaults);
        apply(item, &own);
    }
    collector.add(items)
}

fn options(text: &str) -> Result<Options, String> {
    let mut options = Options::new();
    for token in text.split_whitespace() {
        let (key, value) = option(token)?;
        let known = OPTIONS.contains(&key);
        match key {
            _ if !known => {
                let key = crate::name::excerpt(key);
                return Err(format!("`{key}=` is no PVM option; there are {}", OPTIONS.join(" ")));
            }
            "so" if !matches!(value, "pw" | "ms") => {
                return Err("`so=` is `so=pw` or `so=ms`".to_owned());
            }
            "sp" if !value.parse().is_ok_and(|n: u32| (1..=1_000_000).contains(&n)) => {
                return Err("`sp=` is a speed from 1 to 1000000".to_owned());
            }
            "lo" => {
                user(value)?;
            }
            _ => {}
        }
        options.push((key.to_owned(), value.to_owned()));
    }
    Ok(options)
}

fn apply(item: &mut HostItem, options: &Options) {
    for (key, value) in options {
        if key == "lo" {
            item.user = Some(value.clone());
        } else {
            item.options.retain(|(known, _)| known != key);
            item.options.push((key.clone(), value.clone()));
        }
    }
}
