//! Words of adagio that stand in an attribute to which they do not belong.

use proc_macro2::TokenStream;

use super::depends::KINDS;
use super::options::{BLOCK_OPTIONS, TASK_OPTIONS, listed};

/// Returns where to write a word that `#[dag(..)]` or `#[task(..)]` does not know, if it belongs to another attribute.
/// `rest` stands between the word and the next comma.
pub(super) fn place_of_option(attribute: &str, word: &str, rest: Option<&TokenStream>) -> Option<String> {
    let rest = rest.map(ToString::to_string).unwrap_or_default();
    let dependencies = |list: &str| format!("write `#[depends({list})]`");
    match (attribute, word) {
        ("dag", _) if is_task_option(word) => {
            Some(format!("`{word}` is an option of a task: write it in `#[task(..)]` at the method"))
        }
        ("task", _) if listed(BLOCK_OPTIONS).any(|known| known == word) => {
            Some(format!("`{word}` is an option of the block: write it in `#[dag(..)]` at the `impl`"))
        }
        ("task", "depends") => {
            let list = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(&rest).trim();
            let list = if list.is_empty() { "user" } else { list };
            Some(format!("dependencies stand in an attribute of their own: {}", dependencies(list)))
        }
        ("task", "lazy") => {
            let list = if rest.is_empty() { "lazy user".to_owned() } else { format!("lazy {rest}") };
            Some(format!("`lazy` stands before a dependency: {}", dependencies(&list)))
        }
        ("task", _) if rest.starts_with("in ") => Some(format!(
            "`in` stands between an element and a dependency: {}",
            dependencies(&format!("{word} {rest}"))
        )),
        _ => None,
    }
}

/// Returns how to go on from a name in `#[depends(..)]` that no task has, if it is a word of adagio.
pub(crate) fn place_of_dependency(name: &str) -> Option<String> {
    if KINDS.contains(&name) {
        return Some(format!("`{name}` stands before the name of a task: `#[depends({name} user)]`"));
    }
    is_task_option(name).then(|| format!("the option `{name}` stands in `#[task(..)]`"))
}

/// Returns whether `#[task(..)]` knows an option of this name.
pub(super) fn is_task_option(name: &str) -> bool {
    listed(TASK_OPTIONS).any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_keep_their_own_parentheses() {
        let rest: TokenStream = "((name, price) in prices)".parse().unwrap();
        let place = place_of_option("task", "depends", Some(&rest)).unwrap();
        let list = place.split_once("`#[depends").unwrap().1.trim_end_matches("]`").parse::<TokenStream>().unwrap();
        assert_eq!(list.to_string(), rest.to_string());
    }
}
