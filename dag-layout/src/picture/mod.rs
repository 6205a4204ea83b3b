//! In: nodes with their names. Out: an SVG in which nothing overlaps, readable on light and on dark ground.

mod legend;
mod node;
mod ways;

use std::fmt;

use crate::{Edge, Escaped, Groups, Layout, Size, layout_in_groups};
use legend::Legend;
use node::{HEIGHT, NAME_SIZE};
pub use node::{PictureGroup, PictureNode};
use ways::{DASHED, DOTTED, write_bundle, write_way};

const MARGIN: f64 = 16.0;
const PADDING: f64 = 14.0;
/// The size of the letters of labels, and how wide the letters of a font are, all alike.
const LABEL_SIZE: f64 = 11.0;
const LETTER_WIDTH: f64 = 0.61;

/// A graph to be drawn; `Display` prints the SVG.
///
/// # Examples
/// ```
/// use dag_layout::{Frame, Picture, PictureNode};
///
/// let user = PictureNode { name: "user", kind: "async", result: "User", ..PictureNode::default() };
/// let cart = PictureNode { name: "cart", dependencies: vec![0], ..user.clone() };
/// let picture =
///     Picture { name: "Checkout", nodes: vec![user, cart], groups: vec![], marked: vec![], frame: Frame::Own };
/// assert!(picture.to_string().starts_with("<svg "));
/// ```
#[derive(Debug)]
pub struct Picture<'p> {
    /// What the picture is called for those who cannot see it.
    pub name: &'p str,
    /// The nodes, each after all its dependencies.
    pub nodes: Vec<PictureNode<'p>>,
    /// The groups, around each of which there is a box.
    pub groups: Vec<PictureGroup<'p>>,
    /// Nodes to be made conspicuous, with the edges from each to the next.
    pub marked: Vec<usize>,
    /// Where the picture stands.
    pub frame: Frame,
}

/// Where a [`Picture`] stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// In a file of its own, with a ground of its own that is light or dark as the reader likes it.
    Own,
    /// In a page, whose colour of text it takes.
    Page,
}

/// The style of a picture with a ground of its own: the element with the class `ground`.
pub const GROUND: &str = "<style>svg{color:#1f2328}.ground{fill:#fff}\
    @media(prefers-color-scheme:dark){svg{color:#e6edf3}.ground{fill:#0d1117}}</style>";

