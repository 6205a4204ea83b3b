//! The events of single elements of a task that runs once for each element of a collection.
//!
//! An element is told of as a task of its own, with an id of its own. Its events lie between those of the task: no element
//! starts unless the task is under way, and before the end of the task is told, each element under way gets an end. So
//! nobody who drops bodies has to tell of them.
//!
//! Bodies on other threads may start and end while the task ends. Observers are told without the lock, so an element is
//! first noted as *starting*. If the task ends before its start has been told, the one who tells of the start tells of the
//! end, too. A thread that goes on after the end of the task is not heard any more: what it says is about an earlier
//! *round*, an attempt of the task.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::{Announcer, UNDER_WAY};
use crate::error::{RETURNED_ERR, TaskError, at_index};
use crate::observe::observer::{Outcome, TaskEvent};

/// The id of an element has that of its task in the lower bits.
const BITS_OF_TASK: u32 = 24;

/// Inputs up to this number need no memory of their own.
const FEW_INPUTS: usize = 8;

/// The elements that have started and are not done, by task and index.
#[derive(Default)]
pub(super) struct Elements(OnceLock<Mutex<HashMap<usize, HashMap<usize, Element>>>>);

struct Element {
    attempts: u32,
    /// The attempt of the task in which it started last.
    round: u32,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// Its start is being told.
    Starting,
    /// Its task has ended while its start was being told.
    Orphaned,
    UnderWay,
    /// The task is about to fail because of it.
    Failing,
    Ended,
}

/// An element in an attempt of its task.
#[derive(Clone, Copy)]
pub(crate) struct ElementOf {
    pub(crate) task: usize,
    /// The attempt of the task.
    pub(crate) round: u32,
    pub(crate) index: usize,
}

impl Elements {
    fn lock(&self) -> Option<MutexGuard<'_, HashMap<usize, HashMap<usize, Element>>>> {
        self.0.get().map(|all| all.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn of(&self, of: ElementOf, note: impl FnOnce(&mut Element) -> Option<u32>) -> Option<u32> {
        let mut all = self.lock()?;
        let element = all.get_mut(&of.task)?.get_mut(&of.index)?;
        if element.round == of.round { note(element) } else { None }
    }
}

impl Announcer {
    /// Returns the number of the attempt of a task that is under way.
    pub(crate) fn round(&self, task: usize) -> u32 {
        self.attempts[task].load(Ordering::Relaxed) / 2
    }

    /// Tells that an attempt for an element starts, unless the attempt of its task has ended.
    pub(crate) fn element_started(&self, of: ElementOf) {
        _ = self.elements.0.get_or_init(Mutex::default);
        let attempt = {
            let Some(mut all) = self.elements.lock() else { return };
            // Under the lock: the end of the task comes before, or finds the element.
            if self.attempts[of.task].load(Ordering::Relaxed) != ((of.round * 2) | UNDER_WAY) {
                return;
            }
            let elements = all.entry(of.task).or_default();
            let fresh = || Element { attempts: 0, round: of.round, stage: Stage::Ended };
            let element = elements.entry(of.index).or_insert_with(fresh);
            element.attempts += 1;
            (element.round, element.stage) = (of.round, Stage::Starting);
            element.attempts
        };
        self.tell_element(of, attempt, None);
        let orphaned = self.elements.of(of, |element| {
            let is_orphaned = element.stage == Stage::Orphaned;
            element.stage = if is_orphaned { Stage::Ended } else { Stage::UnderWay };
            is_orphaned.then_some(element.attempts)
        });
        if let Some(attempt) = orphaned {
            self.tell_element(of, attempt, Some(&Outcome::Cancelled));
        }
    }

    /// Tells how the attempt for an element ended, unless it has been told.
    pub(crate) fn element_finished(&self, of: ElementOf, outcome: &Outcome) {
        let is_under_way = |element: &Element| matches!(element.stage, Stage::UnderWay | Stage::Failing);
        let attempt = self.elements.of(of, |element| {
            let attempt = is_under_way(element).then_some(element.attempts)?;
            element.stage = Stage::Ended;
            Some(attempt)
        });
        let Some(attempt) = attempt else { return };
        if let Outcome::Done = outcome {
            // It needs no body any more.
            if let Some(mut all) = self.elements.lock() {
                all.get_mut(&of.task).and_then(|elements| elements.remove(&of.index));
            }
        }
        self.tell_element(of, attempt, Some(outcome));
    }

