//! Writes blocks of tasks: random graphs of up to 12 tasks, a few with more tasks under way than are polled together,
//! and graphs inside graphs.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

use random::Random;

mod nests;
mod random;

const SMALL_SHAPES: usize = 72;
const WIDE_SHAPES: usize = 3;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    /// Returns a `Result` with the error of this name.
    Fallible(&'static str),
    Caught(&'static str),
}

struct Task {
    /// Positions in source order, in the order of the list.
    dependencies: Vec<usize>,
    /// The dependencies whose failures it catches.
    caught: Vec<usize>,
    /// The dependencies that run only if it awaits them.
    lazy: Vec<usize>,
    kind: Kind,
    is_async: bool,
}

fn main() {
    let mut random = Random(1);
    let mut code = String::new();
    for shape in 0..SMALL_SHAPES {
        let density = [1, 2, 4, 7][shape / 12 % 4];
        write_shape(shape, &tasks(&mut random, shape % 12 + 1, density), &mut random, &mut code);
    }
    for shape in 0..WIDE_SHAPES {
        // Few edges: most tasks are under way at once.
        let tasks = tasks(&mut random, 66 + shape, 0);
        write_shape(SMALL_SHAPES + shape, &tasks, &mut random, &mut code);
    }
    let shapes = (0..SMALL_SHAPES + WIDE_SHAPES).map(|shape| format!("shape_{shape}::SHAPE")).collect::<Vec<_>>();
    writeln!(code, "const SHAPES: &[Shape] = &[{}];", shapes.join(", ")).expect("a string takes all");
    let folder = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&folder).join("shapes.rs"), code).expect("the folder is cargo's");
    fs::write(Path::new(&folder).join("nests.rs"), nests::write(&mut random)).expect("the folder is cargo's");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=nests.rs");
    println!("cargo::rerun-if-changed=random.rs");
}

/// Makes a graph with `density` eighths of all possible edges, or one of eighty without density.
fn tasks(random: &mut Random, count: usize, density: u64) -> Vec<Task> {
    // The position of each task in the source; a task depends on tasks with a smaller index here.
    let mut places: Vec<usize> = (0..count).collect();
    shuffle(&mut places, random);
    let mut tasks: Vec<Task> = Vec::new();
    for place in 0..count {
        let index = places.iter().position(|&other| other == place).expect("each has a place");
        let (part, whole) = if density == 0 { (1, 80) } else { (density, 8) };
        let mut dependencies: Vec<usize> = (0..index).filter(|_| random.is(part, whole)).map(|i| places[i]).collect();
        // The last of a wide graph needs them all.
        if density == 0 && index == count - 1 {
            dependencies = (0..count).filter(|&other| other != place).collect();
        }
        shuffle(&mut dependencies, random);
        let error = if random.is(1, 2) { "Low" } else { "High" };
        let kind = match random.next() % 6 {
            0 | 1 => Kind::Fallible(error),
            2 => Kind::Caught(error),
            _ => Kind::Plain,
        };
        let is_async = density == 0 || random.is(3, 4);
        tasks.push(Task { dependencies, caught: Vec::new(), lazy: Vec::new(), kind, is_async });
    }
    // In topological order, so that it is known which tasks can fail.
    for (index, &place) in places.iter().enumerate() {
        // Every other small graph is plain.
        let chance = if density == 0 || count % 2 == 0 { 2 } else { 0 };
        let dependencies = tasks[place].dependencies.clone();
        let caught = dependencies.into_iter().filter(|&it| index > 0 && can_fail(&tasks, it) && random.is(chance, 5));
        tasks[place].caught = caught.collect();
        let chance = if tasks[place].is_async { chance } else { 0 };
        let plain = tasks[place].dependencies.iter().copied().filter(|it| !tasks[place].caught.contains(it));
        tasks[place].lazy = plain.filter(|_| random.is(chance, 5)).collect();
    }
    tasks
}

/// Returns whether a task may have no result.
fn can_fail(tasks: &[Task], task: usize) -> bool {
    let Task { dependencies, caught, kind, .. } = &tasks[task];
    let mut plain = dependencies.iter().filter(|dependency| !caught.contains(dependency));
    matches!(kind, Kind::Fallible(_)) || plain.any(|&dependency| can_fail(tasks, dependency))
}

