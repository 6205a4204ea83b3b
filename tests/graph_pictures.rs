//! Pictures of a graph with another inside, and the timeline of its run.
#![allow(clippy::unused_async, dead_code, reason = "these tasks are looked at")]

use adagio::{GraphTask, TaskKind, Timeline, dag};
use futures::executor::block_on;

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
    t1["pricing"]
    t5["page"]
    subgraph g0["pricing"]
        t2["pricing.rates"]
        t4["pricing.total"]
        subgraph g1["pricing.rates"]
            t3["pricing.rates.rate"]
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
        t2 [label=\"pricing.rates\"];
        t4 [label=\"pricing.total\", tooltip=\"What it costs.\"];
        subgraph cluster1 {
            label=\"pricing.rates\";
            t3 [label=\"pricing.rates.rate\"];
        }
    }
";
    assert!(dot.contains(inner), "{dot}");
}

#[test]
fn the_timeline_shows_the_tasks_of_a_graph_inside() {
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
