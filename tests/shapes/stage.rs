//! The state that the tasks of one run share: their gates, and the log of events.

use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use super::{Argument, Event, Mode, Plan, UNASKED, Value, compute};

/// The shared state of the tasks of one run.
pub(super) struct Stage {
    pub(super) plans: Vec<Plan>,
    /// For each task, the way it treats its lazy dependencies, in order.
    pub(super) modes: Vec<[Mode; 3]>,
    /// One gate per task, and after all of these a second gate per task.
    pub(super) gates: Mutex<Vec<(bool, Option<Waker>)>>,
    pub(super) log: Mutex<Vec<Event>>,
}

impl Stage {
    pub(super) async fn act<T: Value, const N: usize>(&self, task: usize, inputs: [u64; N]) -> T {
        let act = self.begin(task);
        std::future::poll_fn(|cx| self.poll_gate(task, cx)).await;
        act.end(inputs)
    }

    pub(super) async fn act_asking<T: Value, const N: usize>(&self, task: usize, arguments: [Argument<'_>; N]) -> T {
        let act = self.begin(task);
        std::future::poll_fn(|cx| self.poll_gate(task, cx)).await;
        let mut numbers = [0; N];
        for ((place, argument), number) in arguments.into_iter().enumerate().zip(&mut numbers) {
            *number = match (argument, self.modes[task][place % 3]) {
                (Argument::Given(number), _) => number,
                (Argument::Lazy(_), Mode::Leave) => UNASKED,
                (Argument::Lazy(lazy), Mode::Ask) => lazy.await,
                (Argument::Lazy(lazy), Mode::Hurry) => self.hurry(self.plans.len() + task, lazy).await,
            };
        }
        act.end(numbers)
    }

    /// Waits until a gate is open.
    async fn hurry(&self, gate: usize, mut lazy: Pin<Box<dyn Future<Output = u64> + Send + '_>>) -> u64 {
        let _leaves = LeavesGate { stage: self, gate };
        std::future::poll_fn(|cx| match lazy.as_mut().poll(cx) {
            Poll::Ready(number) => Poll::Ready(number),
            Poll::Pending => self.poll_gate(gate, cx).map(|()| UNASKED),
        })
        .await
    }

    fn poll_gate(&self, gate: usize, cx: &Context<'_>) -> Poll<()> {
        let gate = &mut self.gates.lock().unwrap()[gate];
        gate.1 = Some(cx.waker().clone());
        if gate.0 { Poll::Ready(()) } else { Poll::Pending }
    }

    pub(super) fn act_at_once<T: Value, const N: usize>(&self, task: usize, inputs: [u64; N]) -> T {
        self.begin(task).end(inputs)
    }

    fn begin(&self, task: usize) -> Act<'_> {
        self.log.lock().unwrap().push(Event::Start(task));
        Act { stage: self, task, last: Event::Drop(task) }
    }

    pub(super) fn open(&self, task: usize) {
        let waker = {
            let gate = &mut self.gates.lock().unwrap()[task];
            gate.0 = true;
            gate.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }
}

/// Takes the waker back from a gate.
pub(super) struct LeavesGate<'s> {
    stage: &'s Stage,
    gate: usize,
}

impl Drop for LeavesGate<'_> {
    fn drop(&mut self) {
        self.stage.gates.lock().unwrap()[self.gate].1 = None;
    }
}

/// A task under way.
pub(super) struct Act<'s> {
    stage: &'s Stage,
    task: usize,
    last: Event,
}

impl Act<'_> {
    fn end<T: Value, const N: usize>(mut self, inputs: [u64; N]) -> T {
        self.last = Event::End(self.task);
        T::of(match self.stage.plans[self.task] {
            Plan::Succeed => Ok(compute(self.task, inputs)),
            Plan::Fail => Err(self.task),
            // Without the message of `panic!`.
            Plan::Panic => resume_unwind(Box::new(self.task)),
        })
    }
}

impl Drop for Act<'_> {
    fn drop(&mut self) {
        self.stage.log.lock().unwrap().push(self.last);
    }
}
