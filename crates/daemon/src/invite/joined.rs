//! A host that joined by a code: what it keeps in its run-time directory, its link to the owner's
//! daemon, which it dials itself as often as it takes, and its leaving. Called by `run`.

use super::desk::now_ms;
use super::dial::{NotDialed, dial};
use crate::limits::{BACK_AFTER, BACK_AFTER_MOST, LEAVE_WITHIN, UNTIL_LOOK_EVERY};
use crate::shell::{Ending, Shell};
use posse_net::identity::SecretKey;
use posse_net::invitation::Invitation;
use posse_proto::Peer;
use posse_wire::msg::{Application, Apply};
use posse_wire::{
    CommandId, HostId, Message, WIRE_VERSION, WIRE_VERSION_OLDEST, decode_value, encode_value,
    limits,
};
use std::cell::Cell;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The key of this host, and all else.
const KEY: &str = "joined.key";
pub(super) const REST: &str = "joined";

/// The daemon's process number, for `leave`.
pub(super) const PID: &str = "joined.pid";

/// What the keeper removes.
pub(crate) const FILES: [&str; 3] = [KEY, REST, PID];

/// How often it is looked whether the owner's daemon has answered.
const WELCOME_LOOK_EVERY: Duration = Duration::from_millis(20);

/// What was got for a code, and until when.
pub(crate) struct Joined {
    /// Without its secret, which was used.
    pub to: Invitation,
    pub ticket: Vec<u8>,
    /// Its user wants it to leave then, in milliseconds since 1970.
    pub until_ms: Option<u64>,
    /// It has said that it leaves.
    pub leaving: Cell<bool>,
}

impl Joined {
    pub fn save(&self, key: &SecretKey, directory: &Path) -> io::Result<()> {
        key.save(&directory.join(KEY)).map_err(io::Error::other)?;
        let Invitation { vm, vm_name, addresses, .. } = &self.to;
        let bytes = encode_value(&(vm.0, vm_name, addresses, &self.ticket, self.until_ms));
        let mut how = OpenOptions::new();
        how.write(true).create_new(true).mode(0o600);
        how.open(directory.join(REST))?.write_all(&bytes)
    }

    /// With the key of this host, which is its daemon's.
    pub fn load(directory: &Path) -> io::Result<(Joined, SecretKey)> {
        let key = SecretKey::load(&directory.join(KEY)).map_err(io::Error::other)?;
        let bytes = std::fs::read(directory.join(REST))?;
        let (vm, vm_name, addresses, ticket, until_ms) =
            decode_value(&bytes).map_err(io::Error::other)?;
        let vm = posse_wire::VmId(vm);
        let to = Invitation { vm, vm_name, secret: [0; 16], addresses };
        Ok((Joined { to, ticket, until_ms, leaving: Cell::new(false) }, key))
    }
}

/// For as long as the daemon lives.
pub(crate) async fn stay(shell: Rc<Shell>, joined: Rc<Joined>) {
    let pid = shell.directory.join(PID);
    if let Err(error) = std::fs::write(pid, std::process::id().to_string()) {
        crate::log::line(&format!("`posse leave` does not find this daemon: {error}"));
    }
    tokio::task::spawn_local(leave_in_time(shell.clone(), joined.clone()));
    let mut wait = BACK_AFTER;
    loop {
        if !shell.with_daemon(|daemon| daemon.parent().is_some()) {
            match come_back(&shell, &joined).await {
                Ok(()) => {
                    wait = BACK_AFTER;
                    until_welcome(&shell).await;
                }
                Err(NotDialed::Nobody(_)) => wait = (2 * wait).min(BACK_AFTER_MOST),
                Err(NotDialed::Refused(why)) => {
                    crate::log::line(&format!("the vm does not take this host back: {why}"));
                    return shell.leave(Ending::Leave);
                }
            }
        }
        sleep(wait).await;
    }
}

