//! Front ends of other machines: they dialed the port and have proven the owner's key. The daemon
//! that leads serves them as those of its own machine; any other says who leads. Called by `port`.

use crate::limits::TOLD_WITHIN;
use crate::shell::Shell;
use posse_net::link::Link;
use posse_proto::{Daemon, Peer};
use posse_wire::msg::{Leader, LeaderAt};
use posse_wire::{CommandId, HostId, Message};
use std::rc::Rc;
use tokio::time::timeout;

pub(crate) async fn serve(shell: &Rc<Shell>, link: Link) {
    let at = leader_at(shell);
    let leads = at == LeaderAt::Here;
    let frame = Leader { at }.frame(CommandId::NONE);
    if leads {
        let id = shell.open_link(link, Peer::Local, None);
        return shell.say(id, &frame);
    }
    link.push(&frame);
    let _it_may_not_listen = timeout(TOLD_WITHIN, link.drain()).await;
}

fn leader_at(shell: &Rc<Shell>) -> LeaderAt {
    if shell.with_daemon(Daemon::is_leading) {
        return LeaderAt::Here;
    }
    let (leader, own) = shell.with_daemon(|daemon| (daemon.led_by().leader, daemon.host()));
    let has_parent = shell.with_daemon(|daemon| daemon.parent().is_some());
    match leader {
        HostId::OWNER if has_parent => LeaderAt::Owner,
        HostId::OWNER => LeaderAt::Nobody,
        number if number == own => LeaderAt::Nobody,
        number => {
            let (address, ticket) = shell.place_of(number).unwrap_or_default();
            LeaderAt::Host { number, address, ticket }
        }
    }
}
