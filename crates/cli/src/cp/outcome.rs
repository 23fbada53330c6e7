//! How a copy went, for people, for programs and as an exit status. Called by `spread.rs`,
//! `gather.rs` and `between.rs`.

use super::Options;
use super::hosts::Host;
use super::talk::{Done, Item};
use crate::output::{status_text, visible};
use crate::run::launch::fold;
use crate::tell;
use posse::Status;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// As `posse e`: 0 only if every host has everything, else the largest status.
pub fn code(hosts: &[Host]) -> u8 {
    hosts.iter().map(|host| code_of(hosts, host)).max().unwrap_or(0)
}

pub fn code_of(hosts: &[Host], host: &Host) -> u8 {
    let own = host.status.as_ref().map_or(0, Status::code);
    let leader = host.same_as.and_then(|at| hosts.get(at));
    let others = leader.and_then(|leader| leader.status.as_ref()).map_or(0, Status::code);
    let failed = host.failed || leader.is_some_and(|leader| leader.failed);
    own.max(others).max(u8::from(failed))
}

pub fn say(hosts: &[Host], options: &Options, elapsed: Duration) {
    if options.json {
        hosts.iter().for_each(|host| tell::say(&object(hosts, host)));
        return;
    }
    for (text, names) in complaints(hosts) {
        tell::note(&format!("{}: {text}", fold(&names)));
    }
    if options.verbose {
        let done = hosts.iter().filter(|host| code_of(hosts, host) == 0).count();
        let shared = hosts.iter().filter(|host| host.same_as.is_some()).count();
        let sum = |of: fn(&Done) -> u64| hosts.iter().filter_map(|h| h.done.as_ref()).map(of).sum();
        let (bytes, written, deleted): (u64, u64, u64) =
            (sum(|done| done.bytes), sum(|done| done.written), sum(|done| done.deleted));
        let shared = match shared {
            0 => String::new(),
            shared => format!(" ({shared} share a file system with another)"),
        };
        let all = hosts.len();
        let removed = if deleted == 0 { String::new() } else { format!(", {deleted} removed") };
        let went = format!("{written} files written{removed}, {bytes} B");
        tell::note(&format!("{done} of {all} hosts{shared}, {went}, {elapsed:.2?}"));
    }
}

/// What hosts have done since this was last called: a line for each path, with the hosts where
/// they are not all.
pub fn items(hosts: &mut [Host], options: &Options) {
    let mut all: BTreeMap<Item, Vec<String>> = BTreeMap::new();
    for host in hosts.iter_mut() {
        for item in host.items.drain(..) {
            all.entry(item).or_default().push(host.name.clone());
        }
    }
    let everybody = hosts.iter().filter(|host| host.same_as.is_none()).count();
    for (item, names) in all {
        let (path, change) = (&item.path, item.change);
        if options.json {
            tell::say(&json!({"path": path, "change": change, "hosts": names}).to_string());
            continue;
        }
        let path = visible(path.as_bytes()).replace('\n', "^J");
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let hosts = if names.len() == everybody { String::new() } else { fold(&names) + ": " };
        tell::say(&format!("{hosts}{} {path}", change.word()));
    }
}

/// Equal ones once, with the hosts that have them.
fn complaints(hosts: &[Host]) -> Vec<(String, Vec<&str>)> {
    let mut order = Vec::new();
    let mut names: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for host in hosts {
        let mut texts = host.complaints.clone();
        let silent = texts.is_empty() && host.same_as.is_none();
        match &host.status {
            Some(Status::Exited(0)) | None => {}
            Some(Status::Exited(_)) if !silent => {}
            Some(status) => texts.push(status_text(status)),
        }
        for text in texts {
            let known = names.entry(text.clone()).or_default();
            if known.is_empty() {
                order.push(text);
            }
            known.push(&host.name);
        }
    }
    order.into_iter().map(|text| (text.clone(), names.remove(&text).unwrap_or_default())).collect()
}

fn object(hosts: &[Host], host: &Host) -> String {
    let leader = host.same_as.and_then(|at| hosts.get(at));
    let done = host.done.as_ref().or(leader.and_then(|leader| leader.done.as_ref()));
    json!({
        "host": host.name, "code": code_of(hosts, host),
        "status": host.status.as_ref().map(status_text),
        "entries": done.map(|done| done.entries), "size": done.map(|done| done.size),
        "bytes": done.map(|done| done.bytes), "written": done.map(|done| done.written),
        "deleted": done.map(|done| done.deleted),
        "checksum": done.map(|done| &done.checksum),
        "same_as": leader.map(|leader| &leader.name), "errors": host.complaints,
    })
    .to_string()
}
