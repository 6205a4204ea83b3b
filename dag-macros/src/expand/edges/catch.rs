//! Dependencies with `catch`: where failures are kept that do not end a terminal, and how a body takes them.

use std::collections::HashMap;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{caught_as_result, looks_at_causes};
use crate::analyse::{Dependency, Form, Task};
use crate::expand::{Expansion, as_inner, at_span, driver, each, inner};

/// Returns an `allow` for a body that takes a failure in a `Result`: the body cannot borrow this `Result`.
pub(in crate::expand) fn lints_of_body(task: &Task<'_>) -> Option<TokenStream> {
    looks_at_causes(task).then(|| quote!(#[allow(clippy::needless_pass_by_value)]))
}

/// Returns the ids of the dependencies that a task catches.
pub(in crate::expand) fn caught_by<'e>(expansion: &'e Expansion<'_>, id: usize) -> &'e [usize] {
    expansion.edges.as_ref().map_or(&[], |edges| &edges.caught[id])
}

/// Returns the field of the cells where bodies find failures, and its value.
pub(in crate::expand) fn causes(expansion: &Expansion<'_>) -> Option<(TokenStream, TokenStream)> {
    let runtime = &expansion.runtime;
    expansion.edges.as_ref().filter(|edges| edges.keeps_causes)?;
    Some((quote_mixed!(__dag_causes: #runtime::Causes,), quote_mixed!(__dag_causes: #runtime::Causes::none(),)))
}

/// Returns the code that, before a task which reads failures starts, moves them to the place where it reads them.
pub(in crate::expand) fn note_causes(expansion: &Expansion<'_>, task: &Task<'_>) -> Option<TokenStream> {
    (expansion.edges.is_some() && looks_at_causes(task))
        .then(|| quote_mixed!(__scheduler.note_causes(&__cells.__dag_causes);))
}

/// Returns the code that handles a failure which may be caught.
// Output:
//     {
//         let __failure = Failure::ApiError(__error);
//         if __scheduler.is_fatal(2) {
//             match __keep(__failure) { .. }
//         } else {
//             let __source = __scheduler.is_readable(2).then(|| Self::__dag_caught(__failure)).flatten();
//             __scheduler.catch(2, __source);
//         }
//     }
pub(in crate::expand) fn fail(
    expansion: &Expansion<'_>,
    id: &Literal,
    task: &Task<'_>,
    failure: &TokenStream,
) -> TokenStream {
    let fail = driver::fail(expansion, id, task, &quote_mixed!(__failure));
    let caught = match task.each() {
        Some(_) => {
            let source = each::source(expansion, task);
            quote_mixed!(__source.map(|__source| #source))
        }
        None => quote_mixed!(__source),
    };
    quote_mixed! {
        {
            let __failure = #failure;
            if __scheduler.is_fatal(#id) {
                #fail
            } else {
                let __source = __scheduler.is_readable(#id).then(|| Self::__dag_caught(__failure)).flatten();
                __scheduler.catch(#id, #caught);
            }
        }
    }
}

/// Returns the code with which a task looks, before it starts, whether its failure would end the block: if not, nobody
/// outside of the block has an error type for it.
pub(in crate::expand) fn look_at_fatal(
    expansion: &Expansion<'_>,
    id: &Literal,
    task: &Task<'_>,
) -> Option<TokenStream> {
    let is_kept = task.method.options.retry.is_some() || expansion.dag.is_durable();
    (is_kept && task.fails.is_some() && expansion.edges.is_some() && !task.is_tried_elsewhere())
        .then(|| quote_mixed!(let __is_fatal = __scheduler.is_fatal(#id);))
}

/// Returns the code that converts a failure into the source that observers and keepers get.
// Output:
//     if __is_fatal {
//         kept(__keep, Failure::ApiError(__error))
//     } else {
//         Self::__dag_caught(Failure::ApiError(__error)).unwrap_or_else(unseen_error)
//     }
pub(in crate::expand) fn source(expansion: &Expansion<'_>, task: &Task<'_>, failure: &TokenStream) -> TokenStream {
    let runtime = &expansion.runtime;
    let kept = quote_mixed!(#runtime::kept(__keep, #failure));
    if expansion.edges.is_none() || task.is_tried_elsewhere() {
        return kept;
    }
    quote_mixed! {
        if __is_fatal { #kept } else { Self::__dag_caught(#failure).unwrap_or_else(#runtime::unseen_error) }
    }
}

/// Returns the argument of a body for a caught dependency: the result, if it is there. `value` is the code that
/// computes it from `__caught`, a reference.
// Output:
//     match __cells.coupon.get() {
//         Some(__caught) => Ok(__caught),
//         None => Err(__cells.__dag_causes.of(1)),
//     }
pub(in crate::expand) fn argument(
    expansion: &Expansion<'_>,
    dependency: &Dependency<'_>,
    form: Form,
    value: &TokenStream,
) -> TokenStream {
    let at = dependency.name.span().resolved_at(Span::mixed_site());
    let field = at_span(dependency.name, at);
    let own = || quote_spanned!(at=> __cells.#field.get());
    let result = inner::caught(expansion, dependency.task, at).unwrap_or_else(own);
    let id = Literal::usize_unsuffixed(expansion.ids[dependency.task]);
    let (some, none) = if form == Form::Result {
        let cause = quote_spanned!(at=> __cells.__dag_causes.of(#id));
        // A body must not decide by what a stored failure does not have.
        let cause = if expansion.dag.block.options.durable.is_some() {
            let runtime = expansion.runtime_at(at);
            quote_spanned!(at=> #runtime::stored_failure(&#cause))
        } else {
            cause
        };
        (quote_spanned!(at=> ::core::result::Result::Ok), quote_spanned!(at=> ::core::result::Result::Err(#cause)))
    } else {
        (quote_spanned!(at=> ::core::option::Option::Some), quote_spanned!(at=> ::core::option::Option::None))
    };
    quote_spanned! {at=>
        match #result {
            ::core::option::Option::Some(__caught) => #some(#value),
            ::core::option::Option::None => #none,
        }
    }
}

/// Writes the function that keeps failures which do not end a terminal, if a task may read them. An error that cannot
/// be kept is reported at the first name in `#[depends(..)]` through which a task reads it.
// Output:
//     fn __dag_caught<'__dag>(__failure: Failure<..>) -> Option<ErrorSource> {
//         match __failure {
//             Failure::ApiError(__error) => Some(CaughtError::into_source(__error)),
//             _ => None,
//         }
//     }
pub(in crate::expand) fn caught(expansion: &Expansion<'_>) -> Option<TokenStream> {
    expansion.edges.as_ref()?;
    let Expansion { runtime, failure, dag, .. } = expansion;
    // The failures and the inner tasks that tasks read, each with the first name through which it is read.
    let (mut own, mut inner) = (HashMap::new(), HashMap::new());
    for (_, task) in expansion.tasks() {
        // A keeper gets each failure, and a run of a durable block can keep each.
        let all = task.dependencies.iter().filter(|it| it.catch.is_some() && dag.is_durable());
        for dependency in caught_as_result(task).chain(all) {
            let (name, object) = match dag.inner(dependency.task) {
                Some((inner_graph, _)) => {
                    inner.entry(dependency.task).or_insert(dependency.name);
                    (dependency.name, inner_graph.task)
                }
                None => (dependency.name, dependency.task),
            };
            for reached in &dag.tasks[object].reachable {
                own.entry(reached.failure).or_insert(name);
            }
            for reached in &dag.tasks[object].inner {
                inner.entry(reached.node).or_insert(name);
            }
        }
    }
    let at = |name: &Ident| name.span().resolved_at(Span::mixed_site());
    let arms = dag.failures.iter().enumerate().filter_map(|(position, number)| {
        let (at, variant) = (at(own.get(&position)?), &number.variant);
        let runtime = expansion.runtime_at(at);
        let source = quote_spanned!(at=> #runtime::CaughtError::into_source(__error));
        Some(quote_mixed!(#failure::#variant(__error) => ::core::option::Option::Some(#source),))
    });
    let inner_arms = dag.inner_graphs.iter().filter_map(|inner_graph| {
        let variant = inner::variant(expansion, inner_graph);
        let goals = inner_graph.inner.iter().filter_map(|named| {
            let at = at(inner.get(&named.node)?);
            let (runtime, key) = (expansion.runtime_at(at), as_inner::key(named.name));
            let id = Literal::usize_unsuffixed(expansion.ids[named.node]);
            let failed = quote_spanned!(at=> #runtime::Defer::new(__failed));
            let source = quote_spanned!(at=> #runtime::IntoInnerError::<_, #key>::into_source(#failed));
            Some(quote_mixed!(#id => ::core::option::Option::Some(#source),))
        });
        let goals: Vec<_> = goals.collect();
        (!goals.is_empty()).then(|| {
            quote_mixed! {
                #failure::#variant(__goal, __failed) => match __goal {
                    #(#goals)*
                    _ => ::core::option::Option::None,
                },
            }
        })
    });
    let arms: Vec<_> = arms.chain(inner_arms).collect();
    let others = (arms.len() < expansion.variants()).then(|| quote_mixed!(_ => ::core::option::Option::None,));
    let failure_type = expansion.failure_type();
    Some(quote_mixed! {
        fn __dag_caught<'__dag>(__failure: #failure_type) -> ::core::option::Option<#runtime::ErrorSource> {
            match __failure {
                #(#arms)*
                #others
            }
        }
    })
}

/// Returns the code that finds the node of the outer graph for an inner failure. A failure that ends no terminal or run
/// goes no further.
// Output:
//     let Some(__goal) = __border_1.fatal_goal(&mut __failed, (<Pricing as InnerObject>::origin, ..::blame), &__fatal) else {
//         let __goal = __border_1.failed_goal(<Pricing as InnerObject>::origin(&__failed));
//         let __source = Self::__dag_caught(Failure::__Inner1(__goal, __failed));
//         return Ok(named(Self::__DAG_GRAPH.node_name(__goal), __source.unwrap_or_else(unseen_error)));
//     };
pub(in crate::expand) fn inner_goal(
    expansion: &Expansion<'_>,
    border: &Ident,
    (origin, blame): (&TokenStream, &TokenStream),
    variant: &Ident,
) -> TokenStream {
    let Expansion { runtime, failure, .. } = expansion;
    quote_mixed! {
        let ::core::option::Option::Some(__goal) = #border.fatal_goal(&mut __failed, (#origin, #blame), &__fatal) else {
            let __goal = #border.failed_goal(#origin(&__failed));
            let __source = Self::__dag_caught(#failure::#variant(__goal, __failed));
            let __source = __source.unwrap_or_else(#runtime::unseen_error);
            return ::core::result::Result::Ok(#runtime::named(Self::__DAG_GRAPH.node_name(__goal), __source));
        };
    }
}

/// Returns the code that finds the node of the outer graph whose failure ends the outer graph.
pub(in crate::expand) fn fatal_goal(border: &Ident, (origin, blame): (&TokenStream, &TokenStream)) -> TokenStream {
    quote_mixed! {
        {
            let __goal = #border.fatal_goal(&mut __failed, (#origin, #blame), &__fatal);
            __goal.unwrap_or_else(|| #border.failed_goal(#origin(&__failed)))
        }
    }
}

/// Checks that an inner task that is caught can fail: only its type shows this.
pub(in crate::expand) fn checks(expansion: &Expansion<'_>) -> TokenStream {
    let dag = expansion.dag;
    let dependencies = dag.tasks.iter().flat_map(|task| &task.dependencies);
    let caught = dependencies.filter_map(|dependency| {
        let catch = dependency.catch?;
        let (inner_graph, inner) = dag.inner(dependency.task)?;
        let object = &dag.tasks[inner_graph.task];
        if !object.reachable.is_empty() || !object.inner.is_empty() {
            return None;
        }
        let at = catch.span().resolved_at(Span::mixed_site());
        let (runtime, inner) = (expansion.runtime_at(at), inner::inner_task(expansion, inner_graph, inner));
        Some(quote_spanned!(at=> #runtime::require_failing(#inner);))
    });
    caught.collect()
}
