//! How the pictures of a graph show a task that runs once for each element of a collection.
#![allow(clippy::unused_async, reason = "nothing runs here")]

use adagio::{EdgeKind, dag};

struct Site;

#[dag]
#[expect(dead_code, reason = "only drawn")]
impl Site {
    fn ids(&self) -> Vec<u32> {
        vec![1]
    }

    fn shop(&self) -> u32 {
        1
    }

    #[depends(id in ids, shop)]
    async fn pages(&self, id: u32, shop: u32) -> Result<u32, String> {
        Ok(id + shop)
    }

    #[depends(page in pages)]
    async fn rows(&self, page: &u32) -> u32 {
        *page
    }

    #[depends(rows)]
    pub(crate) fn total(&self, rows: &[u32]) -> u32 {
        rows.iter().sum()
    }
}

#[test]
fn the_edge_from_a_collection_has_its_kind() {
    let edges = |name: &str| {
        let task = Site::graph().tasks().find(|task| task.name() == name).unwrap();
        task.edges().map(|(task, kind)| (task.name(), kind)).collect::<Vec<_>>()
    };
    assert_eq!(edges("pages"), [("ids", EdgeKind::In), ("shop", EdgeKind::Plain)]);
    assert_eq!(edges("rows"), [("pages", EdgeKind::In)]);
    assert_eq!(edges("total"), [("rows", EdgeKind::Plain)]);
}

#[test]
fn the_tree_says_what_is_a_collection() {
    let lines = [
        "Site",
        "total            fn",
        "└─ rows          async",
        "   └─ in pages   async",
        "      ├─ in ids  fn",
        "      └─ shop    fn",
    ];
    assert_eq!(Site::graph().to_string(), lines.join("\n"));
}

#[test]
fn diagrams_have_a_double_box() {
    let mermaid = Site::graph().to_mermaid();
    for part in ["t0[\"ids", "t2[[\"pages", "]]\n", "t0 -- in --> t2", "t1 --> t2", "t2 -- in --> t3", "t3 --> t4"] {
        assert!(mermaid.contains(part), "{part}: {mermaid}");
    }
    let dot = Site::graph().to_dot();
    assert_eq!(dot.matches(", peripheries=2];").count(), 2, "{dot}");
    assert!(dot.contains("t0 -> t2;") && dot.contains("\\ndouble: runs once for each element\";"), "{dot}");
}

#[test]
fn the_picture_has_a_stack_of_boxes_and_a_legend() {
    let svg = Site::graph().to_svg();
    assert_eq!(svg.matches("<path class=\"stack\"").count(), 2);
    assert_eq!(svg.matches("once for each element</text>").count(), 1);
}
