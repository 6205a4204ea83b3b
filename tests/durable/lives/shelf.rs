//! The keeper of these runs: it is cut off at one of its calls.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adagio::TaskError;
use adagio::durable::{Durable, Keeper, Keeps};
use tokio::sync::Notify;
use tokio::task::yield_now;

use super::graphs::{LARGE, Outer};
use crate::random::Random;

/// What is stored, in the order of the calls.
#[derive(Clone, Default)]
pub(super) struct Disk {
    pub(super) outcomes: Vec<(&'static str, Result<Vec<u8>, String>)>,
    pub(super) attempts: BTreeMap<&'static str, u32>,
    /// Why tasks have no results, as bodies were told.
    pub(super) causes: BTreeMap<&'static str, (String, String)>,
}

impl Disk {
    pub(super) fn has(&self, task: &str) -> bool {
        self.outcomes.iter().any(|(stored, _)| *stored == task)
    }
}

/// How a life is cut off, at one of the calls of the keeper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cut {
    Before,
    After,
    /// The disk is full from then on.
    Full,
}

#[derive(Clone)]
pub(super) struct Shelf(pub(super) Arc<Life>);

pub(super) struct Life {
    pub(super) id: Arc<str>,
    pub(super) disk: Mutex<Disk>,
    pub(super) earlier: Disk,
    pub(super) calls: AtomicUsize,
    pub(super) cut: (usize, Cut),
    pub(super) yields: AtomicU64,
    pub(super) is_dead: AtomicBool,
    pub(super) died: Notify,
}

impl Life {
    /// Writes, unless it is cut off before.
    fn write(self: &Arc<Self>, write: impl FnOnce(&mut Disk)) -> Keeps {
        let mut disk = self.disk.lock().unwrap();
        let call = self.calls.fetch_add(1, SeqCst) + 1;
        let is_over = call >= self.cut.0;
        let cut = self.cut.1;
        if !is_over || call == self.cut.0 && cut == Cut::After {
            write(&mut disk);
        }
        drop(disk);
        if is_over && cut != Cut::Full {
            self.is_dead.store(true, SeqCst);
            self.died.notify_one();
            return Box::pin(pending());
        }
        let yields = Random(self.yields.fetch_add(1, SeqCst)).next() % 4;
        Box::pin(async move {
            for _ in 0..yields {
                yield_now().await;
            }
            if is_over { Err("the disk is full".into()) } else { Ok(()) }
        })
    }
}

impl Keeper for Shelf {
    fn run_id(&self) -> &Arc<str> {
        &self.0.id
    }

    fn accepts(&self, _: &'static str, result: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
        let is_large = std::str::from_utf8(result).is_ok_and(|text| text.parse().is_ok_and(|it: u32| it >= LARGE));
        if is_large { Err("no room".into()) } else { Ok(()) }
    }

    fn keep(&self, task: &'static str, result: Vec<u8>) -> Keeps {
        self.0.write(|disk| {
            assert!(!disk.has(task), "`{task}` is stored twice");
            disk.outcomes.push((task, Ok(result)));
        })
    }

    fn failed(&self, task: &'static str, attempts: u32, error: &TaskError, wait: Option<Duration>) -> Keeps {
        self.0.write(|disk| {
            disk.attempts.insert(task, attempts);
            if wait.is_none() {
                assert!(!disk.has(task), "`{task}` is stored twice");
                disk.outcomes.push((task, Err(error.causes())));
            }
        })
    }

    fn caused(&self, task: &'static str, cause: &TaskError) -> Keeps {
        self.0.write(|disk| {
            assert!(Outer::GRAPH.version(Outer::INSIDE, task).is_some(), "`{task}` is no task");
            disk.causes.insert(task, (cause.stored_name(), cause.causes()));
        })
    }

    fn cause(&self, task: &'static str) -> Option<TaskError> {
        let (failed, error) = self.0.earlier.causes.get(task)?;
        Some(Outer::GRAPH.failure(failed, error.as_str()))
    }

    fn attempts(&self, task: &'static str) -> (u32, Duration) {
        (self.0.earlier.attempts.get(task).copied().unwrap_or(0), Duration::ZERO)
    }
}
