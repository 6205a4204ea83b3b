//! Graphs inside of the block's own: their cells and drivers are parts of the outer driver, and their failures convert
//! into those of the outer terminals.

use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::driver::{words, write};
use super::terminal::Arm;
use super::{Expansion, allowed_lints, around, at_span};
use crate::analyse::{Inner, ReachableInner, Subgraph, Task, type_name};

/// The variables and types of one graph.
struct Names<'e> {
    /// `<Pricing as Subgraph>::tasks`.
    all: TokenStream,
    /// `<Pricing as Subgraph>::origin`.
    origin: TokenStream,
    /// `__tasks_2`: the tasks by name.
    tasks: Ident,
    cells: Ident,
    writer: Ident,
    border: Ident,
    keep: Ident,
    slot: Ident,
    subgraph: &'e Subgraph<'e>,
}

impl<'e> Names<'e> {
    fn new(expansion: &'e Expansion<'_>, subgraph: &'e Subgraph<'e>) -> Self {
        let id = expansion.ids[subgraph.task];
        let name = |what: &str| format_ident!("__{what}_{id}", span = Span::mixed_site());
        Self {
            all: function(expansion, subgraph, "tasks"),
            origin: function(expansion, subgraph, "origin"),
            tasks: name("tasks"),
            cells: name("cells"),
            writer: name("writer"),
            border: name("border"),
            keep: name("keep"),
            slot: name("driver"),
            subgraph,
        }
    }

    fn inner<'n>(&'n self, expansion: &'n Expansion<'_>) -> impl Iterator<Item = (usize, &'n Inner<'n>)> {
        self.subgraph.inner.iter().map(|inner| (expansion.ids[inner.node], inner))
    }
}

/// Gives `<Pricing as Subgraph>`, all of it at one place, with another name for the lifetime of `self`.
fn subgraph_at(expansion: &Expansion<'_>, task: usize, span: Span, lifetime: &str) -> TokenStream {
    let object = expansion.value_type(&expansion.dag.tasks[task]);
    let runtime = &expansion.runtime;
    at(quote!(<#object as #runtime::Subgraph>), span, lifetime)
}

/// Puts a type that mentions the failures of graphs where the first of these graphs is declared, if there is one.
pub(super) fn at_first(expansion: &Expansion<'_>, ty: TokenStream) -> TokenStream {
    match expansion.dag.subgraphs.first() {
        Some(subgraph) => at(ty, value_span(expansion, subgraph.task), "__dag"),
        None => ty,
    }
}

/// Gives the type of the object of a graph.
fn at_type(expansion: &Expansion<'_>, task: usize, span: Span) -> TokenStream {
    at(expansion.value_type(&expansion.dag.tasks[task]), span, "_")
}

/// The bounds by which a graph that contains itself is found.
pub(super) fn finite(expansion: &Expansion<'_>) -> Vec<TokenStream> {
    let graphs = expansion.dag.tasks.iter().enumerate().filter(|(_, task)| task.method.options.graph.is_some());
    let bounds = graphs.map(|(position, _)| {
        let span = value_span(expansion, position);
        let object = at(expansion.value_type(&expansion.dag.tasks[position]), span, "__x");
        let runtime = runtime_at(&expansion.runtime, span);
        quote_spanned!(span=> for<'__x> #object: #runtime::DoesNotContainItself,)
    });
    bounds.collect()
}

/// Puts tokens at one place, where rustc tells all that is wrong with them as one mistake.
fn at(tokens: TokenStream, span: Span, lifetime: &str) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "__dag" => Ident::new(lifetime, span).into(),
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), at(group.stream(), span, lifetime));
                inner.set_span(span);
                inner.into()
            }
            mut token => {
                token.set_span(span);
                token
            }
        })
        .collect()
}

/// The variable of an inner task, which says where its result is.
pub(super) fn inner_ident(id: usize, span: Span) -> Ident {
    format_ident!("__inner_{id}", span = span)
}

