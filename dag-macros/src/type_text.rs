//! In: the tokens of a type. Out: its text in one line, as rustfmt writes it: that of the compiler depends on its version
//! and on where the tokens come from.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Returns the text of a type.
pub(crate) fn type_text(ty: TokenStream) -> String {
    let mut text = String::new();
    write(ty, &mut text);
    text.truncate(text.trim_end().len());
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    // The signs of an arrow, or of a path, that have been read.
    let mut joint = String::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::None => ("", ""),
                };
                let is_apart = |word: &&str| text.ends_with(word) && group.delimiter() == Delimiter::Parenthesis;
                if group.delimiter() == Delimiter::Bracket || ["mut", "dyn", "const"].iter().any(is_apart) {
                    separate(text);
                }
                text.push_str(open);
                write(group.stream(), text);
                text.truncate(text.trim_end().len());
                text.push_str(close);
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                separate(text);
                text.push('\'');
            }
            TokenTree::Punct(punct) => {
                joint.push(punct.as_char());
                if punct.spacing() == Spacing::Joint && ["-", ":"].contains(&joint.as_str()) {
                    continue;
                }
                let (before, after) = match joint.as_str() {
                    "->" | "+" | "=" => (" ", " "),
                    "," | ";" | ":" => ("", " "),
                    _ => ("", ""),
                };
                text.extend([before, &joint, after]);
                joint.clear();
            }
            word => {
                separate(text);
                text.push_str(&word.to_string());
            }
        }
    }
}

/// Writes a space between two words, and behind `for<'a>`.
fn separate(text: &mut String) {
    if text.ends_with(|letter: char| letter.is_alphanumeric() || ['_', '>', ')', ']'].contains(&letter)) {
        text.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_written_as_rustfmt_writes_it() {
        for ty in [
            "u64",
            "()",
            "Result<Cart, api::Error>",
            "&'a mut [T; N]",
            "&mut (u8, u8)",
            "::std::collections::HashMap<&'static str, Vec<(u8, r#type)>>",
            "Box<dyn for<'x> Fn(&'x Self, u8) -> u8 + Send + 'static>",
            "<T as Iterator>::Item",
            "Cow<'_, str>",
            "Foo<Item = u8, 5>",
            "*const u8",
            "fn(x: u8) -> !",
            "Array<{ N }>",
        ] {
            assert_eq!(type_text(ty.parse().unwrap()), ty);
        }
        assert_eq!(type_text("Result < Cart , api :: Error >".parse().unwrap()), "Result<Cart, api::Error>");
    }
}
