//! Pictures of a graph with an inner graph, and the timeline of its run.
#![allow(clippy::unused_async, dead_code, reason = "these tasks are looked at")]

use std::ops::Range;

use adagio::{GraphTask, TaskKind, Timeline, dag};
use futures::executor::block_on;
use roxmltree::{Document, Node};

use crate::common::deadline;

struct Rates;

#[dag]
impl Rates {
    async fn rate(&self) -> u64 {
        2
    }
}

struct Pricing;

#[dag]
impl Pricing {
    #[task(graph)]
    fn rates(&self) -> Rates {
        Rates
    }

    /// What it costs.
    #[depends(rates.rate)]
    async fn total(&self, rate: u64) -> u64 {
        rate * 21
    }

    async fn unneeded(&self) {}
}

struct Page;

#[dag]
impl Page {
    async fn user(&self) {}

    #[depends(user)]
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing
    }

    #[depends(pricing.total, user)]
    async fn page(&self, total: u64) -> u64 {
        total
    }
}

#[test]
fn the_tasks_of_a_graph_inside_have_a_dot_in_their_names() {
    let tasks: Vec<_> = Page::graph().tasks().collect();
    let names: Vec<_> = tasks.iter().map(|task| task.name()).collect();
    assert_eq!(names, ["user", "pricing", "pricing.rates", "pricing.rates.rate", "pricing.total", "page"]);
    let dependencies: Vec<Vec<_>> =
        tasks.iter().map(|task| task.dependencies().map(GraphTask::name).collect()).collect();
    assert_eq!(
        dependencies,
        [
            &[] as &[&str],
            &["user"],
            &["pricing"],
            &["pricing.rates"],
            &["pricing.rates.rate"],
            &["pricing.total", "user"]
        ]
    );
    assert_eq!((tasks[4].docs(), tasks[2].kind()), ("What it costs.", TaskKind::Fn));
}

