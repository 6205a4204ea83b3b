//! The types of a run: `CheckoutRun` with a terminal by reference for each task, and `CheckoutOutputs`.

use std::collections::HashSet;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Visibility;
use syn::ext::IdentExt;

use super::{
    Expansion, Header, at_span, at_task, inside, lint_of_options, lints_of_types, mentions_self_lifetime, run_docs,
};
use crate::analyse::Task;

// Output:
//     pub fn run(&self) -> CheckoutRun<'_> where for<'x> Defer<'x, ApiError>: IntoTaskError<ApiError> { .. }
pub(crate) fn expand_start(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, cells, run, failure, dag, .. } = expansion;
    let vis = expansion.visibility();
    let bounds = dag.failures.iter().map(|failure| {
        let task = &dag.tasks[failure.task];
        let error = expansion.error_type(task);
        // If the bound is not met, rustc shows the bound: it has the span of the task's name.
        let at_task = task.ident().span().resolved_at(Span::mixed_site());
        let runtime = expansion.runtime_at(at_task);
        quote_spanned!(at_task=> for<'__x> #runtime::Defer<'__x, #error>: #runtime::IntoTaskError<#error>,)
    });
    let (inner_bounds, inner_arms) = (inside::bounds(expansion), inside::kept(expansion));
    let arms = dag.failures.iter().map(|number| {
        let variant = &number.variant;
        quote_mixed!(#failure::#variant(__error) => #runtime::IntoTaskError::into_source(#runtime::Defer::new(__error)),)
    });
    let keep = if expansion.variants() == 0 {
        quote_mixed!(match __failure {})
    } else {
        quote_mixed!(::core::result::Result::Ok(match __failure { #(#arms)* #(#inner_arms)* }))
    };
    let doc = run_docs::start(expansion);
    let limit = match expansion.limit() {
        Some(limit) => quote_mixed!(::core::option::Option::Some(#limit)),
        None => quote_mixed!(::core::option::Option::None),
    };
    let boxed = if dag.block.options.local {
        quote_mixed!(::std::boxed::Box::pin(__driver))
    } else {
        quote_mixed!(#runtime::IfSend::of(&__driver).boxed(__driver))
    };
    let Shape { receiver, share, .. } = shape(expansion);
    let (bounds, inner_bounds) = (quote!(#(#bounds)*), quote!(#(#inner_bounds)*));
    let arguments = &expansion.header.arguments;
    let plain = if dag.is_shared() { quote!(#run<#arguments>) } else { quote!(#run<'_, #arguments>) };
    let plain_receiver =
        if dag.is_shared() { quote_mixed!(self: &::std::sync::Arc<Self>) } else { quote_mixed!(&self) };
    let (generics, receiver, returned) = if mentions_self_lifetime(quote!(#bounds #inner_bounds)) {
        let returned = if dag.is_shared() { plain.clone() } else { quote!(#run<'__dag, #arguments>) };
        (Some(quote!(<'__dag>)), receiver, returned)
    } else {
        (None, plain_receiver.clone(), plain.clone())
    };
    // The docs describe the bounds on errors in words.
    let documented = (!bounds.is_empty() || !inner_bounds.is_empty()).then(|| {
        quote_mixed! {
            #[cfg(doc)]
            #[doc = #doc]
            #[must_use]
            #vis fn run(#plain_receiver) -> #plain {
                ::core::unimplemented!()
            }

            #[cfg(not(doc))]
        }
    });
    quote_mixed! {
        #documented
        #[doc = #doc]
        #[must_use = "a run does nothing until one of its results is awaited"]
        #vis fn run #generics(#receiver) -> #returned
        where
            #bounds
            #inner_bounds
        {
            #[allow(unused_imports)]
            use #runtime::NotSend as _;
            #run {
                __dag: #runtime::Run::new(
                    #share,
                    #cells::empty(),
                    Self::__DAG_GRAPH,
                    #limit,
                    |__this, __writer, __seed| {
                        let __driver = Self::__dag_run(__this, __writer, __seed, |__failure| {
                            #keep
                        });
                        #boxed
                    },
                ),
            }
        }
    }
}

/// Writes the future that drives a run. It is a separate function, so that rustc knows whether the future is `Send`.
// Output:
//     async fn __dag_run<'__dag>(__this: &'__dag Self, mut __writer: ArcWriter<Cells<'__dag>>, __seed: Seed<1>, ..) {
//         let _ = Self::__dag_drive(__this, __writer.borrow(), __seed.into_scheduler(), __keep).await;
//     }
pub(crate) fn expand_driver(expansion: &Expansion<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let (cells_type, failure_type) = (expansion.cells_type(), expansion.failure_type());
    let words = Literal::usize_unsuffixed(expansion.words());
    let Shape { object, writer, start, stage, .. } = shape(expansion);
    let keep = quote_mixed!(fn(#failure_type) -> #runtime::Kept<#failure_type>);
    let keep = inside::at_first(expansion, keep);
    quote_mixed! {
        async fn __dag_run<'__dag>(
            __this: #object,
            #writer: #runtime::ArcWriter<#cells_type>,
            __seed: #runtime::Seed<#words>,
            __keep: #keep,
        ) {
            #start
            let _ = Self::__dag_drive(#stage, __keep).await;
        }
    }
}

/// How a run holds the object.
struct Shape {
    object: TokenStream,
    writer: TokenStream,
    receiver: TokenStream,
    share: TokenStream,
    start: TokenStream,
    stage: TokenStream,
}

fn shape(expansion: &Expansion<'_>) -> Shape {
    let runtime = &expansion.runtime;
    let (begin, into_scheduler) = if expansion.edges.is_some() {
        (quote_mixed!(of_edge_run), quote_mixed!(into_edge_scheduler))
    } else {
        (quote_mixed!(of_run), quote_mixed!(into_scheduler))
    };
    if expansion.dag.is_shared() {
        return Shape {
            object: quote_mixed!(::std::sync::Arc<Self>),
            writer: quote_mixed!(__writer),
            receiver: quote_mixed!(self: &'__dag ::std::sync::Arc<Self>),
            share: quote_mixed!(::std::sync::Arc::clone(self)),
            start: quote_mixed! {
                let (mut __offload, __scheduler) = #runtime::Offload::#begin(
                    __this,
                    __writer,
                    Self::__DAG_LINKS,
                    __seed,
                    Self::__dag_spawn,
                    __keep,
                );
            },
            stage: quote_mixed!(&mut __offload, __scheduler),
        };
    }
    Shape {
        object: quote_mixed!(&'__dag Self),
        writer: quote_mixed!(mut __writer),
        receiver: quote_mixed!(&'__dag self),
        share: quote_mixed!(self),
        start: TokenStream::new(),
        stage: quote_mixed!(__this, __writer.borrow(), __seed.#into_scheduler()),
    }
}

/// Returns the arguments of the type of a run, which has a lifetime only if it borrows the object.
pub(super) fn run_arguments(expansion: &Expansion<'_>) -> TokenStream {
    let Header { arguments, object, .. } = &expansion.header;
    if expansion.dag.is_shared() { quote!(#arguments) } else { quote!(#object, #arguments) }
}

/// Returns the same with bounds, as parameters of an impl.
pub(super) fn run_params(expansion: &Expansion<'_>) -> TokenStream {
    let Header { outer_params: params, object, .. } = &expansion.header;
    if expansion.dag.is_shared() { quote!(#params) } else { quote!(#object, #params) }
}

// Output:
//     pub struct CheckoutRun<'a> { __dag: Run<&'a Checkout, Cells<'a>, dyn Future<..> + Send + 'a, 1> }
pub(crate) fn expand_type(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, run, header, .. } = expansion;
    let Header { self_ty, outer_where, .. } = header;
    let (vis, params) = (expansion.visibility(), run_params(expansion));
    let cells = expansion.shown(expansion.cells_type());
    let own = &header.object;
    let lifetime = if expansion.dag.is_shared() { quote!('static) } else { quote!(#own) };
    let object =
        if expansion.dag.is_shared() { quote_mixed!(::std::sync::Arc<#self_ty>) } else { quote_mixed!(&#own #self_ty) };
    let words = Literal::usize_unsuffixed(expansion.words());
    let send = (!expansion.dag.block.options.local).then(|| quote!(+ ::core::marker::Send));
    let (doc, allowed) = (run_docs::run(expansion), lints_of_types());
    quote_mixed! {
        #[doc = #doc]
        #allowed
        #vis struct #run<#params> #outer_where {
            __dag: #runtime::Run<
                #object,
                #cells,
                dyn ::core::future::Future<Output = ()> #send + #lifetime,
                #words,
            >,
        }
    }
}

// Output:
//     impl CheckoutRun<'_> { pub fn quote(&self) -> TryGoal<'_, Quote> { .. } .. }
pub(crate) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, run, header, .. } = expansion;
    let (vis, outer_where) = (expansion.visibility(), &header.outer_where);
    let (params, run_arguments) = (run_params(expansion), run_arguments(expansion));
    let terminals = expansion.tasks().map(|(id, task)| terminal(expansion, id, task));
    let (any, all) = (any(expansion), all(expansion));
    // There is no list of lints: an item with `allow(dead_code)` counts as used. These items mention the user's
    // terminals, and dead terminals must be reported.
    quote_mixed! {
        impl<#params> #run<#run_arguments> #outer_where {
            #(#terminals)*
            #any
            #all

            /// Lets at most `tasks` tasks of this run be under way at once. A task that awaits another result of its
            /// own run keeps its slot: if no slot is left for that result, both wait forever.
            ///
            /// # Panics
            /// If it is 0, or if a result of the run has been awaited.
            #[must_use]
            #vis fn max_concurrency(self, tasks: usize) -> Self {
                Self { __dag: self.__dag.max_concurrency(tasks) }
            }

            /// Adds an observer, which is told of the tasks that start and finish.
            ///
            /// # Panics
            /// If a result of the run has been awaited.
            #[must_use]
            #vis fn observe(self, observer: impl #runtime::Observer + 'static) -> Self {
                Self { __dag: self.__dag.observe(observer) }
            }

            /// Forgets all failures: a task that failed runs again when a result that needs it is awaited again. Results
            /// are kept, and running tasks continue.
            #vis fn retry_failed(&self) {
                self.__dag.retry_failed();
            }
        }

        impl<#params> ::core::fmt::Debug for #run<#run_arguments> #outer_where {
            fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.__dag, __formatter)
            }
        }
    }
}

fn terminal(expansion: &Expansion<'_>, id: usize, task: &Task<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let (vis, name) = (&task.method.vis, task.ident());
    let self_ty = &expansion.header.self_ty;
    let method = at_span(name, at_task(name));
    let value = expansion.shown(expansion.value_type(task));
    let id = Literal::usize_unsuffixed(id);
    let plain = name.unraw();
    let docs =
        task.method.attrs.iter().filter(|attr| attr.path().is_ident("doc") || attr.path().is_ident("deprecated"));
    let docs: Vec<_> = docs.collect();
    let is_documented = docs.iter().any(|attr| attr.path().is_ident("doc"));
    let own_doc = (!is_documented).then(|| format!("Returns the result of `{plain}`."));
    let own_doc = own_doc.map(|doc| quote!(#[doc = #doc]));
    let goal = Ident::new(if task.can_fail() { "TryGoal" } else { "Goal" }, Span::mixed_site());
    // The third parameter is the run as its waiters see it. Without this parameter, any thread may drive the run.
    let any = expansion.dag.block.options.local.then(|| quote_mixed!(, dyn #runtime::AnyRun + '_));
    let inject = format_ident!("with_{plain}", span = at_task(name));
    let errors = run_docs::errors(task, &quote!(#(#docs)*).to_string()).map(|doc| quote!(#[doc = #doc]));
    let doc = run_docs::injection(&plain);
    quote_mixed! {
        #own_doc
        #(#docs)*
        #errors
        #vis fn #method(&self) -> #runtime::#goal<'_, #value #any> {
            let _ = <#self_ty>::#method;
            #runtime::#goal::new(self.__dag_any(), #id, &self.__dag.cells().#name)
        }

        #[doc = #doc]
        #[must_use]
        #vis fn #inject(self, value: #value) -> Self {
            self.__dag.inject(#id, &self.__dag.cells().#name, value);
            self
        }
    }
}

/// Returns the run as its waiters see it. If the object cannot be shared, that is the only error.
fn any(expansion: &Expansion<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let (share, body) = if expansion.dag.block.options.local {
        (None, quote_mixed!(&self.__dag))
    } else {
        let any = quote_mixed! {
            #[allow(unused_imports)]
            use #runtime::NotShared as _;
            #runtime::IfSend::of(&&self.__dag).any(&self.__dag)
        };
        (Some(quote_mixed!(+ ::core::marker::Sync)), any)
    };
    quote_mixed! {
        #[doc(hidden)]
        fn __dag_any(&self) -> &(dyn #runtime::AnyRun #share + '_) {
            #body
        }
    }
}

fn all(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, outputs, header, .. } = expansion;
    let vis = expansion.visibility();
    let names: Vec<_> = expansion.tasks().map(|(_, task)| task.ident()).collect();
    let arguments = &header.arguments;
    let doc = run_docs::all(expansion);
    let marker = expansion.has_marked_outputs().then(|| quote_mixed!(__dag: ::core::marker::PhantomData,));
    let results = quote_mixed! {
        #outputs {
            #(#names: self.__dag.cells().#names.ready(),)*
            #marker
        }
    };
    let self_ty = &header.self_ty;
    let methods = expansion.tasks().map(|(_, task)| at_span(task.ident(), at_task(task.ident())));
    // Code that awaits `all` uses every task, so no task is dead. But a public `all` always counts as used, and would
    // hide every dead task.
    let is_public = matches!(vis, Some(Visibility::Public(_)));
    let used = (!is_public).then(|| quote_mixed!(#(let _ = <#self_ty>::#methods;)*));
    if !expansion.dag.tasks.iter().any(Task::can_fail) {
        return quote_mixed! {
            #[doc = #doc]
            #vis async fn all(&self) -> #outputs<'_, #arguments> {
                #used
                #runtime::reached(self.__dag.all().await);
                #results
            }
        };
    }
    quote_mixed! {
        #[doc = #doc]
        #vis async fn all(&self) -> ::core::result::Result<#outputs<'_, #arguments>, #runtime::TaskError> {
            #used
            self.__dag.all().await?;
            ::core::result::Result::Ok(#results)
        }

        /// Runs every task that can run, whatever fails. Returns the failures in topological order, without the tasks
        /// that could not run because of them.
        ///
        /// # Panics
        /// If a task of the run panics.
        ///
        /// # Cancel safety
        /// Dropping the future loses and repeats nothing: all tasks stay wanted.
        #vis async fn settle(&self) -> ::std::vec::Vec<#runtime::TaskError> {
            #used
            self.__dag.settle().await
        }
    }
}

// Output:
//     pub struct CheckoutOutputs<'a> { pub user: &'a User, .. }
pub(crate) fn expand_outputs_type(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { outputs, header, .. } = expansion;
    let Header { self_ty, outer_params, outer_where, object, .. } = header;
    let vis = expansion.visibility();
    let names: Vec<_> = expansion.tasks().map(|(_, task)| task.ident()).collect();
    let docs = names.iter().map(|name| format!("The result of `{}`.", name.unraw()));
    let visibilities = expansion.tasks().map(|(_, task)| &task.method.vis);
    let types = expansion.tasks().map(|(_, task)| expansion.shown(expansion.value_type(task)));
    let (allowed, allowed_options) = (lints_of_types(), lint_of_options(expansion));
    let doc = run_docs::outputs(expansion);
    let is_marked = expansion.has_marked_outputs();
    let marker = is_marked.then(|| quote_mixed!(__dag: ::core::marker::PhantomData<&#object #self_ty>,));
    let derived = (!is_marked).then(|| quote_mixed!(#[derive(::core::clone::Clone, ::core::marker::Copy)]));
    quote_mixed! {
        #[doc = #doc]
        #allowed
        #allowed_options
        #derived
        #vis struct #outputs<#object, #outer_params> #outer_where {
            #(#[doc = #docs] #visibilities #names: &#object #types,)*
            #marker
        }
    }
}

/// Writes the impls of the outputs: they are `Copy`, and `Debug` if all results are.
pub(crate) fn expand_outputs(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, outputs, header, .. } = expansion;
    let Header { arguments, outer_params, outer_where, object, .. } = header;
    let names: Vec<_> = expansion.tasks().map(|(_, task)| task.ident()).collect();
    let texts = names.iter().map(|name| name.unraw().to_string());
    let types: Vec<_> = expansion.tasks().map(|(_, task)| expansion.shown(expansion.value_type(task))).collect();
    let mut seen = HashSet::new();
    let hidden =
        types.iter().filter(|ty| seen.insert(ty.to_string())).map(|ty| expansion.shown(expansion.hidden(ty.clone())));
    let name = outputs.to_string();
    let predicates = header.predicates();
    // A derive would require `Copy` of the parameters of the block.
    let copied = expansion.has_marked_outputs().then(|| {
        quote_mixed! {
            #[allow(clippy::expl_impl_clone_on_copy)]
            impl<#object, #outer_params> ::core::clone::Clone for #outputs<#object, #arguments> #outer_where {
                fn clone(&self) -> Self {
                    *self
                }
            }

            impl<#object, #outer_params> ::core::marker::Copy for #outputs<#object, #arguments> #outer_where {}
        }
    });
    quote_mixed! {
        #copied

        // The docs of the type say in words when it is `Debug`.
        #[doc(hidden)]
        impl<#object, #outer_params> ::core::fmt::Debug for #outputs<#object, #arguments>
        where
            #predicates
            #(for<'__x> #runtime::Defer<'__x, &#object #hidden>: ::core::fmt::Debug,)*
        {
            fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __formatter
                    .debug_struct(#name)
                    #(.field(#texts, &#runtime::Defer::new(self.#names)))*
                    .finish()
            }
        }
    }
}
