//! How the pictures of a graph show a caught dependency.
#![allow(clippy::unused_async, reason = "nothing runs here")]

use adagio::dag;

struct Checkout;

#[dag]
#[expect(dead_code, reason = "only drawn")]
impl Checkout {
    async fn cart(&self) -> u32 {
        1
    }

    async fn coupon(&self) -> Result<u32, String> {
        Ok(1)
    }

    #[depends(cart, catch coupon)]
    pub(crate) fn price(&self, cart: u32, coupon: Option<u32>) -> u32 {
        cart + coupon.unwrap_or(0)
    }
}

#[test]
fn the_tree_says_what_is_caught() {
    let tree = "Checkout\nprice            fn\n├─ cart          async\n└─ catch coupon  async";
    assert_eq!(Checkout::graph().to_string(), tree);
}

#[test]
fn diagrams_have_a_dotted_line() {
    let mermaid = Checkout::graph().to_mermaid();
    assert!(mermaid.contains("t0 --> t2") && mermaid.contains("t1 -. catch .-> t2"), "{mermaid}");
    let dot = Checkout::graph().to_dot();
    assert!(dot.contains("t0 -> t2;") && dot.contains("t1 -> t2 [style=dotted];"), "{dot}");
    assert!(dot.contains("label=\"?: it can fail\\ndotted: its failure is caught\";"), "{dot}");
}

#[test]
fn the_picture_has_a_dotted_line_and_a_legend() {
    let svg = Checkout::graph().to_svg();
    assert_eq!(svg.matches("<path class=\"edges\" stroke-dasharray").count(), 1);
    assert_eq!(svg.matches("its failure is caught</text>").count(), 1);
}
