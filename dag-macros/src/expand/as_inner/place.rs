//! In: a checked block. Out: whether other blocks can contain it, and which blocks.

use crate::expand::{Expansion, mentions_self_lifetime};

/// Which blocks can contain a block.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Anywhere,
    Local,
    /// None: it has tasks on other threads.
    OffThread,
    /// None: its errors borrow from its object.
    Borrowed,
    /// None: it has results that are closed at the end of a run.
    Closes,
}

impl Place {
    pub(super) fn of(expansion: &Expansion<'_>) -> Self {
        if expansion.dag.is_shared() {
            Self::OffThread
        } else if expansion.dag.has_closers() {
            Self::Closes
        } else if mentions_self_lifetime(expansion.failure_type()) {
            Self::Borrowed
        } else if expansion.dag.block.options.local {
            Self::Local
        } else {
            Self::Anywhere
        }
    }

    /// Returns whether the block can be inside another. If not, that is the only error, and the code generated here
    /// only has to fit.
    pub(super) fn is_possible(self) -> bool {
        matches!(self, Self::Anywhere | Self::Local)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Anywhere => "AnyThread",
            Self::Local => "OneThread",
            Self::OffThread => "OffThread",
            Self::Borrowed => "BorrowedErrors",
            Self::Closes => "Closes",
        }
    }
}
