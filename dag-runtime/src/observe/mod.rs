//! Those who watch: observers, timelines, spans, bars.

pub(crate) mod announcer;
mod calls;
pub(crate) mod elements;
mod events;
mod json;
pub(crate) mod observer;
#[cfg(feature = "profile")]
mod profile;
#[cfg(feature = "progress")]
mod progress_bar;
pub(crate) mod signals;
mod timeline;
pub(crate) mod trace;
#[cfg(feature = "tokio")]
pub(crate) mod watch;

pub use events::{Event, Events};
pub use observer::{Observer, Outcome, RunEvent, TaskEvent};
#[cfg(feature = "profile")]
pub use profile::Profile;
#[cfg(feature = "progress")]
pub use progress_bar::Progress;
pub use timeline::{Timeline, TimelineAttempt, TimelineTask};
pub use trace::Span;
