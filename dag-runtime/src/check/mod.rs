//! Questions to the type checker: whether a type can be sent or shared, and what a task returns.

mod probe;
mod share;

pub use probe::{
    CaughtOf, CloneResult, IsResult, IsValue, Probe, ProbeValue, Returns, ValueOf, clone_result, require_caught,
    require_value,
};
#[cfg(feature = "durable")]
pub use share::DurableObject;
pub use share::{
    BorrowsOf, IfSend, IsNotShared, IsShared, NoSharing, NotSend, OwnersOf, ResultShared, Shareable, ShareableObject,
    SharedObject, Sharing, never, require_result_shared, require_shareable,
};
