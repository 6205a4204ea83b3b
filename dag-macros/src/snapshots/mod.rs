//! What the macro makes of some blocks, beside this file as `*.in.rs` and `*.out.rs`. `BLESS=1 cargo test` writes the
//! latter anew.

use std::path::Path;
use std::{env, fs};

use proc_macro2::TokenStream;

use crate::expand::without_call;
use crate::expand_dag;
#[cfg(feature = "tokio")]
use crate::function::expand_task;

fn check(name: &str, options: &str) {
    check_with(expand_dag, name, options);
}

fn check_with(expand: fn(TokenStream, TokenStream) -> TokenStream, name: &str, options: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/snapshots");
    let block: TokenStream = fs::read_to_string(folder.join(format!("{name}.in.rs"))).unwrap().parse().unwrap();
    let file = syn::parse2(without_call(expand(options.parse().unwrap(), block))).unwrap();
    let expansion = prettyplease::unparse(&file);
    let snapshot = folder.join(format!("{name}.out.rs"));
    if env::var_os("BLESS").is_some() {
        fs::write(snapshot, expansion).unwrap();
        return;
    }
    let expected = fs::read_to_string(snapshot).unwrap();
    assert!(expansion == expected, "`{name}.out.rs` is not the expansion, which is:\n{expansion}");
}

#[test]
fn a_fallible_block_expands_to_its_snapshot() {
    check("fallible", "");
}

#[test]
fn a_block_with_a_task_for_each_element_expands_to_its_snapshot() {
    check("each", "");
}

#[test]
fn a_generic_local_block_expands_to_its_snapshot() {
    check("generic", "local");
}

#[cfg(feature = "tokio")]
#[test]
fn a_block_with_tasks_on_other_threads_expands_to_its_snapshot() {
    check("shared", "");
}

#[cfg(feature = "tokio")]
#[test]
fn a_block_with_elements_on_other_threads_expands_to_its_snapshot() {
    check("crew", "");
}

#[cfg(feature = "tokio")]
#[test]
fn a_function_expands_to_its_snapshot() {
    check_with(expand_task, "function", "retry = 3, timeout = \"250ms\"");
}

#[cfg(all(feature = "durable", feature = "tokio"))]
#[test]
fn a_durable_block_expands_to_its_snapshot() {
    check("durable", "durable");
}

#[cfg(all(feature = "durable", feature = "tokio"))]
#[test]
fn a_durable_block_with_a_task_for_each_element_expands_to_its_snapshot() {
    check("kept", "durable");
}
