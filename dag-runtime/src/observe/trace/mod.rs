//! A span for each task, for those who trace; without the feature `tracing` the same names, and nothing behind them.

#[cfg(not(feature = "tracing"))]
#[path = "off.rs"]
mod spans;
#[cfg(feature = "tracing")]
#[path = "on.rs"]
mod spans;
#[cfg(feature = "tracing")]
mod trail;

#[cfg(all(feature = "tracing", feature = "tokio"))]
mod node;

#[cfg(all(feature = "tracing", feature = "tokio"))]
pub(crate) use node::{NodeSpan, Released};
#[cfg(feature = "tokio")]
pub(crate) use spans::Scene;
pub use spans::Span;
pub(crate) use spans::{ElementScene, SceneInside, Spans, observer_panicked};
#[cfg(all(not(feature = "tracing"), feature = "tokio"))]
pub(crate) use spans::{NodeSpan, Released};
