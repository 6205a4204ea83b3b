//! A node and a group of a picture: the names, and the box around them.

use std::borrow::Cow;
use std::fmt;

use super::legend::colour_of_kind;
use super::{LABEL_SIZE, LETTER_WIDTH, PADDING, Pixels};
use crate::{Area, BOX_PADDING, Escaped, Group, ResultType, Size, columns, cut_in_the_middle};

const NARROWEST: f64 = 64.0;
pub(super) const HEIGHT: f64 = 42.0;
/// The height of the name of a group at the top of its box, and the place of its baseline there.
const LABEL_HEIGHT: f64 = 27.0;
const LABEL_BASELINE: f64 = 18.0;
/// The size of the letters of a name and of the note below it.
pub(super) const NAME_SIZE: f64 = 13.0;
const NOTE_SIZE: f64 = 10.5;
/// The columns of a name in a box; a longer one ends with an ellipsis.
const LONGEST_NAME: usize = 36;
/// How far a box of a stack is behind the one in front of it.
const SHEET: f64 = 3.5;

/// A node of a [`Picture`](super::Picture).
#[derive(Clone, Debug, Default)]
pub struct PictureNode<'p> {
    /// Its name.
    pub name: &'p str,
    /// A word or two below the name.
    pub note: &'p str,
    /// The text that is shown under the pointer, behind the kind and the type if they are known.
    pub title: &'p str,
    /// Its colour, in CSS; without one it has that of its kind, or of the text.
    pub colour: &'p str,
    /// The word for how it runs, such as `async`: a legend says which colour means which word.
    pub kind: &'p str,
    /// The declared type of its result, if it has one. It stands in short below the name, unless there is a note.
    pub result: &'p str,
    /// The address that a click opens.
    pub link: Option<String>,
    /// The positions of the nodes that it depends on.
    pub dependencies: Vec<usize>,
    /// Those of them whose failures it catches: these edges are dotted, and a legend says so.
    pub caught: Vec<usize>,
    /// Those of them that run only if it awaits them: these edges are dashed, and a legend says so.
    pub lazy: Vec<usize>,
    /// It runs once for each element of a collection: it is drawn as a stack of boxes, and a legend says so.
    pub is_wide: bool,
    /// The position of the innermost group that it is in.
    pub within: Option<usize>,
    /// The positions of the nodes that made it: dashed edges.
    pub made_by: Vec<usize>,
    /// How much the edge from each dependency weighs, from 0 to 1: the more, the thicker it is. Without weights all
    /// edges are alike.
    pub weights: Vec<f64>,
}

/// A group of nodes of a [`Picture`](super::Picture).
#[derive(Clone, Debug, Default)]
pub struct PictureGroup<'p> {
    /// Its name.
    pub name: &'p str,
    /// The position of the innermost group that it is in, an earlier one.
    pub within: Option<usize>,
}

impl PictureGroup<'_> {
    pub(super) fn group(&self, label: &str) -> Group {
        let width = LABEL_SIZE * LETTER_WIDTH * crate::float(columns(label).min(LONGEST_NAME));
        Group { within: self.within, label: Size { width: width.ceil(), height: LABEL_HEIGHT } }
    }

    pub(super) fn write(&self, label: &str, Area { x, y, size }: Area, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "<g class=\"group\"{}><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"12\" fill-opacity=\".035\" \
             stroke=\"currentColor\" stroke-opacity=\".22\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"start\" font-size=\"{LABEL_SIZE}\" font-weight=\"600\" \
             fill-opacity=\".65\">{}</text></g>",
            FullName { name: self.name, label },
            Pixels(x),
            Pixels(y),
            Pixels(size.width),
            Pixels(size.height),
            Pixels(x + BOX_PADDING),
            Pixels(y + LABEL_BASELINE),
            Escaped(cut_in_the_middle(label, LONGEST_NAME)),
        )
    }
}

