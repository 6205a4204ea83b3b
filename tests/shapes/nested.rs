//! Runs random graphs inside graphs, with limits, and compares the events of each poll with a reference model: no wake
//! is lost, no slot is left empty while a task waits for it, and no slot is taken twice.

mod random;

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use random::Random;

include!(concat!(env!("OUT_DIR"), "/nests.rs"));

/// How often each nest is called, and how often it is run.
const SEEDS: u64 = 200;
/// How often each nest is called and run with wakes from another thread.
const SEEDS_ACROSS_THREADS: u64 = 50;
/// How long a wake from another thread may take before it counts as lost; normally it takes microseconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A graph with graphs inside, as one list of tasks.
struct Nest {
    number: usize,
    tasks: &'static [Task],
    blocks: &'static [Block],
    goal: usize,
    call: fn(Arc<Scene>) -> Goal,
    run: fn(Arc<Scene>, Option<usize>) -> Goal,
}

type Goal = Pin<Box<dyn Future<Output = u64>>>;

struct Task {
    dependencies: &'static [usize],
    block: usize,
    is_async: bool,
}

struct Block {
    limit: Option<usize>,
    /// The blocks around this block, and this block itself.
    around: &'static [usize],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Start(usize),
    End(usize),
}

/// The shared state of the tasks.
struct Scene {
    gates: Vec<Mutex<Gate>>,
    log: Mutex<Vec<Event>>,
    /// The number of the current poll of the goal.
    poll: AtomicUsize,
}

#[derive(Default)]
struct Gate {
    is_open: bool,
    /// How often the task wakes itself before it comes to the gate.
    yields: usize,
    waker: Option<Waker>,
    /// The task was woken, and in which poll of the goal.
    woken_in: Option<usize>,
}

impl Scene {
    fn new(nest: &Nest, random: &mut Random) -> Self {
        let yields = random.is(1, 3);
        let gate = || {
            let yields = if yields && random.is(1, 4) { 1 + usize::from(random.is(1, 3)) } else { 0 };
            Mutex::new(Gate { yields, ..Gate::default() })
        };
        let gates = std::iter::repeat_with(gate).take(nest.tasks.len()).collect();
        Self { gates, log: Mutex::default(), poll: AtomicUsize::new(0) }
    }

