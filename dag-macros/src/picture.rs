//! In: a graph as text, `"Page: fn pricing() -> Pricing; async page(pricing.total)"`. Out: HTML for the docs, as a string
//! literal.

use dag_layout::{Frame, Picture, PictureGroup, PictureNode};
use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::ToTokens;
use syn::LitStr;

use crate::type_text::type_text;

/// A picture of more tasks would make the page slow and would not be readable.
const MOST_TASKS: usize = 250;

/// Draws the graph text that `expand` has written, as a string literal.
pub(crate) fn draw_text(text: TokenStream) -> TokenStream {
    let graph = syn::parse2::<LitStr>(text).ok().and_then(|text| text.value().parse().ok());
    draw(graph.unwrap_or_default())
}

fn draw(graph: TokenStream) -> TokenStream {
    let mut tokens = graph.into_iter().peekable();
    let is = |token: &TokenTree, sign| matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign);
    let name: TokenStream = tokens.by_ref().take_while(|token| !is(token, ':')).collect();
    let mut tasks: Vec<Task> = Vec::new();
    while tokens.peek().is_some() {
        let task: Vec<TokenTree> = tokens.by_ref().take_while(|token| !is(token, ';')).collect();
        if let [kind, name, TokenTree::Group(dependencies), result @ ..] = &task[..] {
            // A type follows an arrow.
            let result = type_text(result.iter().skip(2).cloned().collect());
            add(&mut tasks, kind.to_string(), plain(&name.to_string()), &dependencies.stream().to_string(), result);
        }
    }
    Literal::string(&html(&name.to_string(), &tasks)).into_token_stream()
}

fn add(tasks: &mut Vec<Task>, kind: String, name: String, needed: &str, result: String) {
    let (mut dependencies, mut caught, mut lazy, mut is_wide) = (Vec::new(), Vec::new(), Vec::new(), false);
    for dependency in needed.split(',').map(str::trim) {
        let is_caught = dependency.strip_prefix("catch ");
        let is_lazy = dependency.strip_prefix("lazy ");
        let is_collection = dependency.strip_prefix("in ");
        is_wide |= is_collection.is_some();
        let name = is_caught.or(is_lazy).or(is_collection).unwrap_or(dependency);
        let Some(task) = find(tasks, plain(name)) else { continue };
        dependencies.push(task);
        caught.extend(is_caught.map(|_| task));
        lazy.extend(is_lazy.map(|_| task));
    }
    tasks.push(Task { kind, name, result, dependencies, caught, lazy, is_wide, object: None });
}

struct Task {
    kind: String,
    name: String,
    /// The declared type of its result, if it is known.
    result: String,
    dependencies: Vec<usize>,
    /// The dependencies whose failures it catches.
    caught: Vec<usize>,
    /// The dependencies that run only if the body awaits them.
    lazy: Vec<usize>,
    /// It runs once for each element of a collection.
    is_wide: bool,
    /// For a task of an inner graph: the task that returns that graph.
    object: Option<usize>,
}

/// Finds a task. A task of an inner graph is added, because only its name is known here.
fn find(tasks: &mut Vec<Task>, name: String) -> Option<usize> {
    let known = tasks.iter().position(|task| task.name == name);
    known.or_else(|| {
        let (object, _) = name.split_once('.')?;
        let object = tasks.iter().position(|task| task.name == object)?;
        let (kind, result, dependencies) = (String::new(), String::new(), vec![object]);
        let (caught, lazy) = (Vec::new(), Vec::new());
        tasks.push(Task { kind, name, result, dependencies, caught, lazy, is_wide: false, object: Some(object) });
        Some(tasks.len() - 1)
    })
}

/// Removes the marks of raw identifiers.
fn plain(name: &str) -> String {
    let parts = name.split('.').map(str::trim);
    parts.map(|part| part.strip_prefix("r#").unwrap_or(part)).collect::<Vec<_>>().join(".")
}

