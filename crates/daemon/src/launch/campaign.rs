//! The launches of one `up`: which may start when (`net::launch::Pace`), again after a lost login.

use super::image::Images;
use super::{Wanted, local, login, report};
use crate::limits::{ANSWER_WITHIN, NEWS_MAX};
use crate::shell::Shell;
use posse_net::launch::{Cause, LaunchError, Pace, PaceSettings};
use posse_wire::CommandId;
use posse_wire::msg::{Launcher, Stage, Up};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// News of one launch of the campaign.
pub(super) enum News {
    LoggedIn(usize),
    Over(usize, Result<(), LaunchError>),
}

pub(super) async fn run(shell: Rc<Shell>, up: CommandId, options: Rc<Up>) {
    let wanted = shell.launches.wanted.borrow_mut().remove(&up).unwrap_or_default();
    let (locals, logins): (Vec<Wanted>, Vec<Wanted>) =
        wanted.into_iter().partition(|wanted| wanted.request.launcher == Launcher::Local);
    for wanted in locals {
        local::start(&shell, &wanted, &options);
    }
    if logins.is_empty() {
        return;
    }
    let images = match Images::shared(&shell).await {
        Ok(images) => images,
        Err(error) => {
            for wanted in &logins {
                report::failed(&shell, wanted.number, &wanted.request.name, &error);
            }
            return;
        }
    };
    Campaign {
        shell,
        options,
        images,
        logins,
        started: Instant::now(),
        silent_since: RefCell::default(),
    }
    .run()
    .await;
}

struct Campaign {
    shell: Rc<Shell>,
    options: Rc<Up>,
    images: Rc<Images>,
    logins: Vec<Wanted>,
    started: Instant,
    /// Of hosts whose logins were all lost for want of an answer: when the first one began.
    silent_since: RefCell<HashMap<usize, Instant>>,
}

impl Campaign {
    async fn run(self) {
        let settings = PaceSettings {
            window: (self.options.window as usize).max(1),
            ..PaceSettings::default()
        };
        let gates: Vec<u64> = self.logins.iter().map(gate).collect();
        let mut pace = Pace::new(settings, &gates);
        let (tell, mut news) = mpsc::channel(NEWS_MAX);
        let mut running = 0;
        loop {
            while let Some(index) = pace.next(self.started.elapsed()) {
                running += 1;
                self.launch(index, tell.clone());
            }
            if running == 0 && pace.is_over() {
                return;
            }
            let wake =
                pace.next_at().unwrap_or(Duration::MAX).saturating_sub(self.started.elapsed());
            tokio::select! {
                Some(news) = news.recv() => match news {
                    News::LoggedIn(index) => pace.on_login(index),
                    News::Over(index, result) => {
                        running -= 1;
                        self.over(&mut pace, index, result);
                    }
                },
                () = tokio::time::sleep(wake.min(Duration::from_secs(3600))) => {}
            }
        }
    }

    fn launch(&self, index: usize, tell: mpsc::Sender<News>) {
        let wanted = &self.logins[index];
        report::stage(&self.shell, wanted.number, Stage::LoggingIn);
        let login = login::Login {
            shell: self.shell.clone(),
            number: wanted.number,
            request: wanted.request.clone(),
            options: self.options.clone(),
            images: self.images.clone(),
            index,
            silent_since: *self.silent_since.borrow_mut().entry(index).or_insert_with(Instant::now),
            tell: Some(tell),
        };
        tokio::task::spawn_local(login.run());
    }

    /// Tries that get no answer have the time of one together.
    fn may_be_heard(&self, index: usize, error: &LaunchError) -> bool {
        let mut silent = self.silent_since.borrow_mut();
        if error.cause != Cause::TimedOut {
            silent.remove(&index);
            return true;
        }
        let limit = self.options.connect_ms.map_or(ANSWER_WITHIN, Duration::from_millis);
        silent.get(&index).is_none_or(|since| since.elapsed() < limit)
    }

    fn over(&self, pace: &mut Pace, index: usize, result: Result<(), LaunchError>) {
        let wanted = &self.logins[index];
        let stopped = self.shell.launches.is_stopped(wanted.number);
        match result {
            Ok(()) => pace.on_login(index),
            Err(error) => {
                if error.cause == Cause::TooManyLogins {
                    pace.slow_down();
                }
                let retryable = error.retryable && !stopped && self.may_be_heard(index, &error);
                let random = super::local::random();
                if pace.on_failed(index, retryable, self.started.elapsed(), random) {
                    report::stage(&self.shell, wanted.number, Stage::Waiting);
                } else {
                    report::failed(&self.shell, wanted.number, &wanted.request.name, &error);
                }
            }
        }
    }
}

/// Hosts of the same gate share an ssh server's limit of logins. Which jump host ssh takes is
/// not known without asking it for each name, so a host is its own gate until a server drops
/// logins; see [`Pace::slow_down`].
fn gate(wanted: &Wanted) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&wanted.request.name, wanted.request.port).hash(&mut hasher);
    hasher.finish()
}
