//! x
pub use dag_macros::{dag, depends, task};

#[doc(hidden)]
pub mod __private {
    pub use dag_runtime::*;
}
