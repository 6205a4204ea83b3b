//! The rules for tasks that run once for each element of a collection.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{FnArg, Pat, Type};

use super::options::is_primitive;
use super::parameters::written;
use super::take::{arguments, given_type};
use super::{Dag, Dependency, Place, Task, type_name};
use crate::errors::Errors;
use crate::parse::{Element, Method, between};
use crate::result_type::ResultType;

/// The collections of the standard library.
const COLLECTIONS: [&str; 8] =
    ["Vec", "VecDeque", "HashMap", "HashSet", "BTreeMap", "BTreeSet", "LinkedList", "BinaryHeap"];

/// Checks `in` and `max_concurrency` of all tasks.
pub(super) fn check_each(dag: &Dag<'_>, errors: &mut Errors) {
    for task in &dag.tasks {
        check_limit(task, errors);
        let mut each = task.dependencies.iter().filter_map(|it| Some((it, it.element?)));
        let Some((dependency, element)) = each.next() else { continue };
        for (second, other) in each {
            let message = format!(
                "a task runs for each element of one collection: depend on `{}` as a whole, and go over it in the body",
                second.name
            );
            errors.at(other.word.span, message);
        }
        check_names(task, dependency, element, errors);
        check_collection(dag, (task, dependency, element), errors);
        if let Some((guilty, message)) = unsupported(dag, task) {
            errors.at(guilty, message);
        }
    }
}

fn check_limit(task: &Task<'_>, errors: &mut Errors) {
    let Some(limit) = &task.method.options.max_concurrency else { return };
    let span = limit.name.span();
    if limit.value == 0 {
        errors.at(span, "with `max_concurrency = 0` no body ever starts: allow at least 1");
    } else if task.each().is_none() && !task.method.depends_is_broken {
        let or_each = if task.is_async() { ", or `#[depends(id in ids)]`" } else { "" };
        let message = format!(
            "`max_concurrency` at a task counts the bodies for elements, and this task runs once: write \
             `#[dag(max_concurrency = 8)]` to limit the tasks of the block{or_each}"
        );
        errors.at(span, message);
    } else if task.each().is_some() && !task.is_async() && task.place == Place::Inline {
        let message = "`max_concurrency` is for an `async fn` or a `blocking` task: a plain `fn` is called for one element after \
                       another; take it away";
        errors.at(span, message);
    }
}

/// An element has a name that no other parameter can have.
fn check_names(task: &Task<'_>, dependency: &Dependency<'_>, element: &Element, errors: &mut Errors) {
    for (place, name) in element.names.iter().enumerate() {
        let is_same = |other: &Ident| other.unraw() == name.unraw();
        if is_same(dependency.name) {
            errors.at(name.span(), format!("`{name}` is the whole collection: give its element another name"));
        } else if task.dependencies.iter().any(|other| other.element.is_none() && is_same(other.name)) {
            errors
                .at(name.span(), format!("`{name}` is another dependency of this task: give the element another name"));
        } else if element.names[..place].iter().any(is_same) {
            errors.at(name.span(), format!("`{name}` stands twice in this pattern: give each part its own name"));
        }
    }
}

/// The collection is the result of a task of the block.
fn check_collection(
    dag: &Dag<'_>,
    (task, dependency, element): (&Task<'_>, &Dependency<'_>, &Element),
    errors: &mut Errors,
) {
    let name = dependency.name;
    let giver = dag.task(dependency.task).map(|giver| giver.method).filter(|_| dependency.graph.is_none());
    let whole = giver.and_then(given_type);
    if let Some(kind) = dependency.catch.or(dependency.lazy) {
        errors.at(kind.span(), format!("`{kind}` and `in` do not combine: {}", between(kind, &name.to_string())));
    } else if let Some(graph) = dependency.graph {
        let message = format!(
            "`in` does not reach into a graph yet: write a task that returns the elements of `{graph}.{name}`, and depend on \
             that one"
        );
        errors.at(name.span(), message);
    } else if giver.is_some_and(|giver| giver.options.graph.is_some()) {
        let message = format!("`{name}` is a graph: write a task that returns the elements of one of its results");
        errors.at(name.span(), message);
    } else if whole.is_some_and(|whole| giver.is_some_and(is_caught) && ResultType::of(whole).is_some()) {
        let message = format!(
            "`{name}` has `#[task(catch)]`, so a failure would be a collection without elements: write a task that takes \
             `#[depends({name})]` and returns the elements, and depend on that one"
        );
        errors.at(name.span(), message);
    } else if let Some(whole) = whole.filter(|ty| is_one(ty)) {
        let whole = written(whole);
        errors.at(name.span(), format!("`{name}` returns a `{whole}`, which has no elements: return a `Vec<{whole}>`"));
    } else if let (Some(value), false) = (whole.filter(|ty| is_map(ty)), takes_pair(task, element)) {
        let (value, part) = (written(value), &element.names[0]);
        let message = format!("each element of `{value}` is a pair: write `#[depends((key, {part}) in {name})]`");
        errors.at(part.span(), message);
    } else if let Some((whole, part)) = whole.zip(element.names.first()).filter(|_| element.is_tuple) {
        check_parts(name, whole, part, errors);
    }
}

