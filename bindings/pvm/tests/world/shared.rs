//! What the tasks of a test's vm share: inboxes, notices, mailbox, groups; and how they wait.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use posse::HostId;
use posse_pvm::Tid;
use posse_pvm::machine::{Arrived, Label, Machine, Me, Notice, Parent, Wait, Want};
use posse_pvm::task::{Connect, Task};

use super::{machine, mail, members};

/// Longer than any test may wait for another thread.
const PATIENCE: Duration = Duration::from_secs(60);

/// A wait that is over by then.
pub fn soon() -> Wait {
    Wait::Until(Instant::now() + PATIENCE)
}

type Program = Arc<dyn Fn(Task) + Send + Sync>;

#[derive(Clone, Default)]
pub struct World(Arc<(Mutex<Shared>, Condvar)>);

#[derive(Default)]
pub struct Shared {
    pub programs: HashMap<String, Program>,
    pub inboxes: BTreeMap<Tid, Inbox>,
    last: u32,
    stamps: u64,
    pub contexts: Vec<i32>,
    pub notices: Vec<(Tid, Notice)>,
    pub mail: mail::Mail,
    pub groups: HashMap<String, members::Group>,
}

#[derive(Default)]
pub struct Inbox {
    pub arrived: Vec<Arrived>,
    pub handlers: Vec<(u32, Want)>,
}

impl World {
    pub fn new() -> World {
        World::default()
    }

    /// What a spawn of this name runs.
    pub fn program(&self, name: &str, run: impl Fn(Task) + Send + Sync + 'static) {
        self.lock().programs.insert(name.to_owned(), Arc::new(run));
    }

    /// A task that was started by hand.
    pub fn task(&self) -> Task {
        Task::new(self.connect())
    }

    /// How a task that was started by hand enrols.
    pub fn connect(&self) -> Connect {
        self.enrols(Me::default())
    }

    fn enrols(&self, me: Me) -> Connect {
        let world = self.clone();
        Box::new(move || {
            let mut me = me.clone();
            if me.tid == 0 {
                me.tid = world.lock().new_tid().0;
            }
            world.lock().inboxes.entry(me.tid()).or_default();
            let machine: Arc<dyn Machine> =
                Arc::new(machine::InProcess { world: world.clone(), me });
            Ok(machine)
        })
    }

    pub fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.0.lock().expect("no test has panicked")
    }

    /// Do something for everybody to see.
    pub fn change<R>(&self, change: impl FnOnce(&mut Shared) -> R) -> R {
        let done = change(&mut self.lock());
        self.0.1.notify_all();
        done
    }

    /// Look until there is something; `None` at the deadline.
    pub fn until<R>(
        &self,
        deadline: Option<Instant>,
        mut look: impl FnMut(&mut Shared) -> Option<R>,
    ) -> Option<R> {
        let last = Instant::now() + PATIENCE;
        let end = deadline.unwrap_or(last);
        let mut shared = self.lock();
        loop {
            if let Some(found) = look(&mut shared) {
                return Some(found);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                assert!(deadline.is_some() || end < last, "a test waits in vain");
                return None;
            }
            shared = self.0.1.wait_timeout(shared, left).expect("no test has panicked").0;
        }
    }
}

impl Shared {
    pub fn new_tid(&mut self) -> Tid {
        self.last += 1;
        Tid::new(HostId(1), self.last).expect("few tasks")
    }

    pub fn deliver(&mut self, from: Tid, to: Tid, label: Label, body: bytes::Bytes) {
        self.stamps += 1;
        let stamp = self.stamps;
        if let Some(inbox) = self.inboxes.get_mut(&to) {
            inbox.arrived.push(Arrived { stamp, from, label, body });
        }
    }

    pub fn spawn(&mut self, world: &World, name: &str, me: Me) {
        let program = self.programs[name].clone();
        self.inboxes.insert(me.tid(), Inbox::default());
        let world = world.clone();
        std::thread::spawn(move || {
            let tid = me.tid();
            let task = Task::new(world.enrols(me));
            program(task);
            world.change(|shared| shared.end(tid));
        });
    }

    pub fn end(&mut self, tid: Tid) {
        if self.inboxes.remove(&tid).is_none() {
            return;
        }
        self.mail.owner_ended(tid);
        self.groups.values_mut().for_each(|group| group.leave(tid));
        self.groups.retain(|_, group| !group.members.is_empty());
        machine::tell_of_end(self, tid);
    }
}

pub fn child(parent: Tid, tid: Tid, siblings: &[Tid]) -> Me {
    let parent = Parent::Task(parent);
    Me { tid: tid.0, parent, siblings: siblings.to_vec(), ..Me::default() }
}
