//! In: a [`Block`]. Out: a [`Dag`] that can be expanded, or every mistake of the block.
//! Knows the rules and writes no code.

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{FnArg, GenericParam, Pat, PatType, ReceiverKind, ReturnType, Safety, Type};

use crate::errors::Errors;
use crate::graph::topological_order;
use crate::parse::{Block, Method};
use crate::result_type::ResultType;
use crate::suggest::nearest;

/// A checked block.
pub(crate) struct Dag<'b> {
    pub(crate) block: &'b Block,
    /// In source order.
    pub(crate) tasks: Vec<Task<'b>>,
    /// Positions in `tasks`; the place here is the task's id.
    pub(crate) order: Vec<usize>,
    /// The distinct error types.
    pub(crate) failures: Vec<Failure>,
}

/// A distinct error type of the block.
pub(crate) struct Failure {
    /// Named after the type.
    pub(crate) variant: Ident,
    /// The position of the first task that fails with it.
    pub(crate) task: usize,
}

/// A method of the block, with its place in the graph.
pub(crate) struct Task<'b> {
    pub(crate) method: &'b Method,
    pub(crate) dependencies: Vec<Dependency<'b>>,
    /// For each parameter the position of its dependency.
    pub(crate) parameters: Vec<Parameter>,
    /// The declared type, unless it is `()` by omission.
    pub(crate) output: Option<&'b Type>,
    /// What the task fails with itself; its dependents get the `Ok` value then.
    pub(crate) fails: Option<Fails<'b>>,
    /// What the task's terminal can fail with, and the dependency by which it does.
    pub(crate) reachable: Vec<Reachable<'b>>,
    /// The fallible task whose error type the terminal of an infallible one takes over.
    pub(crate) lifts: Option<usize>,
}

pub(crate) struct Fails<'b> {
    pub(crate) result: ResultType<'b>,
    /// The position in [`Dag::failures`].
    pub(crate) failure: usize,
}

pub(crate) struct Reachable<'b> {
    pub(crate) failure: usize,
    /// The name to blame in `#[depends(..)]`; none where the task itself fails.
    pub(crate) by: Option<&'b Ident>,
}

pub(crate) struct Dependency<'b> {
    /// As it stands in `#[depends(..)]`.
    pub(crate) name: &'b Ident,
    /// The position in [`Dag::tasks`].
    pub(crate) task: usize,
}

pub(crate) struct Parameter {
    /// The position in [`Task::dependencies`].
    pub(crate) dependency: usize,
    /// Borrows the result instead of cloning it.
    pub(crate) is_borrowed: bool,
}

impl Task<'_> {
    pub(crate) fn ident(&self) -> &Ident {
        &self.method.sig.ident
    }

    pub(crate) fn is_async(&self) -> bool {
        self.method.sig.asyncness.is_some()
    }
}

/// Checks a block. Where there are errors, here or from before, the graph is good for the signatures of its terminals.
pub(crate) fn analyse<'b>(block: &'b Block, errors: &mut Errors) -> Dag<'b> {
    check_block(block, errors);
    let names = check_names(block, errors);
    let mut tasks: Vec<Task<'b>> =
        block.methods.iter().map(|method| check_task(method, &block.methods, &names, errors)).collect();
    let edges: Vec<Vec<usize>> =
        tasks.iter().map(|task| task.dependencies.iter().map(|dependency| dependency.task).collect()).collect();
    let failures = number_failures(&mut tasks);
    let order = topological_order(&edges).unwrap_or_else(|cycles| {
        for cycle in &cycles {
            report_cycle(cycle, &tasks, errors);
        }
        // No order is right; in this one a pass a task settles what lies before and behind the cycles.
        (0..tasks.len()).flat_map(|_| 0..tasks.len()).collect()
    });
    for &task in &order {
        find_reachable(task, &mut tasks);
    }
    Dag { block, tasks, order, failures }
}

fn check_block(block: &Block, errors: &mut Errors) {
    if type_name(&block.self_ty).is_none() {
        errors.over(&block.self_ty, "`#[dag]` goes on the impl of a type that has a name");
    }
    if block.methods.is_empty() {
        errors.at(block.impl_token.span, "this impl has no task: every method of a `#[dag]` block is one");
    }
    if block.methods.len() > usize::from(u16::MAX) {
        errors.at(block.impl_token.span, "a `#[dag]` block has at most 65,535 tasks");
    }
}

/// Gives the last segment of the path of a type, looking through the groups of a macro's fragment.
pub(crate) fn type_name(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Group(group) => type_name(&group.elem),
        Type::Paren(paren) => type_name(&paren.elem),
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

/// Gives the position of each task by its name.
fn check_names(block: &Block, errors: &mut Errors) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    for (position, method) in block.methods.iter().enumerate() {
        let name = &method.sig.ident;
        if names.insert(name.unraw().to_string(), position).is_some() {
            errors.at(name.span(), format!("task `{name}` is defined twice"));
        }
        check_reserved(name, errors);
    }
    names
}

