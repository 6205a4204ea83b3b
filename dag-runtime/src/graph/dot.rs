//! A graph in the language of Graphviz.

use std::fmt::{self, Write};

use dag_layout::{ResultType, is_hidden};

use super::flat::Flat;
use super::{EdgeKind, Graph};

pub(super) struct Dot<'g>(pub(super) &'g Graph);

impl fmt::Display for Dot<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "digraph {} {{", Quoted(self.0.name))?;
        formatter.write_str("    rankdir=LR;\n    node [shape=box, style=rounded, fontname=monospace];\n")?;
        let flat = Flat::new(self.0);
        write_inside(formatter, &flat, None, 1)?;
        for (id, task) in flat.tasks.iter().enumerate() {
            for (dependency, kind) in task.dependencies.iter().zip(&task.kinds) {
                let style = match kind {
                    EdgeKind::Plain | EdgeKind::In => "",
                    EdgeKind::Catch => " [style=dotted]",
                    EdgeKind::Lazy => " [style=dashed]",
                };
                writeln!(formatter, "    t{dependency} -> t{id}{style};")?;
            }
        }
        let has = |kind| flat.tasks.iter().any(|task| task.kinds.contains(&kind));
        let can_fail = flat.tasks.iter().any(|task| ResultType(task.result).can_fail());
        let legend = [
            (can_fail, "?: it can fail"),
            (has(EdgeKind::Catch), "dotted: its failure is caught"),
            (has(EdgeKind::Lazy), "dashed: runs only if it is awaited"),
            (has(EdgeKind::In), "double: runs once for each element"),
        ];
        let legend: Vec<_> = legend.into_iter().filter(|(occurs, _)| *occurs).map(|(_, text)| text).collect();
        if !legend.is_empty() {
            writeln!(formatter, "    label=\"{}\";", legend.join("\\n"))?;
        }
        formatter.write_str("}\n")
    }
}

/// Writes the tasks in a box, and the boxes.
fn write_inside(formatter: &mut fmt::Formatter<'_>, flat: &Flat, within: Option<usize>, depth: usize) -> fmt::Result {
    let indent = "    ".repeat(depth);
    let (tasks, boxes) = flat.inside(within);
    for id in tasks {
        let task = &flat.tasks[id];
        let label = format!("{}\n{}", task.name, ResultType(task.result));
        write!(formatter, "{indent}t{id} [label={}", Quoted(label.trim_end()))?;
        let tooltip = format!("{}\n\n{}", task.result, task.docs);
        if !tooltip.trim().is_empty() {
            write!(formatter, ", tooltip={}", Quoted(tooltip.trim_matches('\n')))?;
        }
        if task.is_wide() {
            formatter.write_str(", peripheries=2")?;
        }
        formatter.write_str("];\n")?;
    }
    for id in boxes {
        // Graphviz draws a box around a subgraph whose name begins so.
        writeln!(formatter, "{indent}subgraph cluster{id} {{")?;
        writeln!(formatter, "{indent}    label={};", Quoted(flat.boxes[id].name))?;
        write_inside(formatter, flat, Some(id), depth + 1)?;
        writeln!(formatter, "{indent}}}")?;
    }
    Ok(())
}

/// Text in quotes, in which a backslash means something of its own.
struct Quoted<'q>(&'q str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_char('"')?;
        for letter in self.0.chars() {
            match letter {
                '\\' | '"' => write!(formatter, "\\{letter}")?,
                '\n' => formatter.write_str("\\n")?,
                '\t' => formatter.write_char(' ')?,
                // Graphviz hands it on to the picture as it is.
                _ if is_hidden(letter) => formatter.write_char('\u{fffd}')?,
                _ => formatter.write_char(letter)?,
            }
        }
        formatter.write_char('"')
    }
}
