//! The one driver of all terminals of a block: the slots of its async tasks, and a step that polls one task.

use std::collections::BTreeMap;

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::{Expansion, attempt, each, edges, hexadecimal, inner, keeping, slots};
use crate::analyse::{Node, Place, Task};
use crate::result_type::ResultType;

/// How many tasks the driver reaches with one jump; the runtime uses the same groups.
const GROUP: usize = 8;

// Output:
//     async fn __dag_drive<'__dag>(__this: &'__dag Self, mut __writer: Writer<'_, Cells<'__dag>>, ..) -> .. {
//         let mut __cart_slot = pin!(None);
//         ..
//         poll_fn(move |__cx| {
//             __scheduler.begin_pass(__cx);
//             loop {
//                 match __scheduler.next_group(__cx) {
//                     Some(0) => { .. }
//                     ..
//                     None => return __scheduler.end_pass().map(Ok),
//                 }
//             }
//         }).await
pub(crate) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let failure = expansion.failure_type();
    let result = inner::at_first(expansion, quote_mixed!(#runtime::Result<(), #failure>));
    let slots = slots::expand(expansion);
    let node = |(id, node): (usize, usize)| match expansion.dag.node(node) {
        Node::Task(task) => visit(expansion, id, task),
        Node::Driver(inner_graph) => inner::visit(expansion, id, inner_graph),
        // The driver of its graph visits it.
        Node::Inner(..) => TokenStream::new(),
    };
    let tasks: Vec<_> = expansion.nodes().map(node).collect();
    let inner_graphs = inner::start(expansion);
    let keep = keep_type(expansion);
    let not_storable = not_storable(expansion);
    let groups = tasks.chunks(GROUP).enumerate().map(|(group, tasks)| {
        let group = Literal::usize_unsuffixed(group);
        quote_mixed!(#runtime::Some(#group) => { #(#tasks)* })
    });
    let Frame { parameters, start, begin_pass, end_pass } = frame(expansion);
    let next_group = if edges::are_asked(expansion) {
        quote_mixed!(__scheduler.next_asked_group(__cells.__dag_asks.all(), __cx))
    } else {
        quote_mixed!(__scheduler.next_group(__cx))
    };
    let schedule = match (&expansion.edges, expansion.dag.is_shared()) {
        (None, false) => quote_mixed!(#runtime::Schedule),
        (None, true) => quote_mixed!(#runtime::ScheduleThreads),
        (Some(_), false) => quote_mixed!(#runtime::ScheduleEdges),
        (Some(_), true) => quote_mixed!(#runtime::ScheduleEdges + #runtime::ScheduleThreads),
    };
    quote_spanned! {Span::mixed_site()=>
        async fn __dag_drive<'__dag>(
            #parameters
            mut __scheduler: impl #schedule,
            __keep: #keep,
        ) -> #result {
            #[allow(unused_imports)]
            use #runtime::ProbeValue as _;
            #not_storable
            #start
            #inner_graphs
            #slots
            ::core::future::poll_fn(move |__cx| {
                #begin_pass
                loop {
                    match #next_group {
                        #(#groups)*
                        #runtime::Some(__group) => #runtime::unknown_group(__group),
                        #runtime::None => return #end_pass.map(#runtime::Ok),
                    }
                }
            })
            .await
        }
    }
}

/// Returns the import by which a result that cannot be stored is reported only once.
pub(super) fn not_storable(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let runtime = &expansion.runtime;
    expansion.dag.is_durable().then(|| quote_mixed!(#[allow(unused_imports)] use #runtime::NotStorable as _;))
}

/// Returns the type of the function that converts a failure into the source that a run keeps; a terminal takes the
/// failure unchanged. For an outer graph, the function is a closure.
fn keep_type(expansion: &Expansion<'_>) -> TokenStream {
    let (runtime, failure) = (&expansion.runtime, expansion.failure_type());
    let keep = quote_mixed!((#failure) -> #runtime::Kept<#failure>);
    let keep = inner::at_first(expansion, keep);
    if expansion.variants() == 0 || expansion.dag.is_shared() {
        quote_mixed!(fn #keep)
    } else {
        quote_mixed!(impl ::core::ops::Fn #keep + ::core::marker::Copy + ::core::marker::Sync)
    }
}

/// The parts of the driver that differ if other threads take part.
struct Frame {
    parameters: TokenStream,
    start: TokenStream,
    begin_pass: TokenStream,
    end_pass: TokenStream,
}

fn frame(expansion: &Expansion<'_>) -> Frame {
    let runtime = &expansion.runtime;
    let cells = expansion.cells_type();
    if expansion.dag.is_shared() {
        let shared = expansion.shared_arguments();
        // This happens before the driver reads the results of other threads.
        let attend = edges::are_askers_away(expansion).then(|| quote_mixed!(__cells.__dag_asks.attend(__cx.waker());));
        return Frame {
            parameters: quote_mixed!(__offload: &'__dag mut #runtime::Offload<#shared>,),
            start: quote_mixed! {
                let __owned = __offload.team();
                let __team = &__owned;
                let (__this, __cells) = (__team.object(), __team.cells());
            },
            begin_pass: quote_mixed!(#attend ::core::task::ready!(__offload.begin_pass(&mut __scheduler, __cx))?;),
            end_pass: match expansion.edges {
                Some(_) => quote_mixed!(__offload.end_edge_pass(&mut __scheduler, __cx)),
                None => quote_mixed!(__offload.end_pass(&mut __scheduler)),
            },
        };
    }
    Frame {
        parameters: quote_mixed!(__this: &'__dag Self, mut __writer: #runtime::Writer<'_, #cells>,),
        start: quote_mixed!(let __cells = __writer.reader();),
        begin_pass: quote_mixed!(__scheduler.begin_pass(__cx);),
        end_pass: quote_mixed!(__scheduler.end_pass()),
    }
}

// Output:
//     if __scheduler.is_due(0, 0x4, 0x7) {
//         if let Poll::Ready(__result) =
//             __scheduler.poll(2, __cart_slot.as_mut(), __cx, move || Self::__dag_task_cart(..))
//         {
//             match __result {
//                 Ok(__value) => {
//                     __writer.put(&__writer.reader().cart, __value);
//                     __scheduler.finish_for(0, 0x4, 0x18);
//                 }
//                 Err(__error) => match __keep(Failure::ApiError(__error)) {
//                     Ok(__source) => __scheduler.fail(2, __source),
//                     Err(__failure) => return Poll::Ready(Err(__failure)),
//                 },
//             }
//         }
//     }
fn visit(expansion: &Expansion<'_>, id: usize, task: &Task<'_>) -> TokenStream {
    let name = task.ident();
    let is_due = is_task_due(expansion, id, task);
    let done = done(expansion, id);
    let visit_followers = each::visit_followers(expansion, id);
    let (asks, answer) = (edges::asks_of(expansion, id), edges::answer(expansion, id, true));
    let (place, id) = (id, Literal::usize_unsuffixed(id));
    let note_causes = edges::note_causes(expansion, task);
    if task.place == Place::Spawned && !task.has_crew() {
        let depart = match asks {
            Some(asks) => quote_mixed!(depart_asker(#id, #asks)),
            None => quote_mixed!(depart(#id)),
        };
        return quote_mixed! {
            if #is_due && __scheduler.#depart {
                #note_causes
                __offload.start(#id);
            }
        };
    }
    let set = match (expansion.dag.is_shared(), task.is_moved) {
        _ if task.each().is_some() => each::complete(expansion, &id, task),
        (false, false) => quote_mixed!(__writer.put(&__writer.reader().#name, __value);),
        (false, true) => {
            quote_mixed!(__writer.put_or_keep(&__writer.reader().#name, __value, __scheduler.forgets(#id));)
        }
        (true, false) => quote_mixed!(__offload.set(#id, |__cells| &__cells.#name, __value);),
        (true, true) => quote_mixed!(__offload.set_or_keep(#id, |__cells| &__cells.#name, __value);),
    };
    let note_err = is_err(expansion, task).map(|is_err| quote_mixed!(if #is_err { __scheduler.note_err(#id); }));
    let finish = quote_mixed!(#note_err #set #answer #done);
    let end = ended(expansion, &id, task, &finish);
    let result = if task.fails.is_some() { quote_mixed!(__result) } else { quote_mixed!(__value) };
    let waits = quote_mixed!(::core::clone::Clone::clone(&__waits));
    // The scheduler takes an `Fn`, which is less code than an `FnOnce`.
    let attempts = quote_mixed!(::core::clone::Clone::clone(&__attempts));
    let number = each::number(expansion, task);
    let reporter = if task.each().is_some() { quote_mixed!(__attempts.of_element(#number)) } else { attempts };
    let own_attempts = if expansion.dag.is_durable() { quote_mixed!(__attempts) } else { reporter.clone() };
    let mut attempt = attempt::expand(expansion, task, &own_attempts, &waits);
    let (result, end) = if expansion.dag.is_durable() {
        attempt = keeping::expand(expansion, task, &attempt, &reporter);
        // The results of a wide task are in its cell.
        let is_empty = task.each().is_some() && task.fails.is_none();
        let ended = if is_empty { quote_mixed!(()) } else { result };
        let end = quote_mixed! {
            match __kept {
                ::core::result::Result::Ok(#ended) => { #end }
                ::core::result::Result::Err(__source) => __scheduler.fail(#id, __source),
            }
        };
        (quote_mixed!(__kept), end)
    } else {
        (result, end)
    };
    let options = &task.method.options;
    if options.permit.is_some() && (options.retry.is_some() || expansion.dag.is_durable()) {
        // A closure inside takes its own.
        attempt = quote_mixed!({ let __waits = #waits; #attempt });
    }
    let poll = if expansion.dag.has_slot(task) {
        poll_in_slot(expansion, place, task, &attempt)
    } else if task.each().is_some() {
        each::call(expansion, &id, task, &attempt)
    } else {
        quote_mixed!(__scheduler.call(#id, move || #attempt))
    };
    quote_mixed! {
        if #is_due {
            #note_causes
            if let ::core::task::Poll::Ready(#result) = #poll { #end }
            #visit_followers
        }
    }
}

/// Returns the poll of a task that has a slot. The closure that makes the body stands in the call: rustc knows at once that it
/// is an `Fn`, and not only when it has seen the whole driver.
fn poll_in_slot(expansion: &Expansion<'_>, place: usize, task: &Task<'_>, attempt: &TokenStream) -> TokenStream {
    let id = Literal::usize_unsuffixed(place);
    // Errors in the task's own type, such as a missing `Send`, are reported at its name.
    let at_task = task.ident().span().resolved_at(Span::mixed_site());
    let runtime = expansion.runtime_at(at_task);
    let slot = slots::slot(expansion, place, task, at_task);
    let poll = if task.each().is_some() {
        each::poll(expansion, place, task, &slot, attempt)
    } else {
        let start = quote_spanned!(at_task=> move || #attempt);
        let start = match task.method.options.boxed {
            Some(_) => quote_spanned!(at_task=> #runtime::boxed(#start)),
            None => start,
        };
        match edges::asks_of(expansion, place) {
            Some(asks) => quote_spanned!(at_task=> __scheduler.poll_asker(#id, #asks, #slot, __cx, #start)),
            None => quote_spanned!(at_task=> __scheduler.poll(#id, #slot, __cx, #start)),
        }
    };
    let attempts = quote_mixed!(let __attempts = __scheduler.attempts(#id););
    let is_told = task.method.options.retry.is_some() && !task.has_crew() || expansion.dag.is_durable();
    let waits = quote_mixed!(let __waits = __scheduler.waits(#id););
    let waits = task.method.options.permit.is_some().then_some(waits);
    if !is_told && waits.is_none() {
        return poll;
    }
    let attempts = is_told.then_some(attempts);
    let only = each::is_remote(expansion, task).then(|| quote_mixed!(let __only = __attempts.only();));
    let look_at_fatal = edges::look_at_fatal(expansion, &id, task);
    quote_mixed!({ #attempts #only #waits #look_at_fatal #poll })
}

/// Returns the code that handles the result of a task; `finish` handles a value.
fn ended(expansion: &Expansion<'_>, id: &Literal, task: &Task<'_>, finish: &TokenStream) -> TokenStream {
    match &task.fails {
        Some(fails) => {
            let (failure, variant) = (&expansion.failure, &expansion.dag.failures[fails.failure].variant);
            // A picker has made it a failure of the block already.
            let failure =
                if task.has_crew() { quote_mixed!(__error) } else { quote_mixed!(#failure::#variant(__error)) };
            let fail = if expansion.edges.is_some() {
                edges::fail(expansion, id, task, &failure)
            } else {
                fail(expansion, id, task, &failure)
            };
            let (value, error) = if task.each().is_some() {
                (quote_mixed!(()), quote_mixed!((__index, __error)))
            } else {
                (quote_mixed!(__value), quote_mixed!(__error))
            };
            quote_mixed! {
                match __result {
                    ::core::result::Result::Ok(#value) => { #finish }
                    ::core::result::Result::Err(#error) => #fail,
                }
            }
        }
        None => finish.clone(),
    }
}

/// Returns the condition that a task with `catch` has returned an `Err`.
pub(super) fn is_err(expansion: &Expansion<'_>, task: &Task<'_>) -> Option<TokenStream> {
    let output = task.output.filter(|_| task.is_caught())?;
    if ResultType::of(output).is_some() {
        return Some(quote_mixed!(__value.is_err()));
    }
    // A `Result` under another name, or a mistake that is reported at the type.
    let (runtime, declared) = (&expansion.runtime, expansion.spell(task, output));
    Some(quote_mixed!(#runtime::Probe::<#declared>::is_err(&__value)))
}

/// Returns the code that handles a failure: a run keeps it, and a terminal ends with it.
pub(super) fn fail(expansion: &Expansion<'_>, id: &Literal, task: &Task<'_>, failure: &TokenStream) -> TokenStream {
    let end = end(expansion, &quote_mixed!(__failure));
    let source = each::source(expansion, task);
    quote_mixed! {
        match __keep(#failure) {
            ::core::result::Result::Ok(__source) => __scheduler.fail(#id, #source),
            ::core::result::Result::Err(__failure) => { #end }
        }
    }
}

/// Returns the code that ends a terminal with a failure. If other threads take part, it first waits until their tasks
/// have ended.
pub(super) fn end(expansion: &Expansion<'_>, failure: &TokenStream) -> TokenStream {
    if expansion.dag.is_shared() {
        quote_mixed!(return __offload.end(#failure, __cx);)
    } else {
        quote_mixed!(return ::core::task::Poll::Ready(::core::result::Result::Err(#failure));)
    }
}

/// Returns the condition that a task must be polled. A started task waits for no dependency, even if a task whose
/// failure it caught is tried again: for dependencies in its own word, the scheduler checks this.
fn is_task_due(expansion: &Expansion<'_>, id: usize, task: &Task<'_>) -> TokenStream {
    let is_far = |dependency: usize| dependency / 64 != id / 64;
    if !expansion.dag.has_slot(task) || !edges::caught_by(expansion, id).iter().any(|&dependency| is_far(dependency)) {
        return is_due(expansion, id);
    }
    let has_body = slots::has_body(expansion, id, task);
    let (is_due, are_done) = in_words(expansion, id);
    quote_mixed!(#is_due && (#has_body || #(#are_done)&&*))
}

/// Returns the condition that a node must be polled.
pub(super) fn is_due(expansion: &Expansion<'_>, id: usize) -> TokenStream {
    let (is_due, are_done) = in_words(expansion, id);
    quote_mixed!(#is_due #(&& #are_done)*)
}

/// Returns the nodes that a node waits for in its own word, and the checks for each other word.
fn in_words(expansion: &Expansion<'_>, id: usize) -> (TokenStream, Vec<TokenStream>) {
    let own = BTreeMap::from([(id / 64, 1 << (id % 64))]);
    let mut waits = words(expansion.waits(id));
    let followed = each::followed(expansion, id);
    // A follower waits for the task that it follows only until single results can be there.
    let in_word = |word: usize, waits: u64| {
        let all = hexadecimal(waits);
        match &followed {
            Some((followed, cell)) if followed / 64 == word => {
                let others = hexadecimal(waits & !(1 << (followed % 64)));
                quote_mixed!(if #cell.is_lending() { #others } else { #all })
            }
            _ => all.into_token_stream(),
        }
    };
    let in_own_word = waits.remove(&(id / 64)).unwrap_or(0);
    let is_due = write(&own).map(|(word, bit)| {
        let waits = in_word(id / 64, in_own_word | 1 << (id % 64));
        quote_mixed!(__scheduler.is_due(#word, #bit, #waits))
    });
    let are_done = waits.iter().map(|(&word, &bits)| {
        let (bits, word) = (in_word(word, bits), Literal::usize_unsuffixed(word));
        quote_mixed!(__scheduler.are_done(#word, #bits))
    });
    (is_due.collect(), are_done.collect())
}

/// Returns the code which notes that a node is done and lets the pass visit its dependents.
pub(super) fn done(expansion: &Expansion<'_>, id: usize) -> TokenStream {
    let mut dependents = words(expansion.dependents(id));
    let in_own_word = dependents.remove(&(id / 64)).map(hexadecimal);
    let own = words([id]);
    let done = write(&own).map(|(word, bit)| match &in_own_word {
        Some(dependents) => quote_mixed!(__scheduler.finish_for(#word, #bit, #dependents);),
        None => quote_mixed!(__scheduler.finish(#word, #bit);),
    });
    let visits = write(&dependents).map(|(word, bits)| quote_mixed!(__scheduler.visit(#word, #bits);));
    done.chain(visits).collect()
}

/// Returns the code which notes that a node is done.
pub(super) fn finish(id: usize) -> TokenStream {
    write(&words([id])).map(|(word, bit)| quote_mixed!(__scheduler.finish(#word, #bit);)).collect()
}

/// Returns the non-empty words of a set of ids, each with its bits.
pub(super) fn words(ids: impl IntoIterator<Item = usize>) -> BTreeMap<usize, u64> {
    let mut words = BTreeMap::new();
    for id in ids {
        *words.entry(id / 64).or_insert(0) |= 1 << (id % 64);
    }
    words
}

pub(super) fn write(words: &BTreeMap<usize, u64>) -> impl Iterator<Item = (Literal, Literal)> {
    words.iter().map(|(&word, &bits)| (Literal::usize_unsuffixed(word), hexadecimal(bits)))
}
