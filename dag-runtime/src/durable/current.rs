//! The run and the task in which a body is, while it is being polled.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

thread_local! {
    static CURRENT: RefCell<Option<Arc<Place>>> = const { RefCell::new(None) };
    /// Of the keeper for which a result is written now.
    static READS_BACK: Cell<bool> = const { Cell::new(cfg!(debug_assertions)) };
}

/// The place of a body in a stored run.
#[derive(Debug)]
pub(crate) struct Place {
    run: Arc<str>,
    task: &'static str,
    /// The element for which the body runs.
    index: Option<usize>,
    /// From 1.
    attempt: AtomicU32,
    /// The future of the task was dropped before its end.
    is_stopped: AtomicBool,
}

impl Place {
    pub(crate) fn new(run: Arc<str>, (task, index): (&'static str, Option<usize>), attempt: u32) -> Arc<Self> {
        Arc::new(Self { run, task, index, attempt: AtomicU32::new(attempt), is_stopped: AtomicBool::new(false) })
    }

    pub(crate) fn attempt(&self) -> u32 {
        self.attempt.load(Ordering::Relaxed)
    }

    pub(crate) fn next_attempt(&self) {
        self.attempt.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
    }

    /// Calls a function in this place.
    pub(crate) fn enter<T>(self: &Arc<Self>, inside: impl FnOnce() -> T) -> T {
        /// Puts the place around this one back, also on unwind.
        struct Outside(Option<Arc<Place>>);

        impl Drop for Outside {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }

        let _outside = Outside(CURRENT.replace(Some(Arc::clone(self))));
        inside()
    }
}

/// Calls a function that makes the stored form of a result, and says whether it reads the result back.
pub(super) fn settling<T>(reads_back: bool, settle: impl FnOnce() -> T) -> T {
    /// Says what was said around this one, also on unwind.
    struct Outside(bool);

    impl Drop for Outside {
        fn drop(&mut self) {
            READS_BACK.set(self.0);
        }
    }

    let _outside = Outside(READS_BACK.replace(reads_back));
    settle()
}

/// Whether a result is read back from its stored form.
pub(super) fn reads_back() -> bool {
    READS_BACK.get()
}

/// Returns a function that calls `body` in the place of the caller, on any thread.
pub fn in_current_place<T>(body: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let place = CURRENT.with_borrow(Clone::clone);
    move || match place {
        Some(place) => place.enter(body),
        None => body(),
    }
}

/// The run and the task that a body belongs to.
///
/// [`current`] returns it.
#[derive(Clone, Debug)]
pub struct Current {
    place: Arc<Place>,
    attempt: u32,
}

/// Returns the run and the task of the calling body, if its run has a [`Keeper`](super::Keeper).
///
/// Returns `None` outside of a body, in a run that nobody keeps, and in threads and tasks that a body starts itself.
///
/// # Examples
/// ```
/// # mod adagio { pub(crate) mod durable { pub(crate) use dag_runtime::current; } }
/// /// Returns a key by which the bank knows a charge that it has made already.
/// fn key() -> Option<String> {
///     Some(adagio::durable::current()?.idempotency_key())
/// }
///
/// assert_eq!(key(), None);
/// ```
#[must_use]
pub fn current() -> Option<Current> {
    CURRENT.with_borrow(|place| {
        let place = place.as_ref()?;
        Some(Current { place: Arc::clone(place), attempt: place.attempt() })
    })
}

impl Current {
    /// Returns the name of the run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.place.run
    }

    /// Returns the name of the task; raw identifiers have no `r#`.
    #[must_use]
    pub fn task(&self) -> &'static str {
        self.place.task
    }

    /// Returns the index of the element for which the body runs, if its task runs once for each element of a collection.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        self.place.index
    }

    /// Returns the number of the attempt, from 1. Attempts that failed before a crash count.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether nobody waits for the task any more: its run was cancelled or dropped, or it has failed because of another
    /// task. Other bodies are dropped then; the body of a `blocking` task cannot be, so a long one looks from time to time.
    ///
    /// # Examples
    /// ```
    /// # mod adagio { pub(crate) mod durable { pub(crate) use dag_runtime::current; } }
    /// /// Adds numbers until it is told to stop.
    /// fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
    ///     let current = adagio::durable::current();
    ///     let is_stopped = || current.as_ref().is_some_and(|current| current.is_stopped());
    ///     numbers.take_while(|_| !is_stopped()).sum()
    /// }
    ///
    /// assert_eq!(sum(1..4), 6);
    /// ```
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.place.is_stopped.load(Ordering::Acquire)
    }

    /// Returns the name of the run and that of the task, as in `order-7/charge`, or `order-7/pages[3]` in a body for an
    /// element: the same in every attempt and after every crash. A service that remembers such keys does each thing once.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        let Place { run, task, index, .. } = &*self.place;
        match index {
            Some(index) => format!("{run}/{task}[{index}]"),
            None => format!("{run}/{task}"),
        }
    }
}
