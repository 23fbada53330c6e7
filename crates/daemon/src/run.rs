//! `posse daemon`: makes a daemon's parts ready, serves until it is to end, ends what it started.
//! Called by the binary's `main`, below a keeper.

use crate::accept;
use crate::control::Earlier;
use crate::data::{Data, data_directory};
use crate::identity::Identity;
use crate::keep::Keep;
use crate::keeper;
use crate::launch::{DaemonArgs, Launches};
use crate::process::limits::PREDECESSOR_WITHIN;
use crate::process::{HostContext, become_reaper};
use crate::shell::{Ending, Parts, Shell, watch_children};
use crate::{facts, parent, port, table};
use posse_net::state::{self, StateDirectory};
use posse_proto::Config;
use posse_wire::{HostId, limits};
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{LocalSet, spawn_local};

/// `args` are those behind the word `daemon`.
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(args) = DaemonArgs::from_words(args) else {
        crate::log::line("daemon: started by posse itself, not by hand");
        return ExitCode::from(2);
    };
    let _only_for_ps = rustix::thread::set_name(c"posse-daemon");
    match try_run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            crate::log::line(&format!("daemon {}: {error}", args.name));
            let taken = error.kind() == io::ErrorKind::AddrInUse;
            if taken { ExitCode::from(keeper::ANOTHER_SERVES) } else { ExitCode::FAILURE }
        }
    }
}

fn try_run(args: &DaemonArgs) -> io::Result<()> {
    let attended = keeper::attend()?;
    let above = rustix::process::getppid();
    become_reaper()?;
    rustix::process::chdir("/")?;
    raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = LocalSet::new();
    local.block_on(&runtime, serve(args, attended.descriptors))?;
    if rustix::process::getppid() != above {
        // The keeper was killed, and its part is ours.
        let files = crate::launch::run_time_files(&args.directory()?);
        files.iter().for_each(|file| keeper::remove(file));
    }
    Ok(())
}

/// Hosts need a descriptor each, commands several: take what the system allows.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _the_old_limit_stays = setrlimit(Resource::Nofile, limit);
}

async fn serve(args: &DaemonArgs, mut descriptors: Vec<OwnedFd>) -> io::Result<()> {
    let children = watch_children()?;
    let directory = args.directory()?;
    let is_owner = args.host == HostId::OWNER;
    let sockets = accept::bind(args, &directory)?;
    let kept = args.kept()?;
    let held = kept.as_ref().map(|kept| kept.hold(PREDECESSOR_WITHIN)).transpose();
    // Another daemon has it, whose run-time directory is another: no next try would do better.
    let _held =
        held.map_err(|error| io::Error::new(io::ErrorKind::AddrInUse, error.to_string()))?;
    let listener = port::listen(args.port).await;
    let mut parts = parts(args, directory, kept)?;
    if let Some((_, address)) = &listener {
        parts.config.facts.listens.clone_from(address);
    }
    let shell = Shell::new(parts);
    let earlier = if is_owner { take_up(&shell)? } else { Earlier::None };
    if is_owner {
        shell.take_up_jobs();
    }
    spawn_local(shell.clone().reap(children));
    spawn_local(shell.clone().keep_time());
    spawn_local(crate::cache::attend());
    if is_owner {
        spawn_local(shell.clone().begin_control(earlier));
    }
    spawn_local(accept::serve(shell.clone(), sockets));
    if let Some((listener, _)) = listener {
        spawn_local(port::serve(shell.clone(), listener));
    }
    // The starter of the owner's daemon only waits for its descriptor to close.
    let held = descriptors.split_off(descriptors.len().min(2));
    let mut pipe = descriptors.into_iter();
    if let (false, Some(read), Some(write)) = (is_owner, pipe.next(), pipe.next()) {
        spawn_local(parent::take(shell.clone(), args.owner, (read, write), held));
    }
    let ending = until_over(&shell).await?;
    shell.end_all_work().await;
    shell.last_words().await;
    shell.end_control().await;
    // The end of the vm may have been typed since.
    clean(&shell, shell.ending().unwrap_or(ending));
    Ok(())
}

