//! The one driver of all terminals of a block: a slot for each async task, and a step that polls one task.

use proc_macro2::{Literal, Span, TokenStream};
use quote::quote_spanned;

use super::{Expansion, body_ident, local_ident};
use crate::analyse::Task;

// Output:
//     async fn __dag_drive<'__dag>(__this: &'__dag Self, mut __writer: Writer<'_, Cells<'__dag>>, ..) -> .. {
//         let mut __cart = pin!(None);
//         drive(LINKS, __needed, move |__task, __cx| {
//             match __task {
//                 2 => {
//                     let __result = ready!(poll_slot(__cart.as_mut(), __cx, || Self::__dag_cart(__this, ..)));
//                     __writer.set(|__cells| &__cells.cart, __result.map_err(Failure::ApiError)?);
//                 }
//                 ..
pub(crate) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, cells, header, .. } = expansion;
    let arguments = &header.arguments;
    let failure = expansion.failure_type();
    let words = Literal::usize_unsuffixed(expansion.words());
    let tasks = Literal::usize_unsuffixed(expansion.dag.tasks.len());
    let dependents = dependents(expansion);
    let slots = expansion.tasks().filter(|(_, task)| task.is_async()).map(|(_, task)| local_ident(task.ident()));
    let arms = expansion.tasks().map(|(id, task)| arm(expansion, id, task));
    quote_mixed! {
        async fn __dag_drive<'__dag>(
            __this: &'__dag Self,
            mut __writer: #runtime::Writer<'_, #cells<'__dag, #arguments>>,
            __needed: &'static #runtime::TaskSet<#words>,
        ) -> ::core::result::Result<(), #failure> {
            const LINKS: &#runtime::Links<#tasks, #words> = &#runtime::Links::new([#(&[#(#dependents),*]),*]);
            let __cells = __writer.reader();
            #(let mut #slots = ::core::pin::pin!(::core::option::Option::None);)*
            #runtime::drive(
                LINKS,
                __needed,
                move |
                    __task: usize,
                    __cx: &mut ::core::task::Context<'_>,
                | -> ::core::task::Poll<::core::result::Result<(), #failure>> {
                    match __task {
                        #(#arms)*
                        _ => #runtime::unknown_task(__task),
                    }
                    ::core::task::Poll::Ready(::core::result::Result::Ok(()))
                },
            )
            .await
        }
    }
}

/// Gives the ids of the tasks that wait for each task, in topological order.
fn dependents(expansion: &Expansion<'_>) -> Vec<Vec<Literal>> {
    let mut dependents = vec![Vec::new(); expansion.dag.tasks.len()];
    for (id, task) in expansion.tasks() {
        for dependency in &task.dependencies {
            dependents[expansion.ids[dependency.task]].push(Literal::usize_unsuffixed(id));
        }
    }
    dependents
}

fn arm(expansion: &Expansion<'_>, id: usize, task: &Task<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let name = task.ident();
    let id = Literal::usize_unsuffixed(id);
    let call = call(task);
    // What the task's own type can get wrong, such as `Send`, is told at its name.
    let at_task = name.span().resolved_at(Span::mixed_site());
    let result = if task.is_async() {
        let poll_slot =
            if expansion.dag.block.options.local { quote_mixed!(poll_local_slot) } else { quote_mixed!(poll_slot) };
        let slot = local_ident(name);
        let poll = quote_spanned! {at_task=> #runtime::#poll_slot(#slot.as_mut(), __cx, move || #call) };
        quote_mixed!(::core::task::ready!(#poll))
    } else {
        call
    };
    let value = match &task.fails {
        Some(fails) => {
            let (failure, variant) = (&expansion.failure, &expansion.dag.failures[fails.failure].variant);
            quote_mixed!(__result.map_err(#failure::#variant)?)
        }
        None => quote_mixed!(__result),
    };
    quote_mixed! {
        #id => {
            let __result = #result;
            __writer.set(|__cells| &__cells.#name, #value);
        }
    }
}

/// The call of a task's body: each argument stands at the name of its dependency in `#[depends(..)]`.
fn call(task: &Task<'_>) -> TokenStream {
    let name = task.ident();
    let arguments = task.parameters.iter().map(|parameter| {
        let dependency = &task.dependencies[parameter.dependency];
        let at_dependency = dependency.name.span().resolved_at(Span::mixed_site());
        let mut field = dependency.name.clone();
        field.set_span(at_dependency);
        let borrowed = quote_spanned!(at_dependency=> __cells.#field.ready());
        if parameter.is_borrowed {
            borrowed
        } else {
            quote_spanned!(at_dependency=> ::core::clone::Clone::clone(#borrowed))
        }
    });
    let at_task = name.span().resolved_at(Span::mixed_site());
    let mut body = body_ident(name);
    body.set_span(at_task);
    quote_spanned!(at_task=> Self::#body(__this #(, #arguments)*))
}
