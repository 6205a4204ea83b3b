//! Each parameter is a dependency, found by its name.

use std::collections::HashMap;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{FnArg, Pat, PatType, ReturnType, Type};

use super::differ::surely_differ;
use super::each::has_elements;
use super::edges::{Form, check_caught_error, check_caught_type, reports_missing_lazy};
use super::lifetimes::check_lifetime;
use super::signature::find_impl_trait;
use super::take::{Take, arguments, check_take, given_type, references_inside};
use super::{Dependency, Parameter, type_name};
use crate::errors::Errors;
use crate::parse::{Block, Method};
use crate::result_type::ResultType;
use crate::suggest::nearest;

/// The hint where to put a value that differs from one call to the next.
const VALUES: &str = "values of a call are fields of the object";

/// Returns the parameters that are dependencies; `suspects` are names whose mistake was reported at `#[depends(..)]`.
pub(super) fn check_parameters(
    method: &Method,
    dependencies: &[Dependency<'_>],
    suspects: &[String],
    block: &Block,
    names: &HashMap<String, usize>,
    errors: &mut Errors,
) -> Vec<Parameter> {
    let methods = &block.methods;
    let mut parameters: Vec<Parameter> = Vec::new();
    for input in &method.sig.inputs {
        let FnArg::Typed(parameter) = input else { continue };
        let Some(name) = parameter_name(&parameter.pat) else {
            report_pattern(parameter, dependencies, errors);
            continue;
        };
        let Some((dependency, part)) = match_parameter(name, dependencies) else {
            let plain = name.unraw().to_string();
            let is_told = suspects.iter().any(|suspect| *suspect == plain || plain.strip_prefix('_') == Some(suspect));
            if !method.depends_is_broken && !is_told {
                report_parameter(name, method, dependencies, (block, names), errors);
            }
            continue;
        };
        let of = dependencies[dependency].parameter_names()[part];
        if parameters.iter().any(|other| other.dependency == dependency && other.part == part) {
            errors.at(name.span(), format!("a second parameter for `{of}`: take one away"));
        }
        if let Some(hidden) = find_impl_trait(parameter.ty.to_token_stream()) {
            errors.at(hidden, format!("a task is not generic: write the type of the result of `{of}`"));
        }
        // An element that is called like a dependency is reported there.
        let is_same = |other: &&Dependency<'_>| other.element.is_none() && other.name.unraw() == of.unraw();
        if dependencies[dependency].element.is_none() && dependencies.iter().filter(is_same).count() > 1 {
            errors.at(
                name.span(),
                format!("more than one dependency is called `{of}`: no parameter can tell them apart"),
            );
        }
        let giver = dependencies[dependency].graph.is_none().then(|| &methods[dependencies[dependency].task]);
        let value = giver.and_then(given_type);
        check_lifetime(parameter, &dependencies[dependency], value, block, errors);
        let (form, take) = match &dependencies[dependency] {
            Dependency { element: Some(_), .. } => (Form::Element, check_take(&parameter.ty, None, of, errors)),
            Dependency { catch: Some(_), .. } => {
                check_caught_error(&parameter.ty, giver, errors);
                check_caught_type(&parameter.ty, value, of, errors)
            }
            Dependency { lazy: Some(_), .. } => (Form::Lazy, Take::Reference),
            _ => (Form::Plain, check_take(&parameter.ty, value, of, errors)),
        };
        if dependencies[dependency].is_plain()
            && dependencies[dependency].element.is_none()
            && !reports_missing_lazy(parameter, value, &dependencies[dependency], errors)
        {
            if let Some(giver) = giver {
                check_given_value(&parameter.ty, giver, errors);
            }
        }
        parameters.push(Parameter { dependency, part, take, form });
    }
    parameters
}

/// Finds the dependency of a parameter: the one of its name, with or without a leading underscore. Returns its position,
/// and that of the name among the names that it has for parameters.
fn match_parameter(name: &Ident, dependencies: &[Dependency<'_>]) -> Option<(usize, usize)> {
    let plain = name.unraw().to_string();
    let find = |wanted: &str| {
        let part =
            |dependency: &Dependency<'_>| dependency.parameter_names().iter().position(|it| it.unraw() == wanted);
        dependencies.iter().enumerate().find_map(|(position, dependency)| Some((position, part(dependency)?)))
    };
    find(&plain).or_else(|| plain.strip_prefix('_').and_then(find))
}

fn report_pattern(parameter: &PatType, dependencies: &[Dependency<'_>], errors: &mut Errors) {
    let tuple = dependencies.iter().find_map(|it| Some((it, it.element.filter(|element| element.is_tuple)?)));
    if let Some((dependency, element)) = tuple {
        let names: Vec<String> = element.names.iter().map(ToString::to_string).collect();
        let parameters: Vec<String> = names.iter().map(|name| format!("{name}: ..")).collect();
        let message = format!(
            "each name of `({}) in {}` is a parameter of its own: `{}`",
            names.join(", "),
            dependency.name,
            parameters.join(", ")
        );
        errors.over(&parameter.pat, message);
        return;
    }
    let example = dependencies.first().map_or_else(|| "user".to_owned(), |dependency| dependency.name.to_string());
    let message = format!("name the parameter after a dependency, like `{example}`, and take it apart in the body");
    errors.over(&parameter.pat, message);
}

fn report_parameter(
    name: &Ident,
    method: &Method,
    dependencies: &[Dependency<'_>],
    (block, names): (&Block, &HashMap<String, usize>),
    errors: &mut Errors,
) {
    let task = &method.sig.ident;
    let wanted = wanted_name(name, names);
    let is_other_task = |name: &str| names.contains_key(name) && task.unraw() != name;
    let collection = collection(dependencies, block);
    let each = collection.map(|collection| {
        let all = dependencies.iter().map(|it| match it.written() {
            whole if it.name == collection && it.graph.is_none() => format!("{wanted} in {whole}"),
            other => other,
        });
        format!("`#[depends({})]`", all.collect::<Vec<_>>().join(", "))
    });
    let listed = || dependencies.iter().flat_map(Dependency::parameter_names).map(ToString::to_string);
    let guess = nearest(&wanted, listed());
    let guess = guess.or_else(|| nearest(&wanted, names.keys().filter(|name| is_other_task(name)).cloned()));
    let remedy = match guess {
        _ if dependencies.iter().any(|it| it.element.is_some() && it.name.unraw() == wanted) => {
            "a task for each element does not get the whole collection: depend on a task that returns what is needed of it"
                .to_owned()
        }
        _ if is_other_task(&wanted) => {
            let missing =
                missing_dependencies(method, dependencies, names).into_iter().filter(|name| is_other_task(name));
            let all: Vec<String> = dependencies.iter().map(Dependency::written).chain(missing).collect();
            format!("add it: `#[depends({})]`", all.join(", "))
        }
        Some(guess) => match each.filter(|_| collection.is_some_and(|collection| *collection == guess)) {
            Some(each) => format!("did you mean `{guess}`, or {each}, which runs it for each element?"),
            None => format!("did you mean `{guess}`?"),
        },
        None if wanted == "index" && dependencies.iter().any(|it| it.element.is_some()) => {
            "a body is not told its index: let the collection yield pairs, as a `Vec<(usize, T)>` does, and take them apart: \
             `#[depends((index, id) in ids)]`"
                .to_owned()
        }
        None if dependencies.is_empty() => {
            format!("no task of this impl has that name; {VALUES}, and a helper goes into another impl block")
        }
        None => {
            let all: Vec<String> = listed().map(|name| format!("`{name}`")).collect();
            let each = each.map_or_else(String::new, |each| format!("; {each} runs it for each element"));
            format!("a parameter is named after a dependency: {}{each}; {VALUES}", all.join(" or "))
        }
    };
    errors.at(name.span(), format!("parameter `{wanted}` is not a dependency of `{task}`; {remedy}"));
}

/// Returns the first dependency whose type shows that it has elements, if the task can run for each of them.
fn collection<'b>(dependencies: &[Dependency<'b>], block: &Block) -> Option<&'b Ident> {
    if dependencies.iter().any(|it| it.element.is_some()) {
        return None;
    }
    let is_whole = |it: &&Dependency<'_>| it.is_plain() && it.element.is_none() && it.graph.is_none();
    let mut whole = dependencies.iter().filter(is_whole);
    whole.find(|it| given_type(&block.methods[it.task]).is_some_and(has_elements)).map(|it| it.name)
}

/// Returns the name of the dependency that a parameter names.
fn wanted_name(parameter: &Ident, names: &HashMap<String, usize>) -> String {
    let plain = parameter.unraw().to_string();
    plain.strip_prefix('_').filter(|_| !names.contains_key(&plain)).unwrap_or(&plain).to_owned()
}

/// Returns the tasks that the parameters name and that `#[depends(..)]` does not list.
fn missing_dependencies(
    method: &Method,
    dependencies: &[Dependency<'_>],
    names: &HashMap<String, usize>,
) -> Vec<String> {
    let typed = method.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(parameter) => parameter_name(&parameter.pat),
        FnArg::Receiver(_) => None,
    });
    let missing = typed.filter(|name| match_parameter(name, dependencies).is_none());
    missing.map(|name| wanted_name(name, names)).collect()
}

