//! The extra code of a block with dependencies that are not plain: which failures end which terminal, and how the
//! others are handled. Other blocks get no token from here.

use std::collections::HashMap;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Expansion, around, at_span, hexadecimal, inside};
use crate::analyse::{Dag, Dependency, Form, Place, Task};

/// The consequences of dependencies that are not plain, by id.
pub(super) struct Edges {
    /// For each id, the dependencies that it catches.
    caught: Vec<Vec<usize>>,
    /// For each id, its lazy dependencies.
    lazy: Vec<Vec<usize>>,
    /// The asks: an asker and its lazy dependency, in ascending order of the askers.
    asks: Vec<(usize, usize)>,
    /// For each id, the ids from which some path to it has no `catch`, as words of bits; it contains the id itself.
    fatal: Vec<Vec<u64>>,
    /// For each id, whether it needs a dependency that is not plain.
    are_needed: Vec<bool>,
    /// Some task reads the failure that reached a dependency.
    keeps_causes: bool,
}

impl Edges {
    /// Goes over the block once, in topological order.
    pub(super) fn of(dag: &Dag<'_>, ids: &[usize]) -> Option<Self> {
        if !dag.has_edges() {
            return None;
        }
        let words = ids.len().div_ceil(64);
        let mut edges = Self {
            caught: vec![Vec::new(); ids.len()],
            lazy: vec![Vec::new(); ids.len()],
            asks: Vec::new(),
            fatal: Vec::with_capacity(ids.len()),
            are_needed: Vec::with_capacity(ids.len()),
            keeps_causes: false,
        };
        for (position, task) in dag.tasks.iter().enumerate() {
            let caught = task.dependencies.iter().filter(|dependency| dependency.catch.is_some());
            edges.caught[ids[position]].extend(caught.map(|dependency| ids[dependency.task]));
            let lazy = task.dependencies.iter().filter(|dependency| dependency.lazy.is_some());
            edges.lazy[ids[position]].extend(lazy.map(|dependency| ids[dependency.task]));
            edges.keeps_causes |= looks_at_causes(task);
        }
        let asks = edges.lazy.iter().enumerate().flat_map(|(task, lazy)| lazy.iter().map(move |&it| (task, it)));
        edges.asks = asks.collect();
        for (id, &node) in dag.order.iter().enumerate() {
            let mut fatal = vec![0; words];
            fatal[id / 64] |= 1 << (id % 64);
            let mut are_needed = !edges.caught[id].is_empty() || !edges.lazy[id].is_empty();
            for dependency in dag.edges[node].iter().map(|&dependency| ids[dependency]) {
                are_needed |= edges.are_needed[dependency];
                if !edges.caught[id].contains(&dependency) {
                    fatal.iter_mut().zip(&edges.fatal[dependency]).for_each(|(word, above)| *word |= above);
                }
            }
            edges.fatal.push(fatal);
            edges.are_needed.push(are_needed);
        }
        Some(edges)
    }
}

fn looks_at_causes(task: &Task<'_>) -> bool {
    task.parameters.iter().any(|parameter| parameter.form == Form::Result)
}

