//! The interface of a block for an outer block: its tasks by name, its cells and driver, and its failures as the errors
//! of its terminals.

mod errors;
mod place;
mod tasks;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::format_ident;
use syn::ext::IdentExt;

use super::{Expansion, Header, inner};
use crate::analyse::type_name;
pub(super) use errors::key;
use errors::{Errors, where_clause};
use place::Place;

// Output:
//     pub struct PricingTasks(PhantomData<fn() -> Pricing>);
//     impl InnerObject for Pricing { type Failure = __DagPricingFailed; type Tasks = PricingTasks; .. }
//     impl PricingTasks { pub fn total(&self) -> InnerTask<Cells<'_>, Money, __DagPricingFailed, Fails<E>> { .. } .. }
pub(super) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, header, .. } = expansion;
    let Header { arguments, self_ty, outer_params, outer_where, .. } = header;
    let tasks = tasks_ident(expansion);
    let (cells, failed) = (expansion.cells_type(), failed_type(expansion));
    let failed_struct = failed_struct(expansion);
    let place = Place::of(expansion);
    let place_type = Ident::new(place.name(), Span::mixed_site());
    let origin = origin(expansion);
    let drive = drive(expansion);
    let errors = Errors::new(expansion);
    let methods = expansion.tasks().map(|(id, task)| tasks::method(expansion, &errors, id, task));
    let (functions, kept) = (errors.functions(expansion), errors.kept(expansion));
    quote_mixed! {
        #failed_struct

        #[doc(hidden)]
        pub struct #tasks<#outer_params>(::core::marker::PhantomData<fn() -> #self_ty>) #outer_where;

        impl<#outer_params> #runtime::InnerObject for #self_ty #outer_where {
            type Failure = #failed;
            type Tasks = #tasks<#arguments>;
            type Place = #runtime::#place_type;

            fn tasks() -> Self::Tasks {
                #tasks(::core::marker::PhantomData)
            }

            fn inner_graph() -> &'static #runtime::Graph {
                <#self_ty>::__DAG_GRAPH
            }

            #origin
        }

        #[allow(dead_code)]
        impl<#outer_params> #tasks<#arguments> #outer_where {
            #drive
            #functions
        }

        type __DagInner<'__dag, #outer_params __Value, __Error> =
            #runtime::InnerTask<#cells, __Value, #failed, __Error>;

        // An item with `allow(dead_code)` counts as used. These items mention the user's terminals, and dead terminals
        // must be reported.
        impl<#outer_params> #tasks<#arguments> #outer_where {
            #(#methods)*
        }

        #kept
    }
}

/// Writes the impl which says that the graph does not contain itself. It comes first, so that a wrong object is
/// reported here, at its type.
pub(super) fn expand_finite(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, header, .. } = expansion;
    let Header { self_ty, outer_params, .. } = header;
    let (predicates, finite) = (header.predicates(), inner::finite(expansion));
    quote_mixed! {
        impl<#outer_params> #runtime::DoesNotContainItself for #self_ty
        where
            #predicates
            #(#finite)*
        {
        }
    }
}

/// Returns whether the block shows failures.
fn shows_failures(expansion: &Expansion<'_>) -> bool {
    expansion.variants() > 0 && Place::of(expansion).is_possible()
}

fn tasks_ident(expansion: &Expansion<'_>) -> Ident {
    let block = expansion.dag.block;
    let name = type_name(&block.self_ty).map_or_else(String::new, |name| name.unraw().to_string());
    format_ident!("{name}Tasks", span = block.impl_token.span)
}

/// Returns the name of the struct around the failure. It hides the error types, because some of them may be private.
fn failed_ident(expansion: &Expansion<'_>) -> Ident {
    let block = expansion.dag.block;
    let name = type_name(&block.self_ty).map_or_else(String::new, |name| name.unraw().to_string());
    format_ident!("__Dag{name}Failed", span = block.impl_token.span)
}