/// What an earlier life of the owner's daemon kept: hosts, settings, detached commands. Says what
/// it was to the control state.
fn take_up(shell: &Rc<Shell>) -> io::Result<Earlier> {
    let Some(kept) = table::load(&shell.state)? else {
        if !shell.identity.is_new {
            crate::log::line("the table of hosts is lost: this vm has none any more");
            return Ok(Earlier::Unknown);
        }
        // From now on a vm without a table is one that lost it.
        table::save(&shell.state, &shell.with_daemon(posse_proto::Daemon::table))?;
        return Ok(Earlier::None);
    };
    let restored = shell.restore(&kept);
    let earlier = match &restored {
        Ok(()) => shell.with_daemon(|daemon| Earlier::of(daemon.led_by())),
        Err(_) => Earlier::Unknown,
    };
    restored.unwrap_or_else(|error| crate::log::line(&format!("host table: {error}")));
    crate::kept::take_up(shell);
    // What that wants done is carried out with the first input.
    shell.feed(posse_proto::Input::Tick);
    Ok(earlier)
}

async fn until_over(shell: &Rc<Shell>) -> io::Result<Ending> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A hangup of whatever terminal was near is nothing to a daemon.
    let _hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        ending = shell.until_ended() => Ok(ending),
        _ = terminate.recv() => Ok(Ending::Stop),
        _ = interrupt.recv() => Ok(Ending::Stop),
    }
}

fn parts(args: &DaemonArgs, directory: PathBuf, kept: Option<StateDirectory>) -> io::Result<Parts> {
    let failed = |error: posse_net::identity::IdentityError| io::Error::other(error.to_string());
    let identity = match (args.vm, &kept) {
        (Some(vm), _) => Identity::of_host(vm),
        (None, Some(kept)) => Identity::of_owner(&kept.owner_key(), &args.vm_name),
        (None, None) => return Err(io::Error::other("the vm is kept nowhere")),
    }
    .map_err(failed)?;
    let mut context = HostContext::detect(args.host, &args.name);
    context.socket = Some(directory.join(posse_net::place::SOCKET));
    let state = kept.map_or_else(|| directory.clone(), |kept| kept.path().to_owned());
    let epoch = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
    let facts = facts::facts(&context.user, &context.home.to_string_lossy());
    let config = Config {
        vm: identity.vm,
        vm_name: args.vm_name.clone(),
        host: args.host,
        name: args.name.clone(),
        boot: crate::launch::random(),
        key: identity.own.public().0,
        facts,
        down_after: args.down_after,
        linger: args.linger,
        kept_max: limits::KEPT_MAX,
        epoch_ms: u64::try_from(epoch).unwrap_or(0),
    };
    let keep = Keep::new(state.join("out"));
    let sealed_by = args.owner;
    let launches = Launches::default();
    // The owner's lie with what it keeps: outputs are moved from there to where they belong.
    let data = match args.host == HostId::OWNER {
        true => Data::new(state.join("data")),
        false => Data::new(data_directory(&directory)),
    };
    Ok(Parts { config, context, directory, state, identity, sealed_by, keep, launches, data })
}

/// P8: nothing of the vm stays but what the keeper removes after us. An owner's daemon that is
/// told to stop (its keeper was killed, its machine is shut down) leaves what its next life needs.
fn clean(shell: &Rc<Shell>, ending: Ending) {
    let is_owner = shell.with_daemon(posse_proto::Daemon::is_owner);
    match (is_owner, ending) {
        (true, Ending::Stop) => shell.persist_gathered(),
        (true, _) => state::remove(&shell.state),
        (false, _) => {
            let _may_never_have_been_made = std::fs::remove_dir_all(shell.state.join("out"));
            shell.data.clear();
            for name in crate::control::FILES {
                let _may_never_have_been_made = std::fs::remove_file(shell.state.join(name));
            }
            if ending == Ending::LeaveAndPurge {
                crate::purge::purge();
            }
        }
    }
}
