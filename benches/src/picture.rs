//! The figures as a picture: for each contestant a dot a graph, on a logarithmic scale.

use std::fmt::Write as _;

use adagio_benches::measure::Figures;

use crate::table::distinct;

const PANELS: [(&str, &str); 4] = [
    ("at once", "bodies that return at once"),
    ("one yield", "bodies that yield once"),
    ("64 KiB results", "results of 64 KiB"),
    ("sockets", "a message over a socket a task"),
];

const LABELS: f64 = 170.0;
const PANEL: f64 = 330.0;
const GAP: f64 = 24.0;
const ROW: f64 = 20.0;
const HEAD: f64 = 44.0;
const FOOT: f64 = 26.0;

/// Both colour schemes: the picture stands on the page of whoever looks at it.
const STYLE: &str = "\
text { font: 12px system-ui, sans-serif; fill: #57606a }
.title { font-weight: 600; fill: #24292f }
.scale { font-size: 10px; text-anchor: middle }
.name { text-anchor: end }
.ours { font-weight: 600; fill: #0969da }
line { stroke: #d0d7de }
circle { fill: #8c959f; fill-opacity: .75 }
.range { stroke: #afb8c1; stroke-width: 3; stroke-linecap: round }
circle.ours { fill: #0969da }
.range.ours { stroke: #80b5f0 }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1 }
  .title { fill: #f0f6fc }
  .ours { fill: #58a6ff }
  line { stroke: #30363d }
  circle { fill: #8b949e }
  .range { stroke: #484f58 }
  circle.ours { fill: #58a6ff }
  .range.ours { stroke: #1f5a9e }
}";

/// Draws it.
pub(crate) fn svg(figures: &[Figures]) -> String {
    let shown: Vec<_> = figures.iter().filter(|it| it.place == "current-thread").collect();
    let contestants = distinct(shown.iter().map(|it| it.contestant));
    let height = HEAD + ROW * contestants.len() as f64 + FOOT;
    let (width, total) = (LABELS + 2.0 * PANEL + 2.0 * GAP, 2.0 * height + GAP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {total}\" role=\"img\">\n\
         <title>Nanoseconds a task, for each way to run a graph</title>\n<style>{STYLE}</style>\n"
    );
    for (index, (bodies, title)) in PANELS.into_iter().enumerate() {
        let (column, row) = (index % 2, index / 2);
        let panel = Panel {
            left: LABELS + column as f64 * (PANEL + GAP),
            top: row as f64 * (height + GAP),
            figures: shown.iter().copied().filter(|it| it.bodies == bodies).collect(),
        };
        panel.draw(&mut svg, title, &contestants, column == 0).expect("a string takes all");
    }
    svg + "</svg>\n"
}

/// One kind of bodies.
struct Panel<'f> {
    left: f64,
    top: f64,
    figures: Vec<&'f Figures>,
}

impl Panel<'_> {
    fn draw(&self, svg: &mut String, title: &str, contestants: &[&str], is_named: bool) -> std::fmt::Result {
        let (left, top) = (self.left, self.top + HEAD);
        let bottom = top + ROW * contestants.len() as f64;
        writeln!(svg, "<text class=\"title\" x=\"{left}\" y=\"{}\">{title}: ns a task</text>", self.top + 18.0)?;
        let (first, last) = self.powers();
        for power in first..=last {
            let x = self.x(10_f64.powi(power));
            writeln!(svg, "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{bottom}\"/>")?;
            writeln!(svg, "<text class=\"scale\" x=\"{x:.1}\" y=\"{}\">{}</text>", bottom + 16.0, 10_f64.powi(power))?;
        }
        for (row, &contestant) in contestants.iter().enumerate() {
            let y = top + ROW * (row as f64 + 0.5);
            let class = if contestant.starts_with("adagio") { "ours" } else { "" };
            if is_named {
                writeln!(
                    svg,
                    "<text class=\"name {class}\" x=\"{}\" y=\"{}\">{contestant}</text>",
                    left - 12.0,
                    y + 4.0
                )?;
            }
            let own: Vec<_> = self.figures.iter().filter(|it| it.contestant == contestant).collect();
            let ends = own.iter().map(|it| self.x(it.a_task()));
            let (from, to) = ends.fold((f64::MAX, f64::MIN), |(from, to), x| (from.min(x), to.max(x)));
            if !own.is_empty() {
                writeln!(svg, "<line class=\"range {class}\" x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{y}\" y2=\"{y}\"/>")?;
            }
            for figures in own {
                let x = self.x(figures.a_task());
                let title = format!("{contestant}, {}: {:.1} ns a task", figures.graph, figures.a_task());
                writeln!(
                    svg,
                    "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y}\" r=\"4\"><title>{title}</title></circle>"
                )?;
            }
        }
        Ok(())
    }

    /// The powers of ten between which all figures lie.
    fn powers(&self) -> (i32, i32) {
        let powers = self.figures.iter().map(|it| it.a_task().log10());
        let (least, most) = powers.fold((f64::MAX, f64::MIN), |(least, most), it| (least.min(it), most.max(it)));
        (least.floor() as i32, most.ceil() as i32)
    }

    fn x(&self, nanoseconds: f64) -> f64 {
        let (first, last) = self.powers();
        self.left + PANEL * (nanoseconds.log10() - f64::from(first)) / f64::from(last - first)
    }
}