fn parameter_name(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(&pat.ident),
        _ => None,
    }
}

/// Reports which type a parameter gets, if it certainly takes a different one.
fn check_given_type(ty: &Type, value: &Type, name: &Ident, errors: &mut Errors) {
    if is_taken_apart(ty, value).unwrap_or_else(|| !surely_differ(value, ty)) {
        return;
    }
    let given = written(value);
    let remedy = match value {
        Type::Reference(_) => format!("take `{given}`"),
        _ if references_inside(ty) == Some(Take::OptionOfReference) && given.starts_with("Option<") => {
            format!("take `Option<&{}>`, or `{given}` for a clone", written(arguments(value)[0]))
        }
        _ => format!("take `{}`, or `{given}` for a clone", borrowed(value)),
    };
    errors.over(ty, format!("dependents of `{name}` get `{given}`: {remedy}"));
}

/// Returns the type of a parameter that borrows a value: a `Vec` as a slice, and a `String` as a `&str`.
fn borrowed(value: &Type) -> String {
    match (type_name(value), arguments(value).as_slice()) {
        (Some(name), [element]) if name == "Vec" => format!("&[{}]", written(element)),
        (Some(name), []) if name == "String" => "&str".to_owned(),
        _ => format!("&{}", written(value)),
    }
}

