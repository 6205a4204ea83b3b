//! Writes random graphs inside graphs: three levels deep, with more tasks under way than are polled together and than a
//! word has bits, and with limits on some levels.

use std::fmt::Write as _;

use super::random::Random;

const NESTS: usize = 4;

/// How many tasks an outermost block has side by side.
const NARROW: usize = 40;
const WIDE: usize = 70;

/// All tasks of all levels, in one list: a task depends on some before it.
#[derive(Default)]
struct Nest {
    tasks: Vec<Task>,
    blocks: Vec<Block>,
}

struct Task {
    /// The names in `#[depends]`; their tasks come first in `dependencies`.
    names: Vec<String>,
    dependencies: Vec<usize>,
    block: usize,
    is_async: bool,
    /// The block of the graph that it returns.
    graph: Option<usize>,
}

struct Block {
    limit: Option<usize>,
    /// The blocks around this block, and this block itself.
    around: Vec<usize>,
}

/// A possible dependency: its name in `#[depends]`, and its task.
type Named = (String, usize);

/// Writes the nests and a table of them.
pub(super) fn write(random: &mut Random) -> String {
    let mut code = String::new();
    for number in 0..NESTS {
        let mut nest = Nest::default();
        let width = if number % 2 == 0 { NARROW } else { WIDE };
        let goal = nest.add_block(random, width, &[]);
        nest.write(number, goal, &mut code);
    }
    let names: Vec<_> = (0..NESTS).map(|number| format!("nest_{number}::NEST")).collect();
    code + &format!("const NESTS: &[Nest] = &[{}];", names.join(", "))
}

fn below(random: &mut Random, end: u64) -> usize {
    usize::try_from(random.next() % end).expect("it is small")
}

impl Nest {
    /// Adds a block of `width` tasks side by side, graphs inside, tasks that follow from these, and a goal that needs them all.
    fn add_block(&mut self, random: &mut Random, width: usize, outside: &[usize]) -> usize {
        let block = self.blocks.len();
        let around: Vec<usize> = outside.iter().copied().chain([block]).collect();
        // The outermost of every other nest has none.
        let is_limited = if outside.is_empty() { width == NARROW } else { random.is(1, 2) };
        let limit = is_limited.then(|| below(random, 64) + 1);
        self.blocks.push(Block { limit, around: around.clone() });
        let gate = [self.add_task(block, &[], true, None)];
        let mut known: Vec<Named> = gate.to_vec();
        // Two graphs in the outermost block, one in each of these.
        for _ in around.len()..3 {
            known.extend(self.add_graph(random, &gate, &around));
        }
        let before = known.len();
        for _ in 0..width {
            let needs = if random.is(1, 2) { &gate[..] } else { &[] };
            known.push(self.add_task(block, needs, true, None));
        }
        for _ in 0..width / 8 {
            let chance = |place: usize| if place < before { 4 } else { 16 };
            let needs = known.iter().enumerate().filter(|(place, _)| random.is(1, chance(*place)));
            let needs: Vec<Named> = needs.map(|(_, named)| named.clone()).collect();
            let is_async = random.is(3, 4);
            known.push(self.add_task(block, &needs, is_async, None));
        }
        self.add_task(block, &known, false, None).1
    }

    /// Adds a graph inside the last block of `around`. Returns its tasks that others can depend on.
    fn add_graph(&mut self, random: &mut Random, gate: &[Named], around: &[usize]) -> Vec<Named> {
        let block = around[around.len() - 1];
        let needs = if random.is(1, 2) { gate } else { &[] };
        let inner = self.blocks.len();
        let (name, object) = self.add_task(block, needs, random.is(1, 2), Some(inner));
        let width = if around.len() == 1 { [24, 36, 40][below(random, 3)] } else { [1, 6, 36][below(random, 3)] };
        let goal = self.add_block(random, width, around);
        // No task of a graph starts before the graph is there.
        self.tasks[object + 1..].iter_mut().for_each(|task| task.dependencies.push(object));
        let is_named = |&task: &usize| self.tasks[task].block == inner && self.tasks[task].graph.is_none();
        let named = (object + 1..goal).filter(is_named).filter(|_| random.is(1, 8)).chain([goal]);
        named.map(|task| (format!("{name}.t{task}"), task)).collect()
    }

    fn add_task(&mut self, block: usize, needs: &[Named], is_async: bool, graph: Option<usize>) -> Named {
        let (names, dependencies) = needs.iter().cloned().unzip();
        self.tasks.push(Task { names, dependencies, block, is_async, graph });
        let task = self.tasks.len() - 1;
        (format!("t{task}"), task)
    }

    fn write(&self, number: usize, goal: usize, code: &mut String) {
        let (mut blocks, mut levels, mut tasks) = (String::new(), String::new(), String::new());
        for (block, Block { limit, around }) in self.blocks.iter().enumerate() {
            let option = limit.map_or_else(String::new, |limit| format!("(max_concurrency = {limit})"));
            let own = self.tasks.iter().enumerate().filter(|(_, task)| task.block == block);
            let methods: String = own.map(|(number, task)| method(number, task)).collect();
            write!(blocks, "struct B{block}(Arc<Scene>); #[adagio::dag{option}] impl B{block} {{ {methods} }}")
                .expect("a string takes all");
            write!(levels, "Block {{ limit: {limit:?}, around: &{around:?} }},").expect("a string takes all");
        }
        for Task { dependencies, block, is_async, .. } in &self.tasks {
            write!(tasks, "Task {{ dependencies: &{dependencies:?}, block: {block}, is_async: {is_async} }},")
                .expect("a string takes all");
        }
        writeln!(
            code,
            "#[allow(
                clippy::too_many_arguments, clippy::trivially_copy_pass_by_ref, clippy::large_futures, clippy::similar_names,
                reason = \"shapes are random\"
            )]
            mod nest_{number} {{
                use super::*;
                {blocks}
                pub(super) const NEST: Nest = Nest {{
                    number: {number}, tasks: &[{tasks}], blocks: &[{levels}], goal: {goal},
                    call: |scene| Box::pin(async move {{ B0(scene).t{goal}().await }}),
                    run: |scene, limit| Box::pin(async move {{
                        let object = B0(scene);
                        let run = object.run();
                        let run = match limit {{ Some(limit) => run.max_concurrency(limit), None => run }};
                        *run.t{goal}().await
                    }}),
                }};
            }}"
        )
        .expect("a string takes all");
    }
}

fn method(number: usize, Task { names, dependencies, is_async, graph, .. }: &Task) -> String {
    let depends = if names.is_empty() { String::new() } else { format!("#[depends({})]", names.join(", ")) };
    // The dependencies in `#[depends]` come first; the graph around a task is not a parameter.
    let inputs = &dependencies[..names.len()];
    let parameters = inputs.iter().map(|input| format!(", t{input}: &u64")).collect::<Vec<_>>().concat();
    let numbers = inputs.iter().map(|input| format!("*t{input}")).collect::<Vec<_>>().join(", ");
    let (asyncness, call) = if *is_async {
        ("async", format!("act({number}, [{numbers}]).await"))
    } else {
        ("", format!("act_at_once({number}, [{numbers}])"))
    };
    let (attribute, result, end) = match graph {
        Some(inner) => ("#[task(graph)]", format!("B{inner}"), format!("; B{inner}(Arc::clone(&self.0))")),
        None => ("", "u64".to_owned(), String::new()),
    };
    format!("{depends} {attribute} {asyncness} fn t{number}(&self{parameters}) -> {result} {{ self.0.{call}{end} }}")
}
