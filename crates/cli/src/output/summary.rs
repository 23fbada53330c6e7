//! How the processes of a command ended: the exit code of posse and the lines that name who
//! failed. Writes nothing itself. Fed and printed by the front end of a command, for all modes.

use super::{Folding, Labels, Status, status_text};
use std::collections::BTreeMap;

/// One status for each rank of a command.
pub struct Summary {
    ended: Vec<bool>,
    /// Ranks by the words for their failure.
    failed: BTreeMap<String, Vec<u32>>,
    ok: u32,
    code: u8,
}

/// What a process without a status counts for: nobody knows how it ended, as with a lost host.
const UNFINISHED: u8 = 255;

impl Summary {
    pub fn new(size: usize) -> Summary {
        Summary { ended: vec![false; size], failed: BTreeMap::new(), ok: 0, code: 0 }
    }

    /// The first status of a rank counts; ranks that the command does not have do not.
    pub fn exit(&mut self, rank: u32, status: &Status) {
        let Some(ended) = self.ended.get_mut(rank as usize) else { return };
        if std::mem::replace(ended, true) {
            return;
        }
        if *status == Status::Exited(0) {
            self.ok += 1;
            return;
        }
        self.code = self.code.max(status.code()).max(1);
        self.failed.entry(status_text(status)).or_default().push(rank);
    }

    /// 0 if every process succeeded, else the largest status.
    pub fn code(&self) -> u8 {
        if self.unfinished() > 0 { UNFINISHED } else { self.code }
    }

    pub fn size(&self) -> usize {
        self.ended.len()
    }

    pub fn succeeded(&self) -> u32 {
        self.ok
    }

    pub fn failed(&self) -> u32 {
        self.failed.values().map(|ranks| ranks.len() as u32).sum()
    }

    pub fn unfinished(&self) -> u32 {
        self.ended.len() as u32 - self.ok - self.failed()
    }

    /// For the ok-set of masks: the ranks that succeeded, in order.
    pub fn ok_ranks(&self) -> Vec<u32> {
        let mut ok = self.ended.clone();
        for rank in self.failed.values().flatten() {
            ok[*rank as usize] = false;
        }
        (0..ok.len() as u32).filter(|rank| ok[*rank as usize]).collect()
    }

    /// `posse: lab[5-7]: exit 2`, a line for each way to fail; empty if all succeeded.
    pub fn text(&self, labels: &Labels, fold: Folding) -> String {
        let unfinished = (0..self.ended.len() as u32).filter(|rank| !self.ended[*rank as usize]);
        let unfinished: Vec<u32> = unfinished.collect();
        let mut groups: Vec<(&str, Vec<u32>)> =
            self.failed.iter().map(|(words, ranks)| (words.as_str(), ranks.clone())).collect();
        if !unfinished.is_empty() {
            groups.push(("unfinished", unfinished));
        }
        groups.iter_mut().for_each(|(_, ranks)| ranks.sort_unstable());
        groups.sort_by_key(|(_, ranks)| ranks.first().copied());
        let line = |(words, ranks): (&str, Vec<u32>)| {
            format!("posse: {}: {words}\n", labels.folded(&ranks, fold))
        };
        groups.into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::probe::join;
    use super::super::sink::Outcome;
    use super::*;

    fn lost() -> Status {
        Status::Lost { why: "no answer for 9 s".to_owned(), outcome: Outcome::Unknown }
    }

    fn summary(statuses: &[Status]) -> Summary {
        let mut summary = Summary::new(statuses.len());
        for (rank, status) in statuses.iter().enumerate() {
            summary.exit(rank as u32, status);
        }
        summary
    }

    #[test]
    fn the_code_is_the_largest() {
        let ok = || Status::Exited(0);
        assert_eq!(summary(&[ok(), ok()]).code(), 0);
        assert_eq!(summary(&[]).code(), 0);
        assert_eq!(summary(&[Status::Exited(3), ok(), Status::Exited(1)]).code(), 3);
        assert_eq!(summary(&[Status::Exited(3), Status::Signaled(15)]).code(), 143);
        assert_eq!(summary(&[Status::TimedOut, Status::Exited(1)]).code(), 124);
        assert_eq!(summary(&[Status::Exited(200), lost()]).code(), 255);
        assert_eq!(Summary::new(1).code(), 255);
        let absent = Status::NotStarted { why: "frob: not found".into() };
        assert_eq!(summary(&[absent]).code(), 127);
    }

    #[test]
    fn equal_failures_are_one_line() {
        let two = || Status::Exited(2);
        let mut summary = Summary::new(7);
        let statuses = [(6, lost()), (5, lost()), (3, two()), (0, two()), (1, Status::Exited(0))];
        for (rank, status) in statuses {
            summary.exit(rank, &status);
        }
        summary.exit(1, &two());
        summary.exit(99, &two());
        let labels = Labels::new(&["a", "b", "c", "d", "e", "f", "g"]);
        let want = "posse: a,d: exit 2\nposse: c,e: unfinished\n\
                    posse: f,g: lost (no answer for 9 s); it may have run\n";
        assert_eq!(summary.text(&labels, &join), want);
        let counts = (summary.succeeded(), summary.failed(), summary.unfinished());
        assert_eq!((counts, summary.ok_ranks()), ((1, 4, 2), vec![1]));
    }

    #[test]
    fn success_says_nothing() {
        let summary = summary(&[Status::Exited(0)]);
        assert_eq!(summary.text(&Labels::new(&["a"]), &join), "");
        assert_eq!(summary.ok_ranks(), [0]);
    }
}
