//! Dependencies with `catch` or `lazy`: the form in which a task takes their results, and the tasks for which this is
//! possible.

use proc_macro2::Ident;
use syn::{GenericArgument, PatType, PathArguments, ReturnType, Type};

use super::parameters::written;
use super::take::{Take, arguments, check_take};
use super::{Dag, Dependency, Parameter, Task};
use crate::errors::Errors;
use crate::parse::Method;
use crate::result_type::ResultType;

/// In which form a parameter takes the result of a dependency.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The result itself.
    Plain,
    /// For `catch`: the result, if it is there.
    Option,
    /// For `catch`: the result, or the failure that reached the dependency.
    Result,
    /// A value that can be awaited for the result.
    Lazy,
    /// For `in`: one element of the result, or a part of it.
    Element,
}

/// Reads the type of a parameter that takes a caught result. Returns its form, and how it takes the value in it.
pub(super) fn check_caught_type(
    ty: &Type,
    given: Option<&Type>,
    dependency: &Ident,
    errors: &mut Errors,
) -> (Form, Take) {
    match ty {
        Type::Group(group) => return check_caught_type(&group.elem, given, dependency, errors),
        Type::Paren(paren) => return check_caught_type(&paren.elem, given, dependency, errors),
        _ => {}
    }
    if let Some((form, value)) = caught_type(ty) {
        return (form, check_take(value, given, dependency, errors));
    }
    let (and, taken) = match ty {
        Type::Reference(reference) => ("&", &*reference.elem),
        ty => ("", ty),
    };
    let ok = ResultType::of(taken).and_then(|result| result.ok());
    let value = format!("{and}{}", written(ok.unwrap_or(taken)));
    let message = format!(
        "`{dependency}` may be missing, since its failure is caught: take `Option<{value}>` or `Result<{value}, TaskError>`"
    );
    errors.over(ty, message);
    (Form::Option, Take::Reference)
}

/// Checks the error of a parameter `Result<T, E>` that takes a caught result: it is the failure with the name of its task,
/// not the error of the task itself.
pub(super) fn check_caught_error(ty: &Type, source: Option<&Method>, errors: &mut Errors) {
    let (Some((Form::Result, value)), [_, error]) = (caught_type(ty), &arguments(ty)[..]) else { return };
    let Some(ReturnType::Type(_, output)) = source.map(|source| &source.sig.output) else { return };
    let own = ResultType::of(output).and_then(|result| result.error()).map(written).unwrap_or_default();
    let error_alone = if let Type::Reference(reference) = error { &*reference.elem } else { error };
    let is_own = own == written(error_alone) && !own.ends_with("TaskError");
    if is_own || matches!(error, Type::Reference(_)) {
        let value = written(value);
        errors.over(error, format!("a caught failure is a `TaskError`: take `Result<{value}, TaskError>`"));
    }
}

/// Reports a `Lazy` that takes a dependency without `lazy`, and returns whether it did.
pub(super) fn reports_missing_lazy(
    parameter: &PatType,
    given: Option<&Type>,
    dependency: &Dependency<'_>,
    errors: &mut Errors,
) -> bool {
    if !is_lazy(&parameter.ty) || given.is_some_and(is_lazy) {
        return false;
    }
    let (task, graph) = (dependency.name, dependency.graph.map(|graph| format!("{graph}.")).unwrap_or_default());
    let message =
        format!("`{task}` is done before the body begins: write `#[depends(lazy {graph}{task})]` to await it there");
    errors.over(&parameter.ty, message);
    true
}

/// Returns whether a type is written as `Lazy<'_, T>`.
fn is_lazy(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
    last.ident == "Lazy" && matches!(arguments.args.first(), Some(GenericArgument::Lifetime(_)))
}

/// Returns the form, and the type of the result in it.
fn caught_type(ty: &Type) -> Option<(Form, &Type)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let form = match last.ident.to_string().as_str() {
        "Option" => Form::Option,
        "Result" => Form::Result,
        _ => return None,
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let value = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    Some((form, value?))
}

/// Checks which dependencies are caught, and by which tasks.
pub(super) fn check_edges(dag: &Dag<'_>, errors: &mut Errors) {
    for task in &dag.tasks {
        for dependency in &task.dependencies {
            if let Some(catch) = dependency.catch {
                check_catch(dag, task, dependency, catch, errors);
            }
            if let Some(lazy) = dependency.lazy {
                check_lazy(dag, task, dependency, lazy, errors);
            }
        }
    }
}

/// Checks whether the body can await a lazy dependency, and has a parameter for it.
fn check_lazy(dag: &Dag<'_>, task: &Task<'_>, dependency: &Dependency<'_>, lazy: &Ident, errors: &mut Errors) {
    let (name, options) = (dependency.name, &task.method.options);
    let is_taken = |parameter: &Parameter| std::ptr::eq(&raw const task.dependencies[parameter.dependency], dependency);
    let message = if let Some(remote) = &options.remote {
        format!(
            "a `{remote}` task cannot await `{name}` yet, since its inputs are sent before it starts: take `lazy` away"
        )
    } else if let Some(far) = remote_task(dag).filter(|_| dag.block.options.durable.is_some()) {
        format!(
            "`lazy` does not work beside the `remote` task `{}` yet, since an engine sends all inputs before a task \
             starts: take `lazy` away",
            far.ident()
        )
    } else if let Some(blocking) = &options.blocking {
        format!("a `{blocking}` task cannot await `{name}`: take `lazy` away, or write an `async fn`")
    } else if let Some(finish) = &options.finish {
        format!(
            "a `{finish}` task cannot await `{name}`, since nothing runs it once the caller is gone: take `lazy` away"
        )
    } else if !task.is_async() {
        format!("a plain `fn` cannot await `{name}`: take `lazy` away, or write `async fn`")
    } else if !task.parameters.iter().any(is_taken) && !task.method.depends_is_broken {
        format!("without a parameter `{name}` is never awaited: take `{name}: Lazy<'_, T>`, or take `lazy` away")
    } else {
        return;
    };
    errors.at(lazy.span(), message);
}

fn remote_task<'t, 'b>(dag: &'t Dag<'b>) -> Option<&'t Task<'b>> {
    dag.tasks.iter().find(|task| task.method.options.remote.is_some())
}

fn check_catch(dag: &Dag<'_>, task: &Task<'_>, dependency: &Dependency<'_>, catch: &Ident, errors: &mut Errors) {
    if let Some(remote) = &task.method.options.remote {
        errors.at(catch.span(), format!("a `{remote}` task cannot `catch` yet: a failure is not sent with its inputs"));
    }
    // Only rustc knows whether an inner task can fail: `expand/edges/catch.rs` asks it.
    if let Some(caught) = dag.task(dependency.task) {
        if caught.reachable.is_empty() && caught.inner.is_empty() {
            let name = dependency.name;
            // With a keeper, a result that cannot be stored fails any task, but only a `Result` has a way for failures.
            let message = if dag.is_durable() {
                format!(
                    "`{name}` returns no `Result`, so its failure is not caught: take `catch` away; to catch a result that \
                     cannot be stored, let `{name}` return `Result<_, std::convert::Infallible>`"
                )
            } else {
                format!("`{name}` cannot fail, so there is nothing to catch: take `catch` away")
            };
            errors.at(catch.span(), message);
        }
    }
}
