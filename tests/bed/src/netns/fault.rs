//! Faults of a namespace bed: cut and slow cables, crashed and paused hosts, and their healing.
//! Delay and stalls are the switch's (`redirect`); lost packets need a kernel's netem, and `sim`
//! has them.
//! Called by cluster tests, as methods of `NamespaceBed`.

use super::bed::NamespaceBed;
use super::node::{LAPTOP, Port};
use crate::deadline::wait_until;
use crate::dir::quote;
use crate::proc;
use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

const END: Duration = Duration::from_secs(60);

/// The shell line that makes the table in which cuts are kept.
pub(crate) const TABLE: &str = "nft 'add table bridge bed; \
    add chain bridge bed cuts { type filter hook forward priority 0; }'";

impl NamespaceBed {
    /// Nothing passes between two nodes any more, in either direction; connections do not notice.
    pub fn cut(&mut self, a: &str, b: &str) -> Result<()> {
        self.cut_one_way(a, b)?;
        self.cut_one_way(b, a)
    }

    /// What `from` sends does not arrive at `to`; the other direction works.
    pub fn cut_one_way(&mut self, from: &str, to: &str) -> Result<()> {
        let (from, to) = (self.ports_of(from)?, self.ports_of(to)?);
        let pair = from.iter().find_map(|f| Some((f, to.iter().find(|t| t.bridge == f.bridge)?)));
        let (from, to) = pair.context("these two are not on one network; cut at the gateway")?;
        let line = format!(
            "nft 'add rule bridge bed cuts iifname {} oifname {} drop'",
            from.outside, to.outside
        );
        self.tell(&line)
    }

    /// Pulls all cables of a node.
    pub fn link_down(&mut self, node: &str) -> Result<()> {
        self.set_links(node, "down")
    }

    /// Plugs them in again.
    pub fn link_up(&mut self, node: &str) -> Result<()> {
        self.set_links(node, "up")
    }

    fn set_links(&mut self, node: &str, state: &str) -> Result<()> {
        for port in self.ports_of(node)? {
            self.tell(&format!("ip link set {} {state}", port.outside))?;
        }
        Ok(())
    }

    /// Limits a node's cables to so many kbit/s in each direction (token buckets).
    pub fn rate(&mut self, node: &str, kbit: u32) -> Result<()> {
        for port in self.ports_of(node)? {
            let Port { node, inside, outside, .. } = &port;
            let limit = format!("root tbf rate {kbit}kbit burst 16kb latency 400ms");
            self.tell(&format!("tc qdisc replace dev {outside} {limit}"))?;
            self.tell(&format!("tc -n {node} qdisc replace dev {inside} {limit}"))?;
        }
        Ok(())
    }

    /// Undoes every cut, pulled cable and rate.
    pub fn heal(&mut self) -> Result<()> {
        self.tell("nft flush chain bridge bed cuts")?;
        for port in self.ports.clone() {
            let Port { node, inside, outside, .. } = port;
            self.tell(&format!("ip link set {outside} up"))?;
            // Fails where there is no limit, which is as it should be.
            self.tell(&format!(
                "tc qdisc del dev {outside} root 2>/dev/null; \
                 tc -n {node} qdisc del dev {inside} root 2>/dev/null; true"
            ))?;
        }
        Ok(())
    }

    /// Ends every process of a host or of the laptop at once, without a word on the network, as a
    /// power cut does; `boot` starts it again, its disk as it was.
    pub fn crash(&mut self, node: &str) -> Result<()> {
        // First the cable, so that the kernel's last words (FIN, RST) are not heard.
        self.link_down(node)?;
        if node == LAPTOP {
            return self.end_on_laptop();
        }
        let pid = self.host_pid(node)?;
        signal(pid, Signal::KILL)?;
        let gone = wait_until(END, || proc::one(pid).is_none());
        ensure!(gone, "host {node} does not end");
        self.forget(node);
        Ok(())
    }

    /// It has no process namespace that would take all with it. Nothing there may see another end,
    /// or start one while they are counted: all stand still first.
    fn end_on_laptop(&mut self) -> Result<()> {
        let mut stopped = 0;
        let still = wait_until(END, || {
            let all = self.on_laptop();
            all.iter().for_each(|pid| drop(signal(*pid, Signal::STOP)));
            let stands = |pid: &u32| proc::one(*pid).is_none_or(|p| matches!(p.state, 'T' | 'Z'));
            let before = std::mem::replace(&mut stopped, all.len());
            before == stopped && all.iter().all(stands)
        });
        ensure!(still, "the laptop does not stand still");
        // Children before their parents: the kernel wakes the stopped group of an orphan.
        let mut all: Vec<proc::Process> =
            self.on_laptop().into_iter().filter_map(proc::one).collect();
        all.sort_by_key(|process| std::cmp::Reverse((process.start, process.pid)));
        all.iter().for_each(|process| drop(signal(process.pid, Signal::KILL)));
        ensure!(wait_until(END, || self.on_laptop().is_empty()), "the laptop does not end");
        Ok(())
    }

    /// Everything in the laptop's network but what holds that.
    fn on_laptop(&self) -> Vec<u32> {
        let Some(own) = proc::network(self.laptop) else { return Vec::new() };
        let is_there =
            |pid: &u32| *pid != self.laptop && proc::network(*pid).as_ref() == Some(&own);
        proc::pids().into_iter().filter(is_there).collect()
    }

    /// Stops every process of a host, as a laptop's sleep does.
    pub fn pause(&mut self, host: &str) -> Result<()> {
        self.signal_all(host, Signal::STOP)
    }

    /// Makes a directory of a host one from which nothing can be executed, until it crashes.
    pub fn noexec(&mut self, host: &str, dir: &str) -> Result<()> {
        let dir = quote(dir);
        let line = format!("mount --rbind {dir} {dir} && mount -o remount,bind,noexec {dir}");
        let out = self.admin_in(host, &line)?.output()?;
        ensure!(out.status.success(), "{line}: {}", String::from_utf8_lossy(&out.stderr));
        Ok(())
    }

    /// Lets a paused host go on.
    pub fn resume(&mut self, host: &str) -> Result<()> {
        self.signal_all(host, Signal::CONT)
    }

    fn signal_all(&mut self, host: &str, what: Signal) -> Result<()> {
        let first = self.host_pid(host)?;
        let own = proc::namespace(first).context("the host has ended")?;
        for pid in proc::pids() {
            if proc::namespace(pid).as_ref() == Some(&own) {
                // One that has just ended needs no signal.
                let _ = signal(pid, what);
            }
        }
        Ok(())
    }
}

fn signal(pid: u32, what: Signal) -> Result<()> {
    let id = i32::try_from(pid).ok().and_then(Pid::from_raw).context("not a process number")?;
    kill_process(id, what).with_context(|| format!("cannot signal process {pid}"))
}
