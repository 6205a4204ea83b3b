//! Writes blocks of tasks: random graphs of up to 12 tasks, a few with more under way than are polled together, and graphs
//! inside of graphs.

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
    // Where each task stands in the source; a task depends on those with a smaller index here.
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
        tasks.push(Task { dependencies, kind, is_async: density == 0 || random.is(3, 4) });
    }
    tasks
}

fn shuffle(items: &mut [usize], random: &mut Random) {
    for index in 1..items.len() {
        let other = usize::try_from(random.next() % (index as u64 + 1)).expect("it is an index");
        items.swap(index, other);
    }
}

fn write_shape(shape: usize, tasks: &[Task], random: &mut Random, code: &mut String) {
    let (mut methods, mut table, mut terminals) = (String::new(), String::new(), String::new());
    for (index, task) in tasks.iter().enumerate() {
        let mut parameters = String::new();
        let mut inputs = Vec::new();
        for &dependency in &task.dependencies {
            let ty = match tasks[dependency].kind {
                Kind::Caught(error) => format!("Result<u64, {error}>"),
                _ => "u64".to_owned(),
            };
            match random.next() % 4 {
                0 => continue,
                1 => write!(parameters, ", t{dependency}: {ty}"),
                _ => write!(parameters, ", t{dependency}: &{ty}"),
            }
            .expect("a string takes all");
            inputs.push(dependency);
        }
        let depends = task.dependencies.iter().map(|d| format!("t{d}")).collect::<Vec<_>>().join(", ");
        let depends = if depends.is_empty() { depends } else { format!("#[depends({depends})]") };
        let catch = if matches!(task.kind, Kind::Caught(_)) { "#[task(catch)]" } else { "" };
        let (asyncness, call) = if task.is_async { ("async", "act") } else { ("", "act_at_once") };
        let wait = if task.is_async { ".await" } else { "" };
        let numbers = inputs.iter().map(|input| format!("t{input}.number()")).collect::<Vec<_>>().join(", ");
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
        let (dependencies, is_async) = (&task.dependencies, task.is_async);
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
                dependencies: &{dependencies:?}, inputs: &{inputs:?}, kind: Kind::{kind}, is_async: {is_async},
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
    }
    let options = if shape % 4 == 3 { "(local)" } else { "" };
    writeln!(
        code,
        "#[allow(
            clippy::needless_pass_by_value, clippy::too_many_arguments, clippy::trivially_copy_pass_by_ref,
            reason = \"signatures are random\"
        )]
        mod shape_{shape} {{
            use super::*;
            struct Graph<'s>(&'s Stage);
            #[adagio::dag{options}]
            impl Graph<'_> {{ {methods} }}
            pub(super) const SHAPE: Shape = Shape {{ name: {shape}, tasks: &[{table}], terminals: &[{terminals}] }};
        }}"
    )
    .expect("a string takes all");
}

/// The error of the first fallible dependency, looking through infallible ones.
fn lifted(tasks: &[Task], task: usize) -> Option<&'static str> {
    tasks[task].dependencies.iter().find_map(|&dependency| match tasks[dependency].kind {
        Kind::Fallible(error) => Some(error),
        _ => lifted(tasks, dependency),
    })
}
