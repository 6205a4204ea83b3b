//! Tasks that run once for each element of a collection: the group of their bodies in the driver, and the cell for their
//! results.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ReturnType;
use syn::ext::IdentExt;

use super::{Expansion, at_span, attempt, crew, driver, edges};
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

/// Returns whether an engine may run the body for each element of a task in a call of its own: then a run may have the body
/// for one element only.
pub(super) fn is_remote(expansion: &Expansion<'_>, task: &Task<'_>) -> bool {
    expansion.dag.is_durable() && task.each().is_some() && task.method.options.remote.is_some()
}

/// Returns the index that an element has in a whole run, from that in its group.
pub(super) fn number(expansion: &Expansion<'_>, task: &Task<'_>) -> TokenStream {
    if is_remote(expansion, task) { quote_mixed!(__only.number(__index)) } else { quote_mixed!(__index) }
}

/// Returns the iterator over the elements that have bodies.
pub(super) fn chosen(expansion: &Expansion<'_>, task: &Task<'_>) -> Option<TokenStream> {
    let elements = elements(expansion, task)?;
    if !is_remote(expansion, task) {
        return Some(elements);
    }
    let at_name = task.each()?.name.span().resolved_at(Span::mixed_site());
    Some(quote_spanned!(at_name=> __only.among(|| #elements)))
}

/// Returns the results of another task that have bodies, for a follower.
pub(super) fn chosen_results(expansion: &Expansion<'_>, task: &Task<'_>, followed: &TokenStream) -> TokenStream {
    if is_remote(expansion, task) {
        quote_mixed!(__only.following(#followed.follow()))
    } else {
        quote_mixed!(#followed.follow())
    }
}

/// Returns the poll of the bodies of an `async fn`, or of a follower. Its output is a `Result`, with the error of an element
/// and its index.
// Output:
//     __scheduler.poll_each(
//         1, __pages_slot.as_mut(), __cx,
//         || Each::new(
//             &__cells.pages, move || __cells.ids.ready().elements_for_in(), Some(8),
//             move |_, __element_id| Self::__dag_task_pages(__this, __element_id, __cells.shop.ready()),
//         ),
//         |__index, __result| match __result {
//             Ok(__value) => { __writer.put_element(&__cells.pages, __index, __value); Ok(()) }
//             Err(__error) => Err((__index, __error)),
//         },
//     )
//
// With `lazy`, `poll_asking_each(1, __cells.__dag_asks.of(0, 1), ..)`. For a follower, `Each::following(&__cells.rows,
// __cells.pages.follow(), ..)`; for a task with followers, `.leading(&[3])`. With `remote` in a durable block,
// `__only.among(|| ..)`, `__only.following(..)` and `__only.number(__index)`.
pub(super) fn poll(
    expansion: &Expansion<'_>,
    place: usize,
    task: &Task<'_>,
    slot: &TokenStream,
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
    if task.has_crew() {
        return crew::poll(expansion, place, task, slot, &limit);
    }
    let (pattern, sink) = (pattern(task), sink(expansion, task));
    // The name of a stored result has the index of its element.
    let is_durable = expansion.dag.is_durable();
    let has_index = is_durable || task.method.options.retry.is_some();
    let index = if has_index { quote_mixed!(__index) } else { quote_mixed!(_) };
    let (make, elements) = match followed(expansion, place) {
        Some((_, followed)) => (quote_spanned!(at_task=> following), chosen_results(expansion, task, &followed)),
        None => {
            let elements = chosen(expansion, task);
            (quote_spanned!(at_task=> new), quote_mixed!(move || #elements))
        }
    };
    // A follower that is a plain `fn` is called as soon as an element is there.
    let body = match expansion.dag.followed_by(task) {
        Some(_) if !is_durable && !attempt::is_future(task) && task.method.options.retry.is_none() => {
            quote_mixed!(::core::future::ready(#attempt))
        }
        _ => attempt.clone(),
    };
    let leading = leading(expansion, place);
    let catching = is_err(expansion, task).map(|is_err| {
        if is_durable {
            quote_mixed!(.catching(|__kept| ::core::matches!(__kept, ::core::result::Result::Ok(__value) if #is_err)))
        } else {
            quote_mixed!(.catching(|__value| #is_err))
        }
    });
    let group = quote_spanned! {at_task=>
        #runtime::Each::#make(&__cells.#name, #elements, #limit, move |#index, #pattern| #body) #leading #catching
    };
    poll_group(expansion, (task, place, slot), &group, &sink)
}

/// Returns the poll of a group.
// Output in a durable block, whose runs keep the results before the driver sees them:
//     __scheduler.poll_each(
//         1, __pages_slot.as_mut(), __cx,
//         || KeptGroup::new(Clone::clone(&__attempts), Each::new(..)),
//         ..
//     ).map(kept_group)
pub(super) fn poll_group(
    expansion: &Expansion<'_>,
    (task, place, slot): (&Task<'_>, usize, &TokenStream),
    group: &TokenStream,
    sink: &TokenStream,
) -> TokenStream {
    let (id, at_task) = (Literal::usize_unsuffixed(place), task.ident().span().resolved_at(Span::mixed_site()));
    let (mut group, mut end) = (group.clone(), None);
    if expansion.dag.is_durable() {
        let runtime = expansion.runtime_at(at_task);
        group = quote_spanned!(at_task=> #runtime::KeptGroup::new(::core::clone::Clone::clone(&__attempts), #group));
        end = task.fails.as_ref().map(|_| quote_spanned!(at_task=> .map(#runtime::kept_group)));
    }
    let (poll, asks) = match edges::lazy_asks_of(expansion, place) {
        Some(asks) => (quote_spanned!(at_task=> poll_asking_each), Some(quote_mixed!(#asks,))),
        None => (quote_spanned!(at_task=> poll_each), None),
    };
    quote_spanned! {at_task=>
        __scheduler.#poll(
            #id,
            #asks
            #slot,
            __cx,
            || #group,
            #sink,
        ) #end
    }
}

/// Returns the id of the task that a task follows, and its cell.
pub(super) fn followed(expansion: &Expansion<'_>, id: usize) -> Option<(usize, TokenStream)> {
    let task = expansion.dag.task(expansion.dag.order[id])?;
    let followed = expansion.dag.followed_by(task)?;
    let name = task.each()?.name;
    let at_name = name.span().resolved_at(Span::mixed_site());
    let field = at_span(name, at_name);
    Some((expansion.ids[followed], quote_spanned!(at_name=> __cells.#field)))
}

/// Returns the ids of the tasks that run for each result of a task.
fn followers(expansion: &Expansion<'_>, id: usize) -> Vec<usize> {
    let mut followers: Vec<_> =
        expansion.dag.followers(expansion.dag.order[id]).map(|task| expansion.ids[task]).collect();
    followers.sort_unstable();
    followers
}

/// Returns whether other tasks run for each result of a task.
pub(super) fn is_followed(expansion: &Expansion<'_>, task: &Task<'_>) -> bool {
    let follows = |other: &Task<'_>| {
        let followed = expansion.dag.followed_by(other).and_then(|followed| expansion.dag.task(followed));
        followed.is_some_and(|followed| followed.ident() == task.ident())
    };
    task.each().is_some() && expansion.tasks().any(|(_, other)| follows(other))
}

/// Names the tasks that get slots before a task, because they run for each of its results, or for theirs.
pub(super) fn leading(expansion: &Expansion<'_>, id: usize) -> Option<TokenStream> {
    let mut all = followers(expansion, id);
    let mut next = 0;
    while let Some(&follower) = all.get(next) {
        all.extend(followers(expansion, follower));
        next += 1;
    }
    all.sort_unstable();
    let all = all.into_iter().map(Literal::usize_unsuffixed).collect::<Vec<_>>();
    (!all.is_empty()).then(|| quote_mixed!(.leading(&[#(#all),*])))
}

/// Returns the code that lets the pass visit the tasks that run for each result of a task: results may have come.
pub(super) fn visit_followers(expansion: &Expansion<'_>, id: usize) -> TokenStream {
    let followers = driver::words(followers(expansion, id));
    driver::write(&followers).map(|(word, bits)| quote_mixed!(__scheduler.visit(#word, #bits);)).collect()
}

/// Returns the same for a plain `fn`, which is called for one element after another.
pub(super) fn call(expansion: &Expansion<'_>, id: &Literal, task: &Task<'_>, attempt: &TokenStream) -> TokenStream {
    let (runtime, name) = (&expansion.runtime, task.ident());
    let (elements, pattern, sink) = (elements(expansion, task), pattern(task), sink(expansion, task));
    let is_err = is_err(expansion, task).unwrap_or_else(|| quote_mixed!(false));
    let value = if task.method.options.catch.is_some() { quote_mixed!(__value) } else { quote_mixed!(_) };
    quote_mixed! {
        __scheduler.call_each(#id, |__watch| {
            #runtime::each_call(
                __watch,
                &__cells.#name,
                move || #elements,
                move |#pattern| #attempt,
                #sink,
                |#value| #is_err,
            )
        })
    }
}

/// Returns the condition that a body of a task with `catch` has returned an `Err`, `&__value`.
pub(super) fn is_err(expansion: &Expansion<'_>, task: &Task<'_>) -> Option<TokenStream> {
    task.method.options.catch.as_ref()?;
    let ReturnType::Type(_, declared) = &task.method.sig.output else { return None };
    if ResultType::of(declared).is_some() {
        return Some(quote_mixed!(__value.is_err()));
    }
    // A `Result` under another name, or a mistake that is reported at the type.
    let (runtime, declared) = (&expansion.runtime, expansion.spell(task, declared));
    Some(quote_mixed!(#runtime::Probe::<#declared>::is_err(__value)))
}

/// Returns the iterator over the elements.
pub(super) fn elements(expansion: &Expansion<'_>, task: &Task<'_>) -> Option<TokenStream> {
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
            #collection.elements_for_in()
        }
    })
}

/// Returns the pattern that takes an element apart.
pub(super) fn pattern(task: &Task<'_>) -> Option<TokenStream> {
    let element = task.each()?.element?;
    // A part that no parameter takes is not a mistake.
    let names = element.names.iter().enumerate().map(|(part, name)| {
        let is_taken = task
            .parameters
            .iter()
            .any(|parameter| task.dependencies[parameter.dependency].element.is_some() && parameter.part == part);
        if is_taken { element_ident(name).into_token_stream() } else { quote_mixed!(_) }
    });
    if !element.is_tuple {
        return Some(names.collect());
    }
    // If an element has other parts, rustc points at the first name.
    let at_first =
        element.names.first().map_or_else(Span::mixed_site, |name| name.span().resolved_at(Span::mixed_site()));
    Some(quote_spanned!(at_first=> (#(#names,)*)))
}

/// Returns the function that takes the result for one element.
fn sink(expansion: &Expansion<'_>, task: &Task<'_>) -> TokenStream {
    let (runtime, name) = (&expansion.runtime, task.ident());
    let put = if expansion.dag.is_shared() {
        quote_mixed!(__offload.put_element(|__cells| &__cells.#name, __index, __value);)
    } else {
        quote_mixed!(__writer.put_element(&__cells.#name, __index, __value);)
    };
    if expansion.dag.is_durable() {
        return kept_sink(expansion, task, &put);
    }
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

/// Returns the function that takes the result for one element from its way to the keeper.
fn kept_sink(expansion: &Expansion<'_>, task: &Task<'_>, put: &TokenStream) -> TokenStream {
    let (runtime, number) = (&expansion.runtime, number(expansion, task));
    let lost = quote_mixed!(#runtime::at_index(#number, __source));
    if task.fails.is_none() {
        return quote_mixed! {
            |__index, __kept| match __kept {
                ::core::result::Result::Ok(__value) => {
                    #put
                    ::core::result::Result::Ok(())
                }
                ::core::result::Result::Err(__source) => ::core::result::Result::Err(#lost),
            }
        };
    }
    quote_mixed! {
        |__index, __kept| match __kept {
            ::core::result::Result::Ok(::core::result::Result::Ok(__value)) => {
                #put
                ::core::result::Result::Ok(())
            }
            ::core::result::Result::Ok(::core::result::Result::Err(__error)) => {
                ::core::result::Result::Err(::core::result::Result::Ok((#number, __error)))
            }
            ::core::result::Result::Err(__source) => {
                ::core::result::Result::Err(::core::result::Result::Err(#lost))
            }
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
