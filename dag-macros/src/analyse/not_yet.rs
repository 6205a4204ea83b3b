//! Options that are right, and that this version does not have. Goes when it has them all.

use proc_macro2::Ident;

use crate::errors::Errors;
use crate::parse::{Block, BlockOptions, Given, TaskOptions};

/// Says so at each of them.
pub(super) fn check_not_yet(block: &Block, errors: &mut Errors) {
    let options =
        of_block(&block.options).into_iter().chain(block.methods.iter().flat_map(|method| of_task(&method.options)));
    for option in options.flatten() {
        errors.at(option.span(), format!("this version of adagio does not have `{option}` yet"));
    }
}

fn of_block(options: &BlockOptions) -> [Option<&Ident>; 2] {
    let BlockOptions { spawn, durable, max_concurrency: _, local: _, krate: _ } = options;
    [spawn.as_ref(), durable.as_ref()]
}

fn of_task(options: &TaskOptions) -> [Option<&Ident>; 9] {
    let TaskOptions { spawn, blocking, inline, timeout, retry, backoff, retry_if, graph, remote, .. } = options;
    [
        spawn.as_ref(),
        blocking.as_ref(),
        inline.as_ref(),
        name(timeout.as_ref()),
        name(retry.as_ref()),
        name(backoff.as_ref()),
        name(retry_if.as_ref()),
        graph.as_ref(),
        remote.as_ref(),
    ]
}

fn name<T>(option: Option<&Given<T>>) -> Option<&Ident> {
    option.map(|given| &given.name)
}
