//! The interface of a block for an engine that stores results: its tasks as data, and the conversion of each result
//! from and to bytes.

mod run;

use std::collections::BTreeMap;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::run::run_arguments;
use super::{Expansion, Header, at_span, attempt, each};
use crate::analyse::{Place, Task};
use crate::parse::Given;

// Output:
//     impl Durable for Checkout where for<'__dag> Checkout: Send + Sync {
//         const GRAPH: DurableGraph = DurableGraph { name: "Checkout", tasks: &[DurableTask { name: "user", .. }, ..], .. };
//         type Run = CheckoutRun;
//         fn durable_run(self: &Arc<Self>) -> CheckoutRun { self.run() }
//     }
//     impl DurableRun for CheckoutRun where for<'__dag> Checkout: Send + Sync { .. }
pub(super) fn expand(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let durable = expansion.dag.block.options.durable.as_ref()?;
    let Expansion { runtime, header, name, .. } = expansion;
    let Header { params, self_ty, .. } = header;
    let bounds = shared_bounds(expansion);
    let tasks = expansion.tasks().map(|(id, task)| describe(expansion, id, task));
    let inside = describe_inside(expansion);
    let edges = describe_edges(expansion);
    let wide: Vec<_> = wide(expansion).map(|(place, _)| Literal::usize_unsuffixed(place)).collect();
    let wide = (!wide.is_empty()).then(|| quote_mixed!(const WIDE: &'static [usize] = &[#(#wide),*];));
    let elements = elements(expansion);
    let limit = optional(expansion.limit());
    let (run_ident, arguments) = (&expansion.run, run_arguments(expansion));
    let run_type = quote_mixed!(#run_ident<#arguments>);
    let run = run::expand(expansion);
    // The bounds of `run` on the errors are reported at the option that needs the run.
    let at_durable = durable.span().resolved_at(Span::mixed_site());
    let start = quote_spanned!(at_durable=> self.run());
    // An engine serves these tasks, so neither they nor the tasks that they need are dead.
    let public = expansion.tasks().filter(|(_, task)| is_public(task));
    let public = public.map(|(_, task)| at_span(task.ident(), Span::mixed_site()));
    Some(quote_mixed! {
        impl<#params> #runtime::Durable for #self_ty #bounds {
            const GRAPH: #runtime::DurableGraph = #runtime::DurableGraph {
                name: #name,
                tasks: &[#(#tasks),*],
                max_concurrency: #limit,
            };

            #inside

            #edges

            #wide

            #elements

            type Run = #run_type;

            fn durable_run(self: &::std::sync::Arc<Self>) -> Self::Run {
                #(let _ = Self::#public;)*
                #start
            }
        }

        #run
    })
}

/// Returns the where-clause of an implementation that needs an object which threads share. If they cannot, the check of the
/// object says so, once: with `for<..>`, rustc takes a bound without type parameters for granted in the implementation.
fn shared_bounds(expansion: &Expansion<'_>) -> TokenStream {
    let (self_ty, predicates) = (&expansion.header.self_ty, expansion.header.predicates());
    quote_mixed!(where #predicates for<'__dag> #self_ty: ::core::marker::Send + ::core::marker::Sync)
}

fn describe(expansion: &Expansion<'_>, id: usize, task: &Task<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let name = task.ident().unraw().to_string();
    let dependencies = places_of_dependencies(expansion, id).into_iter().map(Literal::usize_unsuffixed);
    let options = &task.method.options;
    let is_public = is_public(task);
    let is_computation = !task.is_async() && task.place == Place::Inline;
    let is_remote = options.remote.is_some();
    // The last `Err` of a task with `catch` is its value, and only the run has it.
    let retry = options.retry.as_ref().filter(|_| options.catch.is_none());
    let retry = optional(retry.map(|_| attempt::attempts_of(options, &expansion.error_type(task), runtime).retry));
    let timeout = optional(options.timeout.as_ref().map(|Given { value, .. }| attempt::duration(*value)));
    let limit = options.max_concurrency.as_ref().map(|limit| Literal::usize_unsuffixed(limit.value));
    let limit = optional(limit);
    let version = Literal::u32_unsuffixed(options.version.as_ref().map_or(1, |version| version.value));
    quote_mixed! {
        #runtime::DurableTask {
            name: #name,
            dependencies: &[#(#dependencies),*],
            is_public: #is_public,
            is_computation: #is_computation,
            is_remote: #is_remote,
            retry: #retry,
            timeout: #timeout,
            max_concurrency: #limit,
            version: #version,
        }
    }
}

// Output:
//     const INSIDE: &'static [GraphInside] = {
//         use NotDurable as _;
//         &[GraphInside { task: 1, graph: ProbeInside::<Pricing>::GRAPH, .., dependents: &[(2, "total")] }]
//     };
fn describe_inside(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let Expansion { dag, runtime, .. } = expansion;
    let graphs = dag.inner_graphs.iter().map(|inner_graph| {
        let task = Literal::usize_unsuffixed(place_of(expansion, inner_graph.task));
        let value = expansion.shown(expansion.value_type(&dag.tasks[inner_graph.task]));
        let dependents = expansion.tasks().enumerate().flat_map(|(place, (id, _))| {
            let named = inner_graph.inner.iter().filter(move |inner| {
                expansion.dependencies(id).into_iter().any(|dependency| dag.order[dependency] == inner.node)
            });
            named.map(move |inner| (Literal::usize_unsuffixed(place), inner.name.unraw().to_string()))
        });
        let (places, names): (Vec<_>, Vec<_>) = dependents.unzip();
        quote_mixed! {
            #runtime::GraphInside {
                task: #task,
                graph: #runtime::ProbeInside::<#value>::GRAPH,
                inside: #runtime::ProbeInside::<#value>::INSIDE,
                dependents: &[#((#places, #names)),*],
            }
        }
    });
    let graphs: Vec<_> = graphs.collect();
    (!graphs.is_empty()).then(|| {
        quote_mixed! {
            const INSIDE: &'static [#runtime::GraphInside] = {
                #[allow(unused_imports)]
                use #runtime::NotDurable as _;
                &[#(#graphs),*]
            };
        }
    })
}

// Output:
//     const EDGES: &'static [DurableEdge] = &[DurableEdge { task: 2, dependency: 0, kind: EdgeKind::Catch }];
fn describe_edges(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let Expansion { dag, runtime, .. } = expansion;
    let mut edges = BTreeMap::new();
    for (position, task) in dag.tasks.iter().enumerate() {
        for dependency in &task.dependencies {
            let object = dag.inner(dependency.task).map(|(inner_graph, _)| inner_graph.task);
            let ends = (place_of(expansion, position), place_of(expansion, object.unwrap_or(dependency.task)));
            let kind = match (dependency.catch, dependency.lazy, dependency.element) {
                (Some(_), ..) => Some(quote_mixed!(Catch)),
                (_, Some(_), _) => Some(quote_mixed!(Lazy)),
                (.., Some(_)) => Some(quote_mixed!(In)),
                _ => None,
            };
            // Of several dependencies on tasks of one object, a plain one decides.
            let kind = kind.filter(|_| !matches!(edges.get(&ends), Some(None)));
            edges.insert(ends, kind);
        }
    }
    let edges = edges.into_iter().filter_map(|((task, dependency), kind)| {
        let kind = kind?;
        let (task, dependency) = (Literal::usize_unsuffixed(task), Literal::usize_unsuffixed(dependency));
        Some(quote_mixed! {
            #runtime::DurableEdge { task: #task, dependency: #dependency, kind: #runtime::EdgeKind::#kind }
        })
    });
    let edges: Vec<_> = edges.collect();
    (!edges.is_empty()).then(|| quote_mixed!(const EDGES: &'static [#runtime::DurableEdge] = &[#(#edges),*];))
}

/// Returns the function that counts the elements of a stored collection, if some task has a call for each.
// Output:
//     fn elements(task: usize, stored: &[u8]) -> Result<StoredElements, TaskError> {
//         match task {
//             1 => Stored::<Vec<Id>>::FORM.elements("ids", stored, |__collection| {
//                 use IterateByReference as _;
//                 __collection.elements_for_in().count()
//             }),
//             _ => Err(Self::GRAPH.no_elements(task)),
//         }
//     }
fn elements(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let runtime = &expansion.runtime;
    let counts = remote(expansion).filter_map(|(place, id)| {
        let collection = expansion.dag.task(expansion.dag.order[id])?.each()?;
        let value = expansion.shown(expansion.value_type(expansion.dag.task(collection.task)?));
        let (place, name) = (Literal::usize_unsuffixed(place), collection.name.unraw().to_string());
        // If it does not iterate, this is reported at its name.
        let at_name = collection.name.span().resolved_at(Span::mixed_site());
        let count = quote_spanned! {at_name=>
            |__collection: &#value| {
                use #runtime::IterateByReference as _;
                ::core::iter::Iterator::count(__collection.elements_for_in())
            }
        };
        Some(quote_mixed!(#place => #runtime::Stored::<#value>::FORM.elements(#name, stored, #count),))
    });
    let counts: Vec<_> = counts.collect();
    (!counts.is_empty()).then(|| {
        quote_mixed! {
            fn elements(
                task: usize,
                stored: &[u8],
            ) -> ::core::result::Result<#runtime::StoredElements, #runtime::TaskError> {
                #[allow(unused_imports)]
                use #runtime::NotStorable as _;
                match task {
                    #(#counts)*
                    _ => ::core::result::Result::Err(Self::GRAPH.no_elements(task)),
                }
            }
        }
    })
}

/// Returns the tasks with a call for each element of a collection: their places in the list of tasks, and their ids.
fn remote(expansion: &Expansion<'_>) -> impl Iterator<Item = (usize, usize)> {
    let tasks = expansion.tasks().enumerate().filter(|(_, (_, task))| each::is_remote(expansion, task));
    tasks.map(|(place, (id, _))| (place, id))
}

/// Returns the tasks that run once for each element of a collection: their places in the list of tasks, and their ids.
fn wide(expansion: &Expansion<'_>) -> impl Iterator<Item = (usize, usize)> {
    let tasks = expansion.tasks().enumerate().filter(|(_, (_, task))| task.each().is_some());
    tasks.map(|(place, (id, _))| (place, id))
}

/// Returns the place of a task in the list of tasks.
fn place_of(expansion: &Expansion<'_>, task: usize) -> usize {
    let place = expansion.tasks().position(|(id, _)| id == expansion.ids[task]);
    place.unwrap_or_else(|| unreachable!("each task has a place"))
}

/// Returns the places of a task's dependencies in the list of tasks, which has no nodes of inner graphs: an inner task is
/// part of the task whose value has it.
fn places_of_dependencies(expansion: &Expansion<'_>, id: usize) -> Vec<usize> {
    let dag = expansion.dag;
    let mut places = Vec::new();
    for node in expansion.dependencies(id).into_iter().map(|dependency| dag.order[dependency]) {
        let task = dag.inner(node).map_or(node, |(inner_graph, _)| inner_graph.task);
        let place = expansion.tasks().position(|(id, _)| id == expansion.ids[task]);
        places.extend(place.filter(|place| !places.contains(place)));
    }
    places
}

/// Returns whether code outside the module may ask for the result of a task, even if only in this crate.
fn is_public(task: &Task<'_>) -> bool {
    task.rank() > 0
}

fn optional(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote_mixed!(::core::option::Option::Some(#value)),
        None => quote_mixed!(::core::option::Option::None),
    }
}

/// Checks for each collection that the indices of its elements can be stored, at its name.
pub(super) fn check_ordered(expansion: &Expansion<'_>) -> Option<TokenStream> {
    expansion.dag.block.options.durable.as_ref()?;
    let checks =
        expansion.dag.tasks.iter().filter(|task| expansion.dag.followed_by(task).is_none()).filter_map(|task| {
            let collection = task.each()?;
            let value = expansion.value_type(expansion.dag.task(collection.task)?);
            let at_name = collection.name.span().resolved_at(Span::mixed_site());
            let runtime = expansion.runtime_at(at_name);
            let require = Ident::new("require_ordered", at_name);
            Some(quote_spanned!(at_name=> #runtime::#require::<#value>();))
        });
    Some(checks.collect())
}

/// Checks once for each type that it can be stored, at the first task that returns it.
pub(super) fn check_storable(expansion: &Expansion<'_>) -> Option<TokenStream> {
    expansion.dag.block.options.durable.as_ref()?;
    let mut seen = std::collections::HashSet::new();
    let checks = expansion.dag.tasks.iter().filter_map(|task| {
        let output = task.output?;
        let value = each::element_type(expansion, task).unwrap_or_else(|| expansion.value_type(task));
        if !seen.insert(value.to_string()) {
            return None;
        }
        let at_output = output.span().resolved_at(Span::mixed_site());
        let runtime = expansion.runtime_at(at_output);
        let require = Ident::new("require_storable", at_output);
        Some(quote_spanned!(at_output=> #runtime::#require::<#value>();))
    });
    Some(checks.collect())
}