fn shuffle(items: &mut [usize], random: &mut Random) {
    for index in 1..items.len() {
        let other = usize::try_from(random.next() % (index as u64 + 1)).expect("it is an index");
        items.swap(index, other);
    }
}

/// The parameters of a task in Rust, the dependencies that it takes, and those of which it takes the cause of a
/// failure.
struct Parameters {
    text: String,
    inputs: Vec<usize>,
    told: Vec<usize>,
}

fn parameters(tasks: &[Task], task: &Task, random: &mut Random) -> Parameters {
    let mut parameters = String::new();
    let (mut inputs, mut told) = (Vec::new(), Vec::new());
    for &dependency in &task.dependencies {
        let ty = match tasks[dependency].kind {
            Kind::Caught(error) => format!("Result<u64, {error}>"),
            _ => "u64".to_owned(),
        };
        if task.lazy.contains(&dependency) {
            write!(parameters, ", t{dependency}: adagio::Lazy<'_, {ty}>").expect("a string takes all");
            inputs.push(dependency);
            continue;
        }
        let is_caught = task.caught.contains(&dependency);
        match (random.next() % 4, is_caught) {
            (0, _) => continue,
            (1, false) => write!(parameters, ", t{dependency}: {ty}"),
            (_, false) => write!(parameters, ", t{dependency}: &{ty}"),
            (1, true) => write!(parameters, ", t{dependency}: Option<{ty}>"),
            (2, true) => write!(parameters, ", t{dependency}: Option<&{ty}>"),
            (_, true) => {
                told.push(dependency);
                write!(parameters, ", t{dependency}: Result<&{ty}, adagio::TaskError>")
            }
        }
        .expect("a string takes all");
        inputs.push(dependency);
    }
    Parameters { text: parameters, inputs, told }
}

fn write_shape(shape: usize, tasks: &[Task], random: &mut Random, code: &mut String) {
    let [mut methods, mut table, mut terminals, mut runs] = [const { String::new() }; 4];
    for (index, task) in tasks.iter().enumerate() {
        let Parameters { text: parameters, inputs, told } = parameters(tasks, task, random);
        let kind_of = |dependency| match dependency {
            _ if task.caught.contains(dependency) => "catch ",
            _ if task.lazy.contains(dependency) => "lazy ",
            _ => "",
        };
        let depends = task.dependencies.iter().map(|d| format!("{}t{d}", kind_of(d))).collect::<Vec<_>>().join(", ");
        let depends = if depends.is_empty() { depends } else { format!("#[depends({depends})]") };
        let catch = if matches!(task.kind, Kind::Caught(_)) { "#[task(catch)]" } else { "" };
        let (asyncness, call) = match (task.is_async, task.lazy.as_slice()) {
            (true, []) => ("async", "act"),
            (true, _) => ("async", "act_asking"),
            (false, _) => ("", "act_at_once"),
        };
        let wait = if task.is_async { ".await" } else { "" };
        let number = |input: &usize| {
            if task.lazy.contains(input) {
                format!("Argument::Lazy(Box::pin(async move {{ t{input}.await.number() }}))")
            } else if task.lazy.is_empty() {
                format!("t{input}.number()")
            } else {
                format!("Argument::Given(t{input}.number())")
            }
        };
        let numbers = inputs.iter().map(number).collect::<Vec<_>>().join(", ");
        let result = match task.kind {
            Kind::Plain => "u64".to_owned(),
            Kind::Fallible(error) | Kind::Caught(error) => format!("Result<u64, {error}>"),
        };
        let terminal = match (task.kind, lifted(tasks, index)) {
            (Kind::Plain, Some(error)) => format!("Result<u64, {error}>"),
            _ => result.clone(),
        };
        let kind = match task.kind {
            Kind::Plain => "Plain",
            Kind::Fallible(_) => "Fallible",
            Kind::Caught(_) => "Caught",
        };
        let Task { dependencies, caught, lazy, is_async, .. } = task;
        writeln!(
            methods,
            "{depends} {catch} {asyncness} fn t{index}(&self{parameters}) -> {result} {{
                self.0.{call}({index}, [{numbers}]){wait}
            }}"
        )
        .expect("a string takes all");
        writeln!(
            table,
            "Task {{
                dependencies: &{dependencies:?}, caught: &{caught:?}, lazy: &{lazy:?}, inputs: &{inputs:?}, told: &{told:?},
                kind: Kind::{kind}, is_async: {is_async},
            }},"
        )
        .expect("a string takes all");
        writeln!(
            terminals,
            "|stage| Box::pin(async move {{
                let result: {terminal} = Graph(stage).t{index}().await;
                result.outcome()
            }}),"
        )
        .expect("a string takes all");
        let outcome = outcome(tasks, index);
        writeln!(
            runs,
            "|stage| Box::pin(async move {{
                let graph = Graph(stage);
                let run = graph.run();
                let result = run.t{index}().await;
                {outcome}
            }}),"
        )
        .expect("a string takes all");
    }
    let script = script(tasks);
    let options = if shape % 4 == 3 { "(local)" } else { "" };
    writeln!(
        code,
        "#[allow(
            clippy::needless_pass_by_value, clippy::too_many_arguments, clippy::trivially_copy_pass_by_ref,
            clippy::ref_option_ref, clippy::clone_on_copy, clippy::ref_option, clippy::large_futures, clippy::too_many_lines,
            reason = \"signatures are random, and some graphs are large\"
        )]
        mod shape_{shape} {{
            use super::*;
            struct Graph<'s>(&'s Stage);
            #[adagio::dag{options}]
            impl Graph<'_> {{ {methods} }}
            pub(super) const SHAPE: Shape = Shape {{ name: {shape}, tasks: &[{table}], terminals: &[{terminals}], runs: &[{runs}], start_script }};
            {script}
        }}"
    )
    .expect("a string takes all");
}

