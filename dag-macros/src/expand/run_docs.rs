//! In: the user's block. Out: the docs of its run, with examples that use the names of the block.

use proc_macro2::Ident;
use syn::ext::IdentExt;

use super::Expansion;
use crate::analyse::{Dag, Task};

pub(super) fn start(expansion: &Expansion<'_>) -> String {
    let errors = if expansion.dag.failures.is_empty() {
        ""
    } else {
        " The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`."
    };
    let ways = if expansion.dag.block.options.local {
        ", or call `cancel_abandoned()`"
    } else {
        ", call `cancel_abandoned()`, or write `#[task(spawn)]`"
    };
    format!(
        "Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet.\
         {errors}\n\n\
         While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a \
         pooled connection. If other code waits for these, keep one result awaited{ways}.\n\nSee [`{}`].",
        expansion.run
    )
}

/// The docs of `run_owned`.
pub(super) const OWNED: &str = "Returns a run as [`run`](Self::run) does, which owns a share of the object and has no \
                                lifetime: it can be kept in a struct, or moved into a task.";

pub(super) fn run(expansion: &Expansion<'_>) -> String {
    let (path, object) = (path(expansion), object(expansion));
    let threads = if expansion.dag.block.options.local { "" } else { ", from any number of threads" };
    let mut doc = format!(
        "A run of the tasks of [`{path}`], returned by [`{path}::run`]: each task runs at most once, however many results are \
         awaited, one after another or at once{threads}.\n\n\
         The results stay in the run and are lent as references. Whoever awaits a result drives the run; while nobody \
         does, its tasks pause. A task that awaits its own result from its own run panics or waits forever.\n\n"
    );
    if let Some(goal) = goal(expansion) {
        doc += &example(expansion, &object, goal);
    }
    if !expansion.dag.failures.is_empty() || expansion.dag.is_durable() {
        doc += "# Errors\n\
                A `TaskError` names the task that failed; its source is the task's own error. Every result that needs the \
                task returns it at once; other results are not affected. It is remembered until \
                [`retry_failed`](Self::retry_failed).\n\n";
    }
    doc += "# Panics\n\
            A panic in a task unwinds into the future that drives the run at that moment. All other futures of the run, \
            and later ones, panic too and name the task.\n\n\
            # Cancel safety\n\
            Dropping the future of a result loses and repeats nothing: its tasks stay wanted, and start or continue when \
            another result is awaited. Dropping the run drops its running tasks.";
    doc
}

fn example(expansion: &Expansion<'_>, object: &str, goal: usize) -> String {
    let tasks = &expansion.dag.tasks;
    let task = &tasks[goal];
    let visible = |&position: &usize| position < tasks.len() && tasks[position].rank() >= task.rank();
    let dependencies: Vec<_> = task.dependencies.iter().map(|dependency| dependency.task).collect();
    let awaited = line(expansion.dag, task);
    let twice = match dependencies.iter().find(|position| visible(position)) {
        Some(&first) => {
            let first = &tasks[first];
            format!("{}// `{}` does not run again:\n{awaited}", line(expansion.dag, first), first.ident().unraw())
        }
        None => awaited.clone(),
    };
    let doc = format!("# Examples\n```ignore\nlet run = {object}.run();\n{twice}```\n\n");
    // A task with many inputs is not a good example.
    if !(1..=4).contains(&dependencies.len()) || !dependencies.iter().all(visible) {
        return doc;
    }
    let name = task.ident().unraw();
    let injected = dependencies.iter().map(|&position| {
        let name = tasks[position].ident();
        format!(".with_{}({name})", name.unraw())
    });
    let injected: String = injected.collect();
    doc + &format!(
        "To run `{name}` alone, inject its dependencies:\n```ignore\nlet run = {object}.run(){injected};\n{awaited}```\n\n"
    )
}

/// Returns the line of code that awaits a result.
fn line(dag: &Dag<'_>, task: &Task<'_>) -> String {
    let name = task.ident();
    format!("let {name} = run.{name}().await{};\n", if dag.can_fail(task) { "?" } else { "" })
}

/// Returns the text after the docs of a task that can fail, if its author has not written about errors.
pub(super) fn errors(dag: &Dag<'_>, task: &Task<'_>, docs: &str) -> Option<String> {
    let is_told = docs.contains("# Errors");
    (dag.can_fail(task) && !is_told).then(|| "\n# Errors\nIf this task, or one that it needs, fails.".to_owned())
}

pub(super) fn injection(name: &Ident) -> String {
    format!(
        "Uses `value` as the result of `{name}`; neither this task nor tasks needed only by it will run.\n\n\
         # Panics\nIf a result of the run has been awaited, or if `{name}` has been injected already."
    )
}

pub(super) fn all(expansion: &Expansion<'_>) -> String {
    let mut doc = "Runs every task and returns all results.".to_owned();
    if !expansion.dag.failures.is_empty() || expansion.dag.is_durable() {
        doc += "\n\n# Errors\nIf a task fails: the failure that came first in time.";
    }
    doc
}

pub(super) fn outputs(expansion: &Expansion<'_>) -> String {
    let Expansion { run, outputs, .. } = expansion;
    let mut doc = format!(
        "All results of a run, as references. [`{run}::all`] returns them. It is `Debug` if every result is.\n\n"
    );
    if expansion.has_marked_outputs() {
        doc += "It has a private field for the parameters of the block, so a pattern for it ends with `..`.\n\n";
    }
    let Some(goal) = goal(expansion) else { return doc };
    let (object, name) = (object(expansion), expansion.dag.tasks[goal].ident());
    let mark = if expansion.dag.failures.is_empty() { "" } else { "?" };
    doc + &format!(
        "# Examples\n```ignore\nlet run = {object}.run();\nlet {outputs} {{ {name}, .. }} = run.all().await{mark};\n```\n"
    )
}

/// Returns the task to show: the last of the most visible tasks.
fn goal(expansion: &Expansion<'_>) -> Option<usize> {
    let tasks = &expansion.dag.tasks;
    (0..tasks.len()).max_by_key(|&position| tasks[position].rank())
}

/// Returns the path of the type, as used in a link to its docs.
fn path(expansion: &Expansion<'_>) -> String {
    let mut ty = &expansion.header.self_ty;
    loop {
        match ty {
            syn::Type::Group(group) => ty = &group.elem,
            syn::Type::Paren(paren) => ty = &paren.elem,
            syn::Type::Path(path) => {
                let names: Vec<_> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
                return names.join("::");
            }
            _ => return String::new(),
        }
    }
}

/// Returns the name of a variable for a value of the type: `shopping_cart` for `ShoppingCart`.
fn object(expansion: &Expansion<'_>) -> String {
    let path = path(expansion);
    let name = path.rsplit("::").next().unwrap_or_default().trim_start_matches("r#");
    let mut object = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && object.ends_with(char::is_lowercase) {
            object.push('_');
        }
        object.extend(letter.to_lowercase());
    }
    // `Type` would result in `type`.
    if syn::parse_str::<Ident>(&object).is_ok() { object } else { "object".to_owned() }
}
