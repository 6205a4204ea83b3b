//! Tasks that run once for each element of a collection on other threads: their crew in the driver, and the function of one
//! picker.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::ext::IdentExt;

use super::{Expansion, attempt, driver, each, edges, keeping};
use crate::analyse::{Place, Task};

/// Returns the poll of the crew. Its output is a `Result`, with the failure of an element and its index.
// Output:
//     __scheduler.poll_each(
//         1, __pages_slot.as_mut(), __cx,
//         || Crew::new(
//             (__team, 1), &__cells.pages, __cells.ids.ready().elements_for_in().count(), Some(8), Self::__dag_hire_pages,
//         ),
//         |__index, __failure| Err((__index, __failure)),
//     )
//
// For a follower, `Crew::following((__team, 2), &__cells.rows, __cells.pages.follow(), ..)`.
pub(super) fn poll(
    expansion: &Expansion<'_>,
    place: usize,
    task: &Task<'_>,
    slot: &TokenStream,
    limit: &TokenStream,
) -> TokenStream {
    let (id, name) = (Literal::usize_unsuffixed(place), task.ident());
    let at_task = name.span().resolved_at(Span::mixed_site());
    let runtime = expansion.runtime_at(at_task);
    let (make, elements) = match each::followed(expansion, place) {
        Some((_, followed)) => (quote_spanned!(at_task=> following), each::chosen_results(expansion, task, &followed)),
        None => {
            let elements = each::chosen(expansion, task);
            (quote_spanned!(at_task=> new), quote_mixed!(::core::iter::Iterator::count(#elements)))
        }
    };
    let number = each::number(expansion, task);
    let sink = match (task.fails.is_some(), expansion.dag.is_durable()) {
        (true, false) => quote_mixed!(|__index, __failure| ::core::result::Result::Err((__index, __failure))),
        (false, false) => quote_mixed!(|_, _| ::core::result::Result::<(), #runtime::Infallible>::Ok(())),
        (true, true) => quote_mixed! {
            |__index, __kept| match __kept {
                ::core::result::Result::Ok(__failure) => {
                    ::core::result::Result::Err(::core::result::Result::Ok((#number, __failure)))
                }
                ::core::result::Result::Err(__source) => {
                    ::core::result::Result::Err(::core::result::Result::Err(#runtime::at_index(#number, __source)))
                }
            }
        },
        (false, true) => quote_mixed! {
            |__index, __kept| match __kept {
                ::core::result::Result::Ok(_) => ::core::result::Result::Ok(()),
                ::core::result::Result::Err(__source) => {
                    ::core::result::Result::Err(#runtime::at_index(#number, __source))
                }
            }
        },
    };
    let hire = hire_ident(name);
    let blocking = (task.place == Place::Blocking).then(|| quote_mixed!(.blocking()));
    let leading = each::leading(expansion, place);
    let crew = quote_spanned! {at_task=>
        #runtime::Crew::#make((__team, #id), &__cells.#name, #elements, #limit, Self::#hire) #blocking #leading
    };
    each::poll_group(expansion, (task, place, slot), &crew, &sink)
}

/// Writes, for each such task, the function of one picker, and the one that hires it.
// Output:
//     async fn __dag_pick_pages(mut __picker: Picker<Self, Cells, Failure, 1>) {
//         ..
//         let Some(mut __elements) = __picker.look(|| Walk::new(__cells.ids.ready().elements_for_in())) else { return };
//         while let Some((__index, __element_id)) = __picker.next(&__cells.pages, &mut __elements).await {
//             match caught(__picker.around(), pin!(Self::__dag_task_pages(__this, __element_id))).await {
//                 Ok(Ok(__value)) => __picker.put(|__cells| &__cells.pages, __index, __value),
//                 Ok(Err(__error)) => __picker.fail(__index, Failure::FetchError(__error)),
//                 Err(__payload) => __picker.panic(__payload),
//             }
//         }
//     }
//     fn __dag_hire_pages(__picker: Picker<..>, __runtime: &Handle) -> AbortHandle { .. }
//
// With `lazy`, `let __body = __picker.number();` and `pin!(asking_together(__picker.asking(__cells.__dag_asks.of(0, 1)), ..))`.
pub(super) fn expand(expansion: &Expansion<'_>) -> Vec<TokenStream> {
    let with_crew = expansion.tasks().filter(|(_, task)| task.has_crew());
    with_crew.map(|(id, task)| functions(expansion, id, task)).collect()
}

fn functions(expansion: &Expansion<'_>, id: usize, task: &Task<'_>) -> TokenStream {
    let (runtime, shared) = (&expansion.runtime, expansion.shared_arguments());
    let name = task.ident();
    let (pick, hire) = (pick_ident(name), hire_ident(name));
    let elements = match each::followed(expansion, id) {
        Some((_, followed)) => each::chosen_results(expansion, task, &followed),
        None => {
            let elements = each::chosen(expansion, task);
            let at_collection = task.each().map_or_else(Span::mixed_site, |it| it.name.span());
            let at_collection = at_collection.resolved_at(Span::mixed_site());
            let runtime = expansion.runtime_at(at_collection);
            if task.place == Place::Blocking {
                quote_spanned!(at_collection=> #runtime::Walk::new(#elements))
            } else {
                quote_spanned!(at_collection=> #runtime::Walk::across(#elements))
            }
        }
    };
    let pattern = each::pattern(task);
    let (is_durable, has_retry) = (expansion.dag.is_durable(), task.method.options.retry.is_some());
    let attempts = quote_mixed!(__attempts);
    let mut body = attempt::expand(expansion, task, &attempts, &attempts);
    let mut attempts = (has_retry && !is_durable).then(|| quote_mixed!(let __attempts = __picker.attempts(__index);));
    let asks = edges::lazy_asks_of(expansion, id);
    let id = Literal::usize_unsuffixed(id);
    if is_durable {
        let number = each::number(expansion, task);
        body = keeping::expand(expansion, task, &body, &quote_mixed!(__team.attempts(#id).of_element(#number)));
    }
    if let Some(asks) = asks {
        body = quote_mixed!(#runtime::asking_together(__picker.asking(#asks), #body));
        attempts = Some(quote_mixed!(let __body = __picker.number(); #attempts));
    }
    let only = each::is_remote(expansion, task).then(|| quote_mixed!(let __only = __team.attempts(#id).only();));
    let not_storable = driver::not_storable(expansion);
    let is_future = is_durable || has_retry;
    let is_blocking = task.place == Place::Blocking;
    let (asyncness, next, done) = if is_blocking {
        let work = if is_future { quote_mixed!(attempt) } else { quote_mixed!(catch) };
        let done = ended(
            expansion,
            task,
            &quote_mixed!(__picker.#work(|| #body)),
            |value| quote_mixed!(::core::option::Option::Some(#value)),
        );
        (None, quote_mixed!(next_here(&__cells.#name, &mut __elements)), done)
    } else {
        let caught = quote_mixed!(#runtime::caught(__picker.around(), ::core::pin::pin!(#body)).await);
        let done = ended(expansion, task, &caught, |value| quote_mixed!(::core::result::Result::Ok(#value)));
        (Some(quote_mixed!(async)), quote_mixed!(next(&__cells.#name, &mut __elements).await), done)
    };
    let hired = if is_blocking {
        quote_mixed!(__runtime.spawn_blocking(move || Self::#pick(__picker)).abort_handle())
    } else {
        quote_mixed! {
            #[allow(unused_imports)]
            use #runtime::NotSend as _;
            let __work = Self::#pick(__picker);
            #runtime::IfSend::of(&__work).spawn(__work, __runtime)
        }
    };
    quote_mixed! {
        #asyncness fn #pick(mut __picker: #runtime::Picker<#shared>) {
            #[allow(unused_imports)]
            use #runtime::ProbeValue as _;
            #not_storable
            let __owned = __picker.team();
            let __team = &__owned;
            #[allow(unused_variables)]
            let (__this, __cells, __keep) = (__team.object(), __team.cells(), __team.keep());
            #only
            let ::core::option::Option::Some(mut __elements) = __picker.look(|| #elements) else { return };
            while let ::core::option::Option::Some((__index, #pattern)) = __picker.#next {
                #attempts
                #done
            }
        }

        fn #hire(__picker: #runtime::Picker<#shared>, __runtime: &#runtime::Handle) -> #runtime::AbortHandle {
            #hired
        }
    }
}

/// Returns the code that handles the end of a body.
fn ended(
    expansion: &Expansion<'_>,
    task: &Task<'_>,
    result: &TokenStream,
    ok: impl Fn(TokenStream) -> TokenStream,
) -> TokenStream {
    let (failure, name) = (&expansion.failure, task.ident());
    let put = quote_mixed!(__picker.put(|__cells| &__cells.#name, __index, __value));
    let is_durable = expansion.dag.is_durable();
    let lost = is_durable.then(|| {
        let source = ok(quote_mixed!(::core::result::Result::Err(__source)));
        quote_mixed!(#source => __picker.lose(__index, __source),)
    });
    let ok = |value| ok(if is_durable { quote_mixed!(::core::result::Result::Ok(#value)) } else { value });
    let done = match &task.fails {
        Some(fails) => {
            let variant = &expansion.dag.failures[fails.failure].variant;
            let value = ok(quote_mixed!(::core::result::Result::Ok(__value)));
            let error = ok(quote_mixed!(::core::result::Result::Err(__error)));
            quote_mixed! {
                #value => #put,
                #error => __picker.fail(__index, #failure::#variant(__error)),
            }
        }
        None => {
            let value = ok(quote_mixed!(__value));
            match each::is_err(expansion, task) {
                Some(is_err) => quote_mixed! {
                    #value => {
                        __picker.note_err({ let __value = &__value; #is_err });
                        #put
                    }
                },
                None => quote_mixed!(#value => #put,),
            }
        }
    };
    let panicked = if task.place == Place::Blocking {
        quote_mixed!(::core::option::Option::None => {})
    } else {
        quote_mixed!(::core::result::Result::Err(__payload) => __picker.panic(__payload),)
    };
    quote_mixed! {
        match #result {
            #done
            #lost
            #panicked
        }
    }
}

fn pick_ident(task: &Ident) -> Ident {
    format_ident!("__dag_pick_{}", task.unraw(), span = Span::mixed_site())
}

fn hire_ident(task: &Ident) -> Ident {
    format_ident!("__dag_hire_{}", task.unraw(), span = Span::mixed_site())
}
