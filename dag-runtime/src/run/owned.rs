//! A run that owns a share of its object.

use crate::error::Defer;

/// An object of which a run may own a share. It is checked where `run_owned()` is called, not in every block.
#[diagnostic::on_unimplemented(
    message = "a run cannot own a share of `{T}`, which is not `Send + Sync`",
    label = "not `Send + Sync`",
    note = "`.run()` borrows the object and needs only `Sync`; for single-threaded objects use `#[dag(local)]`"
)]
pub trait OwnedObject<T> {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync> OwnedObject<T> for Defer<'_, T> {}
