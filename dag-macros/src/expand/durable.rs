//! The interface of a block for an engine that stores results: its tasks as data, and the conversion of each result
//! from and to bytes.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::run::{run_arguments, run_params};
use super::{Expansion, Header, at_span, attempt};
use crate::analyse::{Place, Task};
use crate::parse::Given;

// Output:
//     impl Durable for Checkout {
//         const GRAPH: DurableGraph = DurableGraph { name: "Checkout", tasks: &[DurableTask { name: "user", .. }, ..], .. };
//         type Run = CheckoutRun;
//         fn durable_run(self: &Arc<Self>) -> CheckoutRun { self.run() }
//     }
//     impl DurableRun for CheckoutRun { .. }
pub(super) fn expand(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let durable = expansion.dag.block.options.durable.as_ref()?;
    let Expansion { runtime, header, name, .. } = expansion;
    let Header { params, self_ty, where_clause, .. } = header;
    let tasks = expansion.tasks().map(|(id, task)| describe(expansion, id, task));
    let inside = describe_inside(expansion);
    let limit = optional(expansion.limit());
    let (run_ident, arguments) = (&expansion.run, run_arguments(expansion));
    let run_type = quote_mixed!(#run_ident<#arguments>);
    let run = expand_run(expansion);
    // The bounds of `run` on the errors are reported at the option that needs the run.
    let at_durable = durable.span().resolved_at(Span::mixed_site());
    let start = quote_spanned!(at_durable=> self.run());
    // An engine serves these tasks, so neither they nor the tasks that they need are dead.
    let public = expansion.tasks().filter(|(_, task)| is_public(task));
    let public = public.map(|(_, task)| at_span(task.ident(), Span::mixed_site()));
    Some(quote_mixed! {
        impl<#params> #runtime::Durable for #self_ty #where_clause {
            const GRAPH: #runtime::DurableGraph = #runtime::DurableGraph {
                name: #name,
                tasks: &[#(#tasks),*],
                max_concurrency: #limit,
            };

            #inside

            type Run = #run_type;

            fn durable_run(self: &::std::sync::Arc<Self>) -> Self::Run {
                #(let _ = Self::#public;)*
                #start
            }
        }

        #run
    })
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
    let graphs = dag.subgraphs.iter().map(|subgraph| {
        let task = Literal::usize_unsuffixed(place_of(expansion, subgraph.task));
        let value = expansion.shown(expansion.value_type(&dag.tasks[subgraph.task]));
        let dependents = expansion.tasks().enumerate().flat_map(|(place, (id, _))| {
            let named = subgraph.inner.iter().filter(move |inner| {
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
        let task = dag.inner(node).map_or(node, |(subgraph, _)| subgraph.task);
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

// Output:
//     fn seed(self, task: &str, stored: &[u8]) -> Result<Self, TaskError> {
//         match self.__dag.position(task) {
//             0 => self.__dag.inject(0, &self.__dag.cells().user, Stored::<User>::FORM.read("user", stored)?),
//             ..
//     }
//     fn result(&self, task: &str) -> impl Future<Output = Result<Vec<u8>, TaskError>> + Send {
//         let __id = self.__dag.position(task);
//         async move {
//             self.__dag.goal(__id).await?;
//             match __id {
//                 0 => Stored::<User>::FORM.write("user", self.__dag.cells().user.ready()),
//                 ..
fn expand_run(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, run, header, .. } = expansion;
    let (params, arguments, outer_where) = (run_params(expansion), run_arguments(expansion), &header.outer_where);
    let ids: Vec<_> = expansion.tasks().map(|(id, _)| Literal::usize_unsuffixed(id)).collect();
    let names: Vec<_> = expansion.tasks().map(|(_, task)| task.ident()).collect();
    let texts: Vec<_> = names.iter().map(|name| name.unraw().to_string()).collect();
    let values: Vec<_> = expansion.tasks().map(|(_, task)| expansion.shown(expansion.value_type(task))).collect();
    let has_inside = !expansion.dag.subgraphs.is_empty();
    let seed_inside = has_inside.then(|| {
        quote_mixed! {
            if self.__dag.seed_inside(task, stored) {
                return ::core::result::Result::Ok(self);
            }
        }
    });
    let seed_failure_inside = has_inside.then(|| {
        quote_mixed! {
            if self.__dag.seed_failure_inside(task, &error) {
                return self;
            }
        }
    });
    quote_mixed! {
        impl<#params> #runtime::DurableRun for #run<#arguments> #outer_where {
            fn seed(
                self,
                task: &str,
                stored: &[u8],
            ) -> ::core::result::Result<Self, #runtime::TaskError> {
                #[allow(unused_imports)]
                use #runtime::NotStorable as _;
                #seed_inside
                match self.__dag.position(task) {
                    #(#ids => {
                        let __value: #values = #runtime::Stored::<#values>::FORM.read(#texts, stored)?;
                        self.__dag.inject(#ids, &self.__dag.cells().#names, __value);
                    })*
                    __id => #runtime::unknown_task(__id),
                }
                ::core::result::Result::Ok(self)
            }

            fn result(
                &self,
                task: &str,
            ) -> impl ::core::future::Future<
                Output = ::core::result::Result<::std::vec::Vec<u8>, #runtime::TaskError>,
            > + ::core::marker::Send {
                #[allow(unused_imports)]
                use #runtime::NotStorable as _;
                let __id = self.__dag.position(task);
                async move {
                    self.__dag.goal(__id).await?;
                    let __cells = self.__dag.cells();
                    match __id {
                        #(#ids => #runtime::Stored::<#values>::FORM.write(#texts, __cells.#names.ready()),)*
                        _ => #runtime::unknown_task(__id),
                    }
                }
            }

            fn defer_retries(self, deferral: &#runtime::Deferral) -> Self {
                Self { __dag: self.__dag.defer_retries(::core::clone::Clone::clone(deferral)) }
            }

            fn observe(self, observer: impl #runtime::Observer + 'static) -> Self {
                Self { __dag: self.__dag.observe(observer) }
            }

            fn keep(self, keeper: impl #runtime::Keeper + 'static) -> Self {
                Self { __dag: self.__dag.keep(keeper) }
            }

            fn seed_failure(self, task: &str, error: #runtime::TaskError) -> Self {
                #seed_failure_inside
                let __id = self.__dag.position(task);
                Self { __dag: self.__dag.seed_failure(__id, error) }
            }

            fn settle(
                &self,
            ) -> impl ::core::future::Future<Output = ::std::vec::Vec<#runtime::TaskError>> + ::core::marker::Send {
                self.__dag.settle()
            }

            fn retry_failed(&self) {
                self.__dag.retry_failed();
            }

            fn stop(&self) {
                self.__dag.stop();
            }
        }
    }
}

/// Checks once for each type that it can be stored, at the first task that returns it.
pub(super) fn check_storable(expansion: &Expansion<'_>) -> Option<TokenStream> {
    expansion.dag.block.options.durable.as_ref()?;
    let mut seen = std::collections::HashSet::new();
    let checks = expansion.dag.tasks.iter().filter_map(|task| {
        let output = task.output?;
        let value = expansion.value_type(task);
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
