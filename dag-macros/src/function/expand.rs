//! In: a checked [`Function`]. Out: the function that creates the task, around the user's function. Cannot fail.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{GenericParam, Lifetime, Signature, Type, WherePredicate};

use super::analyse::{Function, Parameter};
use super::name::Name;
use crate::analyse::{has_impl_trait, may_be_result};
use crate::expand::{Attempts, attempts_of, body_ident, duration, for_body, for_terminal};
use crate::parse::Method;
use crate::result_type::ResultType;
use crate::self_lifetime::Outside;

// Input:
//     #[task] async fn concatenate(left: &str, times: u32) -> String { .. }
// Output:
//     fn concatenate(left: impl Lends<str>, times: impl Gives<u32>) -> Task<String> {
//         async fn __dag_task_concatenate(left: &str, times: u32) -> String { .. }
//         let left = lend::<str, _>(left);
//         let times = give::<u32, _>(times);
//         NewTask::new("concatenate", &[left.edge(), times.edge()])
//             .start(async move { Ok(__dag_task_concatenate(Holds::hold(left.get()), times.take()).await) })
//     }
/// Expands a function without mistakes.
pub(super) fn expand(function: &Function<'_>) -> TokenStream {
    let runtime = runtime();
    let inputs = function.inputs();
    let name = function.name();
    let text = function.expand_name(&inputs);
    let task = Ident::new(if text.is_some() { "named_task" } else { "task" }, Span::mixed_site());
    let edges = inputs.iter().map(|Input { variable, .. }| quote_spanned!(Span::mixed_site()=> #variable.edge()));
    let makes = inputs.iter().map(Input::make);
    let shared = inputs.iter().map(Input::shared_type);
    let at_task = function.at_task();
    let body = function.expand_body(&inputs);
    let checks = function.checks(&inputs);
    let attempts = function.method.options.retry.is_some();
    let attempts = attempts.then(|| quote_spanned!(Span::mixed_site()=> let __attempts = __task.attempts();));
    let value = function.value_type();
    let content = quote_spanned! {Span::mixed_site()=>
        #checks
        #(#makes)*
        #[allow(unused_imports)]
        use #runtime::{NoEdge as _, NotShareable as _};
        let __task = #runtime::IfShareable::<#value, (#(#shared,)*)>::NEW.#task(#name, #text &[#(#edges),*]);
        #attempts
    };
    let start = quote_spanned!(at_task=> __task.start(#body));
    function.around(&quote!(#content #start))
}

/// Returns a function with mistakes without its task, with the signature that its callers expect.
pub(super) fn stub(function: &Function<'_>) -> TokenStream {
    let method = function.method;
    if has_impl_trait(method) || matches!(method.body, TokenTree::Punct(_)) {
        // The type is not known, or there is no body to check.
        return TokenStream::new();
    }
    let function = function.around(&quote!(::core::unreachable!()));
    quote!(#[allow(unused_variables)] #function)
}

fn runtime() -> TokenStream {
    runtime_at(Span::call_site())
}

/// Returns the path of the runtime for an expression with the span of a user's token.
fn runtime_at(span: Span) -> TokenStream {
    quote_spanned!(span=> ::adagio::__private)
}

/// A parameter of the generated function.
struct Input<'f> {
    variable: Ident,
    ty: Type,
    parameter: &'f Parameter<'f>,
}

impl Input<'_> {
    fn declare(&self) -> TokenStream {
        let Self { variable, ty, parameter } = self;
        let runtime = runtime();
        let of = match parameter {
            Parameter { is_broken: true, .. } => return quote!(#variable: impl ::core::marker::Sized),
            Parameter { lent: Some(_), .. } => quote!(Lends),
            Parameter { lent: None, .. } => quote!(Gives),
        };
        quote!(#variable: impl #runtime::#of<#ty>)
    }

    /// Returns the type that other threads see.
    fn shared_type(&self) -> TokenStream {
        let ty = &self.ty;
        let borrow = self.parameter.lent.map(|_| quote_spanned!(self.at_type()=> &));
        quote!(#borrow #ty)
    }

    fn at_type(&self) -> Span {
        self.parameter.ty.span().resolved_at(Span::mixed_site())
    }

    fn make(&self) -> TokenStream {
        let Self { variable, ty, parameter } = self;
        let runtime = runtime();
        let of = if parameter.lent.is_some() { quote!(lend) } else { quote!(give) };
        quote_spanned! {Span::mixed_site()=>
            // A parameter that is only waited for has a name such as `_before`.
            #[allow(clippy::used_underscore_binding)]
            let #variable = #runtime::#of::<#ty, _>(#variable);
        }
    }

    /// Returns the argument of the user's function, in one of several attempts.
    fn pass_again(&self, at_task: Span) -> TokenStream {
        let variable = &self.variable;
        if self.parameter.lent.is_some() {
            return self.pass(at_task);
        }
        let at_type = self.at_type();
        let runtime = runtime_at(at_type);
        quote_spanned!(at_type=> #runtime::clone_result(#variable.get()))
    }

    /// Returns the argument of the user's function.
    fn pass(&self, at_task: Span) -> TokenStream {
        let Self { variable, ty, parameter } = self;
        let runtime = runtime();
        match parameter.lent {
            Some(_) => quote_spanned!(at_task=> #runtime::Holds::<#ty>::hold(#variable.get())),
            None => quote_spanned!(at_task=> #variable.take()),
        }
    }
}

impl<'m> Function<'m> {
    fn name(&self) -> String {
        self.method.sig.ident.unraw().to_string()
    }

    /// Returns the span for errors of the whole task: its name.
    fn at_task(&self) -> Span {
        self.method.sig.ident.span().resolved_at(Span::mixed_site())
    }

    /// Returns whether the function is in an impl, where only `Self` leads to the user's function beside it.
    fn is_associated(&self) -> bool {
        names_self(self.method.sig.to_token_stream()) || names_self(self.method.body.to_token_stream())
    }

    fn inputs(&self) -> Vec<Input<'_>> {
        let own = self.own_lifetimes();
        let input = |(place, parameter): (usize, &'_ Parameter<'m>)| {
            let variable = match parameter.name {
                Some(name) => name.clone(),
                None => format_ident!("argument_{place}", span = Span::mixed_site()),
            };
            (variable, spell(parameter.lent.unwrap_or(parameter.ty), &own))
        };
        let inputs = self.parameters.iter().enumerate().map(|numbered| (input(numbered), numbered.1));
        inputs.map(|((variable, ty), parameter)| Input { variable, ty, parameter }).collect()
    }

    /// Writes the generated function around its content. The user's function is inside it, or beside it if it may use
    /// names that the impl declares.
    fn around(&self, content: &TokenStream) -> TokenStream {
        let Method { attrs, vis, sig, .. } = self.method;
        let user = self.user_function();
        let (inside, beside) = if self.is_associated() { (None, Some(&user)) } else { (Some(&user), None) };
        let attrs = for_terminal(attrs);
        let Signature { ident, fn_token, .. } = sig;
        let (params, clause) = self.generics();
        let inputs = self.inputs();
        let declared = inputs.iter().map(Input::declare);
        let runtime = runtime();
        let value = self.value_type();
        let mut block = Group::new(Delimiter::Brace, quote!(#inside #content));
        block.set_span(self.method.body.span());
        quote! {
            #attrs
            #[track_caller]
            #vis #fn_token #ident<#params>(#(#declared),*) -> #runtime::Task<#value> #clause #block
            #beside
        }
    }

    /// Returns the generics without lifetimes: borrowed values belong to the task.
    fn generics(&self) -> (TokenStream, TokenStream) {
        let generics = &self.method.sig.generics;
        let params = generics.params.iter().filter(|param| !matches!(param, GenericParam::Lifetime(_)));
        let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        let predicates = predicates.filter(|predicate| !matches!(predicate, WherePredicate::Lifetime(_)));
        let (params, predicates) = (quote!(#(#params),*), quote!(#(#predicates),*));
        let clause = if predicates.is_empty() { TokenStream::new() } else { quote!(where #predicates) };
        (params, clause)
    }

    /// Returns the user's function under another name, untouched.
    fn user_function(&self) -> TokenStream {
        let Method { attrs, sig, body, .. } = self.method;
        let attrs = for_body(attrs, &sig.ident);
        let mut sig = sig.clone();
        sig.constness = None;
        sig.abi = None;
        sig.variadic = None;
        sig.ident = body_ident(&sig.ident);
        quote!(#[doc(hidden)] #attrs #sig #body)
    }

    /// Returns the type that dependents see.
    fn value_type(&self) -> TokenStream {
        let Some(output) = self.output else { return quote!(()) };
        let value = self.fails.as_ref().map_or(Some(output), ResultType::ok);
        let own = self.own_lifetimes();
        match value {
            // A type with another lifetime has already been reported.
            Some(value) => spell(value, &own).to_token_stream(),
            None => {
                let runtime = runtime();
                quote!(<#output as #runtime::Fallible>::Ok)
            }
        }
    }

    fn own_lifetimes(&self) -> Vec<Ident> {
        self.method.sig.generics.lifetimes().map(|param| param.lifetime.ident.clone()).collect()
    }

    /// Returns the name of the task as an argument, if it has its own.
    // Output:
    //     ::core::format_args!("fetch {url}", url = url.in_name::<str>()),
    fn expand_name(&self, inputs: &[Input<'_>]) -> Option<TokenStream> {
        let Name { text, parameters } = self.name.as_ref()?;
        let values = parameters.iter().map(|&place| {
            let Input { variable, ty, parameter } = &inputs[place];
            let at_text = text.span().resolved_at(Span::mixed_site());
            // In a format string, a raw identifier has no `r#`.
            let name = Ident::new(&variable.unraw().to_string(), at_text);
            let lent = parameter.lent.map(|_| quote_spanned!(at_text=> ::<#ty>));
            quote_spanned!(at_text=> #name = #variable.in_name #lent ())
        });
        Some(quote_spanned!(Span::mixed_site()=> ::core::format_args!(#text, #(#values),*),))
    }

    /// Returns the code that the task runs once its inputs are done.
    fn expand_body(&self, inputs: &[Input<'_>]) -> TokenStream {
        let at_task = self.at_task();
        let options = &self.method.options;
        let (prepare, result) = if options.retry.is_some() {
            self.tried_again(inputs)
        } else {
            let arguments = inputs.iter().map(|input| input.pass(at_task));
            (None, self.attempt(&quote!(#(#arguments),*)))
        };
        let is_future = self.is_future() || options.retry.is_some();
        let wait = is_future.then(|| quote_spanned!(at_task=> .await));
        let name = self.name();
        let outcome = match (&self.fails, self.output) {
            (Some(_), Some(output)) => {
                let at_output = output.span().resolved_at(Span::mixed_site());
                let runtime = runtime_at(at_output);
                quote_spanned!(at_output=> #runtime::FailsWith::fails_as(__result, #name))
            }
            _ => quote_spanned!(at_task=> ::core::result::Result::Ok(__result)),
        };
        quote_spanned!(at_task=> async move { #prepare let __result = #result #wait; #outcome })
    }

    /// Returns whether an attempt is a future, not a value.
    fn is_future(&self) -> bool {
        self.method.sig.asyncness.is_some() || self.method.options.blocking.is_some()
    }

    /// Returns one attempt, within its time and in its place.
    fn attempt(&self, arguments: &TokenStream) -> TokenStream {
        let at_task = self.at_task();
        let runtime = runtime();
        let sig = &self.method.sig;
        let mut body = body_ident(&sig.ident);
        body.set_span(at_task);
        let path = if self.is_associated() { quote_spanned!(at_task=> Self::#body) } else { body.to_token_stream() };
        let generics = sig.generics.params.iter().filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        });
        let call = quote_spanned!(at_task=> #path::<#(#generics),*>(#arguments));
        if self.method.options.blocking.is_some() {
            let name = self.name();
            return quote_spanned!(at_task=> #runtime::blocking_here(#name, move || #call));
        }
        let Some(timeout) = &self.method.options.timeout else { return call };
        let at_timeout = timeout.name.span().resolved_at(Span::mixed_site());
        let runtime_there = runtime_at(at_timeout);
        let convert = quote_spanned!(at_timeout=> #runtime_there::FromTimedOut::from_timed_out);
        let limit = duration(timeout.value);
        quote_spanned!(at_task=> #runtime::timed(#limit, #convert, #call))
    }

    /// Returns the code before the attempts, and the code of all attempts: each has a clone of the arguments taken by
    /// value.
    fn tried_again(&self, inputs: &[Input<'_>]) -> (Option<TokenStream>, TokenStream) {
        let at_task = self.at_task();
        let runtime = runtime();
        let error = self.output.and_then(ResultType::of).and_then(|result| result.error().cloned());
        let error = error.map_or_else(|| quote!(_), |error| error.to_token_stream());
        let Attempts { function, retry, is_worth_it } = attempts_of(&self.method.options, &error, &runtime);
        let is_blocking = self.method.options.blocking.is_some();
        let arguments = inputs.iter().map(|input| input.pass_again(at_task));
        let attempt = self.attempt(&quote!(#(#arguments),*));
        let variables: Vec<&Ident> = inputs.iter().map(|input| &input.variable).collect();
        // The blocking thread shares them with the next attempt.
        let share = quote_spanned!(Span::mixed_site()=> #(let #variables = ::std::sync::Arc::new(#variables);)*);
        let attempt = if is_blocking {
            quote_spanned!(at_task=> { #(let #variables = ::std::sync::Arc::clone(&#variables);)* #attempt })
        } else if self.is_future() {
            attempt
        } else {
            quote_spanned!(at_task=> ::core::future::ready(#attempt))
        };
        let source = if self.fails.is_some() { quote!(OwnError::into_source) } else { quote!(caught_error) };
        let attempts = quote_spanned! {at_task=>
            #runtime::#function(#retry, #is_worth_it, __attempts, #runtime::#source, || #attempt)
        };
        (is_blocking.then_some(share), attempts)
    }

    /// Returns the check that results and arguments may be shared.
    fn check_shared(&self, require: &str, shared: &TokenStream, at: Span) -> TokenStream {
        let runtime = runtime_at(at);
        let types = self.method.sig.generics.type_params().map(|param| &param.ident);
        match types.into_iter().find(|param| mentions(shared.clone(), &|ident| ident == *param)) {
            Some(parameter) => quote_spanned! {at=>
                {
                    #[allow(unused_imports)]
                    use #runtime::NoSharing as _;
                    #runtime::require_shared_by_task::<#shared, #parameter, _>(#runtime::Sharing::<#shared>::of_owners());
                }
            },
            None => {
                let require = Ident::new(require, at);
                quote_spanned!(at=> #runtime::#require::<#shared>();)
            }
        }
    }

    /// Returns the checks that shared values may be shared, that a type called `Result` is a `Result`, and that no
    /// other type is one.
    fn checks(&self, inputs: &[Input<'_>]) -> TokenStream {
        let arguments: TokenStream = inputs
            .iter()
            .map(|input| self.check_shared("require_task_argument", &input.shared_type(), input.at_type()))
            .collect();
        let result = self.check_result();
        quote!(#arguments #result)
    }

    fn check_result(&self) -> TokenStream {
        let Some(output) = self.output else { return TokenStream::new() };
        let runtime = runtime();
        let at_output = output.span().resolved_at(Span::mixed_site());
        let (there, value) = (runtime_at(at_output), self.value_type());
        let shareable = self.check_shared("require_task_result", &value, at_output);
        if let Some(result) = &self.fails {
            let Some(value) = result.ok() else { return shareable };
            let error = result.error().map_or_else(|| quote!(_), ToTokens::to_token_stream);
            return quote_spanned!(at_output=> #shareable #there::require_result::<#output, #value, #error>(););
        }
        if !may_be_result(output) {
            return shareable;
        }
        let is_caught = self.method.options.catch.is_some();
        let require = if is_caught { quote!(require_caught) } else { quote!(require_value) };
        let name = &self.method.sig.ident;
        quote_spanned! {at_output=>
            #shareable
            {
                // This type shows the task's name in a message, without a path.
                #[allow(non_camel_case_types, dead_code)]
                struct #name {}
                #[allow(unused_imports)]
                use #runtime::ProbeValue as _;
                #runtime::#require::<#name, _>(#runtime::Probe::<#output>::kind());
            }
        }
    }
}

/// Spells a type as it is once nothing is borrowed. `Self` is kept.
fn spell(ty: &Type, own: &[Ident]) -> Type {
    let self_ty: Type = syn::parse_quote!(Self);
    Outside { lifetime: &|span| Lifetime::new("'static", span), own, self_ty: &self_ty }.spell(ty)
}

/// Returns whether the tokens name `Self`, which exists only in an impl.
fn names_self(tokens: TokenStream) -> bool {
    mentions(tokens, &|ident| ident == "Self")
}

fn mentions(tokens: TokenStream, is_wanted: &dyn Fn(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => is_wanted(&ident),
        TokenTree::Group(group) => mentions(group.stream(), is_wanted),
        _ => false,
    })
}
