//! Prints how many bytes a pending call takes: the size of its future, beside that of the code by hand. With `--check`, fails
//! if one is larger than its most: a ratio of the two sizes.
#![allow(clippy::large_futures, clippy::large_stack_arrays, reason = "their sizes are what is printed")]

use std::hint::black_box;

use adagio::dag;
use adagio_benches::body::{Body, Value, Yields};
use adagio_benches::graphs;

/// Results of 128 bytes, and 256 bytes that are kept across an await.
#[derive(Clone, Copy)]
struct Kept;

#[derive(Clone, Debug)]
struct Large([u8; 128]);

impl Value for Large {
    fn number(&self) -> u64 {
        self.0[0].into()
    }

    fn of(number: u64) -> Self {
        Self([number.to_le_bytes()[0]; 128])
    }
}

impl Body for Kept {
    type Value = Large;

    async fn run(self, task: usize, sum: u64) -> Large {
        let kept = black_box([task.to_le_bytes()[0]; 256]);
        tokio::task::yield_now().await;
        Large::of(sum.wrapping_add(black_box(kept)[0].into()))
    }
}

/// Keeps 16 KiB across an await.
async fn keep(input: u64) -> u64 {
    let kept = black_box([input.to_le_bytes()[0]; 16_384]);
    tokio::task::yield_now().await;
    input + u64::from(black_box(kept)[0])
}

/// Five bodies in a chain.
macro_rules! chain {
    ($module:ident: $(#[$task:meta])*) => {
        mod $module {
            use super::{dag, keep};

            pub(crate) struct Chain;

            #[dag]
            impl Chain {
                $(#[$task])*
                async fn one(&self) -> u64 {
                    keep(1).await
                }

                #[depends(one)]
                $(#[$task])*
                async fn two(&self, one: u64) -> u64 {
                    keep(one).await
                }

                #[depends(two)]
                $(#[$task])*
                async fn three(&self, two: u64) -> u64 {
                    keep(two).await
                }

                #[depends(three)]
                $(#[$task])*
                async fn four(&self, three: u64) -> u64 {
                    keep(three).await
                }

                #[depends(four)]
                $(#[$task])*
                pub(crate) async fn five(&self, four: u64) -> u64 {
                    keep(four).await
                }
            }
        }
    };
}

chain!(plain:);
chain!(boxed: #[task(boxed)]);

async fn five_by_hand() -> u64 {
    let one = keep(1).await;
    let two = keep(one).await;
    let three = keep(two).await;
    let four = keep(three).await;
    keep(four).await
}

fn main() {
    println!("| a pending call | by hand | adagio | ratio |");
    println!("|---|---|---|---|");
    macro_rules! rows {
        ($bodies:literal, $body:ident: $($graph:ident $most:literal)*) => {
            $(
                let by_hand = size_of_val(&graphs::$graph::by_hand(&graphs::$graph::ByHand($body)));
                let ours = size_of_val(&graphs::$graph::terminal(&graphs::$graph::Graph($body)));
                row(&format!("{}, {}", graphs::$graph::SHAPE.name, $bodies), by_hand, ours, $most);
            )*
        };
    }
    rows!("`u64` results", Yields: diamond 2.1 request 1.22 chain 3.22 fan_out 1.35 layers 1.44);
    rows!("128 B results, 256 B kept", Kept: diamond 1.5 request 1.18 chain 1.29 fan_out 1.43 layers 1.15);
    let by_hand = size_of_val(&five_by_hand());
    row("five bodies in a chain, 16 KiB kept", by_hand, size_of_val(&plain::Chain.five()), 1.02);
    row("the same with `#[task(boxed)]`", by_hand, size_of_val(&boxed::Chain.five()), 0.02);
}

fn row(name: &str, by_hand: usize, ours: usize, most: f64) {
    #[allow(clippy::cast_precision_loss, reason = "futures have less than 2^52 bytes")]
    let ratio = ours as f64 / by_hand as f64;
    println!("| {name} | {by_hand} | {ours} | {ratio:.2} |");
    let is_checked = std::env::args().any(|argument| argument == "--check");
    assert!(!is_checked || ratio <= most, "more than {most} times by hand");
}