#[test]
fn a_flowchart_and_a_digraph_have_a_box_for_each_graph_inside() {
    let expected = r#"flowchart LR
    t0["user"]
    t1["pricing<br/>Pricing"]
    t5["page<br/>u64"]
    subgraph g0["pricing"]
        t2["pricing.rates<br/>Rates"]
        t4["pricing.total<br/>u64"]
        subgraph g1["pricing.rates"]
            t3["pricing.rates.rate<br/>u64"]
        end
    end
    t0 --> t1
    t1 --> t2
    t2 --> t3
    t3 --> t4
    t4 --> t5
    t0 --> t5
"#;
    assert_eq!(Page::graph().to_mermaid(), expected);
    let dot = Page::graph().to_dot();
    let inner = "    subgraph cluster0 {
        label=\"pricing\";
        t2 [label=\"pricing.rates\\nRates\", tooltip=\"Rates\"];
        t4 [label=\"pricing.total\\nu64\", tooltip=\"u64\\n\\nWhat it costs.\"];
        subgraph cluster1 {
            label=\"pricing.rates\";
            t3 [label=\"pricing.rates.rate\\nu64\", tooltip=\"u64\"];
        }
    }
";
    assert!(dot.contains(inner), "{dot}");
}

/// The elements of a picture, by name.
struct Drawn {
    tasks: Vec<(String, Area)>,
    boxes: Vec<(String, Area)>,
}

struct Area {
    x: Range<f64>,
    y: Range<f64>,
}

impl Area {
    fn holds(&self, other: &Self) -> bool {
        let holds = |one: &Range<f64>, other: &Range<f64>| one.start < other.start && other.end < one.end;
        holds(&self.x, &other.x) && holds(&self.y, &other.y)
    }

    fn is_beside(&self, other: &Self) -> bool {
        let is_beside = |one: &Range<f64>, other: &Range<f64>| one.end < other.start || other.end < one.start;
        is_beside(&self.x, &other.x) || is_beside(&self.y, &other.y)
    }
}

impl Drawn {
    fn new(svg: &str) -> Self {
        let document = Document::parse(svg).unwrap();
        let of_class = |class: &str| {
            let elements = document.descendants().filter(|element| element.attribute("class") == Some(class));
            elements.map(named_area).collect()
        };
        Self { tasks: of_class("node"), boxes: of_class("group") }
    }

    fn names(of: &[(String, Area)]) -> Vec<&str> {
        of.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// A box contains the tasks and the boxes that have its name before a dot, and overlaps no others.
    fn assert_that_boxes_nest(&self) {
        for (outer, area) in &self.boxes {
            for (name, other) in self.tasks.iter().chain(&self.boxes) {
                let is_inside = name.strip_prefix(outer.as_str()).is_some_and(|rest| rest.starts_with('.'));
                assert_eq!(area.holds(other), is_inside, "`{name}` in the box `{outer}`");
            }
            for (name, other) in &self.tasks {
                assert!(area.holds(other) || area.is_beside(other), "`{name}` at the border of `{outer}`");
            }
        }
        for (position, (name, task)) in self.tasks.iter().enumerate() {
            assert!(self.tasks[..position].iter().all(|(_, other)| task.is_beside(other)), "`{name}` overlaps");
        }
    }
}

/// Returns the name in an element, and the area of its rectangle.
fn named_area(element: Node<'_, '_>) -> (String, Area) {
    let find = |tag: &str| element.descendants().find(|element| element.tag_name().name() == tag).unwrap();
    let number = |name: &str| find("rect").attribute(name).unwrap().parse::<f64>().unwrap();
    let (x, y) = (number("x"), number("y"));
    let area = Area { x: x..x + number("width"), y: y..y + number("height") };
    // A label does not repeat the names of the boxes around it.
    let name = element.attribute("data-name").or_else(|| find("text").text());
    (name.unwrap().to_owned(), area)
}

const BOXES: [&str; 2] = ["pricing", "pricing.rates"];

#[test]
fn the_picture_has_a_box_for_each_graph_inside() {
    let drawn = Drawn::new(&Page::graph().to_svg());
    assert_eq!(
        Drawn::names(&drawn.tasks),
        ["user", "pricing", "pricing.rates", "pricing.rates.rate", "pricing.total", "page"]
    );
    assert_eq!(Drawn::names(&drawn.boxes), BOXES);
    drawn.assert_that_boxes_nest();
}

/// Returns the graph in the report of a run.
fn graph_in_report(timeline: &Timeline) -> Drawn {
    let html = timeline.to_html();
    let (_, graph) = html.split_once("aria-label=\"graph\">").unwrap();
    let (svg, _) = graph.split_once("</svg>").unwrap();
    Drawn::new(&format!("{svg}</svg>"))
}

#[test]
fn the_report_of_a_run_has_the_same_boxes() {
    let _deadline = deadline();
    let timeline = Timeline::new();
    let run = Page.run().observe(timeline.clone());
    assert_eq!(*block_on(run.page()), 42);
    let drawn = graph_in_report(&timeline);
    assert_eq!(drawn.tasks.len(), 6);
    assert_eq!(Drawn::names(&drawn.boxes), BOXES);
    drawn.assert_that_boxes_nest();
}

#[test]
fn the_report_has_the_box_of_an_object_that_was_injected() {
    let _deadline = deadline();
    let timeline = Timeline::new();
    let run = Page.run().with_pricing(Pricing).observe(timeline.clone());
    assert_eq!(*block_on(run.page()), 42);
    let drawn = graph_in_report(&timeline);
    assert!(!Drawn::names(&drawn.tasks).contains(&"pricing"), "nothing happens to it");
    assert_eq!(Drawn::names(&drawn.boxes), BOXES);
    drawn.assert_that_boxes_nest();
}

#[test]
fn the_timeline_shows_the_tasks_of_a_graph_inside() {
    let _deadline = deadline();
    let timeline = Timeline::new();
    let run = Page.run().observe(timeline.clone());
    assert_eq!(*block_on(run.page()), 42);
    let text = timeline.to_string();
    for name in ["user", "pricing", "pricing.rates", "pricing.rates.rate", "pricing.total", "page"] {
        assert!(text.lines().any(|line| line.split_whitespace().any(|word| word == name)), "{name} in\n{text}");
    }
    for picture in [timeline.to_svg(), timeline.to_html(), timeline.to_chrome_trace(), Page::graph().to_svg()] {
        assert!(picture.contains("pricing.total"));
    }
}

struct Waits;

#[dag]
impl Waits {
    async fn never(&self) -> u64 {
        std::future::pending().await
    }

    #[depends(never)]
    async fn behind(&self, never: u64) -> u64 {
        never
    }

    async fn early(&self) -> Result<u64, String> {
        Err("optional".to_owned())
    }

    #[depends(early)]
    async fn fails(&self, early: u64) -> Result<u64, String> {
        Ok(early)
    }

    async fn fatal(&self) -> Result<u64, String> {
        std::future::ready(()).await;
        Err("no <price>".to_owned())
    }

    #[depends(behind, fatal, catch fails)]
    async fn page(&self, behind: u64, fatal: u64) -> Result<u64, String> {
        Ok(behind + fatal)
    }
}

#[test]
fn the_page_of_a_failed_run_names_the_goal_and_the_failure_that_ended_it() {
    let _deadline = deadline();
    let timeline = Timeline::new();
    let run = Waits.run().observe(timeline.clone());
    assert_eq!(block_on(run.page()).unwrap_err().task(), "fatal");
    drop(run);
    let html = timeline.to_html();
    // `behind` was not told of: it waited for a task that was dropped. `early` failed first, which `page` would catch.
    assert!(html.contains("<title>Waits::page failed</title>"), "{html}");
    assert!(html.contains("<b>fatal</b> failed: no &lt;price&gt;"), "{html}");
    let path: Vec<String> = timeline.critical_path().iter().map(|task| task.name().to_owned()).collect();
    assert_eq!(path, ["fatal"]);
    // The whole type is in the title of a box.
    assert!(html.contains("<title>fatal: failed&#10;&#10;fatal -&gt; Result&lt;u64, String&gt;</title>"), "{html}");
}
