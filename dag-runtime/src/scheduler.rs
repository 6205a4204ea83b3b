//! In: the edges of a graph, the tasks that a terminal needs, and a step that polls one task. Out: a future that starts
//! every task in the poll in which its last dependency is done, and ends with the last task or the first failure.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::task_set::TaskSet;
use crate::wakers::TaskWakers;

/// Up to so many tasks under way, a wake polls them all, as `join!` does.
const POLLED_TOGETHER: usize = 32;

/// The edges of a graph whose tasks are numbered in topological order.
pub struct Links<const TASKS: usize, const WORDS: usize> {
    /// The tasks that wait for each task, in ascending order.
    dependents: [&'static [u16]; TASKS],
    /// How many dependencies each task has.
    dependencies: [u16; TASKS],
    /// The tasks without a dependency.
    roots: TaskSet<WORDS>,
}

impl<const TASKS: usize, const WORDS: usize> Links<TASKS, WORDS> {
    /// Takes the dependents of each task.
    ///
    /// # Panics
    /// If a dependent does not come after its dependency: a `const` of it does not compile then.
    #[must_use]
    pub const fn new(dependents: [&'static [u16]; TASKS]) -> Self {
        assert!(WORDS == TASKS.div_ceil(64), "a word holds 64 tasks");
        let mut dependencies = [0; TASKS];
        let mut task = 0;
        while task < TASKS {
            let mut edge = 0;
            while edge < dependents[task].len() {
                let dependent = dependents[task][edge] as usize;
                assert!(task < dependent, "tasks are numbered in topological order");
                dependencies[dependent] += 1;
                edge += 1;
            }
            task += 1;
        }
        let mut roots = [0; WORDS];
        let mut task = 0;
        while task < TASKS {
            if dependencies[task] == 0 {
                roots[task / 64] |= 1 << (task % 64);
            }
            task += 1;
        }
        Self { dependents, dependencies, roots: TaskSet(roots) }
    }
}

/// Runs the `needed` tasks of a graph: `step` polls one task and stores its result, or gives the failure that ends all.
#[inline]
pub fn drive<S, F, const TASKS: usize, const WORDS: usize>(
    links: &'static Links<TASKS, WORDS>,
    needed: &'static TaskSet<WORDS>,
    step: S,
) -> Drive<S, TASKS, WORDS>
where
    S: FnMut(usize, &mut Context<'_>) -> Poll<Result<(), F>>,
{
    let mut ready = links.roots;
    for (ready, needed) in ready.0.iter_mut().zip(needed.0) {
        *ready &= needed;
    }
    Drive {
        links,
        needed,
        step,
        missing: links.dependencies,
        ready,
        pending: TaskSet::EMPTY,
        under_way: 0,
        wakers: None,
    }
}

/// The future of [`drive`].
#[must_use = "futures do nothing unless polled"]
pub struct Drive<S, const TASKS: usize, const WORDS: usize> {
    links: &'static Links<TASKS, WORDS>,
    needed: &'static TaskSet<WORDS>,
    step: S,
    /// How many dependencies of each task are not done.
    missing: [u16; TASKS],
    /// Tasks whose dependencies are done and which have not started.
    ready: TaskSet<WORDS>,
    /// Tasks that have been polled and are not done, counted by `under_way`.
    pending: TaskSet<WORDS>,
    under_way: usize,
    /// Made when a wake of one task has polled others in vain, beyond `POLLED_TOGETHER`.
    wakers: Option<Box<TaskWakers>>,
}

impl<S, F, const TASKS: usize, const WORDS: usize> Future for Drive<S, TASKS, WORDS>
where
    S: FnMut(usize, &mut Context<'_>) -> Poll<Result<(), F>> + Unpin,
{
    type Output = Result<(), F>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        this.begin_pass(cx);
        // Dependents have higher ids than their dependencies, so one ascending pass reaches what becomes ready in it.
        let mut word = 0;
        let mut unvisited = u64::MAX;
        while word < WORDS {
            let visit = this.to_visit(word) & unvisited;
            if visit == 0 {
                word += 1;
                unvisited = u64::MAX;
                continue;
            }
            let bit = visit.trailing_zeros() as usize;
            let task = word * 64 + bit;
            unvisited = (u64::MAX << bit) << 1;
            match this.poll_task(task, cx) {
                Poll::Ready(Ok(())) => this.finish(task),
                Poll::Ready(Err(failure)) => return Poll::Ready(Err(failure)),
                Poll::Pending if this.pend(task, cx) => {}
                Poll::Pending => (word, unvisited) = (0, u64::MAX),
            }
        }
        // All that is needed is an ancestor of the goal or the goal itself: when nothing is left, the goal is done.
        if this.under_way == 0 { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

impl<S, F, const TASKS: usize, const WORDS: usize> Drive<S, TASKS, WORDS>
where
    S: FnMut(usize, &mut Context<'_>) -> Poll<Result<(), F>>,
{
    #[inline]
    fn begin_pass(&mut self, cx: &mut Context<'_>) {
        if self.under_way <= POLLED_TOGETHER {
            // Every pending task is polled with the terminal's own waker from here on.
            self.wakers = None;
        } else if let Some(wakers) = &mut self.wakers {
            wakers.begin_pass(cx.waker());
        }
    }

    /// Gives the tasks of a word that this pass has to poll.
    #[inline]
    fn to_visit(&self, word: usize) -> u64 {
        let woken = self.wakers.as_ref().map_or(u64::MAX, |wakers| wakers.woken(word));
        self.ready.0[word] | self.pending.0[word] & woken
    }

    #[inline]
    fn poll_task(&mut self, task: usize, cx: &mut Context<'_>) -> Poll<Result<(), F>> {
        let waker = match &mut self.wakers {
            Some(wakers) => wakers.waker(task),
            None => cx.waker(),
        };
        (self.step)(task, &mut Context::from_waker(waker))
    }

    #[inline]
    fn finish(&mut self, task: usize) {
        if self.pending.contains(task) {
            self.pending.remove(task);
            self.under_way -= 1;
            if let Some(wakers) = &mut self.wakers {
                wakers.forget(task);
            }
        } else {
            self.ready.remove(task);
        }
        for &dependent in self.links.dependents[task] {
            let dependent = usize::from(dependent);
            self.missing[dependent] -= 1;
            if self.missing[dependent] == 0 && self.needed.contains(dependent) {
                self.ready.insert(dependent);
            }
        }
    }

    /// Notes that a task is not done. Gives false if the pass has to begin anew, with a waker for each task.
    #[inline]
    fn pend(&mut self, task: usize, cx: &mut Context<'_>) -> bool {
        if !self.pending.contains(task) {
            self.ready.remove(task);
            self.pending.insert(task);
            self.under_way += 1;
            return true;
        }
        let in_vain = self.under_way > POLLED_TOGETHER && self.wakers.is_none();
        if in_vain {
            self.wakers = Some(Box::new(TaskWakers::new(TASKS, cx.waker())));
        }
        !in_vain
    }
}
