//! Graphs, bodies and contestants: what the bench runs.
// The graphs are generated, as wide and as long as the bench wants them.
#![allow(
    clippy::too_many_arguments,
    clippy::too_many_lines,
    clippy::large_futures,
    clippy::let_and_return,
    clippy::many_single_char_names,
    clippy::must_use_candidate,
    clippy::similar_names
)]

pub mod body;
pub mod contestants;
pub mod http;
pub mod measure;
pub mod shape;
pub mod sockets;

/// The graphs, each as a block and by hand.
pub mod graphs {
    include!(concat!(env!("OUT_DIR"), "/graphs.rs"));
}

/// The same graphs for counts of instructions, whose tasks add their inputs with fewer instructions.
pub mod counted {
    include!(concat!(env!("OUT_DIR"), "/counted.rs"));
}
