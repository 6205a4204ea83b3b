//! The one driver of all terminals of a block: a slot for each async task, and a step that polls one task.

use std::collections::BTreeMap;

use proc_macro2::{Literal, Span, TokenStream};
use quote::quote_spanned;

use super::{Expansion, at_span, body_ident, hexadecimal, local_ident};
use crate::analyse::Task;

/// How many tasks the driver reaches by one jump; the runtime counts in the same groups.
const GROUP: usize = 8;

// Output:
//     async fn __dag_drive<'__dag>(__this: &'__dag Self, mut __writer: Writer<'_, Cells<'__dag>>, ..) -> .. {
//         let mut __cart_slot = pin!(None);
//         ..
//         poll_fn(move |__cx| {
//             __scheduler.begin_pass(__cx);
//             while let Some(__group) = __scheduler.next_group(__cx) {
//                 match __group {
//                     0 => { .. }
//                     ..
//         }).await
pub(crate) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, cells, header, .. } = expansion;
    let arguments = &header.arguments;
    let failure = expansion.failure_type();
    let slots = expansion.tasks().filter(|(_, task)| task.is_async()).map(|(_, task)| local_ident(task.ident()));
    let dependents = dependents(expansion);
    let tasks: Vec<_> = expansion.tasks().map(|(id, task)| visit(expansion, id, task, &dependents[id])).collect();
    let groups = tasks.chunks(GROUP).enumerate().map(|(group, tasks)| {
        let group = Literal::usize_unsuffixed(group);
        quote_mixed!(#group => { #(#tasks)* })
    });
    quote_spanned! {Span::mixed_site()=>
        async fn __dag_drive<'__dag>(
            __this: &'__dag Self,
            mut __writer: #runtime::Writer<'_, #cells<'__dag, #arguments>>,
            mut __scheduler: impl #runtime::Schedule,
            __keep: fn(#failure) -> ::core::result::Result<#runtime::ErrorSource, #failure>,
        ) -> ::core::result::Result<(), #failure> {
            #[allow(unused_imports)]
            use #runtime::ProbeValue as _;
            let __cells = __writer.reader();
            #(let mut #slots = ::core::pin::pin!(::core::option::Option::None);)*
            ::core::future::poll_fn(move |__cx| {
                __scheduler.begin_pass(__cx);
                while let ::core::option::Option::Some(__group) = __scheduler.next_group(__cx) {
                    match __group {
                        #(#groups)*
                        _ => #runtime::unknown_group(__group),
                    }
                }
                __scheduler.end_pass().map(::core::result::Result::Ok)
            })
            .await
        }
    }
}

/// Gives the ids of the tasks that wait for each task.
fn dependents(expansion: &Expansion<'_>) -> Vec<Vec<usize>> {
    let mut dependents = vec![Vec::new(); expansion.dag.tasks.len()];
    for (id, task) in expansion.tasks() {
        for dependency in &task.dependencies {
            dependents[expansion.ids[dependency.task]].push(id);
        }
    }
    dependents
}