fn check_reserved(name: &Ident, errors: &mut Errors) {
    let plain = name.unraw().to_string();
    if plain == "run" || plain == "graph" {
        errors.at(name.span(), format!("`{plain}` is a name that `#[dag]` generates: give the task another one"));
    }
    if plain.starts_with("__dag_") {
        errors.at(name.span(), "names that begin with `__dag_` are `#[dag]`'s own: give the task another one");
    }
}

fn check_task<'b>(
    method: &'b Method,
    methods: &'b [Method],
    names: &HashMap<String, usize>,
    errors: &mut Errors,
) -> Task<'b> {
    check_qualifiers(method, errors);
    check_attributes(method, errors);
    check_generics(method, errors);
    check_receiver(method, errors);
    let (dependencies, suspects) = check_dependencies(method, methods, names, errors);
    let parameters = check_parameters(method, &dependencies, &suspects, names, errors);
    let output = check_output(method, errors);
    let result = output.and_then(ResultType::of);
    if let (Some(catch), None) = (&method.options.catch, &result) {
        let message = "`catch` is for a task that returns a `Result`: it makes the `Result` an ordinary value";
        errors.at(catch.span(), message);
    }
    let fails = result.filter(|_| method.options.catch.is_none()).map(|result| Fails { result, failure: 0 });
    Task { method, dependencies, parameters, output, fails, reachable: Vec::new(), lifts: None }
}

fn check_qualifiers(method: &Method, errors: &mut Errors) {
    let sig = &method.sig;
    if let Some(constness) = &sig.constness {
        errors.at(constness.span, "a task is not `const`: take the word away, or move it to another impl block");
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        errors.at(unsafety.span, "a task is not `unsafe`: take the word away, or move it to another impl block");
    }
    if let Some(abi) = &sig.abi {
        errors.over(abi, "a task is not `extern`: take the word away, or move it to another impl block");
    }
    if let Some(variadic) = &sig.variadic {
        errors.over(variadic, "a task takes its dependencies, by name");
    }
    if let TokenTree::Punct(semicolon) = &method.body {
        errors.at(semicolon.span(), format!("task `{}` needs a body", sig.ident));
    }
}

fn check_attributes(method: &Method, errors: &mut Errors) {
    for attr in &method.attrs {
        if attr.path().is_ident("cfg") {
            let message = "`#[dag]` does not see whether this task is there: put the `#[cfg(..)]` on the whole impl";
            errors.over(attr.path(), message);
        }
    }
}

fn check_generics(method: &Method, errors: &mut Errors) {
    let generics = &method.sig.generics;
    for param in &generics.params {
        if !matches!(param, GenericParam::Lifetime(_)) {
            let message = "a task is not generic: make the type of the impl generic, or move it to another impl block";
            errors.over(param, message);
        }
    }
    if let Some(clause) = &generics.where_clause {
        if clause.predicates.iter().any(|predicate| !matches!(predicate, syn::WherePredicate::Lifetime(_))) {
            errors.at(clause.where_token.span, "a task has no bounds of its own: move them to the impl");
        }
    }
}

fn check_receiver(method: &Method, errors: &mut Errors) {
    let name = &method.sig.ident;
    let Some(receiver) = method.sig.receiver() else {
        let message = format!("task `{name}` takes no `self`; take `&self`, or move it to another impl block");
        errors.at(name.span(), message);
        return;
    };
    match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => {}
        ReceiverKind::Reference(_, _, Some(_)) => {
            errors.over(receiver, "tasks share `self`: take `&self` instead of `&mut self`");
        }
        ReceiverKind::Typed(_, ty) if is_shared_self(ty) => {}
        ReceiverKind::Typed(_, ty) => errors.over(ty, "tasks share `self`: take `&self`"),
        _ => errors.over(receiver, "tasks share `self`: take `&self` instead of `self`"),
    }
}

fn is_shared_self(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) if reference.mutability.is_none() => {
            matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("Self"))
        }
        Type::Group(group) => is_shared_self(&group.elem),
        Type::Paren(paren) => is_shared_self(&paren.elem),
        _ => false,
    }
}

