//! A graph in the language of Graphviz.

use std::fmt;

use super::Graph;

pub(super) struct Dot<'g>(pub(super) &'g Graph);

impl fmt::Display for Dot<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "digraph {} {{", Quoted(self.0.name))?;
        formatter.write_str("    rankdir=LR;\n    node [shape=box, style=rounded, fontname=monospace];\n")?;
        for (id, node) in self.0.nodes.iter().enumerate() {
            write!(formatter, "    t{id} [label={}", Quoted(node.name))?;
            if !node.docs.is_empty() {
                write!(formatter, ", tooltip={}", Quoted(node.docs))?;
            }
            formatter.write_str("];\n")?;
        }
        for (id, node) in self.0.nodes.iter().enumerate() {
            for dependency in node.dependencies() {
                writeln!(formatter, "    t{dependency} -> t{id};")?;
            }
        }
        formatter.write_str("}\n")
    }
}

/// Text in quotes, in which a backslash means something of its own.
struct Quoted<'q>(&'q str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = self.0.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        write!(formatter, "\"{escaped}\"")
    }
}
