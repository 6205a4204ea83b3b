//! Where each task runs, and the rules that follow for the object and the results.

use std::cell::Cell;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{GenericParam, Lifetime, Type};

use super::{Dag, Task, lifetimes};
use crate::errors::Errors;
use crate::parse::{Block, Given, Method};
use crate::self_lifetime::Outside;

/// Where a task runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where the terminal is awaited.
    Inline,
    /// On the worker threads of the runtime.
    Spawned,
    /// On a thread that may block.
    Blocking,
}

/// Returns where a task runs.
pub(super) fn place(method: &Method, block: &Block) -> Place {
    let is_spawned_by_block = block.options.spawn.is_some() && method.sig.asyncness.is_some();
    let options = &method.options;
    if options.blocking.is_some() {
        Place::Blocking
    } else if options.spawn.is_some() || is_spawned_by_block && options.inline.is_none() {
        Place::Spawned
    } else {
        Place::Inline
    }
}

/// Checks the rules that the places of the tasks impose on the block.
pub(super) fn check_places(dag: &Dag<'_>, errors: &mut Errors) {
    check_feature(dag, errors);
    check_inline(dag, errors);
    check_finish(dag, errors);
    if dag.is_shared() {
        check_local(dag, errors);
        check_borrows(dag, errors);
    }
}

/// Other threads and timers need a feature.
fn check_feature(dag: &Dag<'_>, errors: &mut Errors) {
    if cfg!(feature = "tokio") {
        return;
    }
    let of_tasks = dag.block.methods.iter().flat_map(|method| {
        let options = &method.options;
        let timers = [
            name(options.timeout.as_ref()),
            name(options.retry.as_ref()),
            name(options.permit.as_ref()),
            name(options.close_timeout.as_ref()),
        ];
        [options.spawn.as_ref(), options.blocking.as_ref()].into_iter().chain(timers)
    });
    for option in std::iter::once(dag.block.options.spawn.as_ref()).chain(of_tasks).flatten() {
        errors.at(option.span(), format!("`{option}` needs the feature `tokio` of adagio, which is on by default"));
    }
}

fn name<T>(option: Option<&Given<T>>) -> Option<&Ident> {
    option.map(|given| &given.name)
}

fn check_inline(dag: &Dag<'_>, errors: &mut Errors) {
    if dag.block.options.spawn.is_some() {
        return;
    }
    for inline in dag.block.methods.iter().filter_map(|method| method.options.inline.as_ref()) {
        errors.at(
            inline.span(),
            "`inline` is the exception in a `#[dag(spawn)]` block: here it means nothing, take it away",
        );
    }
}

/// Only a spawned task can go on without its caller.
fn check_finish(dag: &Dag<'_>, errors: &mut Errors) {
    for task in &dag.tasks {
        let Some(finish) = &task.method.options.finish else { continue };
        let message = match task.place {
            Place::Spawned => continue,
            _ if task.method.options.is_broken => continue,
            Place::Blocking => "a `blocking` task that has started always ends: take `finish` away",
            Place::Inline if !task.is_async() => "a plain `fn` that has started always ends: take `finish` away",
            Place::Inline => {
                "`finish` is for a spawned task, since any other stops with the future that drives it: add `spawn`"
            }
        };
        errors.at(finish.span(), message);
    }
}

fn check_local(dag: &Dag<'_>, errors: &mut Errors) {
    if !dag.block.options.local {
        return;
    }
    for method in &dag.block.methods {
        for option in [&method.options.spawn, &method.options.blocking].into_iter().flatten() {
            let message =
                format!("`{option}` and `#[dag(local)]` contradict each other: a task on another thread is `Send`");
            errors.at(option.span(), message);
        }
    }
}

/// Other threads may use the object and the results after the caller is gone.
fn check_borrows(dag: &Dag<'_>, errors: &mut Errors) {
    let block = dag.block;
    let message = "this object borrows, and tasks on other threads may outlive the borrow: let it own its parts, or share \
                   them in an `Arc`";
    check_object(dag, message, errors);
    for (task, output) in dag.tasks.iter().filter_map(|task| Some((task, task.output?))) {
        if borrows(task, output, block) {
            let message = "a result cannot borrow from `self` in a block with tasks on other threads, which may outlive \
                           the borrow: return a value of its own, or an `Arc`";
            errors.over(output, message);
        }
    }
}

/// Checks that the type of the object has no lifetime.
pub(super) fn check_object(dag: &Dag<'_>, message: &str, errors: &mut Errors) {
    let block = dag.block;
    let is_borrowed = |lifetime: &Ident| lifetime != "static";
    let has_lifetime = block.generics.params.iter().any(|param| matches!(param, GenericParam::Lifetime(_)));
    if has_lifetime || lifetimes(block.self_ty.to_token_stream()).iter().any(is_borrowed) {
        errors.over(&block.self_ty, message);
    }
}

/// Returns whether a lifetime of `self` is in the type of a result.
fn borrows(task: &Task<'_>, output: &Type, block: &Block) -> bool {
    let is_found = Cell::new(false);
    let lifetime = |span| {
        is_found.set(true);
        Lifetime::new("'_", span)
    };
    let own: Vec<Ident> = task.method.sig.generics.lifetimes().map(|param| param.lifetime.ident.clone()).collect();
    Outside { lifetime: &lifetime, own: &own, self_ty: &block.self_ty }.spell(output);
    is_found.get()
}
