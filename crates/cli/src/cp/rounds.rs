//! Questions and answers of a copy to hosts: the thread that reads the files asks, the one that
//! takes the hosts' events joins their answers. A question is over when every host that is still
//! there has answered. Called by `spread.rs` and `between.rs`.

use super::hosts::{Host, Hosts};
use super::sender::Answers;
use crate::error::Error;
use posse::{Fd, Rank};
use posse_data::answer;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

#[derive(Debug, Clone, Copy)]
struct Question {
    count: usize,
    most: u8,
}

/// The side that asks.
pub struct Asker {
    questions: SyncSender<Question>,
    answers: Receiver<Vec<u8>>,
}

/// The side that hears the hosts.
pub struct Rounds {
    questions: Receiver<Question>,
    answers: SyncSender<Vec<u8>>,
    asked: Option<Question>,
}

/// One question at a time.
pub fn rounds() -> (Asker, Rounds) {
    let (questions, asked) = sync_channel(1);
    let (answered, answers) = sync_channel(1);
    let rounds = Rounds { questions: asked, answers: answered, asked: None };
    (Asker { questions, answers }, rounds)
}

fn nobody<E>(_: E) -> io::Error {
    io::Error::from(io::ErrorKind::BrokenPipe)
}

impl Answers for Asker {
    /// Before it is written, so that no answer can come first.
    fn ask(&mut self, count: usize, most: u8) -> io::Result<()> {
        self.questions.send(Question { count, most }).map_err(nobody)
    }

    fn answer(&mut self) -> io::Result<Vec<u8>> {
        self.answers.recv().map_err(nobody)
    }
}

impl Rounds {
    /// To be called after every event: joins the answers when all are there, and says whether
    /// they were. A host that answers what it was not asked, or what makes no sense, is ended.
    pub fn look(&mut self, hosts: &mut Hosts) -> Result<bool, Error> {
        self.asked = self.asked.or_else(|| self.questions.try_recv().ok());
        let Some(asked) = self.asked else {
            let wrong = |host: &Host| host.answer.as_ref().map(|_| "was not asked");
            refuse(hosts, wrong)?;
            return Ok(false);
        };
        let is_over = |host: &Host| host.status.is_some() || host.same_as.is_some();
        if !hosts.all.iter().all(|host| host.answer.is_some() || is_over(host)) {
            return Ok(false);
        }
        let mut digits = vec![answer::HAS; asked.count];
        let read = |text: &String| answer::read(text, asked.count, asked.most);
        let wrong = |host: &Host| match host.answer.as_ref().map(read) {
            Some(Err(wrong)) => Some(wrong.0),
            _ => None,
        };
        if refuse(hosts, wrong)? {
            return Ok(false);
        }
        for text in hosts.all.iter_mut().filter_map(|host| host.answer.take()) {
            answer::unite(&mut digits, &read(&text).unwrap_or_default());
        }
        self.asked = None;
        // Who asked may have gone: then the copy is over.
        let _nobody_asks = self.answers.try_send(digits);
        Ok(true)
    }
}

/// Ends the hosts with whose answers something is wrong; whether there are any.
fn refuse(hosts: &mut Hosts, wrong: impl Fn(&Host) -> Option<&'static str>) -> Result<bool, Error> {
    let mut any = false;
    for rank in 0..hosts.all.len() {
        let Some(host) = hosts.all.get_mut(rank) else { continue };
        let Some(why) = wrong(host) else { continue };
        any = true;
        host.answer = None;
        host.fail(format!("answers what it must not: {why}"));
        hosts.run.controller().end(Some(Rank(rank as u32)))?;
        hosts.run.close_output(Rank(rank as u32), Fd::STDOUT)?;
    }
    Ok(any)
}
