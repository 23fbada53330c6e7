//! How a host's daemon comes to its link to the daemon above: through the pipe of the login that
//! started it or was handed over later. Called by `run` and `accept`; for a parent that dials see
//! `port`.

use crate::shell::Shell;
use posse_net::direct::{self, DirectError};
use posse_net::identity::PublicKey;
use posse_net::link::Link;
use posse_proto::Peer;
use std::os::fd::OwnedFd;
use std::rc::Rc;

/// Takes the two ends of a login's pipe; `held` closes with the link.
pub(crate) async fn take(
    shell: Rc<Shell>,
    owner: Option<PublicKey>,
    (read, write): (OwnedFd, OwnedFd),
    held: Vec<OwnedFd>,
) {
    let link = match owner {
        None => Link::new(read, write).map_err(DirectError::from),
        Some(owner) => direct::seal_as_host(read, write, &shell.identity.own, owner).await,
    };
    match link {
        Ok(link) => {
            let id = shell.open_link(link, Peer::Parent, None);
            shell.hold_with_link(id, held);
        }
        Err(error) => crate::log::line(&format!("no link through the login: {error}")),
    }
}
