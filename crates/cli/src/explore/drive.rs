//! Carries a plan out: an `up` of the vm for each batch of hosts that go one way, several at a
//! time, and whatever comes of them back to the plan. A host that hangs holds up nobody who has
//! another way. Called by `run::launch`.

use super::target::{Attempt, Way};
use super::ways::Ways;
use crate::error::{Error, Kind};
use crate::limits::{BATCHES_MAX, GATHER, LAUNCH_NEWS_MAX};
use crate::run::ask;
use posse::{HostRequest, Launch, LaunchEvent, Stage, UpOptions, Vm};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

/// What one batch tells, with its way.
type News = (Way, Result<LaunchEvent, posse::Error>);

/// Who looks on: a progress line, a report. Questions are asked at the terminal, within `aside`.
pub trait Onlooker {
    fn launch(&mut self, launch: &Launch);
    fn settled(&mut self, ways: &Ways, at: usize);
    fn aside(&mut self, ask: &mut dyn FnMut());
}

/// Until every target of the plan is settled.
pub fn drive(
    vm: &Vm,
    options: &UpOptions,
    ways: &mut Ways,
    onlooker: &mut dyn Onlooker,
) -> Result<(), Error> {
    let (tell, told) = sync_channel(LAUNCH_NEWS_MAX);
    let mut open = 0;
    loop {
        for (way, targets) in ways.next(BATCHES_MAX - open) {
            let requests = targets.iter().map(|at| ways.targets[*at].request.clone()).collect();
            start(vm, options, way, requests, tell.clone())?;
            open += 1;
        }
        ways.take_settled().into_iter().for_each(|at| onlooker.settled(ways, at));
        if open == 0 {
            return Ok(());
        }
        let gathered = Instant::now() + GATHER;
        let mut news = told.recv().ok();
        while let Some((way, event)) = news {
            open -= usize::from(take(ways, way, event?, onlooker)?);
            ways.take_settled().into_iter().for_each(|at| onlooker.settled(ways, at));
            news = more(&told, open > 0 && ways.is_pending(), gathered);
        }
    }
}

/// What has come already; where somebody waits for another way, also what comes in a moment, so
/// that those who fail together go on together.
fn more(told: &Receiver<News>, waits: bool, gathered: Instant) -> Option<News> {
    let left = gathered.saturating_duration_since(Instant::now());
    if waits { told.recv_timeout(left).ok() } else { told.try_recv().ok() }
}

fn start(
    vm: &Vm,
    options: &UpOptions,
    way: Way,
    requests: Vec<HostRequest>,
    tell: SyncSender<News>,
) -> Result<(), Error> {
    let via = match way {
        Way::Direct => None,
        Way::Through(number) => Some(number),
    };
    let launches = vm.up(UpOptions { via, ..options.clone() }, requests)?;
    thread::Builder::new().name("posse-up".into()).spawn(move || {
        for event in launches {
            if tell.send((way, event)).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

/// True where the batch is over.
fn take(
    ways: &mut Ways,
    way: Way,
    event: LaunchEvent,
    onlooker: &mut dyn Onlooker,
) -> Result<bool, Error> {
    match event {
        LaunchEvent::Ask(question) => {
            let (mut question, mut asked) = (Some(question), Ok(()));
            onlooker.aside(&mut || {
                if let Some(question) = question.take() {
                    asked = ask::at_terminal(question);
                }
            });
            asked?;
        }
        LaunchEvent::Launch(launch) => {
            onlooker.launch(&launch);
            let unknown = || Error::new(Kind::System, format!("{} was not asked for", launch.name));
            let at = ways.find(&launch.name).ok_or_else(unknown)?;
            match launch.stage {
                Stage::Up { already } => ways.on_up(at, launch.number, already),
                Stage::Failed { cause, why, hint } => {
                    ways.on_failed(at, Attempt { way, cause, why, hint });
                }
                _ => {}
            }
        }
        LaunchEvent::Done => return Ok(true),
    }
    Ok(false)
}
