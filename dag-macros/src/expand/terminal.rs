//! The user's own impl: for each task, a terminal with its name, and its body under another name.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Lifetime, ReturnType};

use super::{Expansion, body_ident, convert, edges, for_body, for_terminal, graph, inner};
use crate::analyse::{Dag, Place, Task, lifetimes};
use crate::parse::{Block, Method};
use crate::self_lifetime::Outside;

// Input:
//     impl Checkout { #[depends(user)] pub async fn cart(&self, user: &User) -> Result<Cart, E> { body } }
// Output:
//     impl Checkout { pub async fn cart(&self) -> Result<Cart, E> { .. }  async fn __dag_task_cart(..) .. { body } }
pub(crate) fn user_impl(expansion: &Expansion<'_>) -> TokenStream {
    let block = expansion.dag.block;
    let Block { attrs, impl_token, generics, self_ty, others, .. } = block;
    let where_clause = &generics.where_clause;
    let picture = graph::picture(expansion);
    let tasks = expansion.dag.tasks.iter().enumerate().map(|(position, task)| {
        let terminal = terminal(expansion, position, task);
        let body = body(task.method);
        // A spawned task is an `async fn`, even if it only computes.
        let allowed = (task.place == Place::Spawned).then(|| quote!(#[allow(clippy::unused_async)]));
        let allowed_edges = edges::lints_of_body(task);
        quote!(#terminal #allowed #allowed_edges #body)
    });
    quote! {
        #(#attrs)*
        #picture
        #impl_token #generics #self_ty #where_clause {
            #(#others)*
            #(#tasks)*
        }
    }
}

/// Returns the task's body: only the name in its signature changes.
pub(crate) fn body(method: &Method) -> TokenStream {
    let attrs = for_body(&method.attrs, &method.sig.ident);
    let mut sig = method.sig.clone();
    sig.ident = body_ident(&sig.ident);
    let body = &method.body;
    quote! {
        #attrs
        // A task always takes `self` and is never `const`. If its future is not `Send`, that is reported at the
        // terminal.
        #[doc(hidden)]
        #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
        #sig #body
    }
}

fn terminal(expansion: &Expansion<'_>, position: usize, task: &Task<'_>) -> TokenStream {
    let Expansion { runtime, .. } = expansion;
    let attrs = for_terminal(&task.method.attrs);
    let is_deferred = expansion.conversions.is_deferred(position);
    let signature = if is_deferred { deferred_signature(expansion, task) } else { signature(expansion.dag, task) };
    // `dead_code` wants the user's span here, see `braces`; `self` has the hygiene of the user's receiver.
    let mentions = task.dependencies.iter().map(|dependency| {
        let name = dependency.graph.unwrap_or(dependency.name);
        quote!(let _ = Self::#name;)
    });
    let this = task.method.sig.receiver().map(|receiver| receiver.self_token);
    let (outcome, id) = (outcome(expansion, position), expansion.ids[position]);
    let needed = expansion.needed_at_once(id);
    let ready = needed.iter().copied().filter(|&id| expansion.waits(id).is_empty());
    let (needed, ready) = (expansion.set(needed.iter().copied()), expansion.set(ready));
    let cells = &expansion.cells;
    let (start, stage) = if expansion.dag.is_shared() {
        let (catching, id) = (edges::catching(expansion, id), Literal::usize_unsuffixed(id));
        (quote_mixed!(let mut __offload = Self::__dag_offload(#this, #id)#catching;), quote_mixed!(&mut __offload))
    } else {
        (quote_mixed!(let mut __cells = #cells::empty();), quote_mixed!(#this, &mut __cells))
    };
    let reach = if edges::are_needed(expansion, id) {
        let sets = quote_mixed!(#runtime::TaskSet([#(#needed),*]), #runtime::TaskSet([#(#ready),*]));
        let scheduler = edges::scheduler(expansion, id, &sets);
        let stage =
            if expansion.dag.is_shared() { stage } else { quote_mixed!(#this, #runtime::Writer::new(&mut __cells)) };
        quote_mixed!(Self::__dag_drive(#stage, #scheduler, ::core::result::Result::Err))
    } else {
        quote_mixed!(Self::__dag_reach(#stage, [#(#needed),*], [#(#ready),*]))
    };
    let drive = if expansion.variants() == 0 {
        // Nothing can fail.
        quote_mixed!(#start let _ = #reach.await; #outcome)
    } else {
        quote_mixed!(#start match #reach.await { #outcome })
    };
    let drive = if is_deferred { quote_mixed!(#runtime::Deferred::new(async move { #drive })) } else { drive };
    let body = quote_mixed!(#(#mentions)* #drive);
    let body = braces(expansion.dag.block, body);
    // The user wrote no `Result`, so the user's docs say nothing about errors.
    let is_lifted = task.lifts.is_some() && task.fails.is_none() && !task.is_caught();
    let allowed = is_lifted.then(|| quote!(#[allow(clippy::missing_errors_doc)]));
    quote!(#allowed #attrs #signature #body)
}

/// Writes the function that all terminals share.
// Output:
//     fn __dag_reach<'c, '__dag>(__this: &'__dag Self, __cells: &'c mut Cells<'__dag>, __tasks: [u64; 1], ..) -> impl Future {
//         let __scheduler = Scheduler::new(Self::__DAG_GRAPH, __tasks, __ready);
//         Self::__dag_drive(__this, Writer::new(__cells), __scheduler, Err)
//     }
pub(crate) fn expand_reach(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, cells, .. } = expansion;
    let failure = expansion.failure_type();
    let result = inner::at_first(expansion, quote_mixed!(#runtime::Result<(), #failure>));
    let words = Literal::usize_unsuffixed(expansion.words());
    let sets = quote_mixed!(Self::__DAG_GRAPH, __tasks, __ready);
    let scheduler = match expansion.limit() {
        Some(limit) => quote_mixed!(#runtime::Limited::new(#sets, #limit)),
        None => quote_mixed!(#runtime::Scheduler::new(#sets)),
    };
    let (parameters, stage, offload) = if expansion.dag.is_shared() {
        let (shared, is_limited) = (expansion.shared_arguments(), expansion.limit().is_some());
        let offload = quote_mixed! {
            fn __dag_offload(__this: &::std::sync::Arc<Self>, __goal: usize) -> #runtime::Offload<#shared> {
                #runtime::Offload::of_terminal(
                    __this,
                    #cells::empty(),
                    (Self::__DAG_GRAPH, Self::__DAG_LINKS),
                    __goal,
                    #is_limited,
                    Self::__dag_spawn,
                )
            }
        };
        (quote_mixed!(__offload: &'__dag mut #runtime::Offload<#shared>), quote_mixed!(__offload), Some(offload))
    } else {
        let cells = expansion.cells_type();
        let parameters = quote_mixed!(__this: &'__dag Self, __cells: &'__c mut #cells);
        (parameters, quote_mixed!(__this, #runtime::Writer::new(__cells)), None)
    };
    let lifetimes = if expansion.dag.is_shared() { quote_mixed!(<'__dag>) } else { quote_mixed!(<'__c, '__dag>) };
    quote_mixed! {
        #offload

        #[inline]
        fn __dag_reach #lifetimes(
            #parameters,
            __tasks: [u64; #words],
            __ready: [u64; #words],
        ) -> impl ::core::future::Future<Output = #result> {
            let __scheduler = #scheduler;
            Self::__dag_drive(#stage, __scheduler, #runtime::Err)
        }
    }
}

/// Returns braces with the span that keeps the lint `dead_code` working: a body with the span of an expansion would
/// silence it.
fn braces(block: &Block, body: TokenStream) -> TokenTree {
    let mut group = Group::new(Delimiter::Brace, body);
    group.set_span(block.impl_token.span.located_at(Span::call_site()));
    group.into()
}

/// Returns the signature that users see: no parameters, and a `Result` if the task or a task that it needs can fail.
pub(crate) fn signature(dag: &Dag<'_>, task: &Task<'_>) -> TokenStream {
    let sig = &task.method.sig;
    let fn_span = sig.fn_token.span;
    let asyncness = sig.asyncness.map_or_else(|| quote_spanned!(fn_span=> async), ToTokens::into_token_stream);
    signature_of(dag, task, &asyncness, &output(dag, task))
}

/// Returns the signature of a terminal whose conversions are part of the type of its future.
fn deferred_signature(expansion: &Expansion<'_>, task: &Task<'_>) -> TokenStream {
    let written = output(expansion.dag, task).into_iter();
    // Without the arrow.
    let future = convert::deferred_type(expansion, task, &written.skip(2).collect());
    signature_of(expansion.dag, task, &TokenStream::new(), &quote_mixed!(-> #future))
}

fn signature_of(dag: &Dag<'_>, task: &Task<'_>, asyncness: &TokenStream, output: &TokenStream) -> TokenStream {
    let sig = &task.method.sig;
    let (vis, fn_token, ident) = (&task.method.vis, &sig.fn_token, &sig.ident);
    let receiver = receiver(dag, task);
    let used = lifetimes(quote!(#receiver #output));
    let is_used = |name: &Ident| used.contains(name);
    let generics: Vec<_> = sig.generics.lifetimes().filter(|param| is_used(&param.lifetime.ident)).collect();
    let generics = (!generics.is_empty()).then(|| quote!(<#(#generics),*>));
    let where_clause = sig.generics.where_clause.as_ref().filter(|_| generics.is_some());
    // Other threads, and a run that owns its object, may outlive any lifetime in a type of the object.
    let is_generic = dag.block.generics.type_params().next().is_some();
    let where_clause =
        if dag.is_owned() && is_generic { quote_mixed!(where Self: 'static) } else { where_clause.to_token_stream() };
    quote!(#vis #asyncness #fn_token #ident #generics(#receiver) #output #where_clause)
}

/// Returns the receiver of a terminal: an `&Arc<Self>` if other threads share the object.
fn receiver(dag: &Dag<'_>, task: &Task<'_>) -> Option<TokenStream> {
    let receiver = task.method.sig.receiver()?;
    if !dag.is_shared() {
        return Some(receiver.to_token_stream());
    }
    let this = &receiver.self_token;
    Some(quote_spanned!(this.span=> #this: &::std::sync::Arc<Self>))
}

fn output(dag: &Dag<'_>, task: &Task<'_>) -> TokenStream {
    let declared = task.method.output();
    let is_result = task.fails.is_some() || task.is_caught();
    let (Some(lifted), false) = (task.lifts, is_result) else { return declared.to_token_stream() };
    let Some(fails) = &dag.tasks[lifted].fails else { return declared.to_token_stream() };
    let value = match declared {
        ReturnType::Type(_, ty) => quote!(#ty),
        ReturnType::Default => quote!(()),
    };
    // The lifetimes of the other method become the lifetime of `self`.
    let own: Vec<Ident> = {
        let other = &dag.tasks[lifted].method.sig.generics;
        other.lifetimes().map(|param| param.lifetime.ident.clone()).collect()
    };
    let outside = Outside { lifetime: &|span| Lifetime::new("'_", span), own: &own, self_ty: &dag.block.self_ty };
    let result = fails.result.lifted(&outside, &value, &dag.block.options.runtime());
    let span = match declared {
        ReturnType::Type(arrow, _) => arrow.span(),
        ReturnType::Default => task.ident().span(),
    };
    quote_spanned!(span=> -> #result)
}

/// Returns the arms that turn the outcome of the driver into the terminal's result, or only that result if nothing can
/// fail.
fn outcome(expansion: &Expansion<'_>, position: usize) -> TokenStream {
    let Expansion { runtime, dag, .. } = expansion;
    let task = &dag.tasks[position];
    let name = task.ident();
    let value = if dag.is_shared() {
        quote_mixed!(__offload.into_goal(|__cells| &__cells.#name))
    } else {
        quote_mixed!(__cells.#name.take_value())
    };
    let is_lifted = task.fails.is_none() && !task.is_caught() && task.lifts.is_some();
    let value =
        if task.fails.is_some() || is_lifted { quote_mixed!(::core::result::Result::Ok(#value)) } else { value };
    if expansion.conversions.is_deferred(position) {
        return quote_mixed! {
            ::core::result::Result::Ok(()) => ::core::result::Result::Ok(#value),
            ::core::result::Result::Err(__failure) => ::core::result::Result::Err(__failure),
        };
    }
    if expansion.variants() == 0 {
        return value;
    }
    let done = quote_mixed!(::core::result::Result::Ok(()) => #value,);
    let arms = errors(expansion, position, &quote!(Self));
    let failed = arms.iter().map(|Arm { failure, error }| {
        let result =
            if task.gives_result() { quote_mixed!(::core::result::Result::Err(#error)) } else { error.clone() };
        quote_mixed!(::core::result::Result::Err(#failure) => #result,)
    });
    let unneeded = (arms.len() < expansion.variants())
        .then(|| quote_mixed!(::core::result::Result::Err(_) => #runtime::unneeded_failure(),));
    quote_mixed!(#done #(#failed)* #unneeded)
}

/// A kind of failure, and its conversion in the terminal.
pub(super) struct Arm {
    pub(super) failure: TokenStream,
    pub(super) error: TokenStream,
}

/// Returns how a terminal converts each kind of failure that it can meet into its error, if it has one. `object` is the
/// user's type.
pub(super) fn errors(expansion: &Expansion<'_>, position: usize, object: &TokenStream) -> Vec<Arm> {
    let (failure, task) = (&expansion.failure, &expansion.dag.tasks[position]);
    let own = task.reachable.iter().map(|reachable| {
        let variant = &expansion.dag.failures[reachable.failure].variant;
        Arm {
            failure: quote_mixed!(#failure::#variant(__error)),
            error: convert::convert(expansion, position, reachable, object),
        }
    });
    own.chain(inner::errors(expansion, task)).collect()
}
