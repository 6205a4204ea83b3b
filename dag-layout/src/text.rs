//! Text as XML and HTML take it, and how wide it is.

use std::fmt;

/// Text for the inside of an element or of an attribute in double quotes.
pub struct Escaped<T>(pub T);

impl<T: AsRef<str>> fmt::Display for Escaped<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.as_ref().chars() {
            match letter {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                // Markdown would begin something new at an empty line, an attribute loses the break.
                '\n' => formatter.write_str("&#10;")?,
                '\t' => formatter.write_str(" ")?,
                // XML has no way to write these.
                '\0'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => formatter.write_str("\u{fffd}")?,
                _ => fmt::Write::write_char(formatter, letter)?,
            }
        }
        Ok(())
    }
}

/// Tells how many columns of a terminal, or of a font whose letters are all as wide, a text takes.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(letter: char) -> usize {
    match letter {
        // Marks above and below other letters.
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        // The scripts of East Asia, and pictures.
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_xml_is_escaped() {
        assert_eq!(Escaped("<a b=\"c\">&'\n\0").to_string(), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;&#10;\u{fffd}");
    }

    #[test]
    fn letters_of_east_asia_are_twice_as_wide() {
        assert_eq!((columns("größe"), columns("数量"), columns("e\u{301}")), (5, 4, 1));
    }
}