/// Returns an `allow` for a body that takes a failure in a `Result`: the body cannot borrow this `Result`.
pub(super) fn lints_of_body(task: &Task<'_>) -> Option<TokenStream> {
    looks_at_causes(task).then(|| quote!(#[allow(clippy::needless_pass_by_value)]))
}

/// Returns whether a terminal needs a dependency that is not plain.
pub(super) fn are_needed(expansion: &Expansion<'_>, id: usize) -> bool {
    expansion.edges.as_ref().is_some_and(|edges| edges.are_needed[id])
}

/// Returns the scheduler of such a terminal.
pub(super) fn scheduler(expansion: &Expansion<'_>, id: usize, sets: &TokenStream) -> TokenStream {
    let (runtime, fatal) = (&expansion.runtime, fatal(expansion, id));
    let limit = match expansion.limit() {
        Some(limit) => quote_mixed!(::core::option::Option::Some(#limit)),
        None => quote_mixed!(::core::option::Option::None),
    };
    let id = Literal::usize_unsuffixed(id);
    quote_mixed!(#runtime::EdgeScheduler::new(Self::__DAG_GRAPH, #id, [#sets, #fatal], #limit))
}

/// Returns the settings for the workers of such a terminal.
pub(super) fn catching(expansion: &Expansion<'_>, id: usize) -> Option<TokenStream> {
    let fatal = are_needed(expansion, id).then(|| fatal(expansion, id))?;
    Some(quote_mixed!(.catching(#fatal, Self::__dag_caught)))
}

fn fatal(expansion: &Expansion<'_>, id: usize) -> TokenStream {
    let runtime = &expansion.runtime;
    let words = expansion.edges.iter().flat_map(|edges| &edges.fatal[id]).map(|&word| hexadecimal(word));
    quote_mixed!(#runtime::TaskSet([#(#words),*]))
}

/// Returns the dependencies that are not plain, as data.
// Output:
//     .with_edges(&[GraphEdge { task: 2, dependency: 0, kind: EdgeKind::Catch }])
pub(super) fn with_edges(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let (runtime, edges) = (&expansion.runtime, expansion.edges.as_ref()?);
    let both = edges.caught.iter().zip(&edges.lazy).enumerate();
    let all = both.flat_map(|(task, (caught, lazy))| {
        let caught = caught.iter().map(move |&dependency| (task, dependency, quote_mixed!(Catch)));
        caught.chain(lazy.iter().map(move |&dependency| (task, dependency, quote_mixed!(Lazy))))
    });
    let all = all.map(|(task, dependency, kind)| {
        let (task, dependency) = (Literal::usize_unsuffixed(task), Literal::usize_unsuffixed(dependency));
        quote_mixed!(#runtime::GraphEdge { task: #task, dependency: #dependency, kind: #runtime::EdgeKind::#kind })
    });
    Some(quote_mixed!(.with_edges(&[#(#all),*])))
}

/// Returns the ids of the dependencies that a task catches.
pub(super) fn caught_by<'e>(expansion: &'e Expansion<'_>, id: usize) -> &'e [usize] {
    expansion.edges.as_ref().map_or(&[], |edges| &edges.caught[id])
}

/// Returns whether a task depends on another lazily, both by their ids.
pub(super) fn is_lazy(expansion: &Expansion<'_>, task: usize, dependency: usize) -> bool {
    expansion.edges.as_ref().is_some_and(|edges| edges.lazy[task].contains(&dependency))
}

/// Returns whether a dependency of the block is lazy.
pub(super) fn are_lazy(expansion: &Expansion<'_>) -> bool {
    expansion.edges.as_ref().is_some_and(|edges| !edges.asks.is_empty())
}

/// Returns whether a task with lazy dependencies runs on another thread than the driver.
pub(super) fn are_askers_away(expansion: &Expansion<'_>) -> bool {
    let asks = expansion.edges.iter().flat_map(|edges| &edges.asks);
    asks.into_iter().any(|&(asker, _)| is_away(expansion, asker))
}

fn is_away(expansion: &Expansion<'_>, id: usize) -> bool {
    expansion.dag.tasks.get(expansion.dag.order[id]).is_some_and(|task| task.place == Place::Spawned)
}

/// Returns the field of the cells with the waiters for lazy dependencies, and its value.
pub(super) fn asks(expansion: &Expansion<'_>) -> Option<(TokenStream, TokenStream)> {
    let (runtime, edges) = (&expansion.runtime, expansion.edges.as_ref()?);
    let are_away: Vec<_> = edges.asks.iter().map(|&(asker, _)| is_away(expansion, asker)).collect();
    if are_away.is_empty() {
        return None;
    }
    let count = Literal::usize_unsuffixed(are_away.len());
    Some((
        quote_mixed!(__dag_asks: #runtime::Asks<#count>,),
        quote_mixed!(__dag_asks: #runtime::Asks::new([#(#are_away),*]),),
    ))
}

/// Returns the asks of a task with lazy dependencies.
pub(super) fn asks_of(expansion: &Expansion<'_>, id: usize) -> Option<TokenStream> {
    let edges = expansion.edges.as_ref()?;
    let first = edges.asks.iter().position(|&(asker, _)| asker == id)?;
    let (first, count) = (Literal::usize_unsuffixed(first), Literal::usize_unsuffixed(edges.lazy[id].len()));
    Some(quote_mixed!(__cells.__dag_asks.of(#first, #count)))
}

/// Returns the code that wakes the waiters for a task that is done. In the driver, it does not wake the bodies that the
/// driver visits in the same pass.
pub(super) fn answer(expansion: &Expansion<'_>, id: usize, is_driver: bool) -> TokenStream {
    let asks = expansion.edges.iter().flat_map(|edges| edges.asks.iter().enumerate());
    let answered = asks.filter(|(_, (_, dependency))| *dependency == id).map(|(ask, &(asker, _))| {
        let (ask, id) = (Literal::usize_unsuffixed(ask), Literal::usize_unsuffixed(asker));
        let own = if is_driver && !is_away(expansion, asker) {
            quote_mixed!(::core::option::Option::Some(__scheduler.asker_waker(#id, __cx)))
        } else {
            quote_mixed!(::core::option::Option::None)
        };
        quote_mixed!(__cells.__dag_asks.answer(#ask, #own);)
    });
    answered.collect()
}

/// Returns the argument of a body for a lazy dependency.
// Output:
//     take_lazy(__cells.__dag_asks.lazy(0, &__cells.rates))
pub(super) fn lazy_argument(expansion: &Expansion<'_>, task: &Task<'_>, dependency: &Dependency<'_>) -> TokenStream {
    let at = dependency.name.span().resolved_at(Span::mixed_site());
    let runtime = expansion.runtime_at(at);
    let field = at_span(dependency.name, at);
    let own = || quote_spanned!(at=> &__cells.#field);
    let cell = inside::cell(expansion, dependency.task, at).unwrap_or_else(own);
    let position = expansion.dag.tasks.iter().position(|other| std::ptr::eq(other, task));
    let ends = position.map(|position| (expansion.ids[position], expansion.ids[dependency.task]));
    let asks = expansion.edges.iter().flat_map(|edges| &edges.asks);
    let ask = Literal::usize_unsuffixed(asks.into_iter().position(|&ask| Some(ask) == ends).unwrap_or_default());
    quote_spanned!(at=> #runtime::take_lazy(__cells.__dag_asks.lazy(#ask, #cell)))
}

/// Returns the field of the cells where bodies find failures, and its value.
pub(super) fn causes(expansion: &Expansion<'_>) -> Option<(TokenStream, TokenStream)> {
    let runtime = &expansion.runtime;
    expansion.edges.as_ref().filter(|edges| edges.keeps_causes)?;
    Some((quote_mixed!(__dag_causes: #runtime::Causes,), quote_mixed!(__dag_causes: #runtime::Causes::none(),)))
}

/// Returns the code that, before a task which reads failures starts, moves them to the place where it reads them.
pub(super) fn note_causes(expansion: &Expansion<'_>, task: &Task<'_>) -> Option<TokenStream> {
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
//             __scheduler.catch(2, Self::__dag_caught(__failure));
//         }
//     }
pub(super) fn fail(expansion: &Expansion<'_>, id: &Literal, failure: &TokenStream) -> TokenStream {
    let fail = super::driver::fail(expansion, id, &quote_mixed!(__failure));
    quote_mixed! {
        {
            let __failure = #failure;
            if __scheduler.is_fatal(#id) {
                #fail
            } else {
                __scheduler.catch(#id, Self::__dag_caught(__failure));
            }
        }
    }
}

/// Returns the argument of a body for a caught dependency: the result, if it is there. `value` is the code that
/// computes it from `__caught`, a reference.
// Output:
//     match __cells.coupon.get() {
//         Some(__caught) => Ok(__caught),
//         None => Err(__cells.__dag_causes.of(1)),
//     }
pub(super) fn argument(
    expansion: &Expansion<'_>,
    dependency: &Dependency<'_>,
    form: Form,
    value: &TokenStream,
) -> TokenStream {
    let at = dependency.name.span().resolved_at(Span::mixed_site());
    let field = at_span(dependency.name, at);
    let own = || quote_spanned!(at=> __cells.#field.get());
    let result = inside::caught(expansion, dependency.task, at).unwrap_or_else(own);
    let id = Literal::usize_unsuffixed(expansion.ids[dependency.task]);
    let (some, none) = if form == Form::Result {
        let cause = quote_spanned!(at=> __cells.__dag_causes.of(#id));
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
pub(super) fn caught(expansion: &Expansion<'_>) -> Option<TokenStream> {
    expansion.edges.as_ref()?;
    let Expansion { runtime, failure, dag, .. } = expansion;
    // The failures and the inner tasks that tasks read, each with the first name through which it is read.
    let (mut own, mut inner) = (HashMap::new(), HashMap::new());
    for (_, task) in expansion.tasks() {
        for parameter in task.parameters.iter().filter(|parameter| parameter.form == Form::Result) {
            let dependency = &task.dependencies[parameter.dependency];
            let (name, object) = match dag.inner(dependency.task) {
                Some((subgraph, _)) => {
                    inner.entry(dependency.task).or_insert(dependency.name);
                    (dependency.name, subgraph.task)
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
    let inner_arms = dag.subgraphs.iter().filter_map(|subgraph| {
        let variant = inside::variant(expansion, subgraph);
        let goals = subgraph.inner.iter().filter_map(|named| {
            let at = at(inner.get(&named.node)?);
            let (runtime, key) = (expansion.runtime_at(at), around::key(named.name));
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
//     let __deeper = <Pricing as Subgraph>::origin(&__failed);
//     let Some(__goal) = __border_1.fatal_goal(__deeper, &__fatal) else {
//         let __goal = __border_1.failed_goal(__deeper);
//         let __source = Self::__dag_caught(Failure::__Inside1(__goal, __failed));
//         return Ok(named(Self::__DAG_GRAPH.node_name(__goal), __source.unwrap_or_else(unseen_error)));
//     };
pub(super) fn inner_goal(
    expansion: &Expansion<'_>,
    border: &Ident,
    origin: &TokenStream,
    variant: &Ident,
) -> TokenStream {
    let Expansion { runtime, failure, .. } = expansion;
    quote_mixed! {
        let __deeper = #origin(&__failed);
        let ::core::option::Option::Some(__goal) = #border.fatal_goal(__deeper, &__fatal) else {
            let __goal = #border.failed_goal(__deeper);
            let __source = Self::__dag_caught(#failure::#variant(__goal, __failed));
            let __source = __source.unwrap_or_else(#runtime::unseen_error);
            return ::core::result::Result::Ok(#runtime::named(Self::__DAG_GRAPH.node_name(__goal), __source));
        };
    }
}

/// Returns the code that finds the node of the outer graph whose failure ends the outer graph.
pub(super) fn fatal_goal(border: &Ident, origin: &TokenStream) -> TokenStream {
    quote_mixed! {
        {
            let __deeper = #origin(&__failed);
            #border.fatal_goal(__deeper, &__fatal).unwrap_or_else(|| #border.failed_goal(__deeper))
        }
    }
}

/// Checks that an inner task that is caught can fail: only its type shows this.
pub(super) fn checks(expansion: &Expansion<'_>) -> TokenStream {
    let dag = expansion.dag;
    let dependencies = dag.tasks.iter().flat_map(|task| &task.dependencies);
    let caught = dependencies.filter_map(|dependency| {
        let catch = dependency.catch?;
        let (subgraph, inner) = dag.inner(dependency.task)?;
        let object = &dag.tasks[subgraph.task];
        if !object.reachable.is_empty() || !object.inner.is_empty() {
            return None;
        }
        let at = catch.span().resolved_at(Span::mixed_site());
        let (runtime, inner) = (expansion.runtime_at(at), inside::inner_task(expansion, subgraph, inner));
        Some(quote_spanned!(at=> #runtime::require_failing(#inner);))
    });
    caught.collect()
}