/// The word of the owner's daemon takes a round trip or two, and a signature.
async fn until_welcome(shell: &Rc<Shell>) {
    let welcome = async {
        while shell.with_daemon(posse_proto::Daemon::parent).is_none() {
            sleep(WELCOME_LOOK_EVERY).await;
        }
    };
    let _dialed_again_then = timeout(limits::HANDSHAKE_WITHIN, welcome).await;
}

async fn come_back(shell: &Rc<Shell>, joined: &Joined) -> Result<(), NotDialed> {
    let number = shell.with_daemon(posse_proto::Daemon::host);
    let wish = Application::Back { number, ticket: joined.ticket.clone() };
    let (link, _as_before) = dial(&joined.to, &shell.identity.own, &wish).await?;
    shell.open_link(link, Peer::Parent, None);
    Ok(())
}

/// When its time is over.
async fn leave_in_time(shell: Rc<Shell>, joined: Rc<Joined>) {
    let Some(until) = joined.until_ms else { return };
    // By the clock on the wall, which may be set meanwhile, or the computer may have slept.
    while now_ms() < until {
        let left = Duration::from_millis(until - now_ms().min(until));
        sleep(left.clamp(Duration::from_millis(10), UNTIL_LOOK_EVERY)).await;
    }
    depart(&shell, &joined).await;
}

/// Takes no more tasks, gives back those that it has, says that it leaves, and does so when that
/// was heard.
pub(crate) async fn depart(shell: &Rc<Shell>, joined: &Joined) {
    if joined.leaving.replace(true) {
        return;
    }
    shell.vacate().await;
    if let Some(parent) = shell.with_daemon(posse_proto::Daemon::parent) {
        let (wire, wire_oldest) = (WIRE_VERSION, WIRE_VERSION_OLDEST);
        let apply = Apply { wire, wire_oldest, vm: joined.to.vm, wish: Application::Leave };
        shell.say(parent, &apply.frame(CommandId::NONE));
        // The answer is that this daemon is to end.
        let _it_leaves_by_itself_then = timeout(LEAVE_WITHIN, shell.until_ended()).await;
    }
    if shell.ending().is_none() {
        shell.leave(Ending::Leave);
    }
}

/// A host has its number before it has a daemon.
pub(super) fn arguments(
    joined: &Joined,
    applied: &posse_wire::msg::Applied,
    name: &str,
) -> crate::launch::DaemonArgs {
    crate::launch::DaemonArgs {
        vm_name: applied.vm_name.clone(),
        vm: Some(joined.to.vm),
        host: HostId(applied.number.0),
        name: name.to_owned(),
        // It dials, and is not dialed.
        port: None,
        linger: Duration::from_millis(applied.linger_ms),
        down_after: Duration::from_millis(applied.down_after_ms),
        rejoin: false,
        owner: None,
        joined: true,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use posse_net::identity::vm_id;
    use std::os::unix::fs::DirBuilderExt;

    #[test]
    fn what_is_kept_comes_back() {
        let directory = std::env::temp_dir().join(format!("posse-joined.{}", std::process::id()));
        std::fs::DirBuilder::new().mode(0o700).create(&directory).unwrap();
        let key = SecretKey::generate().unwrap();
        let public = key.public();
        let to = Invitation {
            vm: vm_id(&public, "lab"),
            vm_name: "lab".to_owned(),
            secret: [7; 16],
            addresses: vec!["127.0.0.1:7000".parse().unwrap()],
        };
        let until_ms = Some(7);
        let (ticket, leaving) = (vec![1, 2], Cell::new(false));
        Joined { to: to.clone(), ticket, until_ms, leaving }.save(&key, &directory).unwrap();
        let (read, key) = Joined::load(&directory).unwrap();
        assert_eq!((key.public(), &read.ticket[..]), (public, &[1, 2][..]));
        assert_eq!((read.to, read.until_ms), (Invitation { secret: [0; 16], ..to }, until_ms));
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
