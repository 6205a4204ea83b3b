//! The method `run_owned`, whose run has no lifetime. A block whose run always owns its object does not need it.

use proc_macro2::TokenStream;
use quote::quote;

use super::{driver, erased};
use crate::expand::{Expansion, mentions_self_lifetime, run_docs};

/// Returns whether a run may borrow the object or own a share of it. A run cannot lend what borrows from an object that it
/// owns.
pub(super) fn can_own(expansion: &Expansion<'_>) -> bool {
    let mut values = expansion.tasks().map(|(_, task)| expansion.value_type(task));
    let borrows = values.any(mentions_self_lifetime) || mentions_self_lifetime(expansion.failure_type());
    !expansion.dag.is_owned() && !borrows
}

// Output:
//     pub fn run_owned(self: &Arc<Self>) -> CheckoutRun<'static>
//     where for<'x> Defer<'x, ApiError>: IntoTaskError<ApiError>, for<'x> Defer<'x, Self>: OwnedObject<Self>
//     {
//         let __run = Run::new(Arc::clone(self), Cells::empty(), GRAPH, None, |__this, __writer, __seed| Self::__dag_run(..));
//         CheckoutRun { __dag: IfSend::of(&__run).erased(__run) }
//     }
pub(super) fn expand(expansion: &Expansion<'_>, bounds: &TokenStream, limit: &TokenStream) -> TokenStream {
    let Expansion { runtime, cells, run, header, dag, .. } = expansion;
    let (vis, arguments, own) = (expansion.visibility(), &header.arguments, &header.object);
    // A type without parameters is `'static`.
    let (generics, lifetime) =
        if arguments.is_empty() { (None, quote!('static)) } else { (Some(quote!(<#own>)), quote!(#own)) };
    // The object need not be `Send` for other runs, so this is asked only where the method is called. Rustc checks a bound
    // that mentions no parameter already here.
    let shared = if dag.block.options.local {
        None
    } else if arguments.is_empty() {
        Some(quote_mixed!(for<'__x> #runtime::Defer<'__x, Self>: #runtime::OwnedObject<Self>,))
    } else {
        Some(quote_mixed!(Self: ::core::marker::Send,))
    };
    let (driver, erased) = (driver(expansion), erased(expansion));
    let doc = run_docs::OWNED;
    let signature = quote_mixed! {
        #[doc = #doc]
        #[must_use]
        #vis fn run_owned #generics(self: &::std::sync::Arc<Self>) -> #run<#lifetime, #arguments>
    };
    // As with `run`, rustdoc reads a method without bounds.
    let has_bounds = !bounds.is_empty() || shared.is_some();
    let documented = has_bounds.then(|| {
        quote_mixed! {
            #[cfg(doc)]
            #signature {
                ::core::unreachable!()
            }
        }
    });
    let compiled = has_bounds.then(|| quote!(#[cfg(not(doc))]));
    quote_mixed! {
        #documented

        #compiled
        #signature
        where
            #bounds
            #shared
        {
            #[allow(unused_imports)]
            use #runtime::NotSend as _;
            let __run = #runtime::Run::new(
                ::std::sync::Arc::clone(self),
                #cells::empty(),
                Self::__DAG_GRAPH,
                #limit,
                |__this, __writer, __seed| #driver,
            );
            #run { __dag: #erased }
        }
    }
}
