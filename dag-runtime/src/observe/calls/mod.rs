//! Calls of methods without a run, for profiles that asked for them; without the feature `profile` the same names, and
//! nothing behind them.

#[cfg(not(feature = "profile"))]
#[path = "off.rs"]
mod recorded;
#[cfg(feature = "profile")]
#[path = "on.rs"]
mod recorded;

#[cfg(feature = "profile")]
pub(super) use recorded::observe;
pub(crate) use recorded::{Calls, CallsInside};