impl Picture<'_> {
    fn layout(&self) -> Layout {
        let sizes: Vec<Size> = self.nodes.iter().map(|node| node.size(self.short(node.name, node.within))).collect();
        let all = |node: &PictureNode<'_>| node.dependencies.iter().chain(&node.made_by).copied().collect();
        let dependencies: Vec<Vec<usize>> = self.nodes.iter().map(all).collect();
        let groups = Groups {
            nodes: self.nodes.iter().map(|node| node.within).collect(),
            groups: self.groups.iter().map(|group| group.group(self.short(group.name, group.within))).collect(),
        };
        layout_in_groups(&sizes, &dependencies, &groups)
    }

    /// Returns the name of a node, or of a group, without that of the group around it.
    fn short<'s>(&self, name: &'s str, within: Option<usize>) -> &'s str {
        let group = within.and_then(|group| self.groups.get(group));
        let inside = group.and_then(|group| name.strip_prefix(group.name)?.strip_prefix('.'));
        inside.filter(|name| !name.is_empty()).unwrap_or(name)
    }

    /// Returns how much an edge weighs, if its node says so.
    fn weight(&self, edge: &Edge) -> Option<f64> {
        let node = &self.nodes[edge.to];
        let place = node.dependencies.iter().position(|&dependency| dependency == edge.from)?;
        node.weights.get(place).copied()
    }

    fn is_made(&self, edge: &Edge) -> bool {
        self.nodes[edge.to].made_by.contains(&edge.from)
    }

    /// Returns how the edge is drawn of a dependency that is not plain.
    fn style(&self, edge: &Edge) -> Option<&'static str> {
        let node = &self.nodes[edge.to];
        if node.caught.contains(&edge.from) {
            return Some(DOTTED);
        }
        node.lazy.contains(&edge.from).then_some(DASHED)
    }

    fn is_marked(&self, edge: &Edge) -> bool {
        self.marked.windows(2).any(|pair| pair == [edge.from, edge.to])
    }
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = self.layout();
        let (mut width, mut height) = (layout.size.width + 2.0 * MARGIN, layout.size.height + 2.0 * MARGIN);
        let legend = Legend::of(self);
        width = width.max(legend.width() + 2.0 * MARGIN);
        height += legend.height();
        write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"-{MARGIN} -{MARGIN} {0} {1}\" \
             role=\"img\" aria-label=\"{2}\" fill=\"currentColor\" text-anchor=\"middle\" font-size=\"{NAME_SIZE}\" \
             font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\">",
            Pixels(width),
            Pixels(height),
            Escaped(self.name),
        )?;
        if self.frame == Frame::Own {
            write!(
                out,
                "{GROUND}<rect class=\"ground\" x=\"-{MARGIN}\" y=\"-{MARGIN}\" width=\"100%\" height=\"100%\" rx=\"8\"/>"
            )?;
        }
        for (group, area) in self.groups.iter().zip(&layout.groups) {
            let label = self.short(group.name, group.within);
            area.map_or(Ok(()), |area| group.write(label, area, out))?;
        }
        out.write_str("<g fill=\"none\" stroke=\"currentColor\" stroke-opacity=\".45\" stroke-width=\"1.4\">")?;
        for edges in layout.edges.chunk_by(|one, other| one.from == other.from) {
            let is_plain =
                |edge: &&Edge| self.weight(edge).is_none() && !self.is_made(edge) && self.style(edge).is_none();
            let plain: Vec<Edge> = edges.iter().filter(is_plain).cloned().collect();
            if !plain.is_empty() {
                out.write_str("<path class=\"edges\" d=\"")?;
                write_bundle(&plain, out)?;
                out.write_str("\"/>")?;
            }
        }
        for edge in &layout.edges {
            match self.weight(edge) {
                Some(weight) => {
                    let width = Pixels(1.0 + 7.0 * weight.clamp(0.0, 1.0));
                    write!(out, "<path class=\"edges\" stroke-width=\"{width}\" d=\"")?;
                }
                None if self.is_made(edge) => out.write_str("<path class=\"edges\" stroke-dasharray=\"5 4\" d=\"")?,
                None => match self.style(edge) {
                    Some(style) => write!(out, "<path class=\"edges\" {style} d=\"")?,
                    None => continue,
                },
            }
            write_way(&edge.stretches, out)?;
            out.write_str("\"/>")?;
        }
        out.write_str("</g>")?;
        legend.write(layout.size.height, out)?;
        for edge in layout.edges.iter().filter(|edge| self.is_marked(edge)) {
            out.write_str("<path class=\"marked\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2.5\" d=\"")?;
            write_way(&edge.stretches, out)?;
            out.write_str("\"/>")?;
        }
        for (node, area) in self.nodes.iter().zip(&layout.nodes) {
            if !node.dependencies.is_empty() || !node.made_by.is_empty() {
                let (x, y) = (Pixels(area.x), area.y + HEIGHT / 2.0);
                let (back, above, below) = (Pixels(area.x - 8.0), Pixels(y - 4.5), Pixels(y + 4.5));
                write!(out, "<path fill-opacity=\".7\" d=\"M{x} {}L{back} {above}V{below}Z\"/>", Pixels(y))?;
            }
        }
        for (position, (node, &area)) in self.nodes.iter().zip(&layout.nodes).enumerate() {
            node.write(self.short(node.name, node.within), area, self.marked.contains(&position), out)?;
        }
        out.write_str("</svg>")
    }
}

/// A length, as an attribute of an SVG: to a tenth of a pixel.
pub struct Pixels(pub f64);

impl fmt::Display for Pixels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The addition makes 0 of -0.
        write!(formatter, "{}", (self.0 * 10.0).round() / 10.0 + 0.0)
    }
}
