//! x
pub use dag_macros::dag;

#[doc(hidden)]
pub mod __private {
    pub use dag_runtime::*;
}
