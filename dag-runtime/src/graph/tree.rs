//! A graph as a tree in the terminal: each task that nothing depends on, and below it the tasks that it needs.

use std::fmt::{self, Write};

use dag_layout::{Shown, columns};

use super::flat::{Flat, FlatTask};
use super::{EdgeKind, Graph};

/// The names reach no further than here before what is said about them, unless one is longer.
const WIDEST_NAME: usize = 48;

impl fmt::Display for Graph {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = Flat::new(self).tasks;
        let lines = lines(&tasks);
        let widths = lines.iter().map(|line| columns(&line.text)).filter(|&width| width <= WIDEST_NAME);
        let width = widths.max().unwrap_or(0);
        formatter.write_str(self.name)?;
        for Line { text, task, is_repeated } in lines {
            let node = &tasks[task];
            let padding = width.saturating_sub(columns(&text));
            let first = node.docs.lines().next().unwrap_or_default().trim();
            let remark = match (is_repeated, first) {
                (true, _) if node.dependencies.is_empty() => String::new(),
                (true, _) => "(above)".to_owned(),
                (false, "") => node.kind.to_string(),
                (false, first) => format!("{:8}  {first}", node.kind),
            };
            let line = format!("{text}{:padding$}  {remark}", "");
            write!(formatter, "\n{}", Shown(line.trim_end()))?;
        }
        Ok(())
    }
}

/// A task below the one that needs it.
struct Line {
    /// The branches of the tree, and the name.
    text: String,
    task: usize,
    /// The tasks that it needs stand further up.
    is_repeated: bool,
}

/// A task that is still to be written.
struct Open {
    /// The text before every line below the task.
    indent: String,
    branch: &'static str,
    /// How the task above it depends on it.
    kind: EdgeKind,
    task: usize,
}

fn lines(tasks: &[FlatTask]) -> Vec<Line> {
    let mut is_needed = vec![false; tasks.len()];
    tasks.iter().flat_map(|task| &task.dependencies).for_each(|&dependency| is_needed[dependency] = true);
    let goals = (0..tasks.len()).filter(|&task| !is_needed[task]);
    // The last of all goals first: what most programs are after.
    let mut open: Vec<Open> =
        goals.map(|task| Open { indent: String::new(), branch: "", kind: EdgeKind::Plain, task }).collect();
    let mut is_written = vec![false; tasks.len()];
    let mut lines = Vec::new();
    while let Some(Open { indent, branch, kind, task }) = open.pop() {
        let node = &tasks[task];
        let is_repeated = std::mem::replace(&mut is_written[task], true);
        let mut text = format!("{indent}{branch}");
        if kind != EdgeKind::Plain {
            let _ = write!(text, "{kind} ");
        }
        let _ = text.write_str(node.name);
        lines.push(Line { text, task, is_repeated });
        if is_repeated {
            continue;
        }
        let below = match branch {
            "" => indent,
            "└─ " => indent + "   ",
            _ => indent + "│  ",
        };
        let branches = std::iter::once("└─ ").chain(std::iter::repeat("├─ "));
        let edges = node.dependencies.iter().zip(&node.kinds).rev().zip(branches);
        open.extend(edges.map(|((&task, &kind), branch)| Open { indent: below.clone(), branch, kind, task }));
    }
    lines
}
