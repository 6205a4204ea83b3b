//! The type of a run: `CheckoutRun` with a terminal by reference for each task.

use std::collections::HashSet;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::Visibility;
use syn::ext::IdentExt;

use super::{Expansion, Header, at_span, at_task, close, lints_of_types, run_docs};
use crate::analyse::Task;

/// Returns the arguments of the type of a run, which has a lifetime only if it borrows the object.
pub(super) fn run_arguments(expansion: &Expansion<'_>) -> TokenStream {
    let Header { arguments, object, .. } = &expansion.header;
    if expansion.dag.is_owned() { quote!(#arguments) } else { quote!(#object, #arguments) }
}

/// Returns the same with bounds, as parameters of an impl.
pub(super) fn run_params(expansion: &Expansion<'_>) -> TokenStream {
    let Header { outer_params: params, object, .. } = &expansion.header;
    if expansion.dag.is_owned() { quote!(#params) } else { quote!(#object, #params) }
}

// Output:
//     pub struct CheckoutRun<'a> { __dag: SendRun<'a, &'a Checkout, Cells<'a>, 1> }
pub(crate) fn expand_type(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, run, header, .. } = expansion;
    let Header { self_ty, outer_where, .. } = header;
    // The run of a durable block is part of an impl of a public trait.
    let vis = if expansion.dag.is_durable() {
        quote_mixed!(#[allow(unreachable_pub)] pub)
    } else {
        expansion.visibility().to_token_stream()
    };
    let params = run_params(expansion);
    let cells = expansion.shown(expansion.cells_type());
    let own = &header.object;
    let lifetime = if expansion.dag.is_owned() { quote!('static) } else { quote!(#own) };
    let object =
        if expansion.dag.is_owned() { quote_mixed!(::std::sync::Arc<#self_ty>) } else { quote_mixed!(&#own #self_ty) };
    let words = Literal::usize_unsuffixed(expansion.words());
    let kind = Ident::new(if expansion.dag.block.options.local { "LocalRun" } else { "SendRun" }, Span::mixed_site());
    let (doc, allowed) = (run_docs::run(expansion), lints_of_types());
    quote_mixed! {
        #[doc = #doc]
        #allowed
        #vis struct #run<#params> #outer_where {
            __dag: #runtime::#kind<#lifetime, #object, #cells, #words>,
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
    let (any, all, close) = (any(expansion), all(expansion), close::expand(expansion));
    // There is no list of lints: an item with `allow(dead_code)` counts as used. These items mention the user's
    // terminals, and dead terminals must be reported.
    quote_mixed! {
        impl<#params> #run<#run_arguments> #outer_where {
            #(#terminals)*
            #any
            #all
            #close

            /// Lets at most `tasks` tasks of this run be under way at once. A task that awaits another result of its
            /// own run keeps its slot: if no slot is left for that result, both wait forever.
            ///
            /// # Panics
            /// If it is 0, or if a result of the run has been awaited.
            #[must_use]
            #[track_caller]
            #vis fn max_concurrency(mut self, tasks: usize) -> Self {
                self.__dag = self.__dag.max_concurrency(tasks);
                self
            }

            /// Adds an observer, which is told of the tasks that start and finish.
            ///
            /// # Panics
            /// If a result of the run has been awaited.
            #[must_use]
            #[track_caller]
            #vis fn observe(mut self, observer: impl #runtime::Observer + 'static) -> Self {
                self.__dag = self.__dag.observe(observer);
                self
            }

            /// Drops a task of this run when nobody waits for it any more: its body is dropped, or aborted if it was
            /// spawned. The task starts anew when it is wanted again. Without this, a task that nobody waits for pauses
            /// where it is, and keeps what it holds.
            ///
            /// # Panics
            /// If a result of the run has been awaited.
            #[must_use]
            #[track_caller]
            #vis fn cancel_abandoned(mut self) -> Self {
                self.__dag = self.__dag.cancel_abandoned();
                self
            }

            /// Forgets all failures: a task that failed runs again when a result that needs it is awaited again. Results
            /// are kept, and running tasks continue.
            #vis fn retry_failed(&self) {
                self.__dag.retry_failed();
            }
        }

        impl<#params> ::core::fmt::Debug for #run<#run_arguments> #outer_where {
            fn fmt(&self, formatter: &mut #runtime::fmt::Formatter<'_>) -> #runtime::fmt::Result {
                ::core::fmt::Debug::fmt(&self.__dag, formatter)
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
    let goal = Ident::new(if expansion.dag.can_fail(task) { "TryGoal" } else { "Goal" }, Span::mixed_site());
    // The third parameter is the run as its waiters see it. Without this parameter, any thread may drive the run.
    let any = expansion.dag.block.options.local.then(|| quote_mixed!(, dyn #runtime::AnyRun + '_));
    let inject = format_ident!("with_{plain}", span = at_task(name));
    let errors = run_docs::errors(expansion.dag, task, &quote!(#(#docs)*).to_string()).map(|doc| quote!(#[doc = #doc]));
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
        #[track_caller]
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
    // Code that awaits `all` uses every task, so no task is dead: the terminal of a task mentions the dependencies of
    // the task, and `all` mentions the others. But a public `all` always counts as used, and would hide every dead task.
    let is_public = matches!(vis, Some(Visibility::Public(_)));
    let dependencies = expansion.dag.tasks.iter().flat_map(|task| &task.dependencies);
    let mentioned: HashSet<&Ident> = dependencies.map(|it| it.graph.unwrap_or(it.name)).collect();
    let unmentioned = expansion.tasks().map(|(_, task)| task.ident()).filter(|name| !mentioned.contains(name));
    let methods = unmentioned.map(|name| at_span(name, at_task(name)));
    let used = (!is_public).then(|| quote_mixed!(#(let _ = <#self_ty>::#methods;)*));
    if !expansion.dag.tasks.iter().any(|task| expansion.dag.can_fail(task)) {
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
