//! In: the graphs. Out: each of them as a `#[dag]` block and as what one would write by hand, with any bodies.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::{env, fs, path::Path};

/// How the tasks of a graph are awaited by hand, as early as they can be.
enum Nest {
    Task(usize),
    OneByOne(Vec<Nest>),
    Joined(Vec<Nest>),
}

use Nest::{Joined, OneByOne, Task};

struct Graph {
    module: String,
    name: String,
    /// For each task the tasks that it depends on.
    dependencies: Vec<Vec<usize>>,
    /// None where it would be too much to write.
    by_hand: Option<Nest>,
    /// It is also run with every task spawned.
    is_spawned: bool,
}

fn main() {
    let graphs = [one_task(), diamond(), request(), chain(100), fan_out(100), layers(100)];
    write("graphs.rs", &graphs.each_ref().map(|graph| module(graph, OF_SLICE)));
    write("counted.rs", &graphs.each_ref().map(|graph| module(graph, OF_ARRAY)));
    for tasks in [10, 30, 100, 300, 1000] {
        let graphs = [("chain", chain(tasks)), ("fan_out", fan_out(tasks)), ("layers", layers(tasks))];
        let modules =
            graphs.iter().map(|(name, graph)| Ok(format!("pub(crate) mod {name} {{ {} }}", block(graph, OF_ARRAY)?)));
        write(&format!("growth_{tasks}.rs"), &modules.collect::<Vec<_>>());
    }
    println!("cargo::rerun-if-changed=build.rs");
}

/// How a task adds its inputs, up to their names: as one writes it by hand.
const OF_SLICE: &str = "sum_of::<B::Value>(&[";
/// The same where little but the library is to be counted.
const OF_ARRAY: &str = "sum::<B::Value>([";

fn write(file: &str, modules: &[Result<String, std::fmt::Error>]) {
    let code: String = modules.iter().map(|code| code.as_deref().expect("a string takes all")).collect();
    let path = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join(file);
    fs::write(path, code).expect("the folder is cargo's");
}

fn one_task() -> Graph {
    Graph {
        module: "one_task".to_owned(),
        name: "one task".to_owned(),
        dependencies: vec![vec![]],
        by_hand: Some(Task(0)),
        is_spawned: false,
    }
}

fn diamond() -> Graph {
    Graph {
        module: "diamond".to_owned(),
        name: "7-task diamond".to_owned(),
        dependencies: vec![vec![], vec![0], vec![], vec![1, 2], vec![3], vec![2, 3], vec![4, 5]],
        by_hand: Some(OneByOne(vec![
            Joined(vec![tasks(0..2), Task(2)]),
            Task(3),
            Joined(vec![Task(4), Task(5)]),
            Task(6),
        ])),
        is_spawned: true,
    }
}

/// The tasks of a shop's front page: a session and everything that needs it, beside a catalogue.
fn request() -> Graph {
    let dependencies: [&[usize]; 30] = [
        &[],                       // session
        &[0],                      // user
        &[1],                      // cart
        &[2],                      // items
        &[3],                      // stock
        &[3, 4],                   // prices
        &[2],                      // coupons
        &[5, 6],                   // subtotal
        &[1],                      // address
        &[8],                      // zone
        &[9],                      // carriers
        &[1],                      // loyalty
        &[7, 10],                  // tax
        &[7, 10],                  // shipping
        &[7, 11, 12, 13],          // total
        &[0],                      // locale
        &[15],                     // texts
        &[15],                     // currency
        &[17],                     // rates
        &[0],                      // experiments
        &[19],                     // flags
        &[],                       // catalogue
        &[21],                     // categories
        &[22],                     // menu
        &[0],                      // history
        &[24],                     // similar
        &[25],                     // candidates
        &[26],                     // recommendations
        &[14, 16, 18, 20, 23, 27], // page
        &[14, 28],                 // response
    ];
    let cart = OneByOne(vec![Task(2), Joined(vec![tasks(3..6), Task(6)]), Task(7)]);
    let costs = OneByOne(vec![Joined(vec![cart, tasks(8..11)]), Joined(vec![Task(12), Task(13)])]);
    let user = OneByOne(vec![Task(1), Joined(vec![costs, Task(11)]), Task(14)]);
    let locale = OneByOne(vec![Task(15), Joined(vec![Task(16), tasks(17..19)])]);
    let session = OneByOne(vec![Task(0), Joined(vec![user, locale, tasks(19..21), tasks(24..28)])]);
    Graph {
        module: "request".to_owned(),
        name: "30-task request".to_owned(),
        dependencies: dependencies.map(<[usize]>::to_vec).to_vec(),
        by_hand: Some(OneByOne(vec![Joined(vec![session, tasks(21..24)]), Task(28), Task(29)])),
        is_spawned: false,
    }
}