/// Gives the dependencies, and the names whose absence among them is a mistake already told.
fn check_dependencies<'b>(
    method: &'b Method,
    methods: &'b [Method],
    names: &HashMap<String, usize>,
    errors: &mut Errors,
) -> (Vec<Dependency<'b>>, Vec<String>) {
    let mut dependencies: Vec<Dependency<'b>> = Vec::new();
    let mut suspects = Vec::new();
    for name in &method.depends {
        let plain = name.unraw().to_string();
        let Some(&task) = names.get(&plain) else {
            let known = methods.iter().map(|method| method.sig.ident.unraw().to_string());
            let guess = nearest(&plain, known.filter(|known| method.sig.ident.unraw() != known));
            let remedy = guess.as_ref().map_or_else(String::new, |guess| format!("; did you mean `{guess}`?"));
            errors.at(name.span(), format!("no task `{name}` in this impl{remedy}"));
            suspects.push(plain);
            suspects.extend(guess);
            continue;
        };
        if dependencies.iter().any(|dependency| dependency.task == task) {
            errors.at(name.span(), format!("`{name}` is listed twice"));
            continue;
        }
        dependencies.push(Dependency { name, task });
    }
    (dependencies, suspects)
}

fn check_parameters(
    method: &Method,
    dependencies: &[Dependency<'_>],
    suspects: &[String],
    names: &HashMap<String, usize>,
    errors: &mut Errors,
) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for input in &method.sig.inputs {
        let FnArg::Typed(parameter) = input else { continue };
        let Some(name) = parameter_name(&parameter.pat) else {
            report_pattern(parameter, dependencies, errors);
            continue;
        };
        let Some(dependency) = match_parameter(name, dependencies) else {
            let plain = name.unraw().to_string();
            let is_told = suspects.iter().any(|suspect| *suspect == plain || plain.strip_prefix('_') == Some(suspect));
            if method.is_whole && !is_told {
                report_parameter(name, method, dependencies, names, errors);
            }
            continue;
        };
        let of = dependencies[dependency].name;
        if parameters.iter().any(|other| other.dependency == dependency) {
            errors.at(name.span(), format!("a second parameter for `{of}`: take one away"));
        }
        let is_borrowed = check_parameter_type(&parameter.ty, of, errors);
        parameters.push(Parameter { dependency, is_borrowed });
    }
    parameters
}

/// Finds the dependency of a parameter: the one of its name, with or without a leading underscore.
fn match_parameter(name: &Ident, dependencies: &[Dependency<'_>]) -> Option<usize> {
    let plain = name.unraw().to_string();
    let find = |wanted: &str| dependencies.iter().position(|dependency| dependency.name.unraw() == wanted);
    find(&plain).or_else(|| plain.strip_prefix('_').and_then(find))
}

fn report_pattern(parameter: &PatType, dependencies: &[Dependency<'_>], errors: &mut Errors) {
    let example = dependencies.first().map_or_else(|| "user".to_owned(), |dependency| dependency.name.to_string());
    let message = format!("name the parameter after a dependency, like `{example}`, and take it apart in the body");
    errors.over(&parameter.pat, message);
}

fn report_parameter(
    name: &Ident,
    method: &Method,
    dependencies: &[Dependency<'_>],
    names: &HashMap<String, usize>,
    errors: &mut Errors,
) {
    let task = &method.sig.ident;
    let plain = name.unraw().to_string();
    let trimmed = plain.strip_prefix('_').filter(|_| !names.contains_key(&plain)).unwrap_or(&plain);
    let is_other_task = |name: &str| names.contains_key(name) && task.unraw() != name;
    let with = |added: &str| {
        let listed = method.depends.iter().map(ToString::to_string).chain([added.to_owned()]);
        format!("`#[depends({})]`", listed.collect::<Vec<_>>().join(", "))
    };
    let guess = nearest(trimmed, dependencies.iter().map(|dependency| dependency.name.unraw().to_string()));
    let guess = guess.or_else(|| nearest(trimmed, names.keys().filter(|name| is_other_task(name)).cloned()));
    let remedy = match guess {
        _ if is_other_task(trimmed) => format!("add it: {}", with(trimmed)),
        Some(guess) => format!("did you mean `{guess}`?"),
        None => "a parameter has the name of a task that `#[depends(..)]` lists".to_owned(),
    };
    errors.at(name.span(), format!("parameter `{trimmed}` is not a dependency of `{task}`; {remedy}"));
}

fn parameter_name(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(&pat.ident),
        _ => None,
    }
}

/// Tells whether the parameter borrows.
fn check_parameter_type(ty: &Type, dependency: &Ident, errors: &mut Errors) -> bool {
    match ty {
        Type::Group(group) => check_parameter_type(&group.elem, dependency, errors),
        Type::Paren(paren) => check_parameter_type(&paren.elem, dependency, errors),
        Type::Reference(reference) => {
            if let Some(mutability) = &reference.mutability {
                let message = format!("tasks share the result of `{dependency}`: take `&` instead of `&mut`");
                errors.at(mutability.span, message);
            }
            true
        }
        Type::ImplTrait(_) => {
            errors.over(ty, format!("a task is not generic: write the type of the result of `{dependency}`"));
            false
        }
        _ => false,
    }
}

fn check_output<'b>(method: &'b Method, errors: &mut Errors) -> Option<&'b Type> {
    let ReturnType::Type(_, ty) = &method.sig.output else { return None };
    if let Some(hidden) = find_impl_trait(ty.to_token_stream()) {
        let message = if method.sig.asyncness.is_none() && ty.to_token_stream().to_string().contains("Future") {
            "write `async fn` and the type that the future gives"
        } else {
            "the result of a task has a type with a name: instead of `impl Trait` write the type, or `Box<dyn Trait>`"
        };
        errors.at(hidden, message);
    }
    check_borrow(method, ty, errors);
    Some(ty)
}