    /// Returns the outcome of a body of a task with `catch` that has failed, whose result is a value all the same.
    pub(crate) fn returned_err(&self, of: ElementOf) -> Outcome {
        Outcome::Failed(TaskError::new(self.name(of.task), at_index(of.index, RETURNED_ERR.into())))
    }

    /// Notes that a task is about to fail because of an element. What the error is will be told with the end of the task.
    pub(crate) fn element_fails(&self, of: ElementOf) {
        self.elements.of(of, |element| {
            if element.stage == Stage::UnderWay {
                element.stage = Stage::Failing;
            }
            None
        });
    }

    /// Tells that all attempts for elements of a task have ended, because the task has.
    pub(super) fn end_elements(&self, task: usize, outcome: &Outcome) {
        let mut ended = BTreeMap::new();
        {
            let Some(mut all) = self.elements.lock() else { return };
            for (&index, element) in all.get_mut(&task).into_iter().flatten() {
                let is_failing = match element.stage {
                    Stage::Starting => {
                        element.stage = Stage::Orphaned;
                        continue;
                    }
                    Stage::Orphaned | Stage::Ended => continue,
                    Stage::UnderWay => false,
                    Stage::Failing => true,
                };
                element.stage = Stage::Ended;
                // The cause comes before those that are dropped for it.
                let of = ElementOf { task, round: element.round, index };
                ended.insert((!is_failing, index), (of, element.attempts));
            }
        }
        for ((is_dropped, index), (of, attempt)) in ended {
            let failed = match outcome {
                // Of several that fail at once, one is the cause.
                Outcome::Failed(error) => !is_dropped && error.index().is_none_or(|cause| cause == index),
                _ => false,
            };
            self.tell_element(of, attempt, Some(if failed { outcome } else { &Outcome::Cancelled }));
        }
    }

    /// Tells of the start of an element, or of its end.
    fn tell_element(&self, of: ElementOf, attempt: u32, outcome: Option<&Outcome>) {
        let ElementOf { task, index, .. } = of;
        let whole = self.event(task, attempt);
        let name = Name::new(whole.name, index);
        let (mut few, mut many) = ([0; FEW_INPUTS], Vec::new());
        let collection = self.graph.collection_of(task);
        // An element of another such task has an id of its own.
        let followed = collection.filter(|&collection| self.graph.collection_of(collection).is_some());
        let inputs = match followed.map(|followed| self.id(followed)) {
            Some(followed) => {
                let inputs = match few.get_mut(..whole.inputs.len()) {
                    Some(few) => few,
                    None => {
                        many.resize(whole.inputs.len(), 0);
                        &mut many[..]
                    }
                };
                for (own, &input) in inputs.iter_mut().zip(whole.inputs) {
                    *own = if input == followed { id_of(input, index) } else { input };
                }
                &*inputs
            }
            None => whole.inputs,
        };
        let (id, maker, function) = (id_of(whole.id, index), Some(whole.id), Some(whole.name));
        let event = TaskEvent { id, name: name.as_str(), function, inputs, maker, index: Some(index), ..whole };
        self.last.store(usize::MAX, Ordering::Relaxed);
        match outcome {
            None => self.audience.observers.tell(|observer| observer.started(&event)),
            Some(outcome) => self.audience.observers.tell(|observer| observer.finished(&event, outcome)),
        }
    }
}

/// Returns the id of an element. No task has such an id: tasks are numbered from 0.
fn id_of(task: u64, index: usize) -> u64 {
    task | ((index as u64 + 1) << BITS_OF_TASK)
}

/// The name of an element, such as `pages[3]`.
enum Name {
    Short([u8; 64], usize),
    Long(String),
}

impl Name {
    fn new(task: &str, index: usize) -> Self {
        let mut name = Self::Short([0; 64], 0);
        // It takes any text.
        _ = write!(name, "{task}[{index}]");
        name
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Short(letters, length) => std::str::from_utf8(&letters[..*length]).unwrap_or_default(),
            Self::Long(name) => name,
        }
    }
}

impl Write for Name {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self {
            Self::Short(letters, length) => match letters.get_mut(*length..*length + text.len()) {
                Some(place) => {
                    place.copy_from_slice(text.as_bytes());
                    *length += text.len();
                }
                None => *self = Self::Long(self.as_str().to_owned() + text),
            },
            Self::Long(name) => name.push_str(text),
        }
        Ok(())
    }
}
