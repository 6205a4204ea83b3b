//! In: a checked [`Dag`]. Out: the user's impl with a terminal for each task, and the cells, failures and driver that
//! the terminals use. Cannot fail.

/// `quote!` for the inside of generated bodies: local variables do not clash with the user's.
macro_rules! quote_mixed {
    ($($tokens:tt)*) => { ::quote::quote_spanned! {::proc_macro2::Span::mixed_site()=> $($tokens)*} };
}

mod as_inner;
mod attempt;
mod attributes;
mod cells;
mod checks;
mod close;
mod convert;
mod crew;
mod driver;
mod durable;
mod each;
mod edges;
mod expansion;
mod graph;
mod header;
mod idents;
mod inner;
mod keeping;
mod lints;
mod only_block;
mod outputs;
mod run;
mod run_docs;
mod slots;
mod start;
mod terminal;
mod worker;

use proc_macro2::TokenStream;
use quote::quote;

use crate::analyse::Dag;
pub(crate) use attempt::{Attempts, attempts_of, duration};
pub(crate) use attributes::{for_body, for_terminal};
pub(crate) use expansion::Expansion;
use expansion::{hexadecimal, mentions_self_lifetime, renamed};
use header::Header;
pub(crate) use idents::body_ident;
use idents::{at_span, at_task, local_ident};
use lints::{allowed_lints, lint_of_options, lints_of_types};
use only_block::only_block;
#[cfg(test)]
pub(crate) use only_block::without_call;
pub(crate) use terminal::{body, signature};

/// Expands a block without mistakes.
pub(crate) fn expand(dag: &Dag<'_>) -> TokenStream {
    let expansion = Expansion::new(dag);
    let seen = expand_seen(&expansion);
    let expansion = expansion.in_const();
    let hidden = expand_hidden(&expansion);
    only_block(&expansion, &quote!(#seen #hidden))
}

/// Expands the items whose names are used outside the expansion or in messages of rustc: the user's methods, the types,
/// and `run`.
fn expand_seen(expansion: &Expansion<'_>) -> TokenStream {
    let user = terminal::user_impl(expansion);
    let (cells, failure) = (cells::expand(expansion), cells::expand_failure(expansion));
    let (deferred, inner) = (convert::deferred_types(expansion), inner::conversions(expansion));
    let (run, outputs) = (run::expand_type(expansion), outputs::expand_type(expansion));
    let (graph, start) = (graph::expand_method(expansion), start::expand(expansion));
    let Header { params, self_ty, where_clause, .. } = &expansion.header;
    let allowed = lints_of_types();
    quote! {
        #user
        #cells
        #failure
        #deferred
        #inner
        #run
        #outputs

        #allowed
        impl<#params> #self_ty #where_clause {
            #graph
            #start
        }
    }
}

/// Expands everything else, inside an unnamed constant with one list of lints and a short path of the runtime.
fn expand_hidden(expansion: &Expansion<'_>) -> TokenStream {
    let path = expansion.dag.block.options.runtime();
    let finite = as_inner::expand_finite(expansion);
    let empty = cells::expand_empty(expansion);
    let (reach, driver) = (terminal::expand_reach(expansion), driver::expand(expansion));
    let worker = worker::expand(expansion);
    let (conversions, convert) = (convert::expand(expansion), convert::functions(expansion));
    let drive_run = start::expand_driver(expansion);
    let (graph, caught, checks) = (graph::expand(expansion), edges::caught(expansion), checks::expand(expansion));
    let (run, outputs) = (run::expand(expansion), outputs::expand(expansion));
    let around = as_inner::expand(expansion);
    let durable = durable::expand(expansion);
    let Header { params, self_ty, where_clause, .. } = &expansion.header;
    let (allowed, runtime) = (allowed_lints(), &expansion.runtime);
    let allowed_options = lint_of_options(expansion);
    quote! {
        #allowed
        #allowed_options
        const _: () = {
            use #path as #runtime;

            #finite
            #empty

            // Unused code is reported at the user's tasks, not at the generated code.
            #[doc(hidden)]
            #[allow(dead_code)]
            impl<#params> #self_ty #where_clause {
                #reach
                #driver
                #worker
                #drive_run
                #convert
                #caught
                #graph
                #checks
            }

            #conversions
            #run
            #outputs
            #around
            #durable
        };
    }
}
