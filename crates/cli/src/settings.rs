//! The settings that front ends of a vm share: directory, exports, environment to load, umask,
//! masks. The daemon keeps them as bytes; here they get their meaning.

use crate::error::Error;
use posse::Vm;
use std::collections::BTreeMap;

/// Names of settings; a mask named `x` is `mask.x`, an export `export.NAME`, what only some hosts
/// load `load.NUMBER`.
pub const DIRECTORY: &str = "directory";
pub const LOAD: &str = "load";
pub const LOAD_ON: &str = "load.";
pub const UMASK: &str = "umask";
pub const EXPORT: &str = "export.";
/// Who can log in where: see `explore::Statement`.
pub const USE: &str = "use";

/// A look at them as they were when the vm was connected to.
pub struct Settings {
    by_name: BTreeMap<String, Vec<u8>>,
}

impl Settings {
    pub fn of(vm: &Vm) -> Settings {
        Settings { by_name: vm.settings() }
    }

    pub fn get(&self, name: &str) -> Option<String> {
        self.by_name.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    pub fn directory(&self) -> Option<String> {
        self.get(DIRECTORY)
    }

    pub fn load(&self) -> Option<String> {
        self.get(LOAD)
    }

    pub fn umask(&self) -> Option<u32> {
        self.get(UMASK).and_then(|text| u32::from_str_radix(&text, 8).ok())
    }

    pub fn exports(&self) -> Vec<(String, String)> {
        self.with_prefix(EXPORT)
    }

    /// Names without the prefix, with their values.
    pub fn with_prefix(&self, prefix: &str) -> Vec<(String, String)> {
        let all = self.by_name.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix(prefix)?, String::from_utf8_lossy(value).into_owned()))
        });
        all.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// Keeps, or forgets, one.
pub fn set(vm: &Vm, name: &str, value: Option<&str>) -> Result<(), Error> {
    Ok(vm.set_setting(name, value.map(|text| text.as_bytes().to_vec()))?)
}
