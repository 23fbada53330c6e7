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
        match join(self.asked, &hosts.all) {
            Joined::Waits => Ok(false),
            Joined::Odd(odd) => {
                for (rank, why) in odd {
                    refuse(hosts, rank, why)?;
                }
                Ok(false)
            }
            Joined::All(digits) => {
                hosts.all.iter_mut().for_each(|host| host.answer = None);
                self.asked = None;
                // Who asked may have gone: then the copy is over.
                let _nobody_asks = self.answers.try_send(digits);
                Ok(true)
            }
        }
    }
}

/// What the answers come to.
#[derive(Debug, PartialEq, Eq)]
enum Joined {
    Waits,
    /// Ranks, and what is wrong with their answers.
    Odd(Vec<(usize, &'static str)>),
    All(Vec<u8>),
}

fn join(asked: Option<Question>, hosts: &[Host]) -> Joined {
    let answers = hosts.iter().map(|host| host.answer.as_ref()).enumerate();
    let answers = answers.filter_map(|(rank, text)| Some((rank, text?)));
    let Some(asked) = asked else {
        let odd: Vec<_> = answers.map(|(rank, _)| (rank, "was not asked")).collect();
        return if odd.is_empty() { Joined::Waits } else { Joined::Odd(odd) };
    };
    let is_over = |host: &Host| host.status.is_some() || host.same_as.is_some();
    if !hosts.iter().all(|host| host.answer.is_some() || is_over(host)) {
        return Joined::Waits;
    }
    let (mut digits, mut odd) = (vec![answer::HAS; asked.count], Vec::new());
    for (rank, text) in answers {
        match answer::read(text, asked.count, asked.most) {
            Ok(one) => answer::unite(&mut digits, &one),
            Err(wrong) => odd.push((rank, wrong.0)),
        }
    }
    if odd.is_empty() { Joined::All(digits) } else { Joined::Odd(odd) }
}

fn refuse(hosts: &mut Hosts, rank: usize, why: &str) -> Result<(), Error> {
    if let Some(host) = hosts.all.get_mut(rank) {
        host.answer = None;
        host.fail(format!("answers what it must not: {why}"));
    }
    hosts.run.controller().end(Some(Rank(rank as u32)))?;
    hosts.run.close_output(Rank(rank as u32), Fd::STDOUT)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use posse::Status;

    fn host(answer: Option<&str>) -> Host {
        let mut host = Host::default();
        let line = |text| format!("{{\"answer\":\"{text}\"}}\n");
        host.reported(answer.map(line).unwrap_or_default().as_bytes());
        host
    }

    #[test]
    fn what_one_lacks_goes_to_all_and_nobody_is_waited_for_who_is_over() {
        let asked = Some(Question { count: 3, most: 2 });
        let mut hosts = [host(Some("01")), host(None), host(None), host(Some("2"))];
        assert_eq!(join(asked, &hosts), Joined::Waits);
        hosts[1].status = Some(Status::Exited(1));
        assert_eq!(join(asked, &hosts), Joined::Waits);
        hosts[2].same_as = Some(0);
        assert_eq!(join(asked, &hosts), Joined::All(vec![2, 1, 0]));
        assert_eq!(join(None, &[host(None)]), Joined::Waits);
    }

    #[test]
    fn hosts_that_answer_what_they_must_not_are_named() {
        let asked = Some(Question { count: 2, most: 1 });
        let hosts = ["01", "2", "000", "x", "-1", "é", ""].map(|text| host(Some(text)));
        let Joined::Odd(odd) = join(asked, &hosts) else { panic!("taken") };
        assert_eq!(odd.iter().map(|(rank, _)| *rank).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        let early = join(None, &[host(None), host(Some(""))]);
        assert_eq!(early, Joined::Odd(vec![(1, "was not asked")]));
        let mut twice = host(Some("1"));
        twice.reported(b"{\"answer\":\"0\"}\n");
        assert!(twice.failed && twice.answer.as_deref() == Some("1"));
    }
}
