//! How long the error of a caught failure is kept.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use adagio::{TaskError, dag};

use crate::common::now;

/// An error that is counted as long as it is kept.
#[derive(Debug)]
struct CountedError(#[expect(dead_code, reason = "is only dropped")] Arc<()>);

impl fmt::Display for CountedError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("counted")
    }
}

impl Error for CountedError {}

#[derive(Default)]
struct Counting {
    errors: Arc<()>,
}

#[dag]
impl Counting {
    fn source(&self) -> Result<u32, CountedError> {
        Err(CountedError(Arc::clone(&self.errors)))
    }

    #[depends(source)]
    fn above(&self, source: u32) -> u32 {
        source
    }

    #[depends(catch above)]
    fn option(&self, above: Option<&u32>) -> usize {
        assert!(above.is_none());
        Arc::strong_count(&self.errors)
    }

    #[depends(catch above)]
    fn result(&self, above: Result<&u32, TaskError>) -> usize {
        assert!(above.is_err_and(|error| error.task() == "source"));
        Arc::strong_count(&self.errors)
    }

    #[depends(option, result)]
    fn both(&self, option: usize, result: usize) -> [usize; 2] {
        [option, result]
    }
}

#[test]
fn an_error_is_dropped_at_once_if_no_needed_task_reads_it() {
    let counting = Counting::default();
    assert_eq!(now(counting.option()), 1);
}

#[test]
fn an_error_that_a_task_reads_is_kept_until_the_goal_is_done() {
    let counting = Counting::default();
    assert_eq!(now(counting.result()), 2);
    assert_eq!(now(counting.both()), [2, 2]);
    assert_eq!(Arc::strong_count(&counting.errors), 1);
}
