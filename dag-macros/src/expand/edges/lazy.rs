//! Dependencies with `lazy`: the waiters for them, and how a body takes them.

use proc_macro2::{Literal, Span, TokenStream};
use quote::quote_spanned;

use super::permit::door;
use crate::analyse::{Dependency, Place, Task};
use crate::expand::{Expansion, at_span, inner};

/// Returns whether a task depends on another lazily, both by their ids.
pub(in crate::expand) fn is_lazy(expansion: &Expansion<'_>, task: usize, dependency: usize) -> bool {
    expansion.edges.as_ref().is_some_and(|edges| edges.lazy[task].contains(&dependency))
}

/// Returns whether a dependency of the block is lazy, or a task waits for a permit.
pub(in crate::expand) fn are_asked(expansion: &Expansion<'_>) -> bool {
    expansion.edges.as_ref().is_some_and(|edges| !edges.asks.is_empty() || !edges.permits.is_empty())
}

/// Returns whether a task with lazy dependencies or with `permit` runs on another thread than the driver.
pub(in crate::expand) fn are_askers_away(expansion: &Expansion<'_>) -> bool {
    let Some(edges) = &expansion.edges else { return false };
    let mut askers = edges.asks.iter().map(|&(asker, _)| asker).chain(edges.permits.iter().copied());
    askers.any(|asker| is_away(expansion, asker))
}

fn is_away(expansion: &Expansion<'_>, id: usize) -> bool {
    expansion.dag.task(expansion.dag.order[id]).is_some_and(|task| task.place == Place::Spawned)
}

/// Returns the field of the cells with the waiters for lazy dependencies and the doors of tasks with `permit`, and its
/// value.
pub(in crate::expand) fn asks(expansion: &Expansion<'_>) -> Option<(TokenStream, TokenStream)> {
    let (runtime, edges) = (&expansion.runtime, expansion.edges.as_ref()?);
    let are_away: Vec<_> = edges.asks.iter().map(|&(asker, _)| is_away(expansion, asker)).collect();
    let count = Literal::usize_unsuffixed(are_away.len());
    if !edges.permits.is_empty() {
        let doors = edges.permits.iter().map(|&id| {
            let (is_away, id) = (is_away(expansion, id), Literal::usize_unsuffixed(id));
            quote_mixed!((#id, #is_away))
        });
        let permits = Literal::usize_unsuffixed(edges.permits.len());
        return Some((
            quote_mixed!(__dag_asks: #runtime::Asks<#count, #permits>,),
            quote_mixed!(__dag_asks: #runtime::Asks::with_doors([#(#are_away),*], [#(#doors),*]),),
        ));
    }
    if are_away.is_empty() {
        return None;
    }
    Some((
        quote_mixed!(__dag_asks: #runtime::Asks<#count>,),
        quote_mixed!(__dag_asks: #runtime::Asks::new([#(#are_away),*]),),
    ))
}

/// Returns the asks of a task with lazy dependencies, without its door.
pub(in crate::expand) fn lazy_asks_of(expansion: &Expansion<'_>, id: usize) -> Option<TokenStream> {
    let edges = expansion.edges.as_ref()?;
    let first = edges.asks.iter().position(|&(asker, _)| asker == id)?;
    let (first, count) = (Literal::usize_unsuffixed(first), Literal::usize_unsuffixed(edges.lazy[id].len()));
    Some(quote_mixed!(__cells.__dag_asks.of(#first, #count)))
}

/// Returns the asks of a task with lazy dependencies or with `permit`.
pub(in crate::expand) fn asks_of(expansion: &Expansion<'_>, id: usize) -> Option<TokenStream> {
    let edges = expansion.edges.as_ref()?;
    let Some(door) = door(expansion, id) else { return lazy_asks_of(expansion, id) };
    let first = edges.asks.iter().position(|&(asker, _)| asker == id).unwrap_or_default();
    let (first, count) = (Literal::usize_unsuffixed(first), Literal::usize_unsuffixed(edges.lazy[id].len()));
    Some(quote_mixed!(__cells.__dag_asks.behind(#first, #count, #door)))
}

/// Returns the code that wakes the waiters for a task that is done. In the driver, it does not wake the bodies that the
/// driver visits in the same pass.
pub(in crate::expand) fn answer(expansion: &Expansion<'_>, id: usize, is_driver: bool) -> TokenStream {
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
pub(in crate::expand) fn lazy_argument(
    expansion: &Expansion<'_>,
    task: &Task<'_>,
    dependency: &Dependency<'_>,
) -> TokenStream {
    let at = dependency.name.span().resolved_at(Span::mixed_site());
    let runtime = expansion.runtime_at(at);
    let field = at_span(dependency.name, at);
    let own = || quote_spanned!(at=> &__cells.#field);
    let cell = inner::cell(expansion, dependency.task, at).unwrap_or_else(own);
    let position = expansion.dag.tasks.iter().position(|other| std::ptr::eq(other, task));
    let ends = position.map(|position| (expansion.ids[position], expansion.ids[dependency.task]));
    let asks = expansion.edges.iter().flat_map(|edges| &edges.asks);
    let ask = Literal::usize_unsuffixed(asks.into_iter().position(|&ask| Some(ask) == ends).unwrap_or_default());
    if task.has_crew() {
        return quote_spanned!(at=> #runtime::take_lazy(__cells.__dag_asks.lazy_of(#ask, #cell, __body)));
    }
    quote_spanned!(at=> #runtime::take_lazy(__cells.__dag_asks.lazy(#ask, #cell)))
}
