//! Names that can stand in a hostset: hosts, groups and masks of a vm, and how a beginning is
//! completed by them. Read by the console and by `posse complete-hosts`; never an error, since
//! somebody has only pressed Tab.

use crate::config::Groups;
use crate::run;
use crate::run::mask;
use crate::settings::Settings;

/// What can be named.
#[derive(Debug, Default, Clone)]
pub struct Names {
    pub hosts: Vec<String>,
    /// Without `@`.
    pub groups: Vec<String>,
    pub masks: Vec<String>,
}

/// These end one name of a hostset and begin the next.
const JOINTS: [char; 8] = [',', '&', '|', '!', '^', '(', ')', ';'];

impl Names {
    /// Of a vm, as far as there is one.
    pub fn of(vm: Option<&str>) -> Names {
        let groups = Groups::load().map(|groups| groups.names()).unwrap_or_default();
        let Ok(vm) = run::connect_here(vm) else { return Names { groups, ..Names::default() } };
        let mut hosts: Vec<String> =
            vm.hosts().iter().filter(|host| host.slots > 0).map(|host| host.name.clone()).collect();
        hosts.sort();
        let masks = Settings::of(&vm).with_prefix(mask::NAMED);
        Names { hosts, groups, masks: masks.into_iter().map(|(name, _)| name).collect() }
    }

    /// Whole words that begin with `word`, whose last name is completed.
    pub fn complete(&self, word: &str) -> Vec<String> {
        let start = word.rfind(JOINTS).map_or(0, |at| at + 1);
        let (done, begun) = word.split_at(start);
        let found: Vec<String> = match begun.strip_prefix('@') {
            Some(begun) => beginning(&self.groups, begun).map(|name| format!("@{name}")).collect(),
            None => {
                let all = "all".starts_with(begun).then(|| "all".to_owned());
                beginning(&self.hosts, begun).cloned().chain(all).collect()
            }
        };
        found.into_iter().map(|name| format!("{done}{name}")).collect()
    }
}

/// Those of a list that begin so.
pub fn beginning<'n>(names: &'n [String], begun: &str) -> impl Iterator<Item = &'n String> {
    names.iter().filter(move |name| name.starts_with(begun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_name_is_completed() {
        let text = |name: &str| name.to_owned();
        let names = Names {
            hosts: vec![text("lab1"), text("lab2"), text("x")],
            groups: vec![text("gpu")],
            masks: vec![],
        };
        assert_eq!(names.complete("la"), ["lab1", "lab2"]);
        assert_eq!(names.complete("x,lab2,la"), ["x,lab2,lab1", "x,lab2,lab2"]);
        assert_eq!(names.complete("all!@g"), ["all!@gpu"]);
        assert_eq!(names.complete("a"), ["all"]);
        assert_eq!(names.complete("q"), Vec::<String>::new());
    }
}