/// Gives the argument of a body that takes the result of an inner task.
pub(super) fn argument(expansion: &Expansion<'_>, node: usize, at: Span) -> Option<TokenStream> {
    let (subgraph, _) = expansion.dag.inner(node)?;
    let mut cells = Names::new(expansion, subgraph).cells;
    cells.set_span(at);
    let inner = inner_ident(expansion.ids[node], at);
    Some(quote_spanned!(at=> #inner.ready(#cells)))
}

/// Gives the type of what the tasks of a graph fail with.
pub(super) fn failure_type(expansion: &Expansion<'_>, subgraph: &Subgraph<'_>) -> TokenStream {
    let at = value_span(expansion, subgraph.task);
    let graph = subgraph_at(expansion, subgraph.task, at, "__dag");
    quote_spanned!(at=> #graph::Failure)
}

/// Gives the place of the type that a task is declared to give.
fn value_span(expansion: &Expansion<'_>, task: usize) -> Span {
    let task = &expansion.dag.tasks[task];
    task.output.map_or(task.ident().span(), Spanned::span).resolved_at(Span::mixed_site())
}

fn runtime_at(runtime: &TokenStream, span: Span) -> TokenStream {
    let respanned = runtime.clone().into_iter().map(|mut token| {
        token.set_span(span);
        token
    });
    respanned.collect()
}

/// Gives the variant of the failure for those of a graph.
pub(super) fn variant(expansion: &Expansion<'_>, subgraph: &Subgraph<'_>) -> Ident {
    format_ident!("__Inside{}", expansion.ids[subgraph.task], span = Span::mixed_site())
}

/// Gives an inner task, with the same tokens wherever it is needed: what is wrong with its name is told once, where it is
/// first written.
fn inner_task(expansion: &Expansion<'_>, subgraph: &Subgraph<'_>, inner: &Inner<'_>) -> TokenStream {
    let at = inner.name.span().resolved_at(Span::mixed_site());
    let (all, name) = (function(expansion, subgraph, "tasks"), at_span(inner.name, at));
    quote_spanned!(at=> #all().#name())
}

/// Gives `<Pricing as Subgraph>::name`.
fn function(expansion: &Expansion<'_>, subgraph: &Subgraph<'_>, name: &str) -> TokenStream {
    let span = value_span(expansion, subgraph.task);
    let (graph, name) = (subgraph_at(expansion, subgraph.task, span, "_"), Ident::new(name, span));
    quote_spanned!(span=> #graph::#name)
}

// Output:
//     let __tasks_1 = <Pricing as Subgraph>::tasks();
//     let __inner_3 = <Pricing as Subgraph>::tasks().total();
//     let __goals_1 = [InnerGoal::new(__inner_3.id()), ..];
//     let __border_1 = &Border::new(Self::__DAG_GRAPH.inside(0), &__goals_1);
//     let mut __owned_1 = __tasks_1.__dag_cells();
//     let __writer_1 = Writer::new(&mut __owned_1);
//     let __cells_1 = __writer_1.reader();
//     let mut __scheduler_inside = __tasks_1.__dag_scheduler(__border_1);
//     let mut __writer_1 = Some((__writer_1, &mut __scheduler_inside));
//     let __keep_1 = &move |__failed| { .. };
//     let mut __driver_1 = pin!(None);
pub(super) fn start(expansion: &Expansion<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let subgraphs = expansion.dag.subgraphs.iter().enumerate().map(|(place, subgraph)| {
        let names = Names::new(expansion, subgraph);
        let Names { all, tasks: by_name, cells, writer, border, keep, slot, .. } = &names;
        let place = Literal::usize_unsuffixed(place);
        let inner = names.inner(expansion).map(|(id, inner)| {
            let variable = inner_ident(id, Span::mixed_site());
            let task = inner_task(expansion, subgraph, inner);
            quote_mixed!(let #variable = #task;)
        });
        let ids = names.inner(expansion).map(|(id, _)| inner_ident(id, Span::mixed_site()));
        let keep_inner = keep_inner(expansion, &names);
        quote_mixed! {
            let #by_name = #all();
            #(#inner)*
            let __goals = [#(#runtime::InnerGoal::new(#ids.id())),*];
            let #border = &#runtime::Border::new(Self::__DAG_GRAPH.inside(#place), &__goals);
            let mut __owned = #by_name.__dag_cells();
            let #writer = #runtime::Writer::new(&mut __owned);
            let #cells = #writer.reader();
            let mut __scheduler_inside = #by_name.__dag_scheduler(#border);
            let mut #writer = ::core::option::Option::Some((#writer, &mut __scheduler_inside));
            let #keep = &#keep_inner;
            let mut #slot = ::core::pin::pin!(::core::option::Option::None);
        }
    });
    subgraphs.collect()
}

/// A failure of an inner task goes through what the outer graph makes of it, and comes back as it was in a terminal.
fn keep_inner(expansion: &Expansion<'_>, names: &Names<'_>) -> TokenStream {
    let Expansion { runtime, failure, .. } = expansion;
    let variant = variant(expansion, names.subgraph);
    let (border, origin) = (&names.border, &names.origin);
    let failed = failure_type(expansion, names.subgraph);
    let is_only = expansion.variants() == 1;
    let others = (!is_only).then(|| quote_mixed!(::core::result::Result::Err(_) => #runtime::unneeded_failure(),));
    quote_mixed! {
        move |__failed: #failed| {
            let __goal = #border.failed_goal(#origin(&__failed));
            match __keep(#failure::#variant(__goal, __failed)) {
                ::core::result::Result::Ok(__source) => {
                    ::core::result::Result::Ok(#runtime::named(Self::__DAG_GRAPH.node_name(__goal), __source))
                }
                ::core::result::Result::Err(#failure::#variant(_, __failed)) => ::core::result::Result::Err(__failed),
                #others
            }
        }
    }
}

/// The arms of the driver for the nodes of graphs, each with its id. An inner task needs none: the driver of its graph
/// says when it is done.
// Output:
//     if __scheduler.is_due(0, 0x4, 0x6) {
//         match __scheduler.poll_graph(__border_1, __driver_1.as_mut(), __cx, || __tasks_1.__dag_drive(..)) {
//             Poll::Ready(Ok(())) => __scheduler.finish(0, 0x4),
//             Poll::Ready(Err(__failed)) => return Poll::Ready(Err(Failure::__Inside1(.., __failed))),
//             Poll::Pending => {}
//         }
//         if !__scheduler.are_done(0, 0x8) && __inner_3.is_done(__cells_1) {
//             __scheduler.finish(0, 0x8);
//             __scheduler.visit(0, 0x20);
//         }
//     }
pub(super) fn visit(expansion: &Expansion<'_>, node: usize) -> TokenStream {
    let Expansion { runtime, failure, .. } = expansion;
    let driven = expansion.dag.subgraphs.iter().find(|subgraph| subgraph.driver == node);
    let Some(subgraph) = driven else { return TokenStream::new() };
    let names = Names::new(expansion, subgraph);
    let Names { all, origin, cells, writer, border, keep, slot, .. } = &names;
    let id = expansion.ids[node];
    let is_due = super::driver::is_due(expansion, id);
    let finish = super::driver::finish(id);
    let field = expansion.dag.tasks[subgraph.task].ident();
    let variant = variant(expansion, subgraph);
    let inner = names.inner(expansion).map(|(id, _)| {
        let variable = inner_ident(id, Span::mixed_site());
        let own = words([id]);
        let is_open = write(&own).map(|(word, bit)| quote_mixed!(!__scheduler.are_done(#word, #bit)));
        let finish = super::driver::finish(id);
        let dependents = words(expansion.dependents(id));
        let visits = write(&dependents).map(|(word, bits)| quote_mixed!(__scheduler.visit(#word, #bits);));
        quote_mixed! {
            if #(#is_open)&&* && #variable.is_done(#cells) {
                #finish
                #(#visits)*
            }
        }
    });
    quote_mixed! {
        if #is_due {
            match __scheduler.poll_graph(#border, #slot.as_mut(), __cx, || {
                let (__writer, __scheduler) = #runtime::once(&mut #writer);
                #all().__dag_drive(__cells.#field.ready(), __writer, __scheduler, #keep)
            }) {
                ::core::task::Poll::Ready(::core::result::Result::Ok(())) => { #finish }
                ::core::task::Poll::Ready(::core::result::Result::Err(__failed)) => {
                    let __goal = #border.failed_goal(#origin(&__failed));
                    return ::core::task::Poll::Ready(::core::result::Result::Err(
                        #failure::#variant(__goal, __failed),
                    ));
                }
                ::core::task::Poll::Pending => {}
            }
            #(#inner)*
        }
    }
}

/// What a terminal makes of the failures of graphs.
// Output:
//     Failure::__Inside1(__goal, __failed) => match __goal {
//         3 => {
//             let __error = <Pricing as Subgraph>::tasks().total().into_error(__failed);
//             __error.convert(__DagPage_pricing__total_Error::convert)
//         }
//         _ => unneeded_failure(),
//     },
pub(super) fn errors(expansion: &Expansion<'_>, task: &Task<'_>) -> Vec<Arm> {
    let Expansion { runtime, failure, .. } = expansion;
    let mut arms = Vec::new();
    for subgraph in &expansion.dag.subgraphs {
        let goals = subgraph.inner.iter().filter_map(|inner| {
            let reached = task.inner.iter().find(|reached| reached.node == inner.node)?;
            let task_inside = inner_task(expansion, subgraph, inner);
            let id = Literal::usize_unsuffixed(expansion.ids[inner.node]);
            let at = reached.by.span().resolved_at(Span::mixed_site());
            let error = Ident::new("__error", at);
            let result = if task.gives_result() {
                let mut name = trait_ident(expansion, subgraph, inner);
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
        let variant = variant(expansion, subgraph);
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
pub(super) fn conversions(expansion: &Expansion<'_>) -> TokenStream {
    let is_converted = |node: usize| {
        let reaches = |inner: &ReachableInner<'_>| inner.node == node;
        expansion.dag.tasks.iter().any(|task| task.gives_result() && task.inner.iter().any(reaches))
    };
    let subgraphs = expansion.dag.subgraphs.iter();
    let inner = subgraphs.flat_map(|subgraph| subgraph.inner.iter().map(move |inner| (subgraph, inner)));
    let converted = inner.filter(|(_, inner)| is_converted(inner.node));
    let allowed = allowed_lints();
    let traits = converted.map(|(subgraph, inner)| {
        let name = trait_ident(expansion, subgraph, inner);
        let graph = expansion.dag.tasks[subgraph.task].ident().unraw();
        let plain = format!("{graph}.{}", inner.name.unraw());
        let message = format!("the error of `{plain}`, `{{Self}}`, does not convert into `{{Error}}`");
        let label = format!("`{plain}` fails with `{{Self}}`");
        super::convert::conversion_trait(&name, &message, &label, None, &allowed)
    });
    traits.collect()
}

fn trait_ident(expansion: &Expansion<'_>, subgraph: &Subgraph<'_>, inner: &Inner<'_>) -> Ident {
    let ty = type_name(&expansion.dag.block.self_ty).map_or_else(String::new, |name| name.unraw().to_string());
    let graph = expansion.dag.tasks[subgraph.task].ident().unraw();
    // No task of the block has a name with this in it that would give the same.
    format_ident!("__Dag{ty}_{graph}__{}_Error", inner.name.unraw(), span = Span::call_site())
}

/// The arms by which a run keeps failures of graphs.
pub(super) fn kept(expansion: &Expansion<'_>) -> Vec<TokenStream> {
    let Expansion { runtime, failure, .. } = expansion;
    let subgraphs = expansion.dag.subgraphs.iter().map(|subgraph| {
        let variant = variant(expansion, subgraph);
        let goals = subgraph.inner.iter().map(|inner| {
            let (id, key) = (Literal::usize_unsuffixed(expansion.ids[inner.node]), around::key(inner.name));
            quote_mixed!(#id => #runtime::IntoInnerError::<_, #key>::into_source(#runtime::Defer::new(__failed)),)
        });
        quote_mixed! {
            #failure::#variant(__goal, __failed) => match __goal {
                #(#goals)*
                _ => #runtime::unneeded_failure(),
            }
        }
    });
    subgraphs.collect()
}

/// The bounds of `run()` for the failures of graphs.
pub(super) fn bounds(expansion: &Expansion<'_>) -> Vec<TokenStream> {
    let named =
        expansion.dag.subgraphs.iter().flat_map(|subgraph| subgraph.inner.iter().map(move |inner| (subgraph, inner)));
    let bounds = named.map(|(subgraph, inner)| {
        let (failed, key) = (failure_type(expansion, subgraph), around::key(inner.name));
        let at = inner.name.span().resolved_at(Span::mixed_site());
        let runtime = runtime_at(&expansion.runtime, at);
        quote_spanned!(at=> for<'__x> #runtime::Defer<'__x, #failed>: #runtime::IntoInnerError<#failed, #key>,)
    });
    bounds.collect()
}

/// What only types can tell about graphs. `name` is the type parameter that stands for a task.
pub(super) fn checks(expansion: &Expansion<'_>, name: impl Fn(&Task<'_>) -> Ident) -> (Vec<Ident>, TokenStream) {
    let mut checks = TokenStream::new();
    for (position, task) in expansion.dag.tasks.iter().enumerate() {
        if task.method.options.graph.is_none() {
            continue;
        }
        let at = value_span(expansion, position);
        let runtime = runtime_at(&expansion.runtime, at);
        let graph = subgraph_at(expansion, position, at, "_");
        let across = (!expansion.dag.block.options.local)
            .then(|| quote_spanned!(at=> #runtime::require_across_threads::<#graph::Place>();));
        let object = at_type(expansion, position, at);
        checks.extend(quote_spanned! {at=>
            #runtime::require_finite::<#object>();
            #runtime::require_inline_tasks::<#graph::Place>();
            #runtime::require_owned_errors::<#graph::Place>();
            #across
        });
    }
    let mut unfailing = Vec::new();
    for task in expansion.dag.tasks.iter().filter(|task| !task.gives_result()) {
        for reached in task.inner.iter().filter(|reached| !reached.is_told) {
            let Some((subgraph, inner)) = expansion.dag.inner(reached.node) else { continue };
            let at = reached.by.span().resolved_at(Span::mixed_site());
            let runtime = runtime_at(&expansion.runtime, at);
            let (task_inside, name) = (inner_task(expansion, subgraph, inner), name(task));
            checks.extend(quote_spanned!(at=> #runtime::require_unfailing::<#name, _, _, _, _>(#task_inside);));
            if !unfailing.contains(&name) {
                unfailing.push(name);
            }
        }
    }
    (unfailing, checks)
}

/// The graphs inside, as data.
pub(super) fn insides(expansion: &Expansion<'_>) -> Vec<TokenStream> {
    let runtime = &expansion.runtime;
    let subgraphs = expansion.dag.subgraphs.iter().map(|subgraph| {
        let names = Names::new(expansion, subgraph);
        let [object, driver] =
            [subgraph.task, subgraph.driver].map(|node| Literal::usize_unsuffixed(expansion.ids[node]));
        let tasks = names.inner(expansion).map(|(id, inner)| {
            let (id, name) = (Literal::usize_unsuffixed(id), inner.name.unraw().to_string());
            quote_mixed!((#id, #name))
        });
        let graph = function(expansion, subgraph, "inner_graph");
        quote_mixed! {
            #runtime::Inside {
                object: #object,
                driver: #driver,
                tasks: &[#(#tasks),*],
                graph: #graph,
            }
        }
    });
    subgraphs.collect()
}

/// Gives the name of a node that is no task of the block.
pub(super) fn node_name(expansion: &Expansion<'_>, node: usize) -> String {
    let dag = expansion.dag;
    if let Some((subgraph, inner)) = dag.inner(node) {
        return format!("{}.{}", dag.tasks[subgraph.task].ident().unraw(), inner.name.unraw());
    }
    let driven = dag.subgraphs.iter().find(|subgraph| subgraph.driver == node);
    driven.map_or_else(String::new, |subgraph| dag.tasks[subgraph.task].ident().unraw().to_string())
}
