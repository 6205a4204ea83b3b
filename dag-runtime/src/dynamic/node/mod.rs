//! One task: its name, its place, how many inputs it waits for, its body, its outcome, and those who wait for that.

mod any_node;
mod consumers;
mod head;
mod typed;

pub(super) use any_node::{AnyNode, Ended, Failing, InputState};
pub(super) use head::Head;
pub(super) use typed::Node;