/// Returns the expression that turns the `result` of a task of a run into its outcome.
fn outcome(tasks: &[Task], task: usize) -> &'static str {
    match (can_fail(tasks, task), tasks[task].kind) {
        (true, Kind::Caught(_)) => "result.map_or_else(|error| Err(failed(&error)), |value| value.clone().outcome())",
        (true, _) => "result.copied().map_err(|error| failed(&error))",
        (false, _) => "result.clone().outcome()",
    }
}

/// Writes what a script needs of a run.
fn script(tasks: &[Task]) -> String {
    let [mut goals, mut injections] = [const { String::new() }; 2];
    for (index, task) in tasks.iter().enumerate() {
        let outcome = outcome(tasks, index);
        writeln!(
            goals,
            "{index} => Box::pin(async move {{
                let result = self.t{index}().await;
                {outcome}
            }}),"
        )
        .expect("a string takes all");
        let value = if matches!(task.kind, Kind::Caught(_)) { "Ok(value)" } else { "value" };
        writeln!(injections, "{index} => run.with_t{index}({value}),").expect("a string takes all");
    }
    let can_fail = tasks.iter().any(|task| matches!(task.kind, Kind::Fallible(_)));
    let retry = if can_fail { "self.retry_failed();" } else { "" };
    format!(
        "impl Goals for GraphRun<'_, '_> {{
            fn goal(&self, task: usize) -> Goal<'_> {{
                match task {{ {goals} _ => unreachable!() }}
            }}
            fn retry(&self) {{ {retry} }}
        }}
        fn start_script(stage: &Stage, script: &Script, act: &mut dyn FnMut(&dyn Goals)) {{
            let graph = Graph(stage);
            let mut run = graph.run();
            for &(task, value) in &script.injected {{
                run = match task {{ {injections} _ => unreachable!() }};
            }}
            if script.cancels {{
                run = run.cancel_abandoned();
            }}
            if let Some(limit) = script.limit {{
                run = run.max_concurrency(limit);
            }}
            act(&run);
        }}"
    )
}

/// Returns the error of the first fallible dependency. The search goes through infallible dependencies, but not through
/// caught ones.
fn lifted(tasks: &[Task], task: usize) -> Option<&'static str> {
    let Task { dependencies, caught, .. } = &tasks[task];
    let plain = dependencies.iter().filter(|dependency| !caught.contains(dependency));
    plain.copied().find_map(|dependency| match tasks[dependency].kind {
        Kind::Fallible(error) => Some(error),
        _ => lifted(tasks, dependency),
    })
}
