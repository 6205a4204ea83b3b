//! Seven tasks: A; B(A); C; D(B, C); E(D); F(C, D); G(E, F). `diamond-expanded.rs` is what `#[dag]` makes of them.

use adagio::dag;

struct Diamond;

#[dag]
impl Diamond {
    async fn a(&self) -> u64 {
        call("a", 1).await
    }

    #[depends(a)]
    async fn b(&self, a: &u64) -> u64 {
        call("b", a + 1).await
    }

    async fn c(&self) -> u64 {
        call("c", 3).await
    }

    #[depends(b, c)]
    async fn d(&self, b: &u64, c: &u64) -> u64 {
        call("d", b + c).await
    }

    #[depends(d)]
    async fn e(&self, d: &u64) -> u64 {
        call("e", d + 1).await
    }

    #[depends(c, d)]
    async fn f(&self, c: &u64, d: &u64) -> u64 {
        call("f", c + d).await
    }

    #[depends(e, f)]
    async fn g(&self, e: &u64, f: &u64) -> u64 {
        call("g", e * f).await
    }
}

/// Stands for what a task waits for: lets the others have a turn.
async fn call(task: &str, value: u64) -> u64 {
    println!("{task} starts");
    tokio::task::yield_now().await;
    println!("{task} = {value}");
    value
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let g = Diamond.g().await;
    assert_eq!(g, 48);
}
