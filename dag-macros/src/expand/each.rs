//! Tasks that run once for each element of a collection: the group of their bodies in the driver, and the cell for their
//! results.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ReturnType;
use syn::ext::IdentExt;

use super::{Expansion, at_span};
use crate::analyse::Task;
use crate::result_type::ResultType;

/// Returns the type of the result for one element, if a task runs for each.
pub(super) fn element_type(expansion: &Expansion<'_>, task: &Task<'_>) -> Option<TokenStream> {
    task.each()?;
    let ReturnType::Type(_, declared) = &task.method.sig.output else { return Some(quote!(())) };
    let spelled = expansion.spell(task, declared);
    if task.fails.is_none() {
        return Some(quote!(#spelled));
    }
    let ok = ResultType::of(declared).and_then(|result| result.ok());
    let ok = ok.map(|ok| expansion.spell(task, ok));
    let runtime = &expansion.runtime;
    Some(ok.map_or_else(|| quote!(<#spelled as #runtime::Fallible>::Ok), |ok| quote!(#ok)))
}

/// Returns the variable of an element, or of a part of one, in the closure that makes a body.
pub(super) fn element_ident(name: &Ident) -> Ident {
    format_ident!("__element_{}", name.unraw(), span = name.span().resolved_at(Span::mixed_site()))
}

/// Returns the poll of the bodies of an `async fn`. Its output is a `Result`, with the error of an element and its index.
// Output:
//     __scheduler.poll_each(
//         1, __pages_slot.as_mut(), __cx,
//         || Each::new(
//             &__cells.pages, move || __cells.ids.ready().iterate_by_reference(), Some(8),
//             move |__element_id| Self::__dag_task_pages(__this, __element_id, __cells.shop.ready()),
//         ),
//         |__index, __result| match __result {
//             Ok(__value) => { __writer.put_element(&__cells.pages, __index, __value); Ok(()) }
//             Err(__error) => Err((__index, __error)),
//         },
//     )
pub(super) fn poll(
    expansion: &Expansion<'_>,
    id: &Literal,
    task: &Task<'_>,
    slot: &Ident,
    attempt: &TokenStream,
) -> TokenStream {
    let name = task.ident();
    let at_task = name.span().resolved_at(Span::mixed_site());
    let runtime = expansion.runtime_at(at_task);
    let limit = match &task.method.options.max_concurrency {
        Some(limit) => {
            let limit = Literal::usize_unsuffixed(limit.value);
            quote_mixed!(::core::option::Option::Some(#limit))
        }
        None => quote_mixed!(::core::option::Option::None),
    };
    let (elements, pattern, sink) = (elements(expansion, task), pattern(task), sink(expansion, task));
    quote_spanned! {at_task=>
        __scheduler.poll_each(
            #id,
            #slot.as_mut(),
            __cx,
            || #runtime::Each::new(&__cells.#name, move || #elements, #limit, move |#pattern| #attempt),
            #sink,
        )
    }
}

/// Returns the same for a plain `fn`, which is called for one element after another.
pub(super) fn call(expansion: &Expansion<'_>, id: &Literal, task: &Task<'_>, attempt: &TokenStream) -> TokenStream {
    let (runtime, name) = (&expansion.runtime, task.ident());
    let (elements, pattern, sink) = (elements(expansion, task), pattern(task), sink(expansion, task));
    quote_mixed! {
        __scheduler.call(#id, || {
            #runtime::each_call(&__cells.#name, move || #elements, move |#pattern| #attempt, #sink)
        })
    }
}

/// Returns the iterator over the elements.
fn elements(expansion: &Expansion<'_>, task: &Task<'_>) -> Option<TokenStream> {
    let dependency = task.each()?;
    let at_name = dependency.name.span().resolved_at(Span::mixed_site());
    let (runtime, field) = (expansion.runtime_at(at_name), at_span(dependency.name, at_name));
    let giver = expansion.dag.task(dependency.task);
    let mut collection = quote_spanned!(at_name=> __cells.#field.ready());
    if let Some(declared) = giver.and_then(|giver| expansion.doubtful_type(giver)) {
        collection = quote_spanned!(at_name=> #runtime::Probe::<#declared>::lend(#collection));
    }
    Some(quote_spanned! {at_name=>
        {
            use #runtime::IterateByReference as _;
            #collection.iterate_by_reference()
        }
    })
}

/// Returns the pattern that takes an element apart.
fn pattern(task: &Task<'_>) -> Option<TokenStream> {
    let element = task.each()?.element?;
    // A part that no parameter takes is not a mistake.
    let names = element.names.iter().enumerate().map(|(part, name)| {
        let is_taken = task
            .parameters
            .iter()
            .any(|parameter| task.dependencies[parameter.dependency].element.is_some() && parameter.part == part);
        if is_taken { element_ident(name).into_token_stream() } else { quote_mixed!(_) }
    });
    Some(if element.is_tuple { quote_mixed!((#(#names,)*)) } else { names.collect() })
}

/// Returns the function that takes the result for one element.
fn sink(expansion: &Expansion<'_>, task: &Task<'_>) -> TokenStream {
    let (runtime, name) = (&expansion.runtime, task.ident());
    let put = if expansion.dag.is_shared() {
        quote_mixed!(__offload.put_element(|__cells| &__cells.#name, __index, __value);)
    } else {
        quote_mixed!(__writer.put_element(&__cells.#name, __index, __value);)
    };
    if task.fails.is_none() {
        return quote_mixed! {
            |__index, __value| {
                #put
                ::core::result::Result::<(), #runtime::Infallible>::Ok(())
            }
        };
    }
    quote_mixed! {
        |__index, __result| match __result {
            ::core::result::Result::Ok(__value) => {
                #put
                ::core::result::Result::Ok(())
            }
            ::core::result::Result::Err(__error) => ::core::result::Result::Err((__index, __error)),
        }
    }
}

/// Returns the code that makes the results of all elements the result of the task.
pub(super) fn complete(expansion: &Expansion<'_>, id: &Literal, task: &Task<'_>) -> TokenStream {
    let (name, is_moved) = (task.ident(), task.is_moved);
    if expansion.dag.is_shared() {
        return quote_mixed!(__offload.complete(#id, |__cells| &__cells.#name, #is_moved););
    }
    let is_forgotten = if is_moved { quote_mixed!(__scheduler.forgets(#id)) } else { quote_mixed!(false) };
    quote_mixed!(__writer.complete(&__cells.#name, #is_forgotten);)
}

/// Returns the source of a failure, `__source`, with the index of its element.
pub(super) fn source(expansion: &Expansion<'_>, task: &Task<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    match task.each() {
        Some(_) => quote_mixed!(#runtime::at_index(__index, __source)),
        None => quote_mixed!(__source),
    }
}
