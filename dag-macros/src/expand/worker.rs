//! The code that runs the spawned tasks of a block on the threads of the runtime: a future for one task and the tasks
//! that follow it.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;

use super::{Expansion, attempt, crew, driver, edges, keeping};
use crate::analyse::{Place, Task};

// Output:
//     const __DAG_LINKS: &'static [Link<1>] = &[Link { dependents: &[2], waits: TaskSet([0x3]), is_spawned: true }, ..];
//     async fn __dag_work(mut __relay: Relay<Self, Cells, Failure, 1>) {
//         ..
//         while let Some(__task) = __relay.begin().await {
//             match __task {
//                 2 => match caught(__relay.span(), pin!(Self::__dag_task_cart(__this, __cells.user.ready()))).await {
//                     Ok(Ok(__value)) => __relay.finish(|__cells| &__cells.cart, __value),
//                     Ok(Err(__error)) => __relay.fail(Failure::ApiError(__error)),
//                     Err(__payload) => __relay.panic(__payload),
//                 },
//                 ..
//     }
//     fn __dag_spawn(__relay: Relay<..>, __runtime: &Handle) -> AbortHandle { .. }
pub(crate) fn expand(expansion: &Expansion<'_>) -> Option<TokenStream> {
    if !expansion.dag.is_shared() {
        return None;
    }
    let runtime = &expansion.runtime;
    let shared = expansion.shared_arguments();
    let words = Literal::usize_unsuffixed(expansion.words());
    let links = expansion.nodes().map(|(id, node)| link(expansion, id, node));
    let spawned = expansion.tasks().filter(|(_, task)| task.place == Place::Spawned && !task.has_crew());
    let (tasks, finishing): (Vec<_>, Vec<_>) =
        spawned.map(|(id, task)| (run(expansion, id, task), finish(expansion, id, task))).unzip();
    let uses = if finishing.iter().any(Option::is_some) {
        quote_mixed!(use #runtime::{NotSend as _, ProbeValue as _};)
    } else {
        quote_mixed!(use #runtime::ProbeValue as _;)
    };
    let not_storable = driver::not_storable(expansion);
    let work = quote_mixed! {
        async fn __dag_work(mut __relay: #runtime::Relay<#shared>) {
            #[allow(unused_imports)]
            #uses
            #not_storable
            let __owned = __relay.team();
            let __team = &__owned;
            #[allow(unused_variables)]
            let (__this, __cells, __keep) = (__team.object(), __team.cells(), __team.keep());
            while let ::core::option::Option::Some(__task) = __relay.begin().await {
                match __task {
                    #(#tasks)*
                    _ => #runtime::unknown_task(__task),
                }
            }
        }
    };
    let crews = crew::expand(expansion);
    Some(quote_mixed! {
        const __DAG_LINKS: &'static [#runtime::Link<#words>] = &[#(#links),*];

        #work

        #(#finishing)*

        #(#crews)*

        fn __dag_spawn(__relay: #runtime::Relay<#shared>, __runtime: &#runtime::Handle) -> #runtime::AbortHandle {
            #[allow(unused_imports)]
            use #runtime::NotSend as _;
            let __work = Self::__dag_work(__relay);
            #runtime::IfSend::of(&__work).spawn(__work, __runtime)
        }
    })
}

fn link(expansion: &Expansion<'_>, id: usize, node: usize) -> TokenStream {
    let runtime = &expansion.runtime;
    let dependents = expansion.dependents(id).map(Literal::usize_unsuffixed);
    let waits = expansion.set(expansion.waits(id));
    let is_spawned = expansion.dag.task(node).is_some_and(|task| task.place == Place::Spawned && !task.has_crew());
    quote_mixed! {
        #runtime::Link {
            dependents: &[#(#dependents),*],
            waits: #runtime::TaskSet([#(#waits),*]),
            is_spawned: #is_spawned,
        }
    }
}

fn run(expansion: &Expansion<'_>, id: usize, task: &Task<'_>) -> TokenStream {
    let Expansion { runtime, failure, .. } = expansion;
    let name = task.ident();
    let asks = edges::lazy_asks_of(expansion, id);
    let answer = edges::answer(expansion, id, false);
    let id = Literal::usize_unsuffixed(id);
    let (attempts, waits) = (quote_mixed!(__team.attempts(#id)), quote_mixed!(__team.waits(#id)));
    let is_durable = expansion.dag.is_durable();
    let mut attempt = if task.method.options.finish.is_some() {
        let body = finish_ident(name);
        let finish = quote_mixed! {
            {
                let __body = Self::#body(::std::sync::Arc::clone(__team));
                #runtime::IfSend::of(&__body).finish(__body)
            }
        };
        edges::behind_door(expansion, task, &finish).unwrap_or(finish)
    } else if is_durable {
        let attempt = attempt::expand(expansion, task, &quote_mixed!(__attempts), &waits);
        keeping::expand(expansion, task, &attempt, &attempts)
    } else {
        attempt::expand(expansion, task, &attempts, &waits)
    };
    let mut set = if task.is_moved {
        quote_mixed!(__relay.finish_or_keep(|__cells| &__cells.#name, __value))
    } else {
        quote_mixed!(__relay.finish(|__cells| &__cells.#name, __value))
    };
    let note_err = driver::is_err(expansion, task).map(|is_err| quote_mixed!(if #is_err { __relay.note_err(); }));
    if note_err.is_some() || !answer.is_empty() {
        set = quote_mixed!({ #note_err #set; #answer });
    }
    // A task that an asker waits for may fail: then the asker has no result.
    let (ok, dropped) = match asks {
        Some(asks) => {
            attempt = quote_mixed!(#runtime::asking(#asks, __team.is_limited(), #attempt));
            let ok: fn(TokenStream) -> TokenStream = |value| quote_mixed!(::core::option::Option::Some(#value));
            (ok, Some(quote_mixed!(::core::result::Result::Ok(::core::option::Option::None) => __relay.cancel(),)))
        }
        None => {
            let ok: fn(TokenStream) -> TokenStream = |value| value;
            (ok, None)
        }
    };
    let kept =
        |value: TokenStream| ok(if is_durable { quote_mixed!(::core::result::Result::Ok(#value)) } else { value });
    let lost = is_durable.then(|| {
        let source = ok(quote_mixed!(::core::result::Result::Err(__source)));
        quote_mixed!(::core::result::Result::Ok(#source) => __relay.fail_kept(__source),)
    });
    let done = match &task.fails {
        Some(fails) => {
            let variant = &expansion.dag.failures[fails.failure].variant;
            let value = kept(quote_mixed!(::core::result::Result::Ok(__value)));
            let error = kept(quote_mixed!(::core::result::Result::Err(__error)));
            quote_mixed! {
                ::core::result::Result::Ok(#value) => #set,
                ::core::result::Result::Ok(#error) => {
                    __relay.fail(#failure::#variant(__error));
                }
            }
        }
        None => {
            let value = kept(quote_mixed!(__value));
            quote_mixed!(::core::result::Result::Ok(#value) => #set,)
        }
    };
    quote_mixed! {
        #id => match #runtime::caught(__relay.span(), ::core::pin::pin!(#attempt)).await {
            #done
            #lost
            #dropped
            ::core::result::Result::Err(__payload) => __relay.panic(__payload),
        },
    }
}

/// Writes the function of a task that ends once it has started. It owns its share of the team, so that it outlives the
/// worker.
// Output:
//     async fn __dag_finish_charge(__owned: Arc<Team<Self, Cells, Failure, 1>>) -> Result<Receipt, PayError> {
//         let __team = &__owned;
//         let (__this, __cells, __keep) = (__team.object(), __team.cells(), __team.keep());
//         let __end = __team.end_of(3);
//         Self::__dag_task_charge(__this, __cells.cart.ready()).await
//     }
fn finish(expansion: &Expansion<'_>, id: usize, task: &Task<'_>) -> Option<TokenStream> {
    task.method.options.finish.as_ref()?;
    let runtime = &expansion.runtime;
    let (shared, name) = (expansion.shared_arguments(), finish_ident(task.ident()));
    let output = task.output.map_or_else(|| quote_mixed!(()), |output| expansion.spell(task, output).to_token_stream());
    let id = Literal::usize_unsuffixed(id);
    let waits = quote_mixed!(__team.waits(#id));
    let attempt = attempt::expand(expansion, task, &quote_mixed!(__team.attempts(#id)), &waits);
    Some(quote_mixed! {
        async fn #name(__owned: ::std::sync::Arc<#runtime::Team<#shared>>) -> #output {
            #[allow(unused_imports)]
            use #runtime::ProbeValue as _;
            let __team = &__owned;
            #[allow(unused_variables)]
            let (__this, __cells, __keep) = (__team.object(), __team.cells(), __team.keep());
            let __end = __team.end_of(#id);
            #attempt.await
        }
    })
}

fn finish_ident(task: &Ident) -> Ident {
    format_ident!("__dag_finish_{}", task.unraw(), span = Span::mixed_site())
}
