//! Checks of the tasks' results that only the type system can make, in a function that is never called. The
//! traits that it asks for, with their messages, are in `check` of the runtime.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ReturnType;
use syn::spanned::Spanned;

use super::{Expansion, at_span, body_ident, durable, each, inner};
use crate::analyse::{Task, may_be_result};

// Output:
//     fn __dag_check<'__dag, user, ..>(_: &'__dag Self) {
//         require_shareable::<User>();
//         require_value::<user, _>(Probe::<User>::kind());
//         ..
//         IfSend::<(User, &'__dag User, ..)>::NEW.require_shareable_object::<Self>();
//         let __shared = IfSend::<&'__dag Cells<'__dag>>::NEW;
//         __shared.require_send(Self::__dag_task_user(never()));
//         __shared.require_elements(|__cells: &'__dag Cells<'__dag>| __cells.ids.ready().elements_for_in());
//     }
pub(crate) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let is_local = expansion.dag.block.options.local;
    let shareable = (!is_local).then(|| check_shareable(expansion));
    let is_generic = !is_local && expansion.dag.block.generics.type_params().next().is_some();
    let sharing = is_generic.then(|| quote_mixed!(NoSharing as _,));
    let (storable, ordered) = (durable::check_storable(expansion), durable::check_ordered(expansion));
    let send = (!is_local).then(|| check_send(expansion));
    let types = type_names(expansion);
    let (mut names, inside) = inner::checks(expansion, |task| name_parameter(task.ident(), &types));
    let kinds: Vec<_> = expansion
        .dag
        .tasks
        .iter()
        .filter_map(|task| {
            let name = name_parameter(task.ident(), &types);
            let check = check_kind(expansion, task, &name)?;
            if !names.contains(&name) {
                names.push(name);
            }
            Some(check)
        })
        .collect();
    quote! {
        fn __dag_check<'__dag #(, #names)*>(_: &'__dag Self) {
            #[allow(unused_imports)]
            use #runtime::{#sharing NotSend as _, ProbeValue as _, never as __any};
            #shareable
            #storable
            #ordered
            #(#kinds)*
            #inside
            #send
        }
    }
}

