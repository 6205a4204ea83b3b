//! A graph as a flowchart of Mermaid.

use std::fmt;

use dag_layout::{ResultType, is_hidden};

use super::flat::Flat;
use super::{EdgeKind, Graph};

pub(super) struct Mermaid<'g>(pub(super) &'g Graph);

impl fmt::Display for Mermaid<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flat = Flat::new(self.0);
        formatter.write_str("flowchart LR\n")?;
        write_inside(formatter, &flat, None, 1)?;
        for (id, task) in flat.tasks.iter().enumerate() {
            for (dependency, kind) in task.dependencies.iter().zip(&task.kinds) {
                let arrow = match kind {
                    EdgeKind::Plain => "-->",
                    EdgeKind::Catch => "-. catch .->",
                    EdgeKind::Lazy => "-. lazy .->",
                    EdgeKind::In => "-- in -->",
                };
                writeln!(formatter, "    t{dependency} {arrow} t{id}")?;
            }
        }
        Ok(())
    }
}

/// Writes the tasks in a box, and the boxes.
fn write_inside(formatter: &mut fmt::Formatter<'_>, flat: &Flat, within: Option<usize>, depth: usize) -> fmt::Result {
    let indent = "    ".repeat(depth);
    let (tasks, boxes) = flat.inside(within);
    for id in tasks {
        // Names such as `end` mean something to Mermaid: the ids are numbers.
        let task = &flat.tasks[id];
        // A box with double sides runs once for each element.
        let (open, close) = if task.is_wide() { ("[[", "]]") } else { ("[", "]") };
        write!(formatter, "{indent}t{id}{open}\"{}", Label(task.name))?;
        if !task.result.is_empty() {
            write!(formatter, "<br/>{}", Label(&ResultType(task.result).to_string()))?;
        }
        writeln!(formatter, "\"{close}")?;
    }
    for id in boxes {
        writeln!(formatter, "{indent}subgraph g{id}[\"{}\"]", Label(flat.boxes[id].name))?;
        write_inside(formatter, flat, Some(id), depth + 1)?;
        writeln!(formatter, "{indent}end")?;
    }
    Ok(())
}

/// Text between quotes: whatever may mean something there is written as its number.
struct Label<'l>(&'l str);

impl fmt::Display for Label<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            if letter.is_alphanumeric() || ['_', '.', ' '].contains(&letter) {
                write!(formatter, "{letter}")?;
            } else if is_hidden(letter) {
                // Mermaid would make the letter itself of its number.
                formatter.write_str("#65533;")?;
            } else {
                write!(formatter, "#{};", u32::from(letter))?;
            }
        }
        Ok(())
    }
}