// The HTML must have no empty line: for Markdown, an empty line ends a block of HTML.
fn html(name: &str, tasks: &[Task]) -> String {
    if tasks.len() > MOST_TASKS {
        return format!(
            "\nThe graph of these {} tasks is too large for a page: see `{name}::graph().to_svg()`.\n",
            tasks.len()
        );
    }
    let mut objects: Vec<usize> = tasks.iter().filter_map(|task| task.object).collect();
    objects.sort_unstable();
    objects.dedup();
    let nodes = tasks.iter().map(|task| PictureNode {
        name: &task.name,
        kind: &task.kind,
        result: &task.result,
        // The docs of an inner graph may be anywhere, but the docs of the task that returns it show its type.
        link: Some(format!("#method.{}", task.object.map_or(&task.name, |object| &tasks[object].name))),
        dependencies: task.dependencies.clone(),
        caught: task.caught.clone(),
        lazy: task.lazy.clone(),
        is_wide: task.is_wide,
        within: objects.iter().position(|&object| task.object == Some(object)),
        ..PictureNode::default()
    });
    let nodes = nodes.collect();
    let groups = objects.iter().map(|&object| PictureGroup { name: &tasks[object].name, within: None }).collect();
    let picture = Picture { name, nodes, groups, marked: Vec::new(), frame: Frame::Page };
    format!("\n<div class=\"dag-picture\" style=\"overflow-x:auto\">{picture}</div>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(graph: &str) -> String {
        let literal = draw(graph.parse().unwrap());
        syn::parse2::<syn::LitStr>(literal).unwrap().value()
    }

    #[test]
    fn each_task_is_drawn_with_its_kind_and_a_link_to_its_method() {
        let html = drawn("Checkout: async user() -> io::Result<User>; fn r#type(user); blocking size(user, r#type,)");
        assert_eq!(html.matches("<g class=\"node\">").count(), 3);
        assert_eq!(html.matches("<path class=\"edges\"").count(), 2);
        for part in ["href=\"#method.type\"", ">blocking</text>", "aria-label=\"Checkout\"", ">User?</text>"] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.trim().contains('\n'), "markdown would end the picture at an empty line");
    }

    #[test]
    fn the_tasks_of_a_graph_inside_that_are_named_are_in_a_box() {
        let html =
            drawn("Page: fn r#type(); fn empty(); async page(r#type.total, r#type.size, empty); fn end(r#type.total)");
        assert_eq!(html.matches("<g class=\"node\"").count(), 6);
        assert_eq!(html.matches("<g class=\"group\">").count(), 1);
        assert_eq!(html.matches("href=\"#method.type\"").count(), 3);
        for part in ["data-name=\"type.total\"", ">total</text>", ">size</text>", ">type</text></g><g fill"] {
            assert_eq!(html.matches(part).count(), 1, "{part}: {html}");
        }
    }

    #[test]
    fn what_is_caught_has_a_dotted_line_and_a_legend() {
        let html = drawn("Page: fn pricing(); async catch(); async page(catch catch, catch pricing.total, pricing)");
        assert_eq!(html.matches("<path class=\"edges\" stroke-dasharray").count(), 2);
        assert_eq!(html.matches("its failure is caught</text>").count(), 1);
        assert!(!drawn("Page: async catch(); async page(catch)").contains("dasharray"));
    }

    #[test]
    fn a_task_with_in_is_a_stack_of_boxes() {
        let html = drawn("Site: fn ids(); async pages(in ids, ids); async rows(in pages); fn sum(rows)");
        assert_eq!(html.matches("<path class=\"stack\"").count(), 2);
        assert_eq!(html.matches("once for each element</text>").count(), 1);
        assert!(!drawn("Site: fn ids(); fn sum(ids)").contains("once for each"));
    }

    #[test]
    fn a_graph_that_is_too_large_for_a_page_is_not_drawn() {
        let tasks = |count: usize| (0..count).map(|task| format!("async t{task}();")).collect::<Vec<_>>().concat();
        assert!(drawn(&format!("Wide: {}", tasks(MOST_TASKS))).contains("<svg"));
        let html = drawn(&format!("Wide: {}", tasks(MOST_TASKS + 1)));
        assert_eq!(html.trim(), "The graph of these 251 tasks is too large for a page: see `Wide::graph().to_svg()`.");
    }
}
