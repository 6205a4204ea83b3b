//! Prints how the cost grows: with the tasks of a graph, with the width of a fan-out whose leaves wake one by one, and with
//! the calls that are pending at once on one thread. Without the feature `growth` the largest graphs are left out. With
//! `--check` all of it once, to see that it gets there.
// A thousand tasks are in one future; what is counted is small.
#![allow(clippy::large_futures, clippy::cast_precision_loss)]

use std::env;

use adagio_benches::body;

mod calls;
mod sizes;
mod step;
mod wakes;

/// Generated, as the library's are; one module a number of tasks.
#[allow(unreachable_pub, clippy::too_many_arguments, clippy::too_many_lines, clippy::similar_names)]
mod graphs {
    macro_rules! graphs {
        ($($(#[$cfg:meta])? $module:ident $file:literal)*) => {
            $($(#[$cfg])? pub(crate) mod $module {
                include!(concat!(env!("OUT_DIR"), $file));
            })*
        };
    }
    graphs! {
        ten "/growth_10.rs"
        thirty "/growth_30.rs"
        hundred "/growth_100.rs"
        #[cfg(feature = "growth")] three_hundred "/growth_300.rs"
        #[cfg(feature = "growth")] thousand "/growth_1000.rs"
    }
}

fn main() {
    let is_check = env::args().nth(1).is_some_and(|argument| argument == "--check");
    sizes::print(if is_check { 1 } else { 101 });
    wakes::print(if is_check { 1 } else { 101 });
    calls::print(if is_check { 100 } else { 100_000 });
}