/// The elements that a pattern takes apart have parts. Only their tokens show it here; of others, rustc tells.
fn check_parts(name: &Ident, whole: &Type, part: &Ident, errors: &mut Errors) {
    let Some(one) = element_of(whole).filter(|ty| is_one(ty)) else { return };
    let (whole, one) = (written(whole), written(one));
    let message = format!(
        "each element of `{whole}` is a `{one}`, which has no parts: write `element in {name}`; for the index as well, let `{name}` \
         return a `Vec<(usize, {one})>`"
    );
    errors.at(part.span(), message);
}

/// Returns the type of the elements, if the tokens of a type show it.
fn element_of(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Group(group) => element_of(&group.elem),
        Type::Paren(paren) => element_of(&paren.elem),
        Type::Reference(reference) => element_of(&reference.elem),
        Type::Slice(slice) => Some(&slice.elem),
        Type::Array(array) => Some(&array.elem),
        _ => match arguments(ty).as_slice() {
            [one] if has_elements(one) => element_of(one),
            [one] if has_elements(ty) => Some(one),
            _ => None,
        },
    }
}

/// Returns whether the value of a task is its whole `Result`. Those of single elements are in a `Vec`.
fn is_caught(giver: &Method) -> bool {
    giver.options.catch.is_some() && giver.collected.is_none()
}

/// Returns whether the tokens of a type show that it has elements.
pub(super) fn has_elements(ty: &Type) -> bool {
    match ty {
        Type::Group(group) => has_elements(&group.elem),
        Type::Paren(paren) => has_elements(&paren.elem),
        Type::Reference(reference) => has_elements(&reference.elem),
        Type::Slice(_) | Type::Array(_) => true,
        _ => type_name(ty).is_some_and(|name| {
            ["Arc", "Box", "Rc"].iter().any(|pointer| name == pointer)
                && arguments(ty).iter().any(|ty| has_elements(ty))
                || COLLECTIONS.iter().any(|collection| name == collection)
        }),
    }
}

/// Returns whether the tokens of a type show that its elements are pairs.
fn is_map(ty: &Type) -> bool {
    type_name(ty).is_some_and(|name| ["HashMap", "BTreeMap"].iter().any(|map| name == map))
}

/// Returns whether a task takes pairs, or no element at all.
fn takes_pair(task: &Task<'_>, element: &Element) -> bool {
    let is_pair = |ty: &Type| matches!(ty, Type::Tuple(_)) || type_name(ty).is_some_and(|name| !is_primitive(name));
    let mut inputs = task.method.sig.inputs.iter();
    let taken = inputs.find_map(|input| match input {
        FnArg::Typed(it) if matches!(&*it.pat, Pat::Ident(name) if name.ident == element.names[0]) => Some(&*it.ty),
        _ => None,
    });
    element.is_tuple || taken.is_none_or(is_pair)
}

/// Returns whether the tokens of a type show that it has no elements.
fn is_one(ty: &Type) -> bool {
    matches!(ty, Type::Path(_)) && type_name(ty).is_some_and(|name| is_primitive(name) || name == "String")
}

/// Returns what such a task cannot do yet, at the token that asks for it.
fn unsupported(dag: &Dag<'_>, task: &Task<'_>) -> Option<(Span, String)> {
    let options = &task.method.options;
    if let Some(graph) = &options.graph {
        let message = "a `graph` task returns one object, so it cannot run for each element: call a terminal of the object in \
                       the body";
        return Some((graph.span(), message.to_owned()));
    }
    // A durable block refuses the others for every task.
    if dag.is_durable() {
        return None;
    }
    let not_yet = |name: &Ident, remedy: &str| {
        Some((name.span(), format!("`in` cannot be used in a task with `{name}` yet: {remedy}")))
    };
    if let Some(finish) = options.finish.as_ref().filter(|_| task.place == Place::Spawned) {
        return not_yet(finish, "take `finish` away, or spawn in the body what must end");
    }
    if let Some(permit) = &options.permit {
        return not_yet(&permit.name, "write `max_concurrency = 8` in its place");
    }
    if let Some(close) = &options.close {
        return not_yet(&close.name, "take `close` away, and close the values in the task that reads them last");
    }
    None
}