fn failed_type(expansion: &Expansion<'_>) -> TokenStream {
    if !shows_failures(expansion) {
        let runtime = &expansion.runtime;
        return quote_mixed!(#runtime::Infallible);
    }
    let (failed, arguments) = (failed_ident(expansion), &expansion.header.arguments);
    quote_mixed!(#failed<#arguments>)
}

fn failed_struct(expansion: &Expansion<'_>) -> Option<TokenStream> {
    if !shows_failures(expansion) {
        return None;
    }
    let Header { self_ty, outer_params, outer_where, .. } = &expansion.header;
    let (failed, failure) = (failed_ident(expansion), expansion.failure_type());
    Some(quote_mixed! {
        #[doc(hidden)]
        pub struct #failed<#outer_params>(#failure, ::core::marker::PhantomData<fn() -> #self_ty>) #outer_where;
    })
}

/// Writes the functions that return and change which task of this block a failure from further inside belongs to.
fn origin(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let failure = &expansion.failure;
    let variants = expansion.dag.inner_graphs.iter().map(|inner_graph| inner::variant(expansion, inner_graph));
    let variants: Vec<_> = variants.collect();
    if variants.is_empty() || !shows_failures(expansion) {
        return None;
    }
    let has_others = !expansion.dag.failures.is_empty();
    let others = has_others.then(|| quote_mixed!(_ => ::core::option::Option::None,));
    // Only a graph that catches failures can stop some of its results and not others.
    let blame = expansion.edges.as_ref().map(|_| {
        let others = has_others.then(|| quote_mixed!(_ => {}));
        quote_mixed! {
            fn blame(__failed: &mut Self::Failure, __task: usize) {
                match &mut __failed.0 {
                    #(#failure::#variants(__goal, _) => *__goal = __task,)*
                    #others
                }
            }
        }
    });
    Some(quote_mixed! {
        fn origin(__failed: &Self::Failure) -> ::core::option::Option<usize> {
            match &__failed.0 {
                #(#failure::#variants(__goal, _) => ::core::option::Option::Some(*__goal),)*
                #others
            }
        }

        #blame
    })
}

/// The cells, the scheduler and the driver.
fn drive(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, cells, header, .. } = expansion;
    let self_ty = &header.self_ty;
    let (cells_type, failed) = (expansion.cells_type(), failed_type(expansion));
    let words = Literal::usize_unsuffixed(expansion.words());
    let limit = match expansion.limit() {
        Some(limit) => quote_mixed!(#runtime::Some(#limit)),
        None => quote_mixed!(#runtime::None),
    };
    let drive = if !Place::of(expansion).is_possible() {
        quote_mixed! {
            let _ = (__this, __writer, __scheduler, __keep);
            #runtime::unneeded_failure()
        }
    } else if expansion.variants() == 0 {
        quote_mixed!(<#self_ty>::__dag_drive(__this, __writer, __scheduler, #runtime::Err).await)
    } else {
        let failed = failed_ident(expansion);
        quote_mixed! {
            let __wrap = |__failure| #failed(__failure, ::core::marker::PhantomData);
            let __keep = move |__failure| __keep(__wrap(__failure)).map_err(|__failed| __failed.0);
            <#self_ty>::__dag_drive(__this, __writer, __scheduler, __keep).await.map_err(__wrap)
        }
    };
    let (edges, new) = match expansion.edges {
        Some(_) => (Some(quote_mixed!(, #runtime::MixedEdges<#words>)), quote_mixed!(with_edges)),
        None => (None, quote_mixed!(new)),
    };
    quote_mixed! {
        #[inline]
        pub fn __dag_cells<'__dag>(&self) -> #cells_type {
            #cells::empty()
        }

        #[inline]
        pub fn __dag_scheduler<'__b>(&self, __border: &'__b #runtime::Border<'__b>) -> #runtime::InnerScheduler<'__b, #words #edges> {
            #runtime::InnerScheduler::#new(__border, <#self_ty>::__DAG_GRAPH, #limit)
        }

        #[inline]
        pub async fn __dag_drive<'__dag>(
            self,
            __this: &'__dag #self_ty,
            __writer: #runtime::Writer<'_, #cells_type>,
            __scheduler: &mut #runtime::InnerScheduler<'_, #words #edges>,
            // Not generic: otherwise a graph that contains itself would produce new types without end, instead of one
            // error of rustc.
            __keep: #runtime::KeepInner<'_, #failed>,
        ) -> ::core::result::Result<(), #failed> {
            #drive
        }
    }
}
