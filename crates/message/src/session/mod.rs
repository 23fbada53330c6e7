//! One pair of processes: packets lost, doubled or out of order become each packet once and in
//! order, with a bound on what is under way and on what may wait at the other end.
//!
//! - `outbound`: numbers what is sent, keeps it until acknowledged, sends it again
//! - `inbound`: puts what arrives in order, and knows when to acknowledge
//! - `credit`: how much may be sent that nobody asked for, at both ends
//!
//! It knows bodies of packets but not what they are for. Called by `engine`.

mod credit;
mod inbound;
mod outbound;

pub use credit::{Allowance, Credit, Pool};
pub use inbound::{Inbound, Order};
pub use outbound::Outbound;