fn chain(length: usize) -> Graph {
    Graph {
        module: "chain".to_owned(),
        name: format!("chain of {length}"),
        dependencies: (0..length).map(|task| task.checked_sub(1).into_iter().collect()).collect(),
        by_hand: Some(tasks(0..length)),
        is_spawned: true,
    }
}

fn fan_out(width: usize) -> Graph {
    let middle = (1..=width).map(|_| vec![0]);
    Graph {
        module: "fan_out".to_owned(),
        name: format!("fan-out 1-{width}-1"),
        dependencies: [vec![]].into_iter().chain(middle).chain([(1..=width).collect()]).collect(),
        by_hand: Some(OneByOne(vec![Task(0), Joined((1..=width).map(Task).collect()), Task(width + 1)])),
        is_spawned: true,
    }
}

fn layers(tasks: usize) -> Graph {
    let layer = |layer: usize| layer * 10..layer * 10 + 10;
    let count = tasks / 10;
    let layers = (0..count).flat_map(|number: usize| {
        let before: Vec<usize> = number.checked_sub(1).map(layer).into_iter().flatten().collect();
        vec![before; 10]
    });
    Graph {
        module: "layers".to_owned(),
        name: format!("{count} layers of 10"),
        dependencies: layers.chain([layer(count - 1).collect()]).collect(),
        by_hand: Some(OneByOne(
            (0..count).map(|number| Joined(layer(number).map(Task).collect())).chain([Task(tasks)]).collect(),
        )),
        is_spawned: false,
    }
}

fn tasks(range: std::ops::Range<usize>) -> Nest {
    OneByOne(range.map(Task).collect())
}

