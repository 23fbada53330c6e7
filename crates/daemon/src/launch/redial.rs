//! Looking for a host whose link is lost: its daemon may live behind a broken ssh. What is known
//! first, then what is cheap: the launcher's last word, the direct port, another login that hands
//! its pipe to the daemon that runs there and starts none. Without questions: nobody waits at a
//! terminal. The state machine asks again, and decides when to stop.

use super::connect::Reached;
use super::login::Login;
use super::{image::Images, launches::Way, local, report};
use crate::limits::{LAUNCHER_SAYS, REDIAL_WITHIN, TRIED_WITHIN, UNTRIED_WITHIN};
use crate::process::How;
use crate::seek::{self, NotSought};
use crate::shell::Shell;
use crate::sibling;
use crate::stub::DAEMON_ENDED;
use posse_net::direct::{self, DirectError, Wish};
use posse_net::identity::PublicKey;
use posse_net::launch::{Cause, LaunchError};
use posse_net::link::Link;
use posse_proto::{Daemon, Input, Peer};
use posse_wire::HostId;
use posse_wire::msg::{HostRequest, Launcher, Purpose, Stage, Up};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;
use tokio::task::spawn_local;
use tokio::time::timeout;

/// Why it was not found.
struct NotThere {
    /// It is known to be no more, or there is nothing else to try.
    gone: bool,
    why: String,
}

fn gone(why: &str) -> NotThere {
    NotThere { gone: true, why: why.to_owned() }
}

/// `direct` is where the table has its port, and its key.
pub(crate) fn redial(
    shell: &Rc<Shell>,
    number: HostId,
    request: Option<HostRequest>,
    direct: Option<(String, [u8; 32])>,
) {
    let shell = shell.clone();
    let direct = direct.and_then(|(at, key)| Some((at.parse().ok()?, PublicKey(key))));
    spawn_local(async move {
        if let Err(NotThere { gone, why }) = look(&shell, number, request, direct).await {
            shell.feed(Input::NotFound { number, gone, why });
        }
    });
}

async fn look(
    shell: &Rc<Shell>,
    number: HostId,
    request: Option<HostRequest>,
    direct: Reached,
) -> Result<(), NotThere> {
    let known = shell.launches.way(number);
    if let Some(ended) = known.as_ref().and_then(|way| way.ended.take())
        && let Ok(Ok(How::Exited(DAEMON_ENDED))) = timeout(LAUNCHER_SAYS, ended).await
    {
        return Err(gone("its daemon has ended"));
    }
    if let Some(seek) = shell.launches.sought(number)
        && !shell.with_daemon(Daemon::is_leading)
    {
        let dialed = seek::dial(shell, &seek, TRIED_WITHIN).await;
        return dialed.map_err(|NotSought { gone, why }| NotThere { gone, why });
    }
    let dialed = known.as_ref().and_then(|way| way.direct);
    if known.is_none() && !shell.with_daemon(Daemon::is_owner) {
        return look_as_leader(shell, number, direct).await;
    }
    let known = known.or_else(|| Some(Rc::new(shell.launches.guess(request?))));
    let is_local = known.as_ref().is_some_and(|way| way.request.launcher == Launcher::Local);
    let is_deaf = known.as_ref().is_some_and(|way| way.deaf.get());
    if let Some((address, key)) = dialed.or(direct).filter(|_| !is_local && !is_deaf) {
        match dial(shell, address, key, dialed.is_some()).await {
            Ok(link) => {
                report::stage(shell, number, Stage::Direct);
                let id = shell.open_link(link, Peer::Child(number), None);
                shell.expect_key(id, number, key);
                if let Some(way) = &known {
                    shell.launches.remember(number, way.at_port(address, key));
                }
                return Ok(());
            }
            // Of a port that was never reached another computer may have said so.
            Err(DirectError::Io(error))
                if dialed.is_some() && error.kind() == io::ErrorKind::ConnectionRefused =>
            {
                return Err(gone("its daemon's port is closed"));
            }
            Err(_) => {
                // One that was reached before may only be slow.
                let never = dialed.is_none();
                known.iter().for_each(|way| way.deaf.set(never));
            }
        }
    }
    match known {
        Some(way) if way.request.launcher == Launcher::Invited => {
            Err(NotThere { gone: false, why: "it dials by itself".to_owned() })
        }
        Some(way) if way.request.launcher == Launcher::Local => local::rejoin(shell, number)
            .map_err(|error| gone(&format!("its daemon has ended ({error})"))),
        Some(way) => log_in(shell, number, &way).await,
        None => Err(gone("no other way is known")),
    }
}

/// This host leads in the place of the owner's, and has no business logging in for that.
async fn look_as_leader(
    shell: &Rc<Shell>,
    number: HostId,
    direct: Reached,
) -> Result<(), NotThere> {
    let passing = |why: String| NotThere { gone: false, why };
    let Some((address, key)) = direct else { return Err(gone("it takes no direct links")) };
    let lead = shell.with_daemon(|daemon| daemon.led_by().lead);
    let dialing = sibling::dial(shell, (address, key), Purpose::Lead(lead));
    let link = timeout(TRIED_WITHIN, dialing).await;
    let link = link.map_err(|_| passing("its port does not answer".to_owned()))?;
    let link = link.map_err(|error| passing(error.to_string()))?;
    let id = shell.open_link(link, Peer::Child(number), None);
    shell.expect_key(id, number, key);
    Ok(())
}

async fn dial(
    shell: &Rc<Shell>,
    address: SocketAddr,
    key: PublicKey,
    is_tried: bool,
) -> Result<Link, DirectError> {
    let dialing = direct::dial(address, &shell.identity.own, key, Wish::Parent);
    let within = if is_tried { TRIED_WITHIN } else { UNTRIED_WITHIN };
    timeout(within, dialing).await.unwrap_or(Err(DirectError::Timeout))
}

async fn log_in(shell: &Rc<Shell>, number: HostId, way: &Way) -> Result<(), NotThere> {
    let Ok(_turn) = shell.launches.turns.acquire().await else { return Ok(()) };
    let images = Images::shared(shell).await.map_err(|error| gone(&error.to_string()))?;
    let within = u64::try_from(REDIAL_WITHIN.as_millis()).unwrap_or(u64::MAX);
    let options = Up { interactive: false, timeout_ms: within, ..(*way.options).clone() };
    let login = Login {
        shell: shell.clone(),
        number,
        request: way.request.clone(),
        options: Rc::new(options),
        images,
        index: 0,
        silent_since: Instant::now(),
        tell: None,
    };
    login.rejoin().await.map_err(|error| NotThere {
        gone: !is_passing(&error),
        why: format!("another login failed: {error}"),
    })
}

/// Whether the next try may do better.
fn is_passing(error: &LaunchError) -> bool {
    let network = matches!(error.cause, Cause::Unreachable | Cause::Refused | Cause::TimedOut);
    let late = matches!(error.cause, Cause::Lost(_) | Cause::Timeout(_) | Cause::Silent { .. });
    network || late || error.retryable
}