/// Checks each type once, at the first task that returns it, and the object if the results are not at fault.
fn check_shareable(expansion: &Expansion<'_>) -> TokenStream {
    let mut seen = HashSet::new();
    let (mut values, mut checks) = (Vec::new(), TokenStream::new());
    for task in &expansion.dag.tasks {
        let Some(output) = task.output else { continue };
        let value = expansion.value_type(task);
        if seen.insert(value.to_string()) {
            let at_output = output.span().resolved_at(Span::mixed_site());
            let runtime = expansion.runtime_at(at_output);
            checks.extend(match parameter_in(expansion, &value) {
                Some(parameter) => quote_spanned! {at_output=>
                    #runtime::require_result_shared::<#value, #parameter, _>(#runtime::Sharing::<#value>::of_owners());
                },
                None => quote_spanned!(at_output=> #runtime::require_shareable::<#value>();),
            });
            values.push(value);
        }
    }
    let at_self = expansion.dag.block.self_ty.span().resolved_at(Span::mixed_site());
    let runtime = expansion.runtime_at(at_self);
    let object = quote_spanned!(at_self=> Self);
    let values = quote_mixed!((#(#values, &'__dag #values,)*));
    if let Some(parameter) = blamed_parameter(expansion) {
        let (require, sharing) =
            if expansion.dag.is_shared() { ("require_owners", "of_owners") } else { ("require_borrows", "of_borrows") };
        let (require, sharing) = (Ident::new(require, at_self), Ident::new(sharing, at_self));
        let kind = quote_spanned!(at_self=> #runtime::Sharing::<#object>::#sharing());
        return quote_spanned! {at_self=>
            #checks #runtime::IfSend::<#values>::NEW.#require::<#object, #parameter, _>(#kind);
        };
    }
    let require = match (expansion.dag.is_shared(), expansion.dag.is_durable()) {
        (true, _) => "require_shared_object",
        (false, true) => "require_durable_object",
        (false, false) => "require_shareable_object",
    };
    let require = Ident::new(require, at_self);
    quote_spanned!(at_self=> #checks #runtime::IfSend::<#values>::NEW.#require::<#object>();)
}

/// Returns the first type parameter of the block that a type contains.
fn parameter_in<'d>(expansion: &Expansion<'d>, ty: &TokenStream) -> Option<&'d Ident> {
    let mut names = HashSet::new();
    let mut parameters = expansion.dag.block.generics.type_params().map(|param| &param.ident).peekable();
    parameters.peek()?;
    collect_idents(ty.clone(), &mut names);
    parameters.find(|parameter| names.contains(&parameter.to_string()))
}

/// Returns the first type parameter of the block that lacks the bounds for sharing between threads.
fn blamed_parameter<'d>(expansion: &Expansion<'d>) -> Option<&'d Ident> {
    let wanted: &[&str] = if expansion.dag.is_shared() { &["Send", "Sync"] } else { &["Sync"] };
    let generics = &expansion.dag.block.generics;
    let is_wanting = |param: &&syn::TypeParam| {
        let mut bounds = HashSet::new();
        collect_idents(param.bounds.to_token_stream(), &mut bounds);
        let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        for predicate in predicates {
            if let syn::WherePredicate::Type(predicate) = predicate {
                if param.ident == predicate.bounded_ty.to_token_stream().to_string() {
                    collect_idents(predicate.bounds.to_token_stream(), &mut bounds);
                }
            }
        }
        wanted.iter().any(|bound| !bounds.contains(*bound))
    };
    generics.type_params().find(is_wanting).map(|param| &param.ident)
}

/// Checks that the futures of tasks are `Send`, and what goes over the elements of a collection. This is not done in the driver: a body may await a boxed terminal,
/// which contains the driver, and rustc cannot look into a type that it is still checking.
fn check_send(expansion: &Expansion<'_>) -> TokenStream {
    let (runtime, cells) = (&expansion.runtime, expansion.cells_type());
    let futures = expansion.tasks().filter(|(_, task)| task.is_async()).map(|(_, task)| {
        let at_task = task.ident().span().resolved_at(Span::mixed_site());
        let mut body = body_ident(task.ident());
        body.set_span(at_task);
        let any = quote_spanned!(at_task=> __any());
        let arguments = std::iter::repeat_n(any, task.parameters.len() + 1);
        quote_spanned!(at_task=> __shared.require_send(Self::#body(#(#arguments),*)))
    });
    // The driver has the elements while bodies wait. Pickers ask the same for themselves, and a follower has a cell.
    let elements = expansion.tasks().filter_map(|(_, task)| {
        let has_elements = task.is_async() && !task.has_crew() && expansion.dag.followed_by(task).is_none();
        let name = task.each().filter(|_| has_elements)?.name;
        let at_name = name.span().resolved_at(Span::mixed_site());
        let elements = each::elements(expansion, task);
        Some(quote_spanned!(at_name=> __shared.require_elements(|__cells: &'__dag #cells| #elements)))
    });
    // Cells are `Sync` if all results and the object can be shared. If not, only that is reported, not its
    // consequences.
    quote_mixed! {
        let __shared = #runtime::IfSend::<&'__dag #cells>::NEW;
        #(#futures;)*
        #(#elements;)*
    }
}

/// Checks that a type called `Result` is a `Result`, and that no other type is one.
fn check_kind(expansion: &Expansion<'_>, task: &Task<'_>, name: &Ident) -> Option<TokenStream> {
    let output = task.output?;
    let at_output = output.span().resolved_at(Span::mixed_site());
    let runtime = expansion.runtime_at(at_output);
    if let Some(fails) = &task.fails {
        fails.result.ok()?;
        let (declared, value) = (expansion.spell(task, output), expansion.value_type(task));
        let error = fails.result.error().map_or_else(|| quote!(_), |_| expansion.error_type(task));
        return Some(quote_spanned!(at_output=> #runtime::require_result::<#declared, #value, #error>();));
    }
    if let (Some(_), ReturnType::Type(_, declared)) = (task.each(), &task.method.sig.output) {
        let is_caught = task.method.options.catch.is_some();
        if !is_caught && !may_be_result(declared) {
            return None;
        }
        let require = if is_caught { quote!(require_caught) } else { quote!(require_value) };
        let declared = expansion.spell(task, declared);
        return Some(quote_spanned!(at_output=> #runtime::#require::<#name, _>(#runtime::Probe::<#declared>::kind());));
    }
    let is_caught = task.method.options.catch.is_some();
    let require = if is_caught { quote!(require_caught) } else { quote!(require_value) };
    let declared = if is_caught { expansion.spell(task, output) } else { expansion.doubtful_type(task)? };
    Some(quote_spanned!(at_output=> #runtime::#require::<#name, _>(#runtime::Probe::<#declared>::kind());))
}

/// Returns a type parameter with the task's name: messages show it without a path.
fn name_parameter(task: &Ident, types: &HashSet<String>) -> Ident {
    if types.contains(&task.to_string()) {
        return body_ident(task);
    }
    at_span(task, Span::mixed_site())
}

/// Collects the possible names of types, so that no parameter hides one of them.
fn type_names(expansion: &Expansion<'_>) -> HashSet<String> {
    let block = expansion.dag.block;
    let mut names = HashSet::new();
    for task in &expansion.dag.tasks {
        collect_idents(task.output.to_token_stream(), &mut names);
    }
    collect_idents(block.generics.to_token_stream(), &mut names);
    collect_idents(block.self_ty.to_token_stream(), &mut names);
    names
}

fn collect_idents(tokens: TokenStream, names: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => _ = names.insert(ident.to_string()),
            TokenTree::Group(group) => collect_idents(group.stream(), names),
            _ => {}
        }
    }
}
