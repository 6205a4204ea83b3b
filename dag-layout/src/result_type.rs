//! In: the type of a result, as it is written. Out: whether the result can be a failure, and the type in short for a box.

use std::fmt;

use crate::shortened;

/// A longer type ends with an ellipsis.
const LONGEST_TYPE: usize = 30;

/// The declared type of a result. `Display` prints it in short: without modules and lifetimes, a `Result` as its `Ok`
/// type with a `?`, and of a long type only the beginning.
///
/// # Examples
/// ```
/// use dag_layout::ResultType;
///
/// assert_eq!(ResultType("Result<api::Cart, ApiError>").to_string(), "Cart?");
/// assert_eq!(ResultType("Vec<&'static str>").to_string(), "Vec<&str>");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ResultType<'t>(pub &'t str);

impl<'t> ResultType<'t> {
    /// Returns whether the type is a `Result`, by its name.
    #[must_use]
    pub fn can_fail(self) -> bool {
        let (name, _) = self.last_segment();
        name == "Result"
    }

    /// Returns the `Ok` type of a `Result`, and every other type as it is.
    fn value(self) -> &'t str {
        match self.last_segment() {
            ("Result", Some(arguments)) => first_type(arguments),
            ("Result", None) => "()",
            _ => self.0,
        }
    }

    /// Returns the last name of a path, and the text between the angle brackets after it.
    fn last_segment(self) -> (&'t str, Option<&'t str>) {
        let (path, arguments) = match self.0.strip_suffix('>').and_then(|text| Some((text, opening(text)?))) {
            Some((text, opening)) => (&text[..opening], Some(&text[opening + 1..])),
            None => (self.0, None),
        };
        let is_name = |text: &str| text.chars().all(|letter| is_of_name(letter) || letter == ':');
        let is_path = is_name(path) || path.starts_with('<');
        let name = path.rsplit("::").next().unwrap_or_default();
        if is_path { (name, arguments) } else { ("", None) }
    }
}

impl fmt::Display for ResultType<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&shortened(&plain(self.value()), LONGEST_TYPE))?;
        if self.can_fail() { formatter.write_str("?") } else { Ok(()) }
    }
}

/// Returns the place of the bracket that the end of a text closes.
fn opening(text: &str) -> Option<usize> {
    let mut depth = 1;
    for (place, letter) in text.char_indices().rev() {
        match letter {
            // Not the end of an arrow.
            '>' if !text[..place].ends_with('-') => depth += 1,
            '<' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(place);
        }
    }
    None
}

/// Returns the first of the arguments that is no lifetime.
fn first_type(arguments: &str) -> &str {
    let (mut depth, mut start, mut last) = (0, 0, ' ');
    for (place, letter) in arguments.char_indices() {
        match letter {
            '<' | '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '>' if last != '-' => depth -= 1,
            ',' if depth == 0 && arguments[start..].starts_with('\'') => start = place + 1,
            ',' if depth == 0 => return &arguments[start..place],
            ' ' if start == place => start += 1,
            _ => {}
        }
        last = letter;
    }
    &arguments[start..]
}

/// Returns a type without the names of modules and lifetimes.
fn plain(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some(letter) = rest.chars().next() {
        let length = rest.find(|letter| !is_of_name(letter)).unwrap_or(rest.len());
        if letter == '\'' {
            let name = rest[1..].find(|letter| !is_of_name(letter)).unwrap_or(rest.len() - 1);
            rest = &rest[1 + name..];
            if plain.ends_with(" + ") {
                plain.truncate(plain.len() - " + ".len());
            } else if let (true, Some(after)) = (plain.ends_with('<'), rest.strip_prefix('>')) {
                plain.pop();
                rest = after;
            } else {
                rest = rest.strip_prefix(", ").or_else(|| rest.strip_prefix(' ')).unwrap_or(rest);
            }
        } else if length > 0 {
            let name = &rest[..length];
            rest = &rest[length..];
            match rest.strip_prefix("::") {
                Some(after) if !name.starts_with(char::is_uppercase) => rest = after,
                _ => plain.push_str(name),
            }
        } else {
            let is_root = rest.starts_with("::") && !plain.ends_with(|letter| is_of_name(letter) || letter == '>');
            let length = if is_root { 2 } else { letter.len_utf8() };
            if !is_root {
                plain.push(letter);
            }
            rest = &rest[length..];
        }
    }
    plain
}

/// Whether a letter is a part of a name. The sign of a raw name is.
fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || ['_', '#'].contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_its_value_and_a_question_mark() {
        for (declared, short) in [
            ("Result<Cart, ApiError>", "Cart?"),
            ("io::Result<Vec<u64>>", "Vec<u64>?"),
            ("::core::result::Result<(u8, u16), E>", "(u8, u16)?"),
            ("Result<Box<dyn Fn(u8, u8) -> u8>, E>", "Box<dyn Fn(u8, u8) -> u8>?"),
            ("crate::Result<'a, &'a str>", "&str?"),
            ("fmt::Result", "()?"),
            ("<T as Api>::Result", "()?"),
        ] {
            assert_eq!(ResultType(declared).to_string(), short, "{declared}");
            assert!(ResultType(declared).can_fail());
        }
    }

    #[test]
    fn every_other_type_is_short_and_cannot_fail() {
        for (declared, short) in [
            ("u64", "u64"),
            ("()", "()"),
            ("std::collections::HashMap<String, api::User>", "HashMap<String, User>"),
            ("Option<Result<u8, E>>", "Option<Result<u8, E>>"),
            ("&'a [T; N]", "&[T; N]"),
            ("Cow<'static, str>", "Cow<str>"),
            ("Ref<'_>", "Ref"),
            ("Box<dyn Error + Send + 'static>", "Box<dyn Error + Send>"),
            ("<T as iter::Iterator>::Item", "<T as Iterator>::Item"),
            ("T::Item", "T::Item"),
            ("fn(u8) -> Result<u8, E>", "fn(u8) -> Result<u8, E>"),
            ("fn(api::A) -> api::Result<u8>", "fn(A) -> Result<u8>"),
            ("(u8, Result<u8, E>)", "(u8, Result<u8, E>)"),
            ("Result2<u8>", "Result2<u8>"),
            ("Kraftfahrzeughaftpflichtversicherung", "Kraftfahrzeughaftpflichtversi…"),
        ] {
            assert_eq!(ResultType(declared).to_string(), short, "{declared}");
            assert!(!ResultType(declared).can_fail(), "{declared}");
        }
    }

    #[test]
    fn text_that_is_no_type_is_shown_as_well() {
        for odd in ["", ">", "<", "'", "Result<", "Result>", "a::", "'a'>", "数<'数, 数>", "Result<'a>", "Result<>"]
        {
            assert!(ResultType(odd).to_string().chars().count() <= odd.chars().count() + 3, "{odd}");
        }
    }
}
