//! Looking for a host that who leads does not hear, at its port, to be its relay: what `Seek` asks
//! for. Here the warrants are signed that go with it, dialed with, and judged. Called by the shell,
//! by `launch::redial` for a host that is relayed so already, and by `sibling`.

use crate::shell::Shell;
use crate::sibling;
use posse_net::direct::DirectError;
use posse_net::identity::PublicKey;
use posse_net::link::Link;
use posse_net::sibling::{Family, SiblingError};
use posse_net::warrant::{self, Relaying};
use posse_proto::{Input, LinkId, Peer};
use posse_wire::msg::{Purpose, Seek, Warrant};
use posse_wire::{CommandId, HostId, Message, limits};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::spawn_local;
use tokio::time::timeout;

/// Why it was not found; `gone` where the port at which it was reached before is closed.
pub(crate) struct NotSought {
    pub gone: bool,
    pub why: String,
}

impl NotSought {
    fn passing(why: impl Into<String>) -> NotSought {
        NotSought { gone: false, why: why.into() }
    }
}

/// Signs the warrant and sends it on its way.
pub(crate) fn send(shell: &Rc<Shell>, link: LinkId, mut seek: Seek) {
    let lead = shell.with_daemon(|daemon| daemon.led_by().lead);
    let ticket = shell.with_daemon(|daemon| daemon.ticket().to_vec());
    let relaying = Relaying { relay: seek.at, host: seek.number, key: PublicKey(seek.key) };
    let identity = &shell.identity;
    seek.warrant = warrant::sign(&identity.own, &ticket, (identity.vm, lead), relaying);
    shell.say(link, &seek.frame(CommandId::NONE));
}

/// Looks once, and says what came of it.
pub(crate) fn look(shell: &Rc<Shell>, seek: Seek) {
    let shell = shell.clone();
    spawn_local(async move {
        let number = seek.number;
        if let Err(NotSought { gone, why }) = dial(&shell, &seek, limits::SEEK_WITHIN).await {
            shell.feed(Input::NotSought { number, gone, why });
        }
    });
}

/// The host's link is opened here, as that of a child.
pub(crate) async fn dial(
    shell: &Rc<Shell>,
    seek: &Seek,
    within: Duration,
) -> Result<(), NotSought> {
    let Some(_turn) = shell.siblings.seeking() else {
        return Err(NotSought::passing("too many hosts are looked for at once"));
    };
    let address: SocketAddr =
        seek.address.parse().map_err(|_| NotSought::passing("no address to dial"))?;
    let (there, key) = ((address, PublicKey(seek.key)), PublicKey(seek.key));
    let dialing = sibling::dial(shell, there, Purpose::Relay(seek.warrant.clone()));
    let dialed = timeout(within, dialing).await;
    let dialed = dialed.map_err(|_| NotSought::passing("its port does not answer"))?;
    let link: Link = dialed.map_err(|error| NotSought {
        // Of a port that was never reached from here another computer may have said so.
        gone: is_closed(&error) && shell.siblings.has_reached(there),
        why: error.to_string(),
    })?;
    shell.launches.relays(seek);
    let id = shell.open_link(link, Peer::Child(seek.number), None);
    shell.expect_key(id, seek.number, key);
    Ok(())
}

fn is_closed(error: &SiblingError) -> bool {
    let SiblingError::Direct(DirectError::Io(error)) = error else { return false };
    error.kind() == io::ErrorKind::ConnectionRefused
}

/// Whether this sibling may be the parent here, by the word of one that may lead.
pub(crate) fn may_relay(shell: &Rc<Shell>, relay: HostId, shown: &Warrant) -> Result<(), String> {
    let (host, led) = shell.with_daemon(|daemon| (daemon.host(), daemon.led_by().lead));
    if shown.lead < led {
        return Err("the warrant is of an earlier lead".to_owned());
    }
    let name = shell.with_daemon(|daemon| daemon.vm_name().to_owned());
    let ours = Family { vm: shell.identity.vm, name: &name };
    let meant = Relaying { relay, host, key: shell.identity.own.public() };
    let signer = warrant::verify(shown, ours, meant).map_err(|error| error.to_string())?;
    if signer == HostId::OWNER || sibling::may_lead(shell, signer) {
        return Ok(());
    }
    Err("the warrant's signer is not known to vote".to_owned())
}
