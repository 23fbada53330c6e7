//! The control messages, one file a family. Each type names its kind; `kind.rs` is the register.

mod command;
mod control;
mod data;
mod dial;
mod event;
mod farm;
mod group;
mod hello;
mod host;
mod join;
mod lead;
mod leader;
mod load;
mod mail;
mod name;
mod passed;
mod process;
mod query;
mod seek;
mod setting;
mod spawn;
mod up;
mod voter;

pub use command::{CommandEntry, CommandState, Commands};
pub use control::{Attach, Current, Done, Down, End, Heartbeat, Resize, Resumed, Settled, Signal};
pub use data::{Bring, Brought, Ship, Shipped};
pub use dial::{BurstTime, Dial, Dialed};
pub use event::{Event, Happening, Watch};
pub use farm::{Job, Jobs, Lease, Leased, Piece, Pieces};
pub use group::{Group, GroupAsk, GroupEntry, GroupError, Grouped, Heard};
pub use hello::{Facts, Hello, Purpose, Reach, Refused, Role, Welcome};
pub use host::{HostEntry, HostState, Hosts};
pub use join::{Admission, Join, Verdict};
pub use lead::Led;
pub use leader::{Leader, LeaderAt};
pub use load::{Load, LoadHosts};
pub use mail::{Mail, MailAsk, MailEntry, MailError, MailFlags, Mailed, Stored};
pub use name::{NameEntry, NameHolder, Named, Names};
pub use passed::{Passed, Passing};
pub use process::{
    Called, Enrol, Enrolled, EnrolledEntry, EnrolledState, Follow, Gone, Introduce, Introduced,
    Lost, Meet, Met, Packet, Part,
};
pub use query::{Answered, HostLoad, ProcessEntry, Query, Question, Reply};
pub use seek::{Doubt, Seek, Sought, Warrant};
pub use setting::Set;
pub use spawn::{
    Directory, Exit, Offer, Origin, Pipe, Program, ResourceLimit, Spawn, Spec, Status, Target,
    WindowSize,
};
pub use up::{Answer, Ask, Cause, Deploy, HostRequest, Launch, Launcher, Ports, Remove, Stage, Up};
pub use voter::{Control, Recover, Voters};
