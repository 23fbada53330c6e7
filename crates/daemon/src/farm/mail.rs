//! Letters between holder and hosts: cut into pieces for the tree, put together again, handed to
//! the driver that they are for.

use super::holder::Out;
use super::limits::LETTER_ORDERS;
use crate::shell::Shell;
use posse_farm::HostLife;
use posse_farm::letter::{Orders, Reports};
use posse_farm::words::Order;
use posse_proto::Input;
use posse_wire::msg::Piece;
use posse_wire::{HostId, decode_value, encode_value};
use std::collections::BTreeMap;
use std::rc::Rc;

impl Shell {
    /// Orders for one host go together, in their order.
    pub(super) fn deliver(self: &Rc<Self>, ready: Vec<Out>) {
        let mut orders: BTreeMap<HostLife, Vec<Order>> = BTreeMap::new();
        for out in ready {
            match out {
                Out::Order(to, order) => orders.entry(to).or_default().push(order),
                Out::There(to) => drop(orders.entry(to).or_default()),
                Out::Say(link, id, said) => self.say_of_jobs((link, id), &said),
            }
        }
        for (to, mut list) in orders {
            loop {
                let rest = list.split_off(list.len().min(LETTER_ORDERS));
                self.send_orders(to, list);
                if rest.is_empty() {
                    break;
                }
                list = rest;
            }
        }
    }

    fn send_orders(self: &Rc<Self>, to: HostLife, orders: Vec<Order>) {
        let letter = self.farm.held.borrow().as_ref().map(|held| Orders {
            epoch: held.holder.epoch(),
            incarnation: to.incarnation,
            cores: held.hosts.cores(to.host),
            alone: held.hosts.is_alone(to.host),
            orders,
            live: held.lives.jobs(),
        });
        let Some(letter) = letter else { return };
        let pieces = Piece::cut(&encode_value(&letter));
        self.feed_all(pieces.into_iter().map(|piece| Input::LeaseSend { to: to.host, piece }));
    }

    pub(super) fn send_reports(self: &Rc<Self>, to: HostId, letter: &Reports) {
        let pieces = Piece::cut(&encode_value(letter));
        self.feed_all(pieces.into_iter().map(|piece| Input::LeasedSend { to, piece }));
    }

    /// Of a holder, for this host.
    pub(crate) fn orders_came(self: &Rc<Self>, from: HostId, piece: Piece) {
        let whole = self.farm.orders.borrow_mut().entry(from).or_default().put(piece);
        let Some(whole) = whole else { return };
        match decode_value::<Orders>(&whole) {
            Ok(letter) => self.obey(from, letter),
            Err(error) => crate::log::line(&format!("orders of host {from}: {error}")),
        }
    }

    /// Of a host, for the holder here.
    pub(crate) fn reports_came(self: &Rc<Self>, from: HostId, piece: Piece) {
        let whole = self.farm.reports.borrow_mut().entry(from).or_default().put(piece);
        let Some(whole) = whole else { return };
        match decode_value::<Reports>(&whole) {
            Ok(letter) => self.hear(from, letter),
            Err(error) => crate::log::line(&format!("reports of host {from}: {error}")),
        }
    }

    /// What was printed is kept before the result counts, unless the task is over already or there
    /// is none.
    fn hear(self: &Rc<Self>, from: HostId, letter: Reports) {
        self.hold(|held, now| {
            if letter.epoch != held.holder.epoch() {
                return;
            }
            for output in &letter.outputs {
                let state = held.holder.state(output.lease.task);
                if state.is_none_or(|state| state.is_over()) {
                    continue;
                }
                let task = output.lease.task;
                match held.store.append(output) {
                    Ok(place) => held.expects.printed(task, place),
                    Err(error) => {
                        crate::log::line(&format!("output of task {task} is not kept: {error}"));
                    }
                }
            }
            held.parts(letter.parts);
            let life = HostLife { host: from, incarnation: letter.incarnation };
            if !letter.reports.is_empty() {
                held.holder.reports(now, life, letter.reports);
            }
        });
    }
}
