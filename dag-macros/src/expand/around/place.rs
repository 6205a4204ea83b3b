//! In: a checked block. Out: whether others can have it inside, and which.

use crate::expand::{Expansion, mentions_self_lifetime};

/// Where a block can be inside of another.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Anywhere,
    Local,
    /// Nowhere: it has tasks on other threads.
    OffThread,
    /// Nowhere: what it fails with borrows from its object.
    Borrowed,
}

impl Place {
    pub(super) fn of(expansion: &Expansion<'_>) -> Self {
        if expansion.dag.is_shared() {
            Self::OffThread
        } else if mentions_self_lifetime(expansion.failure_type()) {
            Self::Borrowed
        } else if expansion.dag.block.options.local {
            Self::Local
        } else {
            Self::Anywhere
        }
    }

    /// Tells whether the block can be inside of another; if not, that is the one error, and what is made here only fits.
    pub(super) fn is_possible(self) -> bool {
        matches!(self, Self::Anywhere | Self::Local)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Anywhere => "AnyThread",
            Self::Local => "OneThread",
            Self::OffThread => "OffThread",
            Self::Borrowed => "BorrowedErrors",
        }
    }
}
