//! hostset
