//! The data in the graph of a type, and its drawing.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, dead_code, reason = "these tasks are looked at, not run")]

use std::io;

use adagio::{Graph, GraphTask, TaskKind, dag};

struct Checkout<T>(T);

/// Its tasks are not in topological order.
#[dag]
impl<T: Send + Sync> Checkout<T> {
    /// The price in the user's own currency.
    ///
    /// Rounded.
    #[depends(user, rates, price)]
    fn quote(&self) -> io::Result<u8> {
        Ok(1)
    }

    /** Who is "buying" <here>. */
    async fn user(&self) -> io::Result<u8> {
        Ok(1)
    }

    #[doc = "What a euro is worth\\today."]
    async fn rates(&self) {}

    #[depends(cart, r#type)]
    fn price(&self) {}

    #[depends(user)]
    async fn cart(&self) {}

    #[doc = concat!("Of what ", "kind.")]
    #[depends(user)]
    async fn r#type(&self) -> Option<T> {
        None
    }

    #[depends(user)]
    async fn mail(&self) {}
}

fn graph() -> &'static Graph {
    Checkout::<u8>::graph()
}

#[test]
fn it_has_the_tasks_in_topological_order_with_what_is_known_of_them() {
    assert_eq!(graph().name(), "Checkout");
    let names: Vec<_> = graph().tasks().map(GraphTask::name).collect();
    assert_eq!(names, ["user", "rates", "cart", "type", "price", "quote", "mail"]);
    let quote = graph().tasks().nth(5).unwrap();
    assert_eq!(quote.dependencies().map(GraphTask::name).collect::<Vec<_>>(), ["user", "rates", "price"]);
    assert_eq!(quote.docs(), "The price in the user's own currency.\n\nRounded.");
    assert_eq!((quote.kind(), quote.dependencies().next().unwrap().kind()), (TaskKind::Fn, TaskKind::Async));
    let docs: Vec<_> = graph().tasks().map(|task| task.docs().trim_end()).collect();
    assert_eq!(docs[..4], ["Who is \"buying\" <here>.", "What a euro is worth\\today.", "", "Of what kind."]);
    assert_eq!(
        format!("{:?}", graph().tasks().nth(4).unwrap()),
        r#"GraphTask { name: "price", kind: Fn, dependencies: ["cart", "type"] }"#
    );
}

#[test]
fn it_is_a_tree_in_the_terminal_with_what_a_task_needs_below_it() {
    let expected = "\
Checkout
mail           async
└─ user        async     Who is \"buying\" <here>.
quote          fn        The price in the user's own currency.
├─ user
├─ rates       async     What a euro is worth\\today.
└─ price       fn
   ├─ cart     async
   │  └─ user
   └─ type     async     Of what kind.
      └─ user";
    assert_eq!(graph().to_string(), expected);
}

#[test]
fn it_is_a_flowchart_for_mermaid() {
    let expected = "\
flowchart LR
    t0[\"user<br/>u8#63;\"]
    t1[\"rates\"]
    t2[\"cart\"]
    t3[\"type<br/>Option#60;T#62;\"]
    t4[\"price\"]
    t5[\"quote<br/>u8#63;\"]
    t6[\"mail\"]
    t0 --> t2
    t0 --> t3
    t2 --> t4
    t3 --> t4
    t0 --> t5
    t1 --> t5
    t4 --> t5
    t0 --> t6
";
    assert_eq!(graph().to_mermaid(), expected);
}

#[test]
fn it_is_a_digraph_for_graphviz() {
    let dot = graph().to_dot();
    let lines: Vec<&str> = dot.lines().collect();
    assert_eq!(lines[0], "digraph \"Checkout\" {");
    assert_eq!(lines[3], r#"    t0 [label="user\nu8?", tooltip="io::Result<u8>\n\nWho is \"buying\" <here>."];"#);
    assert_eq!(lines[4], r#"    t1 [label="rates", tooltip="What a euro is worth\\today."];"#);
    assert_eq!(lines[5], r#"    t2 [label="cart"];"#);
    assert_eq!(lines[6], r#"    t3 [label="type\nOption<T>", tooltip="Option<T>\n\nOf what kind."];"#);
    assert_eq!(lines[10..14], ["    t0 -> t2;", "    t0 -> t3;", "    t2 -> t4;", "    t3 -> t4;"]);
    assert_eq!(lines[18..], ["    label=\"?: it can fail\";", "}"]);
}

#[test]
fn each_task_has_the_type_of_its_result_as_it_is_declared() {
    let types: Vec<_> = graph().tasks().map(GraphTask::result_type).collect();
    assert_eq!(types, ["io::Result<u8>", "()", "()", "Option<T>", "()", "io::Result<u8>", "()"]);
}

#[test]
fn it_is_a_picture_with_names_types_and_docs() {
    let svg = graph().to_svg();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let nodes = document.descendants().filter(|node| node.attribute("class") == Some("node"));
    let texts = |node: roxmltree::Node<'_, '_>| {
        let texts = node.descendants().filter(roxmltree::Node::is_text);
        texts.map(|node| node.text().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let nodes: Vec<_> = nodes.map(texts).collect();
    assert_eq!(nodes.len(), 7);
    assert_eq!(nodes[0], ["async user -> io::Result<u8>\n\nWho is \"buying\" <here>.", "user", "u8?"]);
    assert_eq!(nodes[3][1..], ["type", "Option<T>"]);
    assert_eq!(nodes[4], ["fn price", "price"]);
}

#[test]
fn a_legend_says_what_colours_and_marks_mean_if_they_occur() {
    let legend = |graph: &Graph| {
        let svg = graph.to_svg();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let lines = document.descendants().filter(|node| node.attribute("class") == Some("legend"));
        let texts = lines.flat_map(|line| line.descendants().filter(roxmltree::Node::is_text));
        texts.map(|text| text.text().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(legend(graph()), ["async", "fn", "?", "it can fail"]);
    assert!(legend(One::graph()).is_empty());
}

struct One;

#[dag]
impl One {
    async fn only(&self) {}
}

#[test]
fn a_graph_of_one_task_has_no_edges() {
    assert_eq!(One::graph().to_string(), "One\nonly  async");
    assert_eq!(One::graph().to_mermaid(), "flowchart LR\n    t0[\"only\"]\n");
    assert!(!One::graph().to_svg().contains("class=\"edges\""));
}