// Output:
//     if __scheduler.is_due(0, 0x4, 0x7) {
//         if let Poll::Ready(__result) = __scheduler.poll(2, __cart_slot.as_mut(), __cx, move || Self::__dag_task_cart(..)) {
//             match __result {
//                 Ok(__value) => {
//                     __writer.set(|__cells| &__cells.cart, __value);
//                     __scheduler.finish(0, 0x4);
//                     __scheduler.visit(0, 0x18);
//                 }
//                 Err(__error) => match __keep(Failure::ApiError(__error)) {
//                     Ok(__source) => __scheduler.fail(2, __source),
//                     Err(__failure) => return Poll::Ready(Err(__failure)),
//                 },
//             }
//         }
//     }
fn visit(expansion: &Expansion<'_>, id: usize, task: &Task<'_>, dependents: &[usize]) -> TokenStream {
    let name = task.ident();
    let call = call(expansion, task);
    let own = BTreeMap::from([(id / 64, 1 << (id % 64))]);
    let mut waits = words(task.dependencies.iter().map(|dependency| expansion.ids[dependency.task]));
    let in_own_word = waits.remove(&(id / 64)).unwrap_or(0);
    let is_due = write(&own).map(|(word, bit)| {
        let waits = hexadecimal(in_own_word | 1 << (id % 64));
        quote_mixed!(__scheduler.is_due(#word, #bit, #waits))
    });
    let are_done = write(&waits).map(|(word, bits)| quote_mixed!(__scheduler.are_done(#word, #bits)));
    let is_due = is_due.chain(are_done);
    let finish = write(&own).map(|(word, bit)| quote_mixed!(__scheduler.finish(#word, #bit);));
    let dependents = words(dependents.iter().copied());
    let finish = finish.chain(write(&dependents).map(|(word, bits)| quote_mixed!(__scheduler.visit(#word, #bits);)));
    let finish = quote_mixed! {
        __writer.set(|__cells| &__cells.#name, __value);
        #(#finish)*
    };
    let id = Literal::usize_unsuffixed(id);
    let end = match &task.fails {
        Some(fails) => {
            let (failure, variant) = (&expansion.failure, &expansion.dag.failures[fails.failure].variant);
            quote_mixed! {
                match __result {
                    ::core::result::Result::Ok(__value) => { #finish }
                    ::core::result::Result::Err(__error) => match __keep(#failure::#variant(__error)) {
                        ::core::result::Result::Ok(__source) => __scheduler.fail(#id, __source),
                        ::core::result::Result::Err(__failure) => {
                            return ::core::task::Poll::Ready(::core::result::Result::Err(__failure));
                        }
                    },
                }
            }
        }
        None => quote_mixed!(let __value = __result; #finish),
    };
    let poll = if task.is_async() {
        // What the task's own type can get wrong, such as `Send`, is told at its name.
        let at_task = name.span().resolved_at(Span::mixed_site());
        let mut slot = local_ident(name);
        slot.set_span(at_task);
        quote_spanned!(at_task=> __scheduler.poll(#id, #slot.as_mut(), __cx, move || #call))
    } else {
        quote_mixed!(__scheduler.call(#id, move || #call))
    };
    quote_mixed! {
        if #(#is_due)&&* {
            if let ::core::task::Poll::Ready(__result) = #poll { #end }
        }
    }
}

/// Gives a set of ids as its words that are not empty, each with its bits.
fn words(ids: impl IntoIterator<Item = usize>) -> BTreeMap<usize, u64> {
    let mut words = BTreeMap::new();
    for id in ids {
        *words.entry(id / 64).or_insert(0) |= 1 << (id % 64);
    }
    words
}

fn write(words: &BTreeMap<usize, u64>) -> impl Iterator<Item = (Literal, Literal)> {
    words.iter().map(|(&word, &bits)| (Literal::usize_unsuffixed(word), hexadecimal(bits)))
}

/// The call of a task's body: each argument stands at the name of its dependency in `#[depends(..)]`.
fn call(expansion: &Expansion<'_>, task: &Task<'_>) -> TokenStream {
    let name = task.ident();
    let arguments = task.parameters.iter().map(|parameter| {
        let dependency = &task.dependencies[parameter.dependency];
        let at_dependency = dependency.name.span().resolved_at(Span::mixed_site());
        let runtime = expansion.runtime_at(at_dependency);
        let field = at_span(dependency.name, at_dependency);
        let mut borrowed = quote_spanned!(at_dependency=> __cells.#field.ready());
        if let Some(declared) = expansion.doubtful_type(&expansion.dag.tasks[dependency.task]) {
            borrowed = quote_spanned!(at_dependency=> #runtime::Probe::<#declared>::lend(#borrowed));
        }
        if parameter.is_borrowed {
            borrowed
        } else {
            // A clone with a type of its own: a wrong one is told without the reference.
            quote_spanned!(at_dependency=> { let __owned = #runtime::clone_result(#borrowed); __owned })
        }
    });
    let at_task = name.span().resolved_at(Span::mixed_site());
    let mut body = body_ident(name);
    body.set_span(at_task);
    quote_spanned!(at_task=> Self::#body(__this #(, #arguments)*))
}