impl PictureNode<'_> {
    pub(super) fn size(&self, label: &str) -> Size {
        let name = NAME_SIZE * LETTER_WIDTH * crate::float(columns(label).min(LONGEST_NAME));
        let note = NOTE_SIZE * LETTER_WIDTH * crate::float(columns(&self.below()));
        Size { width: (name.max(note) + 2.0 * PADDING).max(NARROWEST).ceil(), height: HEIGHT }
    }

    /// Returns the text below the name.
    fn below(&self) -> Cow<'_, str> {
        if self.note.is_empty() { ResultType(self.result).to_string().into() } else { self.note.into() }
    }

    /// Whether its type stands in the box with a mark.
    pub(super) fn is_marked_as_fallible(&self) -> bool {
        self.note.is_empty() && ResultType(self.result).can_fail()
    }

    /// Returns the text that is shown under the pointer: `async cart -> io::Result<Cart>`, then what is written about it.
    fn whole_title(&self, label: &str) -> String {
        let is_cut = columns(label) > LONGEST_NAME;
        let head = match (self.kind, self.result) {
            ("", "") if is_cut && self.title.is_empty() => self.name.to_owned(),
            ("", "") => String::new(),
            (kind, "") => format!("{kind} {}", self.name),
            ("", result) => format!("{} -> {result}", self.name),
            (kind, result) => format!("{kind} {} -> {result}", self.name),
        };
        if head.is_empty() || self.title.is_empty() { head + self.title } else { format!("{head}\n\n{}", self.title) }
    }

    pub(super) fn write(&self, label: &str, area: Area, is_marked: bool, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { width, height } = area.size;
        let (x, y) = (Pixels(area.x), Pixels(area.y));
        let colour = [self.colour, colour_of_kind(self.kind), "currentColor"];
        let colour = colour.into_iter().find(|colour| !colour.is_empty()).unwrap_or_default();
        let (line, opacity) = if is_marked { ("2.5", "1") } else { ("1.25", ".6") };
        if let Some(link) = &self.link {
            write!(out, "<a href=\"{}\">", Escaped(link))?;
        }
        write!(out, "<g class=\"node\"{}>", FullName { name: self.name, label })?;
        let title = self.whole_title(label);
        if !title.is_empty() {
            write!(out, "<title>{}</title>", Escaped(title))?;
        }
        if self.is_wide {
            write!(
                out,
                "<path class=\"stack\" fill=\"none\" stroke=\"{colour}\" stroke-opacity=\"{opacity}\" d=\"{}{}\"/>",
                Sheet { area, corner: 7.0, behind: SHEET },
                Sheet { area, corner: 7.0, behind: 2.0 * SHEET },
            )?;
        }
        write!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"7\" fill=\"{colour}\" \
             fill-opacity=\".1\" stroke=\"{colour}\" stroke-opacity=\"{opacity}\" stroke-width=\"{line}\"/>"
        )?;
        let middle = Pixels(area.x + width / 2.0);
        let below = self.below();
        let name = if below.is_empty() { 26.0 } else { 19.0 };
        write!(
            out,
            "<text x=\"{middle}\" y=\"{}\" font-weight=\"600\">{}</text>",
            Pixels(area.y + name),
            Escaped(cut_in_the_middle(label, LONGEST_NAME))
        )?;
        if !below.is_empty() {
            write!(
                out,
                "<text x=\"{middle}\" y=\"{}\" font-size=\"{NOTE_SIZE}\" fill-opacity=\".7\">{}</text>",
                Pixels(area.y + 33.0),
                Escaped(below)
            )?;
        }
        out.write_str("</g>")?;
        if self.link.is_some() { out.write_str("</a>") } else { Ok(()) }
    }
}

/// The part of a box that is seen of it behind another: its upper and its right side, as a path.
pub(super) struct Sheet {
    /// The box in front.
    pub(super) area: Area,
    /// The radius of its corners.
    pub(super) corner: f64,
    /// How far it is shifted, upwards and to the right.
    pub(super) behind: f64,
}

impl fmt::Display for Sheet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { area: Area { x, y, size }, corner, behind } = *self;
        let (right, top) = (x + size.width + behind, y - behind);
        write!(
            out,
            "M{} {}H{}Q{} {1} {3} {}V{}",
            Pixels(x + corner + behind),
            Pixels(top),
            Pixels(right - corner),
            Pixels(right),
            Pixels(top + corner),
            Pixels(top + size.height - corner),
        )
    }
}

/// The attribute with the whole name, where the label is only a part of it.
struct FullName<'n> {
    name: &'n str,
    label: &'n str,
}

impl fmt::Display for FullName<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_whole = self.label == self.name && columns(self.name) <= LONGEST_NAME;
        if is_whole { Ok(()) } else { write!(out, " data-name=\"{}\"", Escaped(self.name)) }
    }
}
