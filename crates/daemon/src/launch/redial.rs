//! Looking for a host whose link is lost.

use crate::shell::Shell;
use posse_proto::Input;
use posse_wire::HostId;
use posse_wire::msg::HostRequest;
use std::rc::Rc;

pub(crate) fn redial(shell: &Rc<Shell>, number: HostId, _request: Option<HostRequest>) {
    let why = "there is no other way".to_owned();
    shell.feed(Input::NotFound { number, gone: true, why });
}
