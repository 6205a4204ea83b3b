//! The lines below a picture that say what its colours, marks and edges mean, as far as they occur.

use std::fmt;

use super::node::Sheet;
use super::ways::{DASHED, DOTTED};
use super::{LABEL_SIZE, LETTER_WIDTH, PADDING, Picture, PictureNode, Pixels};
use crate::{Area, Size, columns, float};

const LINE_HEIGHT: f64 = 26.0;
/// The space above the first line.
const GAP: f64 = 6.0;
/// The width of an edge before its meaning, and of a box.
const EDGE: f64 = 34.0;
const BOX: f64 = 14.0;
/// The words for how tasks run, in the order of the legend.
const KINDS: [&str; 4] = ["async", "fn", "spawn", "blocking"];

const FOR_EACH: &str = "once for each element";

/// What stands below a picture.
pub(super) struct Legend {
    /// How the nodes run, each with its colour; not if all are `async`.
    kinds: Vec<&'static str>,
    /// Whether types have a `?`.
    has_mark: bool,
    /// Whether there are stacks of boxes.
    has_stack: bool,
    /// The styles of edges, each with what it means.
    edges: Vec<(&'static str, &'static str)>,
}

/// Returns the colour of a task by the word for how it runs, on light and on dark ground.
pub(super) fn colour_of_kind(kind: &str) -> &'static str {
    match kind {
        "async" => "#3b82f6",
        "spawn" => "#a855f7",
        "blocking" => "#f59e0b",
        "fn" => "#8b949e",
        _ => "",
    }
}

impl Legend {
    pub(super) fn of(picture: &Picture<'_>) -> Self {
        let nodes = &picture.nodes;
        let mut kinds: Vec<_> = KINDS.into_iter().filter(|kind| nodes.iter().any(|node| node.kind == *kind)).collect();
        if kinds == ["async"] {
            kinds.clear();
        }
        let edges = [
            (nodes.iter().any(|node| !node.caught.is_empty()), (DOTTED, "its failure is caught")),
            (nodes.iter().any(|node| !node.lazy.is_empty()), (DASHED, "runs only if it is awaited")),
        ];
        let edges = edges.into_iter().filter_map(|(occurs, edge)| occurs.then_some(edge)).collect();
        let has_mark = nodes.iter().any(PictureNode::is_marked_as_fallible);
        Self { kinds, has_mark, has_stack: nodes.iter().any(|node| node.is_wide), edges }
    }

    /// Returns what the first line has: the meanings, each with the width of the sign before it.
    fn signs(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let mark = self.has_mark.then_some(("it can fail", LABEL_SIZE * LETTER_WIDTH));
        let stack = self.has_stack.then_some((FOR_EACH, BOX));
        self.kinds.iter().map(|&kind| (kind, BOX)).chain(mark).chain(stack)
    }

    pub(super) fn width(&self) -> f64 {
        let signs: f64 = self.signs().map(|(meaning, sign)| sign + 1.5 * PADDING + width(meaning)).sum();
        self.edges.iter().map(|(_, meaning)| EDGE + PADDING + width(meaning)).fold(signs, f64::max)
    }

    pub(super) fn height(&self) -> f64 {
        let lines = self.edges.len() + usize::from(self.signs().next().is_some());
        if lines == 0 { 0.0 } else { GAP + LINE_HEIGHT * float(lines) }
    }

    /// Writes the lines below the given height.
    pub(super) fn write(&self, height: f64, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut x, mut middle) = (0.0, height + GAP + LINE_HEIGHT / 2.0);
        for (meaning, sign) in self.signs() {
            out.write_str("<g class=\"legend\">")?;
            if self.kinds.contains(&meaning) {
                let colour = colour_of_kind(meaning);
                write!(
                    out,
                    "<rect x=\"{}\" y=\"{}\" width=\"{BOX}\" height=\"{BOX}\" rx=\"4\" fill=\"{colour}\" \
                     fill-opacity=\".1\" stroke=\"{colour}\" stroke-opacity=\".6\" stroke-width=\"1.25\"/>",
                    Pixels(x),
                    Pixels(middle - BOX / 2.0),
                )?;
            } else if meaning == FOR_EACH {
                let size = Size { width: BOX - 3.0, height: BOX - 3.0 };
                let area = Area { x, y: middle - BOX / 2.0 + 3.0, size };
                write!(
                    out,
                    "<path fill=\"none\" stroke=\"currentColor\" stroke-opacity=\".6\" \
                     d=\"M{} {}h{2}v{2}h-{2}Z{3}\"/>",
                    Pixels(x),
                    Pixels(area.y),
                    Pixels(size.width),
                    Sheet { area, corner: 0.0, behind: 3.0 },
                )?;
            } else {
                write_text(x, middle, "?", out)?;
            }
            write_text(x + sign + PADDING / 2.0, middle, meaning, out)?;
            out.write_str("</g>")?;
            x += sign + 1.5 * PADDING + width(meaning);
        }
        if x > 0.0 {
            middle += LINE_HEIGHT;
        }
        for (style, meaning) in &self.edges {
            write!(
                out,
                "<g class=\"legend\"><path fill=\"none\" stroke=\"currentColor\" stroke-opacity=\".6\" stroke-width=\"1.4\" \
                 {style} d=\"M0 {0}H{EDGE}\"/>",
                Pixels(middle)
            )?;
            write_text(EDGE + PADDING / 2.0, middle, meaning, out)?;
            out.write_str("</g>")?;
            middle += LINE_HEIGHT;
        }
        Ok(())
    }
}

fn width(text: &str) -> f64 {
    LABEL_SIZE * LETTER_WIDTH * float(columns(text))
}

fn write_text(x: f64, middle: f64, text: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(
        out,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"start\" font-size=\"{LABEL_SIZE}\" fill-opacity=\".7\">{text}</text>",
        Pixels(x),
        Pixels(middle + LABEL_SIZE / 3.0),
    )
}
