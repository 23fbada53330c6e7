//! A host as a face's user names it: the label that stands before its lines, and what is asked of
//! the vm for it. Made by the faces, read by `ready` and `batch`.

use crate::commands::up;
use crate::error::Error;
use posse::HostRequest;

/// One host of a face's command line.
#[derive(Debug, Clone)]
pub struct Target {
    /// As typed: dsh shows `user@host`.
    pub label: String,
    pub request: HostRequest,
}

impl Target {
    /// `host` or `user@host`; `user` is for those that name none.
    pub fn of(word: &str, user: Option<&str>) -> Result<Target, Error> {
        let hosts = vec![word.to_owned()];
        let requests = up::requests(None, &up::Args { hosts, ..up::Args::default() })?;
        let [request] = requests.as_slice() else {
            return Err(Error::usage(format!("`{word}` is not one host")));
        };
        let mut request = request.clone();
        request.user = request.user.or_else(|| user.map(str::to_owned));
        Ok(Target { label: word.to_owned(), request })
    }

    pub fn name(&self) -> &str {
        &self.request.name
    }
}

/// The first mention of each host counts.
pub fn without_doubles(targets: Vec<Target>) -> Vec<Target> {
    let mut seen = std::collections::HashSet::new();
    let is_new = |target: &Target| seen.insert(target.request.name.clone());
    let mut targets = targets;
    targets.retain(is_new);
    targets
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_user_of_its_own_wins() {
        let target = Target::of("me@lab1", Some("you")).unwrap();
        assert_eq!((target.label.as_str(), target.name()), ("me@lab1", "lab1"));
        assert_eq!(target.request.user.as_deref(), Some("me"));
        assert_eq!(Target::of("lab1", Some("you")).unwrap().request.user.as_deref(), Some("you"));
        assert!(Target::of("lab[1-2]", None).is_err());
        let twice = ["a", "b", "a"].map(|word| Target::of(word, None).unwrap());
        assert_eq!(without_doubles(twice.to_vec()).len(), 2);
    }
}
