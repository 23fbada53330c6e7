//! `/etc/hosts`: addresses and the names of other computers. Called by `known`.

use std::net::IpAddr;

use super::{bounded, limited, name};
use crate::name::HostName;

/// The names of all lines but those that mean this computer, nobody or everybody: lists that keep
/// advertisers away give thousands of names to `0.0.0.0` and `127.0.0.1`.
pub fn etc_hosts(text: &str) -> Vec<HostName> {
    let names = bounded(text).lines().flat_map(|line| {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let address: Option<IpAddr> = words.next().and_then(|word| word.parse().ok());
        let other = address.is_some_and(|address| !is_special(address));
        words.filter(move |word| other && !word.starts_with("ip6-")).filter_map(name)
    });
    limited(names)
}

fn is_special(address: IpAddr) -> bool {
    let own = match address {
        IpAddr::V4(address) => address.octets() == [127, 0, 0, 1] || address.is_broadcast(),
        IpAddr::V6(address) => address.is_loopback(),
    };
    own || address.is_multicast() || address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_computers() {
        let text = "127.0.0.1 localhost me\n127.0.1.1 desk\n10.0.0.1\tlab1.example lab1 # one\n\
                    0.0.0.0 ads.example\n::1 ip6-localhost\nff02::1 ip6-allnodes\nfe00::0 \
                    ip6-localnet\nnonsense lab9\n10.0.0.2 -x a;b lab2\n";
        let names: Vec<HostName> = etc_hosts(text);
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        assert_eq!(names, ["desk", "lab1.example", "lab1", "lab2"]);
    }
}