/// Returns whether a parameter may take references to what is inside of a value, if it has such a type.
fn is_taken_apart(ty: &Type, value: &Type) -> Option<bool> {
    let take = references_inside(ty).filter(|&take| references_inside(value) != Some(take))?;
    let (taken, given) = (arguments(ty), arguments(value));
    let name = if take == Take::OptionOfReference { "Option" } else { "Result" };
    let is_known = type_name(value).is_some_and(|given| given == name) && taken.len() == given.len();
    is_known.then(|| taken.iter().zip(given).all(|(taken, given)| !surely_differ(given, taken)))
}

/// Reports which part of a `Result` a parameter gets, if it takes the other one.
fn check_given_value(ty: &Type, giver: &Method, errors: &mut Errors) {
    let name = &giver.sig.ident;
    let ReturnType::Type(_, output) = giver.output() else {
        if surely_differ(&syn::parse_quote!(()), ty) {
            errors.over(
                ty,
                format!("`{name}` returns nothing: leave the parameter out, or return something from `{name}`"),
            );
        }
        return;
    };
    let result = ResultType::of(output);
    let (taken, is_by_value) = (without_reference(ty), !matches!(ty, Type::Reference(_)));
    let and = if is_by_value { "" } else { "&" };
    let Some(ok) = result.and_then(|result| result.ok()) else {
        if ResultType::of(output).is_none() {
            check_given_type(ty, output, name, errors);
        }
        return;
    };
    if giver.options.catch.is_some() {
        if is_written_alike(taken, ok) && ResultType::of(ok).is_none() {
            let whole = written(output);
            errors.over(
                taken,
                format!("`{name}` has `#[task(catch)]`, so its dependents get the whole `Result`: take `{and}{whole}`"),
            );
        }
    } else if ResultType::of(taken).is_some() && ResultType::of(ok).is_none() {
        let value = written(ok);
        let remedy = if written(taken).contains("TaskError") {
            format!("`#[depends(catch {name})]`")
        } else {
            format!("`#[task(catch)]` at `{name}`")
        };
        let message = format!("dependents of `{name}` get its `Ok` value: take `{and}{value}`, or write {remedy}");
        errors.over(taken, message);
    } else if is_option(taken) && !is_option(ok) && surely_differ(ok, ty) {
        let value = written(ok);
        let message =
            format!("dependents of `{name}` get its `Ok` value: take `&{value}`, or write `#[depends(catch {name})]`");
        errors.over(ty, message);
    } else {
        check_given_type(ty, ok, name, errors);
    }
}

fn is_option(ty: &Type) -> bool {
    written(ty).starts_with("Option<")
}

fn without_reference(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => without_reference(&group.elem),
        Type::Paren(paren) => without_reference(&paren.elem),
        Type::Reference(reference) => &reference.elem,
        _ => ty,
    }
}

fn is_written_alike(one: &Type, other: &Type) -> bool {
    written(one) == written(other)
}

/// Returns a type as people write it.
pub(super) fn written(ty: &Type) -> String {
    let spaced = ty.to_token_stream().to_string();
    [
        (":: std :: vec :: Vec", "Vec"),
        (" < ", "<"),
        (" >", ">"),
        (" :: ", "::"),
        (":: ", "::"),
        ("& ", "&"),
        (" ,", ","),
        (" ;", ";"),
        ("< ", "<"),
    ]
    .iter()
    .fold(spaced, |text, (from, to)| text.replace(from, to))
}