fn find_impl_trait(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "impl" => Some(ident.span()),
        TokenTree::Group(group) => find_impl_trait(group.stream()),
        _ => None,
    })
}

/// A result may borrow from `self`, but not from the result of another task, which ends with the run.
fn check_borrow(method: &Method, output: &Type, errors: &mut Errors) {
    let declared = |name: &Ident| method.sig.generics.lifetimes().any(|param| param.lifetime.ident == *name);
    let borrowed = lifetimes(output.to_token_stream());
    for input in &method.sig.inputs {
        let FnArg::Typed(parameter) = input else { continue };
        let shared = lifetimes(parameter.ty.to_token_stream());
        let of_self = |name: &&Ident| shared.iter().any(|other| other == *name);
        if let Some(name) = borrowed.iter().filter(|name| declared(name)).find(of_self) {
            let message = "the result of a task may borrow from `self`, not from a parameter: return an owned value";
            errors.at(name.span(), message);
            return;
        }
    }
}

/// Gives the names of the lifetimes in a type.
pub(crate) fn lifetimes(tokens: TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    let mut after_apostrophe = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if after_apostrophe => names.push(ident),
            TokenTree::Group(ref group) => names.extend(lifetimes(group.stream())),
            TokenTree::Punct(ref punct) if punct.as_char() == '\'' => {
                after_apostrophe = true;
                continue;
            }
            _ => {}
        }
        after_apostrophe = false;
    }
    names
}

fn report_cycle(cycle: &[usize], tasks: &[Task<'_>], errors: &mut Errors) {
    let (Some(&first), Some(&last)) = (cycle.first(), cycle.last()) else { return };
    let closing = tasks[last].dependencies.iter().find(|dependency| dependency.task == first);
    let span = closing.map_or_else(Span::call_site, |dependency| dependency.name.span());
    if first == last {
        errors.at(span, format!("task `{}` depends on itself", tasks[first].ident()));
        return;
    }
    let path: Vec<String> = cycle.iter().chain([&first]).map(|&task| format!("`{}`", tasks[task].ident())).collect();
    errors.at(span, format!("dependency cycle: {}", path.join(" -> ")));
}

/// Numbers the distinct error types, in source order.
fn number_failures(tasks: &mut [Task<'_>]) -> Vec<Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    let mut numbers = HashMap::new();
    for (position, task) in tasks.iter_mut().enumerate() {
        let Some(fails) = &mut task.fails else { continue };
        fails.failure = *numbers.entry(fails.result.error_key()).or_insert_with(|| {
            let mut variant = fails.result.error_name();
            if failures.iter().any(|failure| failure.variant == variant) {
                variant = Ident::new(&format!("{variant}{}", failures.len()), variant.span());
            }
            failures.push(Failure { variant, task: position });
            failures.len() - 1
        });
    }
    failures
}

/// Collects what a task's terminal can fail with; that of its dependencies is known.
fn find_reachable(position: usize, tasks: &mut [Task<'_>]) {
    let mut reachable: Vec<Reachable<'_>> = Vec::new();
    let mut lifts = None;
    for dependency in &tasks[position].dependencies {
        let other = &tasks[dependency.task];
        for failure in &other.reachable {
            if reachable.iter().all(|known| known.failure != failure.failure) {
                reachable.push(Reachable { failure: failure.failure, by: Some(dependency.name) });
            }
        }
        let lifted = if other.fails.is_some() { Some(dependency.task) } else { other.lifts };
        lifts = lifts.or(lifted);
    }
    let task = &tasks[position];
    if let Some(fails) = &task.fails {
        if reachable.iter().all(|known| known.failure != fails.failure) {
            reachable.push(Reachable { failure: fails.failure, by: None });
        }
    }
    let task = &mut tasks[position];
    task.reachable = reachable;
    task.lifts = lifts;
}
