//! The methods `run` and `run_owned`, and the future that drives a run.

mod owned;

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Expansion, inner, mentions_self_lifetime, run_docs};
use crate::analyse::Failure;

// Output:
//     pub fn run(&self) -> CheckoutRun<'_> where for<'x> Defer<'x, ApiError>: IntoTaskError<ApiError> { .. }
pub(crate) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, cells, run, dag, .. } = expansion;
    let vis = expansion.visibility();
    let doc = run_docs::start(expansion);
    let limit = match expansion.limit() {
        Some(limit) => quote_mixed!(::core::option::Option::Some(#limit)),
        None => quote_mixed!(::core::option::Option::None),
    };
    let Shape { receiver, share, .. } = shape(expansion);
    let bounds = bounds(expansion);
    let arguments = &expansion.header.arguments;
    let plain = if dag.is_owned() { quote!(#run<#arguments>) } else { quote!(#run<'_, #arguments>) };
    let plain_receiver = if dag.is_owned() { quote_mixed!(self: &::std::sync::Arc<Self>) } else { quote_mixed!(&self) };
    let (generics, receiver, returned) = if mentions_self_lifetime(bounds.clone()) {
        let returned = if dag.is_owned() { plain.clone() } else { quote!(#run<'__dag, #arguments>) };
        (Some(quote!(<'__dag>)), receiver, returned)
    } else {
        (None, plain_receiver.clone(), plain.clone())
    };
    let attrs = quote_mixed!(#[doc = #doc] #[must_use = "a run does nothing until one of its results is awaited"]);
    // The docs describe the bounds in words. A bound cannot have a `cfg`, so rustdoc reads a method without any.
    let documented = (!bounds.is_empty()).then(|| {
        quote_mixed! {
            #[cfg(doc)]
            #attrs
            #vis fn run(#plain_receiver) -> #plain {
                ::core::unreachable!("only rustdoc reads this")
            }
        }
    });
    let compiled = documented.is_some().then(|| quote!(#[cfg(not(doc))]));
    let run_owned = owned::can_own(expansion).then(|| owned::expand(expansion, &bounds, &limit));
    let (driver, erased) = (driver(expansion), erased(expansion));
    quote_mixed! {
        #documented

        #compiled
        #attrs
        #vis fn run #generics(#receiver) -> #returned
        where
            #bounds
        {
            #[allow(unused_imports)]
            use #runtime::NotSend as _;
            let __run = #runtime::Run::new(
                #share,
                #cells::empty(),
                Self::__DAG_GRAPH,
                #limit,
                |__this, __writer, __seed| #driver,
            );
            #run { __dag: #erased }
        }

        #run_owned
    }
}

/// Returns the bounds on the errors that a run keeps.
fn bounds(expansion: &Expansion<'_>) -> TokenStream {
    let bounds = expansion.dag.failures.iter().enumerate().map(|(number, failure)| {
        // Two names of one type would be two equal bounds.
        let number = (number > 0).then(|| Literal::usize_unsuffixed(number)).map(|number| quote!(, #number));
        let task = &expansion.dag.tasks[failure.task];
        let error = expansion.error_type(task);
        // If the bound is not met, rustc shows the bound: it has the span of the task's name.
        let at_task = task.ident().span().resolved_at(Span::mixed_site());
        let runtime = expansion.runtime_at(at_task);
        quote_spanned!(at_task=> for<'__x> #runtime::Defer<'__x, #error>: #runtime::IntoTaskError<#error #number>,)
    });
    let inner_bounds = inner::bounds(expansion);
    quote!(#(#bounds)* #(#inner_bounds)*)
}

/// Returns the driver of a run.
fn driver(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, failure, dag, .. } = expansion;
    let inner_arms = inner::kept(expansion);
    let arms = dag.failures.iter().enumerate().map(|(number, Failure { variant, .. })| {
        let number = (dag.failures.len() > 1).then(|| Literal::usize_unsuffixed(number));
        let number = number.map(|number| quote!(::<_, #number>));
        quote_mixed!(#failure::#variant(__error) => #runtime::IntoTaskError #number::into_source(#runtime::Defer::new(__error)),)
    });
    let keep = if expansion.variants() == 0 {
        // No failure has a value, so any function serves.
        quote_mixed!(::core::result::Result::Err)
    } else {
        quote_mixed!(|__failure| ::core::result::Result::Ok(match __failure { #(#arms)* #(#inner_arms)* }))
    };
    quote_mixed!(Self::__dag_run(__this, __writer, __seed, #keep))
}

/// Returns the run without the type of its driver, which has no name.
fn erased(expansion: &Expansion<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    if expansion.dag.block.options.local {
        quote_mixed!(__run.local())
    } else {
        quote_mixed!(#runtime::IfSend::of(&__run).erased(__run))
    }
}

/// Writes the future that drives a run. It is a separate function, so that rustc knows whether the future is `Send`.
// Output:
//     async fn __dag_run<'__dag, __Object: Deref<Target = Self>>(__this: __Object, mut __writer: ArcWriter<Cells<'__dag>>, ..) {
//         let __this = &*__this;
//         let __scheduler = __seed.into_scheduler();
//         let _ = Self::__dag_drive(__this, __writer.borrow(), __scheduler, __keep).await;
//     }
pub(crate) fn expand_driver(expansion: &Expansion<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let (cells_type, failure_type) = (expansion.cells_type(), expansion.failure_type());
    let words = Literal::usize_unsuffixed(expansion.words());
    let Shape { object, writer, start, stage, .. } = shape(expansion);
    let holder = owned::can_own(expansion).then(|| quote_mixed!(, __Object: ::core::ops::Deref<Target = Self>));
    let keep = quote_mixed!(fn(#failure_type) -> #runtime::Kept<#failure_type>);
    let keep = inner::at_first(expansion, keep);
    quote_mixed! {
        async fn __dag_run<'__dag #holder>(
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
    let stage = quote_mixed!(__this, __writer.borrow(), __scheduler);
    let scheduler = quote_mixed!(let __scheduler = __seed.#into_scheduler(););
    let start = quote_mixed!(let __this = &*__this; #scheduler);
    if expansion.dag.is_owned() {
        return Shape {
            object: quote_mixed!(::std::sync::Arc<Self>),
            writer: quote_mixed!(mut __writer),
            receiver: quote_mixed!(self: &'__dag ::std::sync::Arc<Self>),
            share: quote_mixed!(::std::sync::Arc::clone(self)),
            start,
            stage,
        };
    }
    let (object, start) = if owned::can_own(expansion) {
        (quote_mixed!(__Object), start)
    } else {
        (quote_mixed!(&'__dag Self), scheduler)
    };
    Shape {
        object,
        writer: quote_mixed!(mut __writer),
        receiver: quote_mixed!(&'__dag self),
        share: quote_mixed!(self),
        start,
        stage,
    }
}
