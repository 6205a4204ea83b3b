//! In: the text of `#[task(name = "fetch {url}")]`. Out: the parameters in it, or every mistake of it.

use syn::LitStr;
use syn::ext::IdentExt;

use super::analyse::Parameter;
use crate::errors::Errors;
use crate::suggest::nearest;

/// The name of each task of a function.
pub(super) struct Name<'m> {
    pub(super) text: &'m LitStr,
    /// The places of the parameters in it, each once.
    pub(super) parameters: Vec<usize>,
}

/// Checks the text: format arguments are the parameters, by their names.
pub(super) fn check_name<'m>(text: &'m LitStr, parameters: &[Parameter<'_>], errors: &mut Errors) -> Option<Name<'m>> {
    let names: Vec<Option<String>> =
        parameters.iter().map(|parameter| parameter.name.map(|name| name.unraw().to_string())).collect();
    let mut found = Vec::new();
    let mut is_right = true;
    let mut wrong = |message: String| {
        errors.at(text.span(), message);
        is_right = false;
    };
    if text.value().trim().is_empty() {
        wrong("this name is empty: write one, such as `name = \"fetch {url}\"`, or take it away".to_owned());
    }
    match placeholders(&text.value()) {
        Ok(placeholders) => {
            for placeholder in placeholders {
                match check_placeholder(&placeholder, &names) {
                    Ok(place) if found.contains(&place) => {}
                    Ok(place) => found.push(place),
                    Err(message) => wrong(message),
                }
            }
        }
        Err(message) => wrong(message),
    }
    is_right.then_some(Name { text, parameters: found })
}

/// Returns the placeholders of a text.
fn placeholders(text: &str) -> Result<Vec<String>, String> {
    let mut placeholders = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' | '}' if letters.next_if_eq(&letter).is_some() => {}
            '{' => {
                let mut placeholder = String::new();
                loop {
                    match letters.next() {
                        Some('}') => break,
                        Some(letter) if letter != '{' => placeholder.push(letter),
                        _ => {
                            return Err("a `{` without its `}`: close it, or write `{{` for the sign itself".to_owned());
                        }
                    }
                }
                placeholders.push(placeholder);
            }
            '}' => return Err("a `}` without its `{`: write `}}` for the sign itself".to_owned()),
            _ => {}
        }
    }
    Ok(placeholders)
}

/// Returns the place of the parameter that stands in braces.
fn check_placeholder(placeholder: &str, names: &[Option<String>]) -> Result<usize, String> {
    let (name, format) = placeholder.split_once(':').unwrap_or((placeholder, ""));
    let name = name.trim();
    let all: Vec<&String> = names.iter().flatten().collect();
    let Some(first) = all.first() else {
        return Err(format!("`{{{placeholder}}}` names no parameter: this function has none; take the braces away"));
    };
    if name.chars().all(|letter| letter.is_ascii_digit()) {
        let remedy = format!("write the name of a parameter, such as `{{{first}}}`");
        return Err(format!("`{{{placeholder}}}` takes an argument by its position: {remedy}"));
    }
    if format.contains(['$', '*']) {
        let remedy = format!("write the number itself, as in `{{{first}:>8}}`");
        return Err(format!("`{{{placeholder}}}` takes a width or a precision from an argument: {remedy}"));
    }
    let place = names.iter().position(|known| known.as_deref() == Some(name));
    place.ok_or_else(|| {
        let guess = nearest(name, all.iter().map(|name| (*name).clone()));
        let guess = guess.map_or_else(String::new, |guess| format!("did you mean `{guess}`? "));
        let known = all.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", ");
        format!("`{{{placeholder}}}` names no parameter; {guess}a name may show {known}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(placeholder: &str) -> Result<usize, String> {
        check_placeholder(placeholder, &[None, Some("url".to_owned()), Some("type".to_owned())])
    }

    #[test]
    fn a_placeholder_stands_in_single_braces() {
        let found = |text| placeholders(text).unwrap();
        assert_eq!(found("fetch {url:?} {{no}} {n:>8}{}"), ["url:?", "n:>8", ""]);
        assert_eq!(found("fetch"), [""; 0]);
        for text in ["{", "fetch {url", "{a {b}}", "}", "fetch } {url}"] {
            assert!(placeholders(text).unwrap_err().contains("without"), "{text}");
        }
    }

    #[test]
    fn only_parameters_are_formatted() {
        assert_eq!((check("url"), check("type:>8"), check("url :?")), (Ok(1), Ok(2), Ok(1)));
        assert!(check("0").unwrap_err().contains("position"));
        assert!(check("").unwrap_err().contains("position"));
        assert!(check("url:w$").unwrap_err().contains("width"));
        assert_eq!(
            check("ulr").unwrap_err(),
            "`{ulr}` names no parameter; did you mean `url`? a name may show `{url}`, `{type}`"
        );
    }
}
