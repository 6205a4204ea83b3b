//! The inner drivers as parts of the outer driver: the variables before it starts, and the arms of their nodes.

use proc_macro2::{Literal, Span, TokenStream};

use super::{Names, failure_type, inner_ident, inner_task, variant};
use crate::analyse::InnerGraph;
use crate::expand::driver::{self, words, write};
use crate::expand::{Expansion, edges};

// Output:
//     let __tasks_1 = <Pricing as InnerObject>::tasks();
//     let __inner_3 = <Pricing as InnerObject>::tasks().total();
//     let __goals_1 = [InnerGoal::new(__inner_3.id()), ..];
//     let __border_1 = &Border::new(Self::__DAG_GRAPH.inner_graph(0), &__goals_1);
//     let mut __owned_1 = __tasks_1.__dag_cells();
//     let __writer_1 = Writer::new(&mut __owned_1);
//     let __cells_1 = __writer_1.reader();
//     let mut __scheduler_inside = __tasks_1.__dag_scheduler(__border_1);
//     let mut __writer_1 = Some((__writer_1, &mut __scheduler_inside));
//     let __keep_1 = &move |__failed| { .. };
//     let mut __driver_1 = pin!(None);
pub(in crate::expand) fn start(expansion: &Expansion<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let inner_graphs = expansion.dag.inner_graphs.iter().enumerate().map(|(place, inner_graph)| {
        let names = Names::new(expansion, inner_graph);
        let Names { all, tasks: by_name, cells, writer, border, keep, slot, .. } = &names;
        let place = Literal::usize_unsuffixed(place);
        let inner = names.inner(expansion).map(|(id, inner)| {
            let variable = inner_ident(id, Span::mixed_site());
            let task = inner_task(expansion, inner_graph, inner);
            quote_mixed!(let #variable = #task;)
        });
        let ids = names.inner(expansion).map(|(id, _)| inner_ident(id, Span::mixed_site()));
        let keep_inner = keep_inner(expansion, &names);
        quote_mixed! {
            let #by_name = #all();
            #(#inner)*
            let __goals = [#(#runtime::InnerGoal::new(#ids.id())),*];
            let #border = &#runtime::Border::new(Self::__DAG_GRAPH.inner_graph(#place), &__goals);
            let mut __owned = #by_name.__dag_cells();
            let #writer = #runtime::Writer::new(&mut __owned);
            let #cells = #writer.reader();
            let mut __scheduler_inside = #by_name.__dag_scheduler(#border);
            let mut #writer = ::core::option::Option::Some((#writer, &mut __scheduler_inside));
            let #keep = &#keep_inner;
            let mut #slot = ::core::pin::pin!(::core::option::Option::None);
        }
    });
    let fatal = expansion.edges.as_ref().filter(|_| !expansion.dag.inner_graphs.is_empty());
    let fatal = fatal.map(|_| quote_mixed!(let __fatal = __scheduler.fatal();));
    fatal.into_iter().chain(inner_graphs).collect()
}

/// Returns the function through which a failure of an inner task passes: it applies the outer graph's own function. In
/// a terminal, the failure comes back unchanged.
fn keep_inner(expansion: &Expansion<'_>, names: &Names<'_>) -> TokenStream {
    let Expansion { runtime, failure, .. } = expansion;
    let variant = variant(expansion, names.inner_graph);
    let (border, origin) = (&names.border, &names.origin);
    let is_mut = expansion.edges.is_some().then(|| quote_mixed!(mut));
    let failed = failure_type(expansion, names.inner_graph);
    let is_only = expansion.variants() == 1;
    let others = (!is_only).then(|| quote_mixed!(::core::result::Result::Err(_) => #runtime::unneeded_failure(),));
    let goal = match expansion.edges {
        Some(_) => edges::inner_goal(expansion, border, (origin, &names.blame), &variant),
        None => quote_mixed!(let __goal = #border.failed_goal(#origin(&__failed));),
    };
    quote_mixed! {
        move |#is_mut __failed: #failed| {
            #goal
            match __keep(#failure::#variant(__goal, __failed)) {
                ::core::result::Result::Ok(__source) => {
                    ::core::result::Result::Ok(#runtime::named(Self::__DAG_GRAPH.node_name(__goal), __source))
                }
                ::core::result::Result::Err(#failure::#variant(_, __failed)) => ::core::result::Result::Err(__failed),
                #others
            }
        }
    }
}

/// Returns the arm of the driver for a node of an inner graph. An inner task needs no arm: the arm of its graph's
/// driver checks whether it is done.
// Output:
//     if __scheduler.is_due(0, 0x4, 0x6) {
//         match __scheduler.poll_graph(__border_1, __driver_1.as_mut(), __cx, || __tasks_1.__dag_drive(..)) {
//             Poll::Ready(Ok(())) => __scheduler.finish(0, 0x4),
//             Poll::Ready(Err(__failed)) => return Poll::Ready(Err(Failure::__Inner1(.., __failed))),
//             Poll::Pending => {}
//         }
//         if !__scheduler.are_done(0, 0x8) && __inner_3.is_done(__cells_1) {
//             __scheduler.finish_for(0, 0x8, 0x20);
//         }
//     }
pub(in crate::expand) fn visit(expansion: &Expansion<'_>, id: usize, inner_graph: &InnerGraph<'_>) -> TokenStream {
    let Expansion { runtime, failure, .. } = expansion;
    let names = Names::new(expansion, inner_graph);
    let Names { all, origin, blame, cells, writer, border, keep, slot, .. } = &names;
    let is_due = driver::is_due(expansion, id);
    let finish = driver::finish(id);
    let field = expansion.dag.tasks[inner_graph.task].ident();
    let variant = variant(expansion, inner_graph);
    let failed = driver::end(expansion, &quote_mixed!(#failure::#variant(__goal, __failed)));
    let inner = names.inner(expansion).map(|(id, _)| {
        let variable = inner_ident(id, Span::mixed_site());
        let own = words([id]);
        let is_open = write(&own).map(|(word, bit)| quote_mixed!(!__scheduler.are_done(#word, #bit)));
        let done = driver::done(expansion, id);
        let answer = edges::answer(expansion, id, true);
        quote_mixed! {
            if #(#is_open)&&* && #variable.is_done(#cells) {
                #answer
                #done
            }
        }
    });
    let is_mut = expansion.edges.is_some().then(|| quote_mixed!(mut));
    let goal = match expansion.edges {
        Some(_) => edges::fatal_goal(border, (origin, blame)),
        None => quote_mixed!(#border.failed_goal(#origin(&__failed))),
    };
    quote_mixed! {
        if #is_due {
            match __scheduler.poll_graph(#border, #slot.as_mut(), __cx, || {
                let (__writer, __scheduler) = #runtime::once(&mut #writer);
                #all().__dag_drive(__cells.#field.ready(), __writer, __scheduler, #keep)
            }) {
                ::core::task::Poll::Ready(::core::result::Result::Ok(())) => { #finish }
                ::core::task::Poll::Ready(::core::result::Result::Err(#is_mut __failed)) => {
                    let __goal = #goal;
                    #failed
                }
                ::core::task::Poll::Pending => {}
            }
            #(#inner)*
        }
    }
}
