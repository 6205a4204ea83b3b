//! A graph as a flowchart of Mermaid.

use std::fmt;

use super::Graph;

pub(super) struct Mermaid<'g>(pub(super) &'g Graph);

impl fmt::Display for Mermaid<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("flowchart LR\n")?;
        for (id, node) in self.0.nodes.iter().enumerate() {
            // Names such as `end` mean something to Mermaid: the ids are numbers.
            writeln!(formatter, "    t{id}[\"{}\"]", Label(node.name))?;
        }
        for (id, node) in self.0.nodes.iter().enumerate() {
            for dependency in node.dependencies() {
                writeln!(formatter, "    t{dependency} --> t{id}")?;
            }
        }
        Ok(())
    }
}

/// Text between quotes: whatever may mean something there is written as its number.
struct Label<'l>(&'l str);

impl fmt::Display for Label<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            if letter.is_alphanumeric() || ['_', '.', ' '].contains(&letter) {
                write!(formatter, "{letter}")?;
            } else {
                write!(formatter, "#{};", u32::from(letter))?;
            }
        }
        Ok(())
    }
}
