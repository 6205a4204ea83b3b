//! Tasks with `permit`: each attempt waits for a permit before its body starts.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;

use crate::analyse::Task;
use crate::expand::Expansion;

/// Returns the position of the door of a task with `permit`.
pub(super) fn door(expansion: &Expansion<'_>, id: usize) -> Option<Literal> {
    let permits = &expansion.edges.as_ref()?.permits;
    permits.iter().position(|&it| it == id).map(Literal::usize_unsuffixed)
}

/// Returns an attempt that waits for its permit, if the task has `permit`. `waits` is the reporter for the wait.
// Output:
//     permitted(
//         "load", __cells.__dag_asks.at(0), __waits, semaphore(__this, |this| &this.database),
//         |__closed| { use NotFromClosed as _; FromClosed::<Page>::OUTPUT.closed(__closed) },
//         move || Self::__dag_task_load(__this),
//     )
pub(in crate::expand) fn permitted(
    expansion: &Expansion<'_>,
    task: &Task<'_>,
    attempt: &TokenStream,
    waits: &TokenStream,
) -> Option<TokenStream> {
    let Permit { name, door, semaphore, closed } = permit(expansion, task)?;
    let runtime = &expansion.runtime;
    let attempt = if task.is_async() { attempt.clone() } else { quote_mixed!(::core::future::ready(#attempt)) };
    Some(quote_mixed! {
        #runtime::permitted(
            #name,
            __cells.__dag_asks.at(#door),
            #waits,
            #semaphore,
            |__closed| #closed,
            move || #attempt,
        )
    })
}

/// Returns the same for a task that blocks its thread, which holds the permit until its function returns.
// Output:
//     {
//         let __team = Arc::clone(__team);
//         permitted_blocking("thumbnail", __cells.__dag_asks.at(0), __waits, move |__turn| async move {
//             let (__this, __cells) = (__team.object(), __team.cells());
//             match __turn.come(semaphore(__this, |this| &this.cores)).await {
//                 Ok(__permit) => Self::__dag_task_thumbnail(__this, __cells.image.ready()),
//                 Err(__closed) => { .. }
//             }
//         })
//     }
pub(in crate::expand) fn permitted_blocking(
    expansion: &Expansion<'_>,
    task: &Task<'_>,
    call: &TokenStream,
    waits: &TokenStream,
) -> Option<TokenStream> {
    let Permit { name, door, semaphore, closed } = permit(expansion, task)?;
    let runtime = &expansion.runtime;
    Some(quote_mixed! {
        {
            let __team = ::std::sync::Arc::clone(__team);
            #runtime::permitted_blocking(#name, __cells.__dag_asks.at(#door), #waits, move |__turn| async move {
                let (__this, __cells) = (__team.object(), __team.cells());
                match __turn.come(#semaphore).await {
                    ::core::result::Result::Ok(__permit) => #call,
                    ::core::result::Result::Err(__closed) => #closed,
                }
            })
        }
    })
}

/// Returns the future of a task with `finish`, which opens the door for the task when it is dropped, if the task has
/// `permit`.
pub(in crate::expand) fn behind_door(
    expansion: &Expansion<'_>,
    task: &Task<'_>,
    future: &TokenStream,
) -> Option<TokenStream> {
    let Permit { door, .. } = permit(expansion, task)?;
    let runtime = &expansion.runtime;
    Some(quote_mixed!(#runtime::behind(__cells.__dag_asks.at(#door), #future)))
}

/// The parts of an attempt that waits for its permit.
struct Permit {
    /// The name of the task.
    name: String,
    /// The position of its door.
    door: Literal,
    /// The semaphore.
    semaphore: TokenStream,
    /// The output of the task if the semaphore is closed.
    closed: TokenStream,
}

fn permit(expansion: &Expansion<'_>, task: &Task<'_>) -> Option<Permit> {
    let permit = task.method.options.permit.as_ref()?;
    let position = expansion.dag.tasks.iter().position(|other| std::ptr::eq(other, task))?;
    let runtime = &expansion.runtime;
    let output = task.output.map_or_else(|| quote_mixed!(()), |it| expansion.spell(task, it).to_token_stream());
    // A value that is no semaphore is reported at the name of the option.
    let at_permit = permit.name.span().resolved_at(Span::mixed_site());
    let (at_runtime, function) = (expansion.runtime_at(at_permit), &permit.value);
    Some(Permit {
        name: task.ident().unraw().to_string(),
        door: door(expansion, expansion.ids[position])?,
        semaphore: quote_spanned!(at_permit=> #at_runtime::semaphore(__this, #function)),
        closed: quote_mixed! {
            {
                #[allow(unused_imports)]
                use #runtime::NotFromClosed as _;
                #runtime::FromClosed::<#output>::OUTPUT.closed(__closed)
            }
        },
    })
}
