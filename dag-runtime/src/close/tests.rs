//! Random graphs whose closers wait, fail and panic at random, beside a reference model.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::panic::panic_any;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Mutex;
use std::task::Waker;

use super::*;
use crate::graph::TaskKind;

/// A sequence of numbers that looks random, and is the same in each test.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// What becomes of the result of a task.
#[derive(Clone, Copy, PartialEq)]
enum Plan {
    /// It was never made, or has no closer.
    Drops,
    /// Its drop panics.
    PanicsAtOnce,
    /// Its closer waits for some polls, then succeeds, fails or panics.
    Closes(usize),
    Fails(usize),
    Panics(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Begins(usize),
    Ends(usize),
}

/// Returns the nodes of a graph. They stay reachable, so a sanitizer reports no leak.
fn nodes(tasks: usize, random: &mut Random) -> &'static [Node] {
    static KEPT: Mutex<Vec<&'static [Node]>> = Mutex::new(Vec::new());
    let node = |task: usize| {
        let count = random.below(4).min(task);
        let mut dependencies: Vec<u64> = (0..count).map(|_| random.below(task) as u64).collect();
        dependencies.sort_unstable();
        dependencies.dedup();
        Node::new("task", TaskKind::Async, dependencies.leak(), &[])
    };
    let nodes: &'static [Node] = (0..tasks).map(node).collect::<Vec<_>>().leak();
    KEPT.lock().unwrap().push(nodes);
    nodes
}

fn plan(random: &mut Random) -> Plan {
    let polls = random.below(3);
    match random.below(8) {
        0 | 1 => Plan::Drops,
        2 => Plan::PanicsAtOnce,
        3 => Plan::Fails(polls),
        4 => Plan::Panics(polls),
        _ => Plan::Closes(polls),
    }
}

/// Closes all results. Returns the events of each poll, and how many failures there were.
fn close(nodes: &'static [Node], plans: &[Plan], polls_at_most: usize) -> (Vec<Vec<Event>>, Option<usize>) {
    let log = Rc::new(RefCell::new(vec![Vec::new()]));
    let ended = Ended {
        cells: CellsShare::alone(()),
        nodes,
        announcer: None,
        #[cfg(feature = "tokio")]
        exit: None,
        panic: None,
    };
    let begin = |(): &mut (), task: usize| {
        let note = |event| log.borrow_mut().last_mut().unwrap().push(event);
        note(Event::Begins(task));
        let (mut polls, plan) = match plans[task] {
            Plan::Drops => {
                note(Event::Ends(task));
                return None;
            }
            Plan::PanicsAtOnce => {
                note(Event::Ends(task));
                panic_any("at once");
            }
            plan @ (Plan::Closes(polls) | Plan::Fails(polls) | Plan::Panics(polls)) => (polls, plan),
        };
        let log = Rc::clone(&log);
        Some(Box::pin(poll_fn(move |_| {
            if polls > 0 {
                polls -= 1;
                return Poll::Pending;
            }
            log.borrow_mut().last_mut().unwrap().push(Event::Ends(task));
            match plan {
                Plan::Fails(_) => Poll::Ready(Err("fails".into())),
                Plan::Panics(_) => panic_any("panics"),
                _ => Poll::Ready(Ok(())),
            }
        })))
    };
    let mut closing = pin!(ended.close(begin));
    for _ in 0..polls_at_most {
        if let Poll::Ready(result) = closing.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            let failures = result.map_or_else(|error| error.failures().len(), |()| 0);
            return (log.take(), Some(failures));
        }
        log.borrow_mut().push(Vec::new());
    }
    (log.take(), None)
}

