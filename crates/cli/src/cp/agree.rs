//! Settles before a copy to hosts who of them writes: those that have one file system in common
//! are one. Called by `spread.rs` and `between.rs`; `orders.rs` is the other side.

use super::hosts::{Host, Hosts};
use super::shared::{Group, Shared};
use super::talk::Order;
use super::temporary::fresh_name;
use crate::error::Error;
use posse_data::{Kind, header};
use std::io::{self, Write};

/// Every host that has failed by itself shows as such; orders that nobody reads are no error.
fn order<W: Write>(to: &mut W, order: &Order) -> Result<(), Error> {
    let body = order.encode();
    let head = header(Kind::Control, body.len());
    let written = to.write_all(&head).and_then(|()| to.write_all(&body)).and_then(|()| to.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// The contents may follow.
pub fn agree<W: Write>(hosts: &mut Hosts, to: &mut W) -> Result<(), Error> {
    hosts.wait(|host| host.key.is_some())?;
    let key = |host: &Host| match host.status {
        None => host.key.clone(),
        Some(_) => None,
    };
    let mut shared = Shared::new(hosts.all.iter().map(key).collect());
    loop {
        let groups = shared.round();
        if groups.is_empty() {
            break;
        }
        look(hosts, to, &mut shared, &groups)?;
    }
    let followers = shared.followers();
    for (rank, leader) in &followers {
        if let Some(host) = hosts.all.get_mut(*rank as usize) {
            host.same_as = Some(*leader as usize);
        }
    }
    let idle = followers.into_iter().map(|(rank, _)| rank).collect();
    order(to, &Order::Begin { idle })
}

/// One round: leaders mark their places, the others look.
fn look<W: Write>(
    hosts: &mut Hosts,
    to: &mut W,
    shared: &mut Shared,
    groups: &[Group],
) -> Result<(), Error> {
    let names: Vec<String> = groups.iter().map(|_| fresh_name()).collect();
    let leads = |rank: usize| groups.iter().any(|group| group.leader as usize == rank);
    let looks = |rank: usize| groups.iter().any(|group| group.others.contains(&(rank as u32)));
    for (rank, host) in hosts.all.iter_mut().enumerate() {
        host.marked = !leads(rank);
        host.seen = (!looks(rank)).then_some(false);
    }
    let marks = groups.iter().map(|group| group.leader).zip(names.iter().cloned());
    order(to, &Order::Mark(marks.collect()))?;
    hosts.wait(|host| host.marked)?;
    let others = groups.iter().map(|group| group.others.clone());
    order(to, &Order::Look(names.into_iter().zip(others).collect()))?;
    hosts.wait(|host| host.seen.is_some())?;
    for (rank, host) in hosts.all.iter().enumerate() {
        if host.status.is_some() {
            shared.out(rank as u32);
        }
    }
    for group in groups {
        for rank in &group.others {
            let host = hosts.all.get(*rank as usize);
            if host.is_some_and(|host| host.status.is_none() && host.seen == Some(true)) {
                shared.seen(*rank, group.leader);
            }
        }
    }
    Ok(())
}
