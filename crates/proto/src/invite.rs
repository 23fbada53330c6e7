//! Hosts that join by a code: a front end asks for one, the shell sees it shown, and here the host
//! gets its number; and such a host leaves. Not for: codes and keys, which are the shell's.

use crate::{Daemon, Effect, LinkId};
use posse_wire::msg::{Application, Apply, HostRequest, HostState, Invite, Invited, Launcher};
use posse_wire::{Frame, HostId, Message, WireError, limits};

/// Until the daemon of a host that joined has dialed.
const NOT_YET: &str = "it has joined and not come yet";

impl Daemon {
    /// A client's wish.
    pub(crate) fn invite(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
        let ask = Invite::decode(frame)?;
        if !self.is_owner() || !self.leads() {
            let why = "codes are given out on the owner's machine, while that leads the vm";
            let result = Err(why.to_owned());
            self.send(link, Invited { result }.frame(frame.id));
            return Ok(());
        }
        self.out.push(Effect::Invite { link, id: frame.id, ask });
        Ok(())
    }

    /// A computer whose code was good is a host from now on, down until it comes. It takes the
    /// name of one that joined so and is down, and not its number: whoever holds that one's ticket
    /// is no host any more. The shell makes the table durable before it says the number to anybody.
    pub fn add_invited(&mut self, name: &str) -> Result<HostId, String> {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let is_name = (1..=limits::NAME_BYTES_MAX).contains(&name.len())
            && !name.starts_with('-')
            && name.bytes().all(is_word);
        if !is_name {
            return Err("no host can be called so; choose another name with --name".to_owned());
        }
        let known = self.members.entries().into_iter().find(|entry| entry.name == name);
        if let Some(entry) = &known {
            let is_down = matches!(entry.state, HostState::Down { .. });
            if !self.is_invited(entry.number) || !is_down {
                return Err(format!(
                    "the vm has a host `{name}` already; choose another name with --name"
                ));
            }
            self.remove_host(entry.number, false);
        }
        let launcher = Launcher::Invited;
        let name = name.to_owned();
        let request = HostRequest { name, user: None, port: None, slots: None, launcher };
        let number = self.members.find_or_add(&[request]).into_iter().next();
        let number = number.ok_or("the vm has no numbers left for hosts")?;
        if let Some(entry) = self.members.entry_mut(number) {
            entry.state = HostState::Down { why: NOT_YET.to_owned() };
        }
        Ok(number)
    }

    /// Whether it is a host that joined by a code.
    pub fn is_invited(&self, host: HostId) -> bool {
        let member = self.members.get(host);
        member.is_some_and(|member| member.request.launcher == Launcher::Invited)
    }

    /// A host that joined has no work any more and is to leave. Another's wish is nothing.
    pub(crate) fn child_leaves(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
        let apply = Apply::decode(frame)?;
        let host = self.links.get(&link).and_then(crate::link::Link::child);
        let leaves = apply.wish == Application::Leave && self.leads();
        if let Some(host) = host.filter(|host| leaves && self.is_invited(*host)) {
            self.remove_host(host, false);
            self.out.push(Effect::Persist);
        }
        Ok(())
    }
}
