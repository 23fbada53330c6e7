//! On what terms a vm has a host: what it offers beside cores and memory, and when it works. Said
//! by people, kept by the holder, observed by the host's daemon.

use super::Conditions;
use crate::limits;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use thiserror::Error;

#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    /// When it works.
    pub conditions: Conditions,
    /// How long suspended work stays before it leaves.
    pub grace: Duration,
    /// How long all conditions are met before work goes on.
    pub settle: Duration,
    /// Named resources, in thousandths; sorted by name, each once.
    pub named: Vec<(String, u32)>,
    /// None: as many as are found.
    pub gpus: Option<u16>,
    /// Of tasks that say nothing, as nice(1). None: 19 where there are conditions, else 0.
    pub nice: Option<i8>,
}

/// Terms that are not taken.
#[derive(Serialize, Deserialize, Error, Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadTerms {
    #[error("more than {} resources of a host", limits::RESOURCES_MAX)]
    Many,
    #[error("the name of a resource is longer than {} bytes", limits::NAME_BYTES_MAX)]
    Long,
    #[error("resources are to be sorted by name, each once")]
    Order,
}

/// Always there, with what is found of it.
impl Default for Terms {
    fn default() -> Self {
        Terms {
            conditions: Conditions::default(),
            grace: limits::SUSPEND_GRACE,
            settle: limits::SETTLE,
            named: vec![],
            gpus: None,
            nice: None,
        }
    }
}

impl Terms {
    /// Somebody else needs it now and then.
    pub fn is_borrowed(&self) -> bool {
        self.conditions != Conditions::default()
    }

    pub fn check(&self) -> Result<(), BadTerms> {
        let names = || self.named.iter().map(|(name, _)| name);
        if self.named.len() > limits::RESOURCES_MAX
            || self.conditions.hours.len() > limits::RESOURCES_MAX
        {
            return Err(BadTerms::Many);
        }
        if names().any(|name| name.len() > limits::NAME_BYTES_MAX) {
            return Err(BadTerms::Long);
        }
        if names().zip(names().skip(1)).any(|(a, b)| a >= b) {
            return Err(BadTerms::Order);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_with_conditions_is_borrowed() {
        let mut terms = Terms::default();
        assert!(!terms.is_borrowed());
        terms.conditions.load_below = Some(500);
        assert!(terms.is_borrowed());
    }

    #[test]
    fn resources_have_an_order() {
        let named = |names: &[&str]| Terms {
            named: names.iter().map(|name| ((*name).to_owned(), 1000)).collect(),
            ..Terms::default()
        };
        assert_eq!(named(&["a", "b"]).check(), Ok(()));
        assert_eq!(named(&["a", "a"]).check(), Err(BadTerms::Order));
        assert_eq!(named(&["x"; 300]).check(), Err(BadTerms::Many));
        assert_eq!(named(&[&"x".repeat(300)]).check(), Err(BadTerms::Long));
    }
}
