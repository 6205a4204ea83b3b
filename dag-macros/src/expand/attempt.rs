//! The future of a task: its body in its place, with its timeout and its attempts.

use std::time::Duration;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;

use super::{Expansion, at_span, body_ident, each, edges, inner};
use crate::analyse::{Form, Place, Take, Task};
use crate::parse::{Given, TaskOptions};

/// The waits before further attempts without `backoff`.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// Returns the future of a task, or the result of a plain `fn` that is called directly. `attempts` is the reporter for
/// a task that is tried again, `waits` the reporter for a task with `permit`.
// Output:
//     retry(Retry::new(3, ..), ApiError::is_transient, __attempts, move |__error| .., move || {
//         timed(Duration::from_millis(250), FromTimedOut::from_timed_out, Self::__dag_task_rates(__this))
//     })
pub(crate) fn expand(
    expansion: &Expansion<'_>,
    task: &Task<'_>,
    attempts: &TokenStream,
    waits: &TokenStream,
) -> TokenStream {
    let mut attempt = call(expansion, task);
    if task.place == Place::Blocking && !task.has_crew() {
        let permitted = edges::permitted_blocking(expansion, task, &attempt, waits);
        attempt = permitted.unwrap_or_else(|| on_a_blocking_thread(expansion, task, &attempt));
    }
    if let Some(timeout) = &task.method.options.timeout {
        let at_timeout = timeout.name.span().resolved_at(Span::mixed_site());
        let runtime = expansion.runtime_at(at_timeout);
        let convert = quote_spanned!(at_timeout=> #runtime::FromTimedOut::from_timed_out);
        let (runtime, limit) = (&expansion.runtime, duration(timeout.value));
        attempt = quote_mixed!(#runtime::timed(#limit, #convert, #attempt));
    }
    if task.place != Place::Blocking {
        attempt = edges::permitted(expansion, task, &attempt, waits).unwrap_or(attempt);
    }
    if task.method.options.retry.is_some() {
        attempt = tried_again(expansion, task, &attempt, attempts);
    }
    attempt
}

/// Returns whether an attempt is a future, so that it need not be made one.
pub(super) fn is_future(task: &Task<'_>) -> bool {
    task.is_async() || task.place == Place::Blocking && !task.has_crew() || task.method.options.permit.is_some()
}

fn on_a_blocking_thread(expansion: &Expansion<'_>, task: &Task<'_>, call: &TokenStream) -> TokenStream {
    let runtime = &expansion.runtime;
    let name = task.ident().unraw().to_string();
    let mut body = quote_mixed! {
        move || {
            let (__this, __cells) = (__team.object(), __team.cells());
            #call
        }
    };
    if expansion.dag.is_durable() {
        body = quote_mixed!(#runtime::in_current_place(#body));
    }
    quote_mixed! {
        {
            let __team = ::std::sync::Arc::clone(__team);
            #runtime::blocking(#name, #body)
        }
    }
}

fn tried_again(
    expansion: &Expansion<'_>,
    task: &Task<'_>,
    attempt: &TokenStream,
    attempts: &TokenStream,
) -> TokenStream {
    let Expansion { runtime, failure, .. } = expansion;
    let Attempts { function, retry, is_worth_it } =
        attempts_of(&task.method.options, &expansion.error_type(task), runtime);
    let source = match &task.fails {
        Some(fails) => {
            let variant = &expansion.dag.failures[fails.failure].variant;
            let source = edges::source(expansion, task, &quote_mixed!(#failure::#variant(__error)));
            quote_mixed!(move |__error| #source)
        }
        None => quote_mixed!(#runtime::caught_error),
    };
    let is_future = is_future(task);
    let attempt = if is_future { attempt.clone() } else { quote_mixed!(::core::future::ready(#attempt)) };
    quote_mixed! {
        #runtime::#function(
            #retry,
            #is_worth_it,
            #attempts,
            #source,
            move || #attempt,
        )
    }
}

/// How a task is tried again.
pub(crate) struct Attempts {
    /// The name of the function of the runtime.
    pub(crate) function: Ident,
    /// How often, and after which waits.
    pub(crate) retry: TokenStream,
    /// The function that decides whether an error is worth another attempt; with `retry_after`, also the function that
    /// returns the wait that an error asks for.
    pub(crate) is_worth_it: TokenStream,
}

/// Returns how a task with these options is tried again.
pub(crate) fn attempts_of(options: &TaskOptions, error: &TokenStream, runtime: &TokenStream) -> Attempts {
    let times = Literal::u32_unsuffixed(options.retry.as_ref().map_or(0, |retry| retry.value));
    let (shortest, longest) = options.backoff.as_ref().map_or(BACKOFF, |backoff| backoff.value);
    let (shortest, longest) = (duration(shortest), duration(longest));
    let is_worth_it = match &options.retry_if {
        Some(given) => given.value.to_token_stream(),
        None => quote_mixed!(|_| true),
    };
    // The types are written out, so that a function with another error type is reported at the user's expression.
    let mut is_worth_it = quote_mixed!({ let __is_worth_it: fn(&#error) -> bool = #is_worth_it; __is_worth_it });
    let mut function = "retry";
    if let Some(Given { value, .. }) = &options.retry_after {
        function = "retry_after";
        let wait = quote_mixed!(::core::option::Option<::core::time::Duration>);
        is_worth_it.extend(quote_mixed!(, { let __wait: fn(&#error) -> #wait = #value; __wait }));
    }
    let retry = quote_mixed!(#runtime::Retry::new(#times, #shortest, #longest));
    Attempts { function: Ident::new(function, Span::mixed_site()), retry, is_worth_it }
}

pub(crate) fn duration(duration: Duration) -> TokenStream {
    let millis = Literal::u64_unsuffixed(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    quote_mixed!(::core::time::Duration::from_millis(#millis))
}

/// Returns the call of a task's body: each argument has the span of its dependency's name in `#[depends(..)]`.
fn call(expansion: &Expansion<'_>, task: &Task<'_>) -> TokenStream {
    let name = task.ident();
    let arguments = task.parameters.iter().map(|parameter| {
        let dependency = &task.dependencies[parameter.dependency];
        if dependency.lazy.is_some() {
            return edges::lazy_argument(expansion, task, dependency);
        }
        if parameter.form == Form::Element {
            return element(expansion, dependency.parameter_names()[parameter.part], parameter.take);
        }
        let at_dependency = dependency.name.span().resolved_at(Span::mixed_site());
        let runtime = expansion.runtime_at(at_dependency);
        let field = at_span(dependency.name, at_dependency);
        let is_caught = dependency.catch.is_some();
        let giver = expansion.dag.task(dependency.task);
        let doubtful = giver.and_then(|giver| expansion.doubtful_type(giver));
        if parameter.take == Take::Move {
            let cell = match doubtful {
                Some(declared) => quote_spanned!(at_dependency=> #runtime::Probe::<#declared>::cell(&__cells.#field)),
                None => quote_spanned!(at_dependency=> &__cells.#field),
            };
            return quote_spanned!(at_dependency=> { let __owned = #runtime::take_or_clone(#cell); __owned });
        }
        let own = || match giver {
            // Until the body has returned, its value cannot move away.
            Some(giver) if giver.is_moved => quote_spanned!(at_dependency=> &*__cells.#field.lend()),
            _ => quote_spanned!(at_dependency=> __cells.#field.ready()),
        };
        let mut borrowed = if is_caught {
            quote_spanned!(at_dependency=> __caught)
        } else {
            inner::argument(expansion, dependency.task, at_dependency).unwrap_or_else(own)
        };
        if let Some(declared) = doubtful {
            borrowed = quote_spanned!(at_dependency=> #runtime::Probe::<#declared>::lend(#borrowed));
        }
        let value = match parameter.take {
            Take::Reference | Take::Move => borrowed,
            // The clone is a variable of its own: a wrong type is then reported without the reference.
            Take::Clone => quote_spanned!(at_dependency=> { let __owned = #runtime::clone_result(#borrowed); __owned }),
            Take::OptionOfReference => inside_option(&borrowed, at_dependency),
            Take::ResultOfReferences => inside_result(&borrowed, at_dependency),
        };
        if is_caught { edges::argument(expansion, dependency, parameter.form, &value) } else { value }
    });
    let at_task = name.span().resolved_at(Span::mixed_site());
    let mut body = body_ident(name);
    body.set_span(at_task);
    quote_spanned!(at_task=> Self::#body(__this #(, #arguments)*))
}

/// Returns the argument for an element, or for a part of one.
fn element(expansion: &Expansion<'_>, name: &Ident, take: Take) -> TokenStream {
    let at_name = name.span().resolved_at(Span::mixed_site());
    let (runtime, element) = (expansion.runtime_at(at_name), each::element_ident(name));
    match take {
        Take::Reference | Take::Move => element.to_token_stream(),
        Take::Clone => quote_spanned!(at_name=> { let __owned = #runtime::take_element(#element); __owned }),
        Take::OptionOfReference => inside_option(&element.to_token_stream(), at_name),
        Take::ResultOfReferences => inside_result(&element.to_token_stream(), at_name),
    }
}

/// Returns a reference to what is inside of a borrowed `Option`. Written as a `match`, so that it coerces: an
/// `Option<&str>` takes an `Option<String>`.
fn inside_option(borrowed: &TokenStream, at: Span) -> TokenStream {
    quote_spanned! {at=>
        match #borrowed {
            ::core::option::Option::Some(__inside) => ::core::option::Option::Some(__inside),
            ::core::option::Option::None => ::core::option::Option::None,
        }
    }
}

/// Returns references to what is inside of a borrowed `Result`.
fn inside_result(borrowed: &TokenStream, at: Span) -> TokenStream {
    quote_spanned! {at=>
        match #borrowed {
            ::core::result::Result::Ok(__inside) => ::core::result::Result::Ok(__inside),
            ::core::result::Result::Err(__inside) => ::core::result::Result::Err(__inside),
        }
    }
}