/// Returns the events of each poll as they must be, each poll's in any order that the graph allows.
fn expected(nodes: &[Node], plans: &[Plan]) -> Vec<(Vec<usize>, Vec<usize>)> {
    let (mut begun, mut ended) = (vec![None; nodes.len()], vec![false; nodes.len()]);
    let mut dependents = vec![Vec::new(); nodes.len()];
    for (dependent, node) in nodes.iter().enumerate() {
        node.dependencies().for_each(|dependency| dependents[dependency].push(dependent));
    }
    let mut polls = Vec::new();
    while ended.contains(&false) {
        let (mut begins, mut ends) = (Vec::new(), Vec::new());
        // Dependents have higher numbers, so one pass from the last task to the first reaches all that are due.
        for task in (0..nodes.len()).rev() {
            if begun[task].is_none() && dependents[task].iter().all(|&other: &usize| ended[other]) {
                begun[task] = Some(polls.len());
                begins.push(task);
            }
            let waits = match plans[task] {
                Plan::Drops | Plan::PanicsAtOnce => 0,
                Plan::Closes(polls) | Plan::Fails(polls) | Plan::Panics(polls) => polls,
            };
            if !ended[task] && begun[task].is_some_and(|begun| begun + waits <= polls.len()) {
                ended[task] = true;
                ends.push(task);
            }
        }
        polls.push((begins, ends));
    }
    polls
}

#[test]
fn each_result_is_closed_once_as_soon_as_all_that_were_made_from_it_are() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for tasks in (1..=12).cycle().take(400).chain([64, 65, 1_000]) {
        let nodes = nodes(tasks, &mut random);
        let plans: Vec<Plan> = (0..tasks).map(|_| plan(&mut random)).collect();
        let (log, failures) = close(nodes, &plans, usize::MAX);
        let told = |events: &Vec<Event>| {
            let mut begins: Vec<usize> = Vec::new();
            let mut ends: Vec<usize> = Vec::new();
            for event in events {
                match *event {
                    Event::Begins(task) => begins.push(task),
                    Event::Ends(task) => ends.push(task),
                }
            }
            begins.sort_unstable_by(|one, other| other.cmp(one));
            ends.sort_unstable_by(|one, other| other.cmp(one));
            (begins, ends)
        };
        assert_eq!(log.iter().map(told).collect::<Vec<_>>(), expected(nodes, &plans));
        let is_failure = |plan: &&Plan| matches!(plan, Plan::Fails(_) | Plan::Panics(_) | Plan::PanicsAtOnce);
        assert_eq!(failures, Some(plans.iter().filter(is_failure).count()));
        // No result is touched before all that were made from it are closed.
        let events: Vec<Event> = log.into_iter().flatten().collect();
        let place = |event| events.iter().position(|other| *other == event).unwrap();
        for (dependent, node) in nodes.iter().enumerate() {
            for dependency in node.dependencies() {
                assert!(place(Event::Ends(dependent)) < place(Event::Begins(dependency)));
            }
        }
    }
}

#[test]
fn a_dropped_end_begins_no_further_closer() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..200 {
        let nodes = nodes(12, &mut random);
        let plans: Vec<Plan> = (0..12).map(|_| plan(&mut random)).collect();
        let polls = 1 + random.below(3);
        let (log, _) = close(nodes, &plans, polls);
        let expected: usize = expected(nodes, &plans).iter().take(polls).map(|(begins, _)| begins.len()).sum();
        let begun = log.iter().flatten().filter(|event| matches!(event, Event::Begins(_))).count();
        assert_eq!(begun, expected);
    }
}

#[test]
fn the_panic_of_a_dropped_task_continues_when_all_is_closed() {
    let closed = Cell::new(0);
    let nodes = nodes(3, &mut Random(1));
    let ended = Ended {
        cells: CellsShare::alone(()),
        nodes,
        announcer: None,
        #[cfg(feature = "tokio")]
        exit: None,
        panic: Some(Box::new(7_u64)),
    };
    let begin = |(): &mut (), _| {
        closed.set(closed.get() + 1);
        None::<Pin<Box<dyn Future<Output = Result<(), ErrorSource>>>>>
    };
    let mut closing = pin!(ended.close(begin));
    let poll = || closing.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let payload = catch_unwind(AssertUnwindSafe(poll)).unwrap_err();
    assert_eq!((*payload.downcast::<u64>().unwrap(), closed.get()), (7, 3));
}