    async fn act<const N: usize>(&self, task: usize, inputs: [u64; N]) -> u64 {
        self.note(Event::Start(task));
        std::future::poll_fn(|cx| {
            let mut gate = self.gates[task].lock().unwrap();
            gate.woken_in = None;
            gate.waker = Some(cx.waker().clone());
            if gate.yields > 0 {
                gate.yields -= 1;
                gate.woken_in = Some(self.poll.load(Ordering::SeqCst));
                drop(gate);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if gate.is_open { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        self.note(Event::End(task));
        compute(task, inputs)
    }

    fn act_at_once<const N: usize>(&self, task: usize, inputs: [u64; N]) -> u64 {
        self.note(Event::Start(task));
        self.note(Event::End(task));
        compute(task, inputs)
    }

    fn note(&self, event: Event) {
        self.log.lock().unwrap().push(event);
    }

    /// Opens the gate of a task, and wakes it if it is under way.
    fn open(&self, task: usize) {
        let waker = {
            let mut gate = self.gates[task].lock().unwrap();
            gate.is_open = true;
            gate.woken_in = gate.waker.is_some().then(|| self.poll.load(Ordering::SeqCst));
            gate.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Computes the result of a task.
fn compute(task: usize, inputs: impl IntoIterator<Item = u64>) -> u64 {
    inputs.into_iter().fold(task as u64, |number, input| number.wrapping_mul(31).wrapping_add(input))
}

/// The reference model: the progress of the tasks according to their events.
struct Model<'n> {
    nest: &'n Nest,
    limits: Vec<Option<usize>>,
    needed: Vec<bool>,
    started: Vec<bool>,
    ended: Vec<bool>,
    under_way: Vec<usize>,
    most_under_way: usize,
}

impl<'n> Model<'n> {
    /// `limit` is that of the outermost block.
    fn new(nest: &'n Nest, limit: Option<usize>) -> Self {
        let count = nest.tasks.len();
        let mut needed = vec![false; count];
        needed[nest.goal] = true;
        for task in (0..count).rev() {
            if needed[task] {
                nest.tasks[task].dependencies.iter().for_each(|&dependency| needed[dependency] = true);
            }
        }
        let mut limits: Vec<_> = nest.blocks.iter().map(|block| block.limit).collect();
        limits[0] = limit;
        let under_way = vec![0; nest.blocks.len()];
        Self {
            nest,
            limits,
            needed,
            started: vec![false; count],
            ended: vec![false; count],
            under_way,
            most_under_way: 0,
        }
    }

    fn around(&self, task: usize) -> &'static [usize] {
        self.nest.blocks[self.nest.tasks[task].block].around
    }

    fn is_ready(&self, task: usize) -> bool {
        let dependencies = self.nest.tasks[task].dependencies;
        self.needed[task] && !self.started[task] && dependencies.iter().all(|&dependency| self.ended[dependency])
    }

    fn has_slot(&self, task: usize) -> bool {
        self.around(task).iter().all(|&block| self.limits[block].is_none_or(|limit| self.under_way[block] < limit))
    }

    fn is_under_way(&self, task: usize) -> bool {
        self.started[task] && !self.ended[task]
    }

    /// Applies the events; each event must be allowed at its position.
    fn follow(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Start(task) => {
                    assert!(self.is_ready(task), "task {task} is not ready");
                    assert!(self.has_slot(task), "there is no slot for task {task}");
                    self.started[task] = true;
                    self.around(task).iter().for_each(|&block| self.under_way[block] += 1);
                }
                Event::End(task) => {
                    assert!(self.is_under_way(task), "task {task} is not under way");
                    self.ended[task] = true;
                    self.around(task).iter().for_each(|&block| self.under_way[block] -= 1);
                }
            }
            self.most_under_way = self.most_under_way.max(self.under_way[0]);
        }
    }

    /// Checks that a poll of the goal has left no task that was woken before it, and no task that could start.
    fn assert_nothing_left(&self, scene: &Scene) {
        let poll = scene.poll.load(Ordering::SeqCst);
        for task in 0..self.nest.tasks.len() {
            if self.is_under_way(task) {
                let woken_in = scene.gates[task].lock().unwrap().woken_in;
                assert!(woken_in.is_none_or(|woken_in| woken_in == poll), "the wake of task {task} is lost");
            }
            assert!(!self.is_ready(task) || !self.has_slot(task), "task {task} does not start");
        }
    }

    fn value(&self) -> u64 {
        let mut values: Vec<u64> = Vec::new();
        for (number, task) in self.nest.tasks.iter().enumerate() {
            // The graph around a task is not an input, and comes last.
            let depth = self.around(number).len() - 1;
            let inputs = &task.dependencies[..task.dependencies.len() - depth];
            values.push(compute(number, inputs.iter().map(|&input| values[input])));
        }
        values[self.nest.goal]
    }
}

#[derive(Default)]
struct CountingWaker(AtomicUsize);

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A goal of a nest, and its state.
struct Case<'n> {
    scene: Arc<Scene>,
    model: Model<'n>,
    goal: Goal,
}

impl<'n> Case<'n> {
    fn new(nest: &'n Nest, is_run: bool, random: &mut Random) -> Self {
        let scene = Arc::new(Scene::new(nest, random));
        let (limit, goal) = if is_run {
            let limit = random.is(3, 4).then(|| 1 + usize::try_from(random.next() % 64).unwrap());
            let goal = (nest.run)(Arc::clone(&scene), limit);
            (limit.or(nest.blocks[0].limit), goal)
        } else {
            (nest.blocks[0].limit, (nest.call)(Arc::clone(&scene)))
        };
        Self { model: Model::new(nest, limit), scene, goal }
    }

    /// Polls once. Returns whether the goal is done.
    fn poll(&mut self, waker: &Waker) -> bool {
        self.scene.poll.fetch_add(1, Ordering::SeqCst);
        let poll = self.goal.as_mut().poll(&mut Context::from_waker(waker));
        let events = std::mem::take(&mut *self.scene.log.lock().unwrap());
        self.model.follow(events);
        match poll {
            Poll::Ready(value) => {
                assert_eq!(value, self.model.value());
                let all = 0..self.model.ended.len();
                assert!(all.into_iter().all(|task| self.model.ended[task] == self.model.needed[task]));
                true
            }
            Poll::Pending => false,
        }
    }

    /// Returns the tasks whose gates are opened next: one, some or all of those under way, and sometimes others.
    fn choose(&self, burst: u64, random: &mut Random) -> Vec<usize> {
        let is_closed =
            |&task: &usize| self.model.nest.tasks[task].is_async && !self.scene.gates[task].lock().unwrap().is_open;
        let closed: Vec<usize> = (0..self.model.nest.tasks.len()).filter(is_closed).collect();
        let mut waiting: Vec<usize> = closed.iter().copied().filter(|&task| self.model.is_under_way(task)).collect();
        for index in 1..waiting.len() {
            waiting.swap(index, usize::try_from(random.next() % (index as u64 + 1)).unwrap());
        }
        let count = match burst {
            0 => 1,
            1 => usize::try_from(random.next() % 6).unwrap(),
            2 => waiting.len() / 2,
            _ => waiting.len(),
        };
        waiting.truncate(count);
        if random.is(1, 16) {
            waiting.extend(closed.iter().filter(|&&task| !self.model.is_under_way(task) && random.is(1, 4)));
        }
        waiting
    }
}

/// Polls the goal after each burst of wakes. Returns how many tasks were under way at once.
fn wake_in_bursts(nest: &Nest, is_run: bool, random: &mut Random) -> usize {
    let mut case = Case::new(nest, is_run, random);
    let mut counting = Arc::new(CountingWaker::default());
    // Some cases wake mostly one by one, some mostly in bursts.
    let bursts = [[0, 0, 0, 1], [0, 1, 2, 3], [1, 2, 3, 3]][usize::try_from(random.next() % 3).unwrap()];
    loop {
        let wakes = counting.0.load(Ordering::SeqCst);
        if case.poll(&Waker::from(Arc::clone(&counting))) {
            break;
        }
        case.model.assert_nothing_left(&case.scene);
        if random.is(1, 400) {
            break;
        }
        let burst = bursts[usize::try_from(random.next() % 4).unwrap()];
        let mut is_awaited = false;
        for task in case.choose(burst, random) {
            is_awaited |= case.model.is_under_way(task);
            case.scene.open(task);
        }
        assert!(!is_awaited || counting.0.load(Ordering::SeqCst) > wakes, "nothing woke the goal");
        if random.is(1, 8) {
            counting = Arc::default();
        }
    }
    case.model.most_under_way
}

/// Unparks the thread that waits, and remembers that it did.
struct Unpark {
    thread: Thread,
    has_woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.has_woken.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// Polls only when woken, while another thread opens the gates.
fn wake_from_another_thread(nest: &Nest, is_run: bool, random: &mut Random) {
    let mut case = Case::new(nest, is_run, random);
    let mut gates: Vec<usize> = (0..nest.tasks.len()).collect();
    for index in 1..gates.len() {
        gates.swap(index, usize::try_from(random.next() % (index as u64 + 1)).unwrap());
    }
    let unpark = Arc::new(Unpark { thread: thread::current(), has_woken: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&unpark));
    let (opening, start) = channel::<()>();
    let scene = Arc::clone(&case.scene);
    let other = thread::spawn(move || {
        start.recv().unwrap();
        for task in gates {
            scene.open(task);
        }
    });
    let is_late = random.is(1, 2);
    if !is_late {
        opening.send(()).unwrap();
    }
    let mut polls = 0;
    while !case.poll(&waker) {
        if polls == 0 && is_late {
            opening.send(()).unwrap();
        }
        polls += 1;
        let deadline = Instant::now() + PATIENCE;
        while !unpark.has_woken.swap(false, Ordering::SeqCst) {
            assert!(Instant::now() < deadline, "nothing wakes the goal");
            thread::park_timeout(PATIENCE);
        }
    }
    other.join().unwrap();
}

/// Calls a function with each nest, as a call and as a run, and prints the case in which it failed.
fn for_each_nest(seeds: u64, mut act: impl FnMut(&Nest, bool, &mut Random)) {
    /// Prints the current case if a panic unwinds.
    struct Here(usize, bool, u64);

    impl Drop for Here {
        fn drop(&mut self) {
            if thread::panicking() {
                eprintln!("in nest {}, {}, seed {}", self.0, if self.1 { "a run" } else { "a call" }, self.2);
            }
        }
    }

    for nest in NESTS {
        for is_run in [false, true] {
            for seed in 0..seeds {
                let _here = Here(nest.number, is_run, seed);
                act(nest, is_run, &mut Random((nest.number as u64 * 2 + u64::from(is_run)) * 100_000 + seed));
            }
        }
    }
}

#[test]
fn graphs_inside_of_graphs_lose_no_wake_and_no_slot() {
    let mut most: Vec<usize> = Vec::new();
    for_each_nest(SEEDS, |nest, is_run, random| most.push(wake_in_bursts(nest, is_run, random)));
    let count = |least: usize, end: usize| most.iter().filter(|&&most| most > least && most <= end).count();
    let counts = [count(0, 32), count(32, 64), count(64, usize::MAX)];
    assert!(counts.iter().all(|&count| count > 50), "too few with up to 32, up to 64 and more under way: {counts:?}");
}

#[test]
fn graphs_inside_of_graphs_lose_no_wake_from_another_thread() {
    for_each_nest(SEEDS_ACROSS_THREADS, wake_from_another_thread);
}
