//! What a task has asked to be told of (`pvm_notify`), and which notices an event makes.
//!
//! Values only. Called by `notify.rs`, which hears of the events.

use bytes::Bytes;

use crate::Tid;
use crate::code::Result;
use crate::machine::{About, Label, Notice};
use crate::notices;

#[derive(Debug, Default)]
pub struct Watches(Vec<Notice>);

/// A notice, ready for the inbox.
pub type Due = (Label, Bytes);

impl Watches {
    pub fn add(&mut self, notice: Notice) {
        let is_same = |watch: &Notice| (watch.context, watch.tag) == (notice.context, notice.tag);
        match notice.about {
            About::HostAdd(0) => {
                self.0.retain(|watch| !is_same(watch) || !matches!(watch.about, About::HostAdd(_)))
            }
            About::RouteAdd(0) => {
                self.0.retain(|watch| !is_same(watch) || !matches!(watch.about, About::RouteAdd(_)))
            }
            _ => self.0.push(notice),
        }
    }

    /// Takes back what was asked with the same tag, context and kind; gives what is due at once
    /// for each task or host that was named and is still watched.
    pub fn cancel(&mut self, notice: &Notice) -> Result<Vec<Due>> {
        let mut due = Vec::new();
        for watch in &mut self.0 {
            if (watch.context, watch.tag) != (notice.context, notice.tag) {
                continue;
            }
            let label = label(watch);
            match (&mut watch.about, &notice.about) {
                (About::TaskExit(of), About::TaskExit(named))
                | (About::HostDelete(of), About::HostDelete(named))
                | (About::RouteDelete(of), About::RouteDelete(named)) => {
                    for tid in named {
                        if take(of, *tid) {
                            due.push((label, notices::gone(*tid)?));
                        }
                    }
                }
                (About::HostAdd(times), About::HostAdd(_))
                | (About::RouteAdd(times), About::RouteAdd(_)) => *times = 0,
                _ => {}
            }
        }
        self.drop_spent();
        Ok(due)
    }

    pub fn task_over(&mut self, tid: Tid) -> Result<Vec<Due>> {
        self.over(tid, |about| match about {
            About::TaskExit(of) => Some(of),
            _ => None,
        })
    }

    pub fn host_over(&mut self, host: Tid) -> Result<Vec<Due>> {
        self.over(host, |about| match about {
            About::HostDelete(of) => Some(of),
            _ => None,
        })
    }

    pub fn route_over(&mut self, tid: Tid) -> Result<Vec<Due>> {
        self.over(tid, |about| match about {
            About::RouteDelete(of) => Some(of),
            _ => None,
        })
    }

    pub fn route_added(&mut self, tid: Tid) -> Result<Vec<Due>> {
        self.added(
            |about| match about {
                About::RouteAdd(times) => Some(times),
                _ => None,
            },
            || notices::gone(tid),
        )
    }

    pub fn hosts_added(&mut self, hosts: &[Tid]) -> Result<Vec<Due>> {
        self.added(
            |about| match about {
                About::HostAdd(times) => Some(times),
                _ => None,
            },
            || notices::added(hosts),
        )
    }

    fn added(
        &mut self,
        times: impl Fn(&mut About) -> Option<&mut i32>,
        notice: impl Fn() -> Result<Bytes>,
    ) -> Result<Vec<Due>> {
        let mut due = Vec::new();
        for watch in &mut self.0 {
            let label = label(watch);
            let Some(times) = times(&mut watch.about) else { continue };
            if *times != 0 {
                due.push((label, notice()?));
                *times -= i32::from(*times > 0);
            }
        }
        self.drop_spent();
        Ok(due)
    }

    fn over(
        &mut self,
        tid: Tid,
        list: impl Fn(&mut About) -> Option<&mut Vec<Tid>>,
    ) -> Result<Vec<Due>> {
        let mut due = Vec::new();
        for watch in &mut self.0 {
            let label = label(watch);
            let Some(of) = list(&mut watch.about) else { continue };
            // One notice for each time that it was named.
            while take(of, tid) {
                due.push((label, notices::gone(tid)?));
            }
        }
        self.drop_spent();
        Ok(due)
    }

    fn drop_spent(&mut self) {
        self.0.retain(|watch| match &watch.about {
            About::TaskExit(of) | About::HostDelete(of) | About::RouteDelete(of) => !of.is_empty(),
            About::HostAdd(times) | About::RouteAdd(times) => *times != 0,
        });
    }
}

fn take(list: &mut Vec<Tid>, tid: Tid) -> bool {
    let at = list.iter().position(|other| *other == tid);
    at.map(|at| list.remove(at)).is_some()
}

fn label(notice: &Notice) -> Label {
    let (context, tag) = (notice.context, notice.tag);
    Label { context, tag, wait_id: 0, encoding: notices::encoding() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(tag: i32, about: About) -> Notice {
        Notice { about, context: 0, tag, cancel: false }
    }

    fn tags(due: Result<Vec<Due>>) -> Vec<i32> {
        due.into_iter().flatten().map(|(label, _)| label.tag).collect()
    }

    #[test]
    fn an_end_is_told_once_for_each_time_it_was_asked() {
        let (a, b) = (Tid(0x40001), Tid(0x40002));
        let mut watches = Watches::default();
        watches.add(notice(1, About::TaskExit(vec![a, b])));
        watches.add(notice(2, About::TaskExit(vec![a])));
        assert_eq!(tags(watches.task_over(a)), [1, 2]);
        assert_eq!(tags(watches.task_over(a)), [0i32; 0]);
        let cancel = notice(1, About::TaskExit(vec![b]));
        assert_eq!(tags(watches.cancel(&cancel)), [1]);
        assert_eq!(tags(watches.task_over(b)), [0i32; 0]);
        assert!(watches.0.is_empty());
    }

    #[test]
    fn hosts_are_told_of_as_often_as_asked() {
        let host = Tid(0x80000);
        let mut watches = Watches::default();
        watches.add(notice(1, About::HostAdd(1)));
        watches.add(notice(2, About::HostAdd(-1)));
        watches.add(notice(3, About::HostDelete(vec![host])));
        assert_eq!(tags(watches.hosts_added(&[host])), [1, 2]);
        assert_eq!(tags(watches.hosts_added(&[host])), [2]);
        assert_eq!(tags(watches.host_over(host)), [3]);
        assert_eq!(tags(watches.cancel(&notice(2, About::HostAdd(0)))), [0i32; 0]);
        assert_eq!(tags(watches.hosts_added(&[host])), [0i32; 0]);
    }

    #[test]
    fn routes_are_told_of_until_no_more_is_asked() {
        let task = Tid(0x80001);
        let mut watches = Watches::default();
        watches.add(notice(1, About::RouteAdd(-1)));
        watches.add(notice(2, About::RouteDelete(vec![task])));
        assert_eq!(tags(watches.route_added(task)), [1]);
        assert_eq!(tags(watches.task_over(task)), [0i32; 0]);
        assert_eq!(tags(watches.route_over(task)), [2]);
        watches.add(notice(1, About::RouteAdd(0)));
        assert_eq!(tags(watches.route_added(task)), [0i32; 0]);
        assert!(watches.0.is_empty());
    }
}
