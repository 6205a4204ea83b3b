//! Options that contradict each other or the task, or that have no meaning in their place.

use proc_macro2::Ident;
use syn::Type;

use crate::errors::Errors;
use crate::parse::{BlockOptions, Method, TaskOptions};
use crate::result_type::ResultType;

/// Checks the options of a block.
pub(super) fn check_block_options(options: &BlockOptions, errors: &mut Errors) {
    if let Some(limit) = options.max_concurrency.as_ref().filter(|limit| limit.value == 0) {
        errors.at(limit.name.span(), "with `max_concurrency = 0` no task ever starts: allow at least 1");
    }
    if let (true, Some(spawn)) = (options.local, &options.spawn) {
        let message = "`spawn` and `local` contradict each other: a task on another thread is `Send`";
        errors.at(spawn.span(), message);
    }
}

/// A task of a block is there once, so the name of its method tells it from all others.
pub(super) fn check_no_name(options: &TaskOptions, errors: &mut Errors) {
    if let Some(name) = &options.name {
        let message =
            "`name` is for `#[task]` functions: a task of a `#[dag]` block has the name of its method; take it away";
        errors.at(name.name.span(), message);
    }
}

/// Checks the options of a task.
pub(crate) fn check_task_options(method: &Method, output: Option<&Type>, errors: &mut Errors) {
    let options = &method.options;
    check_catch(options, output, errors);
    check_place(method, errors);
    check_timeout(method, output, errors);
    check_retry(options, output, errors);
}

/// A path that is not called `Result` may be a `Result` under another name; the type check decides that.
fn check_catch(options: &TaskOptions, output: Option<&Type>, errors: &mut Errors) {
    let Some(catch) = &options.catch else { return };
    if !output.is_some_and(may_be_result) {
        let message = "`catch` is for a task that returns a `Result`: it makes the `Result` an ordinary value";
        errors.at(catch.span(), message);
    }
}

/// Returns whether a type may be a `Result` under another name.
pub(crate) fn may_be_result(ty: &Type) -> bool {
    match ty {
        Type::Group(group) => may_be_result(&group.elem),
        Type::Paren(paren) => may_be_result(&paren.elem),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| !is_primitive(&last.ident)),
        Type::Macro(_) => true,
        _ => false,
    }
}

pub(super) fn is_primitive(name: &Ident) -> bool {
    let name = name.to_string();
    ["bool", "char", "str"].contains(&name.as_str()) || {
        let size = name.trim_start_matches(['u', 'i', 'f']);
        size.len() + 1 == name.len() && ["8", "16", "32", "64", "128", "size"].contains(&size)
    }
}

/// A task runs in one place.
fn check_place(method: &Method, errors: &mut Errors) {
    let TaskOptions { spawn, blocking, inline, .. } = &method.options;
    let given: Vec<&Ident> = [spawn, blocking, inline].into_iter().flatten().collect();
    if let [first, second, ..] = given[..] {
        errors.at(second.span(), format!("`{first}` and `{second}` contradict each other: take one away"));
        return;
    }
    let is_async = method.sig.asyncness.is_some();
    if let (Some(spawn), false) = (spawn, is_async) {
        let message = "`spawn` is for an `async fn`: a plain `fn` leaves the thread with `blocking`";
        errors.at(spawn.span(), message);
    }
    if let (Some(blocking), true) = (blocking, is_async) {
        // A task that is made at run time has no `spawn`.
        let remedy = match method.sig.receiver() {
            Some(_) => "an `async fn` leaves the thread with `spawn`",
            None => "write `fn`, or take `blocking` away",
        };
        errors.at(blocking.span(), format!("`blocking` is for a plain `fn`: {remedy}"));
    }
}

fn check_timeout(method: &Method, output: Option<&Type>, errors: &mut Errors) {
    let Some(timeout) = &method.options.timeout else { return };
    let span = timeout.name.span();
    if !is_result(output) {
        errors.at(span, "`timeout` is for a task that returns a `Result`: it fails with an error made of `TimedOut`");
    } else if method.sig.asyncness.is_none() {
        errors.at(span, "`timeout` is for an `async fn`: a plain `fn` cannot be stopped");
    } else if timeout.value.is_zero() {
        errors.at(span, "this `timeout` leaves no time: write a longer one");
    }
}

fn check_retry(options: &TaskOptions, output: Option<&Type>, errors: &mut Errors) {
    if let Some(retry) = &options.retry {
        if !is_result(output) {
            errors
                .at(retry.name.span(), "`retry` is for a task that returns a `Result`: only a failure is tried again");
        } else if retry.value == 0 {
            errors.at(retry.name.span(), "`retry = 0` tries nothing again: take it away");
        }
    } else if !options.is_broken {
        let lone = [
            options.backoff.as_ref().map(|given| &given.name),
            options.retry_if.as_ref().map(|given| &given.name),
            options.retry_after.as_ref().map(|given| &given.name),
        ];
        for name in lone.into_iter().flatten() {
            errors.at(name.span(), format!("`{name}` means nothing without `retry`: add `retry = 3`, or take it away"));
        }
    }
    if let Some(backoff) = options.backoff.as_ref().filter(|backoff| backoff.value.0 > backoff.value.1) {
        errors.at(backoff.name.span(), "this `backoff` shrinks: write the shortest wait first, then the longest");
    }
}

fn is_result(output: Option<&Type>) -> bool {
    output.and_then(ResultType::of).is_some()
}
