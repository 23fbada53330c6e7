//! A switch before the laptop of a namespace bed: all TCP from it to the hosts goes through one,
//! logins and direct links alike. Nobody is told: the kernel redirects. The switch is a process
//! in the laptop's network, the caller's own program started again, and ends with its input.
//! Not the switch (`crate::switch`). Called by cluster tests.

use super::bed::NamespaceBed;
use super::node::LAPTOP;
use crate::switch::{Bend, Side, Switch, To};
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

/// Second address of the laptop, of which the switch itself speaks.
const OWN: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 252);

/// Holds the seed in the environment of the process that shall be the switch.
const ASKED: &str = "POSSE_BED_SWITCH";

/// The harness of the test that becomes the switch says lines of its own.
const MARK: &str = "switch:";

/// The switch before the laptop. Dropping it ends it: nothing gets through any more.
pub struct LaptopSwitch {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl NamespaceBed {
    /// Puts a switch before the laptop of a flat network. `test` is the name of a test of the
    /// calling program that does nothing but [`serve_switch`].
    pub fn switch(&mut self, test: &str, seed: u64) -> Result<LaptopSwitch> {
        let own = std::env::current_exe()?;
        let mut command = self.command(own);
        command.args(["--exact", test, "--nocapture"]).env(ASKED, seed.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("cannot start the switch")?;
        let input = process.stdin.take().context("stdin is piped")?;
        let output = BufReader::new(process.stdout.take().context("stdout is piped")?);
        let mut switch = LaptopSwitch { process, input, output };
        let port = switch.answer()?;
        self.tell(&format!("ip -n {LAPTOP} addr add {OWN}/24 dev eth0"))?;
        self.tell(&format!(
            "ip netns exec {LAPTOP} nft 'add table ip switch; \
             add chain ip switch out {{ type nat hook output priority -100; }}; \
             add rule ip switch out ip daddr 10.77.0.0/24 ip saddr != {OWN} \
             meta l4proto tcp redirect to :{port}'"
        ))?;
        Ok(switch)
    }
}

impl LaptopSwitch {
    /// From now on, for connections that are there as well.
    pub fn bend(&mut self, side: Side, bend: Bend) -> Result<()> {
        let side = if side == Side::There { "there" } else { "back" };
        let Bend { delay, bytewise, stalled } = bend;
        self.ask(&format!("{side} {} {bytewise} {stalled}", delay.as_millis())).map(drop)
    }

    /// Ends every connection; new ones may be made. Returns how many there were.
    pub fn cut(&mut self) -> Result<usize> {
        self.ask("cut").and_then(|count| Ok(count.parse()?))
    }

    fn ask(&mut self, line: &str) -> Result<String> {
        self.input.write_all(format!("{line}\n").as_bytes()).context("the switch is gone")?;
        self.answer()
    }

    fn answer(&mut self) -> Result<String> {
        loop {
            let mut line = String::new();
            ensure!(self.output.read_line(&mut line)? > 0, "the switch is gone");
            // The harness may have begun a line of its own.
            if let Some((_, answer)) = line.split_once(MARK) {
                return Ok(answer.trim().to_owned());
            }
        }
    }
}

impl Drop for LaptopSwitch {
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
        let _already_reaped = self.process.wait();
    }
}

/// Is the switch, where [`NamespaceBed::switch`] has started this process as one; else nothing.
pub fn serve_switch() {
    let Some(seed) = std::env::var(ASKED).ok().and_then(|seed| seed.parse().ok()) else { return };
    let say = |what: &str| {
        let mut out = std::io::stdout();
        let _nobody_listens = out.write_all(format!("{MARK} {what}\n").as_bytes());
        let _nobody_listens = out.flush();
    };
    let switch = match Switch::start(Ipv4Addr::UNSPECIFIED, To::Original(OWN), seed) {
        Ok(switch) => switch,
        Err(error) => return say(&format!("{error:#}")),
    };
    say(&switch.address().port().to_string());
    for line in std::io::stdin().lines().map_while(std::io::Result::ok) {
        say(&obey(&switch, &line));
    }
}

fn obey(switch: &Switch, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let [side, delay, bytewise, stalled] = words.as_slice() else {
        return switch.cut().to_string();
    };
    let side = if *side == "there" { Side::There } else { Side::Back };
    let delay = Duration::from_millis(delay.parse().unwrap_or_default());
    switch.bend(side, Bend { delay, bytewise: *bytewise == "true", stalled: *stalled == "true" });
    String::new()
}
