//! What is known of two hosts. Made by `survey`, shown by the other files of this folder.

use posse::BurstTime;

/// How bytes go between two hosts. Hosts are places in the list that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// They are parent and child; what carries that link.
    Tree { link: String },
    /// TCP with TLS between them; `from` dialed.
    Direct { from: usize },
    /// Through these hosts of the tree, by name.
    Relayed { via: Vec<String> },
    /// One of them is not in the tree now.
    None,
}

/// Two hosts and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub a: usize,
    pub b: usize,
    pub route: Route,
    pub rtt_us: Option<u64>,
    /// Of direct pairs alone; as seen by the one that dialed.
    pub burst: Option<BurstTime>,
    /// Why there is no direct route, a reason for each direction that was tried.
    pub why: Vec<String>,
}

impl Pair {
    /// Bytes a second from `a` to `b` and from `b` to `a`.
    pub fn rates(&self) -> Option<(f64, f64)> {
        let BurstTime { bytes, there_us, back_us } = self.burst?;
        let rate = |time_us: u32| f64::from(bytes) * 1e6 / f64::from(time_us.max(1));
        let (there, back) = (rate(there_us), rate(back_us));
        Some(if self.route == (Route::Direct { from: self.a }) {
            (there, back)
        } else {
            (back, there)
        })
    }
}
