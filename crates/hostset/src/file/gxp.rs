//! GXP's host files and set-up scripts. A line is `ADDRESS NAME ALIAS...` as in `/etc/hosts`,
//! or `NAME ALIAS...`; `use [--as USER] RSH SRC [TGT]` states who can log in where;
//! `explore [OPTION...] TARGET...` names hosts. Called by `file`.

use std::net::IpAddr;

use super::plain::expression;
use super::report::Collector;
use super::{Login, mpi};
use crate::item::HostItem;
use crate::name::HostName;

pub(super) fn line(line: &str, collector: &mut Collector) -> Result<(), String> {
    let mut tokens: Vec<&str> = line.split_whitespace().collect();
    if tokens.first() == Some(&"gxpc") {
        tokens.remove(0);
    }
    match tokens.as_slice() {
        ["use", rest @ ..] => collector.login(login(rest)?),
        ["explore", rest @ ..] => explore(rest, collector),
        [address, names @ ..] if !names.is_empty() && address.parse::<IpAddr>().is_ok() => {
            if is_special(address, names) {
                return Ok(());
            }
            let mut item = named(names)?;
            item.options.push(("ip".to_owned(), (*address).to_owned()));
            collector.add(vec![item])
        }
        [only] => collector.add(expression(only)?),
        names => collector.add(vec![named(names)?]),
    }
}

/// The lines of every `/etc/hosts` that name no other computer: loopback and multicast.
fn is_special(address: &str, names: &[&str]) -> bool {
    let address: Option<IpAddr> = address.parse().ok();
    let own = address.is_some_and(|a| a == IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]));
    own || address.is_some_and(|a| a.is_multicast())
        || names.iter().any(|name| matches!(*name, "localhost" | "ip6-localnet"))
}

fn named(names: &[&str]) -> Result<HostItem, String> {
    let mut checked = Vec::new();
    for name in names {
        checked.push(HostName::new(name).map_err(|error| error.to_string())?);
    }
    let mut checked = checked.into_iter();
    let Some(first) = checked.next() else { return Err("no name on the line".to_owned()) };
    let mut item = HostItem::new(first);
    item.options.extend(checked.map(|alias| ("alias".to_owned(), alias.to_string())));
    Ok(item)
}

fn login(tokens: &[&str]) -> Result<Login, String> {
    let mut tokens = tokens.to_vec();
    let mut as_user = None;
    if let Some(at) = tokens.iter().position(|token| *token == "--as") {
        if at + 1 >= tokens.len() {
            return Err("`--as` without a user".to_owned());
        }
        as_user = Some(mpi::user(tokens.remove(at + 1))?);
        tokens.remove(at);
    }
    let unquoted = |text: &str| text.trim_matches(['\'', '"']).to_owned();
    match tokens.as_slice() {
        [launcher, from, to @ ..] if to.len() < 2 && !launcher.starts_with('-') => Ok(Login {
            launcher: unquoted(launcher),
            from: unquoted(from),
            to: unquoted(to.first().unwrap_or(from)),
            user: as_user,
        }),
        _ => Err("write `use ssh FROM [TO]`".to_owned()),
    }
}

fn explore(tokens: &[&str], collector: &mut Collector) -> Result<(), String> {
    for token in tokens {
        if token.starts_with('-') {
            return Err(format!(
                "`explore {}` is not followed; name the hosts alone",
                crate::name::excerpt(token)
            ));
        }
        collector.add(expression(token)?)?;
    }
    Ok(())
}
