//! Settings of the vm: few, small, and all of them travel to each front end. Called by `apply`.

use super::command::{Answer, Limit};
use posse_wire::limits;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    pub all: BTreeMap<String, Vec<u8>>,
}

impl Settings {
    pub fn set(&mut self, name: String, value: Option<Vec<u8>>) -> Answer {
        let Some(value) = value else {
            self.all.remove(&name);
            return Answer::Done;
        };
        if self.all.len() >= limits::SETTINGS_MAX && !self.all.contains_key(&name) {
            return Answer::Full(Limit::Settings);
        }
        let others = self.all.iter().filter(|(other, _)| **other != name);
        let bytes: usize = others.map(|(name, value)| name.len() + value.len()).sum();
        if bytes + name.len() + value.len() > limits::SETTING_BYTES_MAX {
            return Answer::Full(Limit::SettingBytes);
        }
        self.all.insert(name, value);
        Answer::Done
    }
}
