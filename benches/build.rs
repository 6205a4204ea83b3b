//! Writes each graph twice, as a `#[dag]` block and by hand, with bodies that return at once and bodies that yield.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

/// A graph: for each task the tasks it depends on.
struct Graph {
    name: &'static str,
    dependencies: Vec<Vec<usize>>,
    /// What a user would write: the tasks awaited one after another, each group by one `join!`.
    by_hand: ByHand,
}

enum ByHand {
    /// Statements: a task, or tasks joined.
    Layers(Vec<Vec<usize>>),
    /// The middle of a fan-out by `join_all`.
    JoinAll,
    Text(&'static str),
}

fn graphs() -> Vec<Graph> {
    let mut chain: Vec<Vec<usize>> = vec![vec![]];
    chain.extend((0..99).map(|task| vec![task]));
    let mut fan: Vec<Vec<usize>> = vec![vec![]];
    fan.extend((0..100).map(|_| vec![0]));
    fan.push((1..=100).collect());
    let mut layers: Vec<Vec<usize>> = Vec::new();
    for layer in 0..10_usize {
        let before: Vec<usize> = if layer == 0 { vec![] } else { ((layer - 1) * 10..layer * 10).collect() };
        layers.extend((0..10).map(|_| before.clone()));
    }
    layers.push((90..100).collect());
    vec![
        Graph {
            name: "diamond",
            dependencies: vec![vec![], vec![0], vec![], vec![1, 2], vec![3], vec![2, 3], vec![4, 5]],
            by_hand: ByHand::Text(
                "let (t1, t2) = futures::join!(async { let t0 = graph.t0().await; graph.t1(&t0).await }, graph.t2());
                 let t3 = graph.t3(&t1, &t2).await;
                 let (t4, t5) = futures::join!(graph.t4(&t3), graph.t5(&t2, &t3));
                 graph.t6(&t4, &t5).await",
            ),
        },
        Graph {
            name: "chain_of_10",
            by_hand: ByHand::Layers((0..10).map(|task| vec![task]).collect()),
            dependencies: chain[..10].to_vec(),
        },
        Graph {
            name: "chain",
            by_hand: ByHand::Layers((0..100).map(|task| vec![task]).collect()),
            dependencies: chain,
        },
        Graph { name: "fan_out", dependencies: fan, by_hand: ByHand::JoinAll },
        Graph {
            name: "layers",
            dependencies: layers,
            by_hand: ByHand::Layers(
                (0..10).map(|layer| (layer * 10..layer * 10 + 10).collect()).chain([vec![100]]).collect(),
            ),
        },
    ]
}

fn main() {
    let mut code = String::new();
    for graph in graphs() {
        for yields in [false, true] {
            write_module(&graph, yields, &mut code);
        }
    }
    let path = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("graphs.rs");
    fs::write(path, code).expect("the folder is cargo's");
    println!("cargo::rerun-if-changed=build.rs");
}

fn write_module(graph: &Graph, yields: bool, code: &mut String) {
    let name = graph.name;
    let suffix = if yields { "yields" } else { "trivial" };
    let wait = if yields { "crate::YieldOnce::default().await;" } else { "" };
    let last = graph.dependencies.len() - 1;
    let tasks = graph.dependencies.len();
    let (mut methods, mut functions) = (String::new(), String::new());
    for (task, dependencies) in graph.dependencies.iter().enumerate() {
        let names = dependencies.iter().map(|d| format!("t{d}")).collect::<Vec<_>>().join(", ");
        let parameters = dependencies.iter().map(|d| format!(", t{d}: &u64")).collect::<Vec<_>>().concat();
        let depends = if names.is_empty() { String::new() } else { format!("#[depends({names})]") };
        let vis = if task == last { "pub(crate)" } else { "" };
        let body = format!("async fn t{task}(&self{parameters}) -> u64 {{ {wait} sum({task}, [{names}]) }}");
        writeln!(methods, "{depends} {vis} {body}").expect("a string takes all");
        let is_middle = graph.name == "fan_out" && !dependencies.is_empty() && task != last;
        if !is_middle {
            writeln!(functions, "{body}").expect("a string takes all");
        }
    }
    let by_hand = match &graph.by_hand {
        ByHand::Text(text) => (*text).to_owned(),
        ByHand::JoinAll => {
            // A hundred futures of one type, as a user would write it: the fan-out of ours has a hundred types.
            writeln!(functions, "async fn middle(&self, task: u64, t0: &u64) -> u64 {{ {wait} sum(task, [t0]) }}")
                .expect("a string takes all");
            let arguments = (0..100).map(|d| format!("&middle[{d}]")).collect::<Vec<_>>().join(", ");
            format!(
                "let t0 = graph.t0().await;
                 let middle = futures::future::join_all((1..=100).map(|task| graph.middle(task, &t0))).await;
                 graph.t101({arguments}).await"
            )
        }
        ByHand::Layers(layers) => {
            let call = |task: usize| {
                let arguments =
                    graph.dependencies[task].iter().map(|d| format!("&t{d}")).collect::<Vec<_>>().join(", ");
                format!("graph.t{task}({arguments})")
            };
            let mut text = String::new();
            for layer in layers {
                let names = layer.iter().map(|t| format!("t{t}")).collect::<Vec<_>>().join(", ");
                let calls = layer.iter().map(|&t| call(t)).collect::<Vec<_>>().join(", ");
                if layer.len() == 1 {
                    writeln!(text, "let {names} = {calls}.await;").expect("a string takes all");
                } else {
                    writeln!(text, "let ({names}) = futures::join!({calls});").expect("a string takes all");
                }
            }
            write!(text, "t{last}").expect("a string takes all");
            text
        }
    };
    writeln!(
        code,
        "pub(crate) mod {name}_{suffix} {{
            pub(crate) const TASKS: u32 = {tasks};
            fn sum<const N: usize>(task: u64, inputs: [&u64; N]) -> u64 {{
                inputs.into_iter().fold(task, |sum, input| sum.wrapping_add(*input))
            }}
            pub(crate) struct Graph;
            #[adagio::dag]
            impl Graph {{ {methods} }}
            pub(crate) async fn ours(graph: &Graph) -> u64 {{ graph.t{last}().await }}
            pub(crate) async fn run(graph: &Graph) -> u64 {{ *graph.run().t{last}().await }}
            pub(crate) struct ByHand;
            #[allow(clippy::too_many_arguments)]
            impl ByHand {{ {functions} }}
            pub(crate) async fn by_hand(graph: &ByHand) -> u64 {{ {by_hand} }}
        }}"
    )
    .expect("a string takes all");
}
