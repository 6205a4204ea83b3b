//! Options that are right, and that this version does not have. Goes when it has them all.

use proc_macro2::Ident;

use crate::errors::Errors;
use crate::parse::{Block, BlockOptions, TaskOptions};

/// Says so at each of them.
pub(super) fn check_not_yet(block: &Block, errors: &mut Errors) {
    let options =
        of_block(&block.options).into_iter().chain(block.methods.iter().flat_map(|method| of_task(&method.options)));
    for option in options.flatten() {
        errors.at(option.span(), format!("this version of adagio does not have `{option}` yet"));
    }
}

fn of_block(options: &BlockOptions) -> [Option<&Ident>; 1] {
    [options.durable.as_ref()]
}

fn of_task(options: &TaskOptions) -> [Option<&Ident>; 1] {
    [options.remote.as_ref()]
}
