//! One task: its name, its place, how many inputs it waits for, its body, its outcome, and those who wait for that.
//!
//! A node counts its inputs that are not done, and one more while it is made, as portions: who ends the last gets the node,
//! and may start it.
//! Its body is polled by one worker at a time. Under its lock it goes from phase to phase; in the last it has an outcome,
//! which stays, and nobody is added to those who wait for it. Foreign code is called and dropped outside of the lock.

mod consumers;
mod head;
mod phases;
mod state;
mod upstream;
mod waiting;

pub(super) use crate::dynamic::members::Limit;
pub(super) use head::Waits;
pub(super) use state::{
    Ended, Failing, Head, InputState, Leaving, Members, Membership, Missing, MissingInput, Node, NodeWithoutBody,
    Presence, State, Told, Wait, WaiterKey,
};
pub(super) use upstream::{Held, Holders};
