//! OpenSSH's `known_hosts`: names of servers somebody has logged in to. Hashed names
//! (`HashKnownHosts`, Debian's habit) cannot be read back. Called by `known`.

use super::{bounded, name};
use crate::item::HostItem;
use crate::limits::MAX_HOSTS;

/// The plain names; one that stands there with a port has that port.
pub fn known_hosts(text: &str) -> Vec<HostItem> {
    let names = bounded(text).lines().flat_map(|line| {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        let names = match first {
            "@revoked" => None,
            "@cert-authority" => words.next(),
            comment if comment.starts_with(['#', '|']) => None,
            names => Some(names),
        };
        names.unwrap_or_default().split(',').filter_map(item)
    });
    names.take(MAX_HOSTS).collect()
}

/// `name` or `[name]:port`.
fn item(word: &str) -> Option<HostItem> {
    let Some((host, port)) = word.strip_prefix('[').and_then(|rest| rest.split_once("]:")) else {
        return Some(HostItem::new(name(word)?));
    };
    let port = port.parse().ok().filter(|port| *port > 0)?;
    Some(HostItem { port: Some(port), ..HostItem::new(name(host)?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_and_ports() {
        let text = "lab1,10.0.0.1 ssh-ed25519 AAAA\n|1|abc=|def= ssh-rsa AAAA\n# lab0 x\n\
                    [far]:2222,[10.0.0.2]:22 ssh-rsa A\n@revoked lab7 ssh-rsa A\n\
                    @cert-authority *.lab,lab8 ssh-rsa A\n!lab9,lab*,[x]:0,[y:1 k\n\n";
        let items = known_hosts(text);
        let found: Vec<String> = items.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["lab1", "ssh://far:2222", "lab8"]);
    }
}
