//! A profile as a page: one file, no network. Its only script sorts the tables.

use std::fmt;
use std::time::{Duration, SystemTime};

use dag_layout::{Escaped, Frame, Picture, PictureNode};

use super::block::{Block, Task, fraction};
use crate::observe::timeline::date::Date;
use crate::observe::timeline::page::Broken;
use crate::observe::timeline::page::graph::Boxes;
use crate::observe::timeline::scale::Unit;

/// The columns after the name, each with its tooltip. All of them have to fit into 700 pixels.
const HEADS: [(&str, &str); 9] = [
    ("On path", "in how many of the runs it is on the critical path"),
    ("p50", "its median time, from its start to its end"),
    ("p99", "the time that 99 % of its runs do not exceed"),
    ("Self p99", "the part of its time for which the call has waited, at p99: zero where it is off the critical path"),
    ("Twice as fast", "how much less the p99 of the call would be if the task took half its time"),
    ("Failed", "attempts that failed"),
    ("Retries", "further attempts"),
    ("Slot wait", "from the end of its last input to its start, on average"),
    ("Paused", "waiting for permits, and for tasks that its body awaits, on average"),
];
/// A picture of more tasks shows nothing.
const MOST_NODES: usize = 150;

pub(super) struct Page<'b>(pub(super) &'b [Block]);

impl fmt::Display for Page<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>Profile</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n<style>\n{}{}</style>\n</head>\n<body>\n<main>\n<h1>Profile</h1>\n\
             <p class=\"muted\">{}</p>\n",
            include_str!("../timeline/page.css"),
            include_str!("page.css"),
            Date(SystemTime::now()),
        )?;
        if self.0.is_empty() {
            out.write_str("<p>No run has ended.</p>\n")?;
        }
        self.0.iter().try_for_each(|block| write_block(block, out))?;
        write!(out, "</main>\n<script>\n{}</script>\n</body>\n</html>\n", include_str!("page.js"))
    }
}

fn write_block(block: &Block, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (p50, p99) = (block.total.quantile(0.5), block.total.quantile(0.99));
    let unit = Unit::of(p99);
    write!(
        out,
        "<section>\n<h2><code>{}::{}</code></h2>\n<ul class=\"facts\">\n<li><b>{}</b> <span>runs</span></li>\n\
         <li><b>{}</b> <span>failed</span></li>\n<li><b>{}</b> <span>p50</span></li>\n<li><b>{}</b> <span>p99</span></li>\n</ul>\n",
        Escaped(block.graph),
        Escaped(&block.goal),
        block.runs,
        block.failed,
        unit.write_near(p50),
        unit.write_near(p99),
    )?;
    if !block.edges.is_empty() && block.tasks.len() <= MOST_NODES {
        write_graph(block, unit, out)?;
    }
    write_table(block, unit, out)?;
    out.write_str("</section>\n")
}

fn write_graph(block: &Block, unit: Unit, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let order = order(block);
    let mut place_of = vec![0; order.len()];
    for (place, &task) in order.iter().enumerate() {
        place_of[task] = place;
    }
    let below: Vec<String> = order
        .iter()
        .map(|&task| {
            let Task { took, on_path, .. } = &block.tasks[task];
            format!("{}, {:.0} %", unit.write_near(took.quantile(0.5)), 100.0 * block.share(*on_path))
        })
        .collect();
    let mut boxes = Boxes::default();
    let nodes = order.iter().zip(&below).map(|(&task, note)| {
        let edges = || block.edges.iter().filter(|edge| edge.to == task && place_of[edge.from] < place_of[task]);
        let is_critical = 2 * block.tasks[task].on_path > block.runs;
        PictureNode {
            name: &block.tasks[task].name,
            note,
            title: &block.tasks[task].name,
            colour: if is_critical { "#d08700" } else { "" },
            dependencies: edges().map(|edge| place_of[edge.from]).collect(),
            within: boxes.around(&block.tasks[task].name),
            weights: edges().map(|edge| block.share(edge.on_path)).collect(),
            ..PictureNode::default()
        }
    });
    let nodes = nodes.collect();
    let picture = Picture { name: "graph", nodes, groups: boxes.groups, marked: Vec::new(), frame: Frame::Page };
    writeln!(
        out,
        "<div class=\"picture\" tabindex=\"0\" role=\"group\" aria-label=\"graph\">{picture}</div>\n<p class=\"muted\">\
         An edge is as thick as it is often critical. Below a name: its median, and how often it is on the critical path.</p>"
    )
}

/// Returns the tasks so that each stands behind what it needs, as far as that goes.
fn order(block: &Block) -> Vec<usize> {
    let mut order = Vec::with_capacity(block.tasks.len());
    let mut is_placed = vec![false; block.tasks.len()];
    while order.len() < block.tasks.len() {
        let is_free =
            |task: usize| block.edges.iter().all(|edge| edge.to != task || edge.from == task || is_placed[edge.from]);
        let open = (0..block.tasks.len()).filter(|&task| !is_placed[task]);
        // Tasks of one name may need each other.
        let next = open.clone().find(|&task| is_free(task)).or_else(|| open.clone().next());
        let Some(next) = next else { break };
        is_placed[next] = true;
        order.push(next);
    }
    order
}

fn write_table(block: &Block, unit: Unit, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    out.write_str("<div class=\"table\"><table class=\"sortable\">\n<thead><tr>")?;
    out.write_str("<th scope=\"col\"><button type=\"button\">Task</button></th>")?;
    for (head, title) in HEADS {
        write!(
            out,
            "<th scope=\"col\" class=\"number\"><button type=\"button\" title=\"{title}\">{head}</button></th>"
        )?;
    }
    out.write_str("</tr></thead>\n<tbody>\n")?;
    for place in block.ranked() {
        let task = &block.tasks[place];
        let share = block.share(task.on_path);
        write!(out, "<tr><td class=\"name\">{}</td>", Broken(&task.name))?;
        write!(out, "<td class=\"number\" data-by=\"{share}\">{:.0} %</td>", 100.0 * share)?;
        let time = |out: &mut fmt::Formatter<'_>, before: &str, time: Duration| {
            write!(out, "<td class=\"number\" data-by=\"{}\">{before}{}</td>", time.as_nanos(), unit.write_near(time))
        };
        time(out, "", task.took.quantile(0.5))?;
        time(out, "", task.took.quantile(0.99))?;
        time(out, "", task.own.quantile(0.99))?;
        let saved = block.samples.saved(place, 0.5);
        if saved.is_zero() {
            out.write_str("<td class=\"number\" data-by=\"0\">none</td>")?;
        } else {
            time(out, "-", saved)?;
        }
        for count in [task.failures, task.retries] {
            write!(out, "<td class=\"number\" data-by=\"{count}\">{count}</td>")?;
        }
        for all in [task.waited_for_slot(), task.paused()] {
            time(out, "", Duration::from_secs_f64(all.as_secs_f64() / fraction(task.count.max(1))))?;
        }
        out.write_str("</tr>\n")?;
    }
    out.write_str(
        "</tbody>\n</table></div>\n<p class=\"muted\">Self: the part of the time for which the call has waited. Twice as \
         fast: how much that would take off the p99 of the call, computed from the exact edges of the latest runs. It ignores \
         contention, so take it as an estimate.</p>\n",
    )
}
