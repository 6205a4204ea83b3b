//! The failures of inner graphs, as failures of the outer terminals and of the run.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::ext::IdentExt;

use super::{failure_type, inner_task, variant};
use crate::analyse::{Inner, InnerGraph, ReachableInner, Task, type_name};
use crate::expand::terminal::Arm;
use crate::expand::{Expansion, as_inner, convert, lints_of_types};

/// Returns the arms by which a terminal converts the failures of inner graphs.
// Output:
//     Failure::__Inner1(__goal, __failed) => match __goal {
//         3 => {
//             let __error = <Pricing as InnerObject>::tasks().total().into_error(__failed);
//             __error.convert(__DagPage_pricing__total_Error::convert)
//         }
//         _ => unneeded_failure(),
//     },
pub(in crate::expand) fn errors(expansion: &Expansion<'_>, task: &Task<'_>) -> Vec<Arm> {
    let Expansion { runtime, failure, .. } = expansion;
    let mut arms = Vec::new();
    for inner_graph in &expansion.dag.inner_graphs {
        let goals = inner_graph.inner.iter().filter_map(|inner| {
            let reached = task.inner.iter().find(|reached| reached.node == inner.node)?;
            let task_inside = inner_task(expansion, inner_graph, inner);
            let id = Literal::usize_unsuffixed(expansion.ids[inner.node]);
            let at = reached.by.span().resolved_at(Span::mixed_site());
            let error = Ident::new("__error", at);
            let result = if task.gives_result() {
                let mut name = trait_ident(expansion, inner_graph, inner);
                name.set_span(at);
                quote_spanned!(at=> #error.convert(#name::convert))
            } else {
                quote_spanned!(at=> #error.rule_out())
            };
            Some(quote_mixed! {
                #id => {
                    let #error = #task_inside.into_error(__failed);
                    #result
                }
            })
        });
        let goals: Vec<_> = goals.collect();
        if goals.is_empty() {
            continue;
        }
        let variant = variant(expansion, inner_graph);
        arms.push(Arm {
            failure: quote_mixed!(#failure::#variant(__goal, __failed)),
            error: quote_mixed! {
                match __goal {
                    #(#goals)*
                    _ => #runtime::unneeded_failure(),
                }
            },
        });
    }
    arms
}

// Output:
//     trait __DagPage_pricing_total_Error<E> { fn convert(self) -> E; }
pub(in crate::expand) fn conversions(expansion: &Expansion<'_>) -> TokenStream {
    let is_converted = |node: usize| {
        let reaches = |inner: &ReachableInner<'_>| inner.node == node;
        expansion.dag.tasks.iter().any(|task| task.gives_result() && task.inner.iter().any(reaches))
    };
    let inner_graphs = expansion.dag.inner_graphs.iter();
    let inner = inner_graphs.flat_map(|inner_graph| inner_graph.inner.iter().map(move |inner| (inner_graph, inner)));
    let converted = inner.filter(|(_, inner)| is_converted(inner.node));
    let allowed = lints_of_types();
    let traits = converted.map(|(inner_graph, inner)| {
        let name = trait_ident(expansion, inner_graph, inner);
        let graph = expansion.dag.tasks[inner_graph.task].ident().unraw();
        let plain = format!("{graph}.{}", inner.name.unraw());
        let message = format!("the error of `{plain}`, `{{Self}}`, does not convert into `{{Error}}`");
        let label = format!("`{plain}` fails with `{{Self}}`");
        let note = format!(
            "if `{{Self}}` or `{{Error}}` is yours, write `impl From<{{Self}}> for {{Error}}`; else map the error in the body of \
             `{plain}`, or give the task here an error type of your own"
        );
        let conversion = convert::conversion_trait(&name, [&message, &label, &note], None);
        quote_mixed!(#[doc(hidden)] #allowed #conversion)
    });
    traits.collect()
}

fn trait_ident(expansion: &Expansion<'_>, inner_graph: &InnerGraph<'_>, inner: &Inner<'_>) -> Ident {
    let ty = type_name(&expansion.dag.block.self_ty).map_or_else(String::new, |name| name.unraw().to_string());
    let graph = expansion.dag.tasks[inner_graph.task].ident().unraw();
    // No task of the block has a name that would result in the same identifier.
    format_ident!("__Dag{ty}_{graph}__{}_Error", inner.name.unraw(), span = Span::call_site())
}

/// Returns the arms by which a run keeps the failures of inner graphs.
pub(in crate::expand) fn kept(expansion: &Expansion<'_>) -> Vec<TokenStream> {
    let Expansion { runtime, failure, .. } = expansion;
    let inner_graphs = expansion.dag.inner_graphs.iter().map(|inner_graph| {
        let variant = variant(expansion, inner_graph);
        let goals = inner_graph.inner.iter().map(|inner| {
            let (id, key) = (Literal::usize_unsuffixed(expansion.ids[inner.node]), as_inner::key(inner.name));
            quote_mixed!(#id => #runtime::IntoInnerError::<_, #key>::into_source(#runtime::Defer::new(__failed)),)
        });
        quote_mixed! {
            #failure::#variant(__goal, __failed) => match __goal {
                #(#goals)*
                _ => #runtime::unneeded_failure(),
            }
        }
    });
    inner_graphs.collect()
}

/// Returns the bounds of `run()` for the failures of inner graphs.
pub(in crate::expand) fn bounds(expansion: &Expansion<'_>) -> Vec<TokenStream> {
    let named = expansion
        .dag
        .inner_graphs
        .iter()
        .flat_map(|inner_graph| inner_graph.inner.iter().map(move |inner| (inner_graph, inner)));
    let bounds = named.map(|(inner_graph, inner)| {
        let (failed, key) = (failure_type(expansion, inner_graph), as_inner::key(inner.name));
        let at = inner.name.span().resolved_at(Span::mixed_site());
        let runtime = expansion.runtime_at(at);
        quote_spanned!(at=> for<'__x> #runtime::Defer<'__x, #failed>: #runtime::IntoInnerError<#failed, #key>,)
    });
    bounds.collect()
}