fn module(graph: &Graph, sum: &str) -> Result<String, std::fmt::Error> {
    let Graph { module, name, dependencies, by_hand, is_spawned } = graph;
    let (block, (methods, functions)) = (block(graph, sum)?, methods(graph, sum)?);
    let last = dependencies.len() - 1;
    let dependencies = dependencies.iter().map(|needed| format!("&{needed:?}")).collect::<Vec<_>>().join(", ");
    let by_hand = by_hand.as_ref().map_or(String::new(), |nest| by_hand_code(graph, nest, &functions));
    let spawned = if *is_spawned { spawned(&methods, last) } else { String::new() };
    Ok(format!(
        "/// {name}.
        pub mod {module} {{
            use crate::contestants::{{Contestant, contestant}};

            /// The graph for those who are told of it as the program runs.
            pub static SHAPE: crate::shape::Shape =
                crate::shape::Shape {{ name: {name:?}, dependencies: &[{dependencies}] }};

            {block}

            /// Makes a run.
            pub async fn run<B: Body>(graph: &Graph<B>) -> u64 {{ graph.run().t{last}().await.number() }}

            /// Returns the contestants whose code is made for the graph.
            pub fn contestants<B: Body>(body: B) -> Vec<Contestant> {{
                vec![
                    contestant!(\"adagio\", Graph(body), terminal),
                    contestant!(\"adagio, as a run\", Graph(body), run),
                ]
            }}
            {by_hand}
            {spawned}
        }}"
    ))
}

/// Returns the block of a graph, and a function that calls its last terminal.
fn block(graph: &Graph, sum: &str) -> Result<String, std::fmt::Error> {
    let ((methods, _), last) = (methods(graph, sum)?, graph.dependencies.len() - 1);
    Ok(format!(
        "#[allow(unused_imports)] // One of them is.
        use crate::body::{{Body, Value, sum, sum_of}};

        /// The graph as a block.
        pub struct Graph<B>(pub B);

        #[adagio::dag]
        impl<B: Body> Graph<B> {{ {methods} }}

        /// Calls a terminal.
        pub async fn terminal<B: Body>(graph: &Graph<B>) -> u64 {{ graph.t{last}().await.number() }}"
    ))
}

/// Returns the tasks as methods of a block and as plain ones.
fn methods(graph: &Graph, sum: &str) -> Result<(String, String), std::fmt::Error> {
    let (mut methods, mut functions) = (String::new(), String::new());
    for (task, needed) in graph.dependencies.iter().enumerate() {
        let names = list(needed, "t");
        let parameters: String = needed.iter().map(|it| format!(", t{it}: &B::Value")).collect::<Vec<_>>().concat();
        let body =
            format!("async fn t{task}(&self{parameters}) -> B::Value {{ self.0.run({task}, {sum}{names}])).await }}");
        let depends = if needed.is_empty() { String::new() } else { format!("#[depends({names})]") };
        writeln!(methods, "{depends} {body}")?;
        writeln!(functions, "{body}")?;
    }
    Ok((methods, functions))
}

fn by_hand_code(graph: &Graph, nest: &Nest, functions: &str) -> String {
    let (awaited, last) = (statements(graph, nest), graph.dependencies.len() - 1);
    format!(
        "/// The graph by hand.
        pub struct ByHand<B>(pub B);

        impl<B: Body> ByHand<B> {{ {functions} }}

        /// Awaits the tasks by hand.
        pub async fn by_hand<B: Body>(graph: &ByHand<B>) -> u64 {{ {awaited} t{last}.number() }}

        /// Returns the contestant that does without a library.
        pub fn hand_written<B: Body>(body: B) -> Contestant {{
            contestant!(\"by hand\", ByHand(body), by_hand)
        }}"
    )
}

fn spawned(methods: &str, last: usize) -> String {
    format!(
        "/// The graph as a block whose tasks are spawned.
        pub struct Spawned<B>(pub B);

        #[adagio::dag(spawn)]
        impl<B: Body> Spawned<B> {{ {methods} }}

        /// Calls a terminal.
        pub async fn spawned<B: Body>(graph: &std::sync::Arc<Spawned<B>>) -> u64 {{ graph.t{last}().await.number() }}

        /// Returns the contestant that spawns.
        pub fn spawning<B: Body>(body: B) -> Contestant {{
            contestant!(\"adagio, spawned\", std::sync::Arc::new(Spawned(body)), spawned)
        }}"
    )
}

/// Returns statements that await a nest and bind what it gives.
fn statements(graph: &Graph, nest: &Nest) -> String {
    match nest {
        Task(task) => format!("let t{task} = {}.await;", future(graph, nest)),
        OneByOne(steps) => steps.iter().map(|step| statements(graph, step)).collect(),
        Joined(branches) => {
            let patterns: Vec<_> = branches.iter().map(|branch| pattern(graph, branch)).collect();
            let futures: Vec<_> = branches.iter().map(|branch| future(graph, branch)).collect();
            format!("let ({}) = futures::join!({});", patterns.join(", "), futures.join(", "))
        }
    }
}

/// Returns an expression for the future of a nest.
fn future(graph: &Graph, nest: &Nest) -> String {
    match nest {
        Task(task) => format!("graph.t{task}({})", list(&graph.dependencies[*task], "&t")),
        _ => format!("async {{ {} {} }}", statements(graph, nest), pattern(graph, nest)),
    }
}

/// Returns the results of a nest that are used outside of it, as a tuple.
fn pattern(graph: &Graph, nest: &Nest) -> String {
    if let Task(task) = nest {
        return format!("t{task}");
    }
    let mut inside = BTreeSet::new();
    collect(nest, &mut inside);
    let outside = |task: usize| !inside.contains(&task);
    let is_used = |task: &usize| {
        (0..graph.dependencies.len()).any(|user| outside(user) && graph.dependencies[user].contains(task))
    };
    let used: Vec<_> = inside.iter().copied().filter(is_used).collect();
    format!("({},)", list(&used, "t"))
}

fn collect(nest: &Nest, tasks: &mut BTreeSet<usize>) {
    match nest {
        Task(task) => _ = tasks.insert(*task),
        OneByOne(nests) | Joined(nests) => nests.iter().for_each(|nest| collect(nest, tasks)),
    }
}

fn list(tasks: &[usize], prefix: &str) -> String {
    tasks.iter().map(|task| format!("{prefix}{task}")).collect::<Vec<_>>().join(", ")
}
