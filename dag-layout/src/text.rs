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
                _ => fmt::Write::write_char(formatter, shown(letter))?,
            }
        }
        Ok(())
    }
}

/// Text for a terminal, and for any language that has no way of its own to write what is not seen.
///
/// # Examples
/// ```
/// use dag_layout::Shown;
///
/// assert_eq!(Shown("\u{1b}[31mred\u{202e}").to_string(), "\u{fffd}[31mred\u{fffd}");
/// ```
pub struct Shown<T>(pub T);

impl<T: AsRef<str>> fmt::Display for Shown<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().chars().try_for_each(|letter| fmt::Write::write_char(formatter, shown(letter)))
    }
}

/// Returns the letter, or a sign in its place if it changes how other text is shown.
fn shown(letter: char) -> char {
    if is_hidden(letter) { '\u{fffd}' } else { letter }
}

/// Whether a letter is not seen itself and can change how the text around it is shown: controls of terminals, marks that
/// turn the direction of text, breaks of lines, and what no text may contain.
#[must_use]
pub fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(letter, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
}

/// Returns the width of a text, in columns of a terminal or of a monospaced font.
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

/// Returns the text in at most the given number of columns. A longer text is cut and ends with an ellipsis.
///
/// # Examples
/// ```
/// assert_eq!(dag_layout::shortened("a_long_name", 7), "a_long…");
/// ```
#[must_use]
pub fn shortened(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let fits = |letter: &char| {
        let taken = columns_of(*letter);
        let is_room = taken <= left;
        left = left.saturating_sub(taken);
        is_room
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// Returns the text in at most the given number of columns. A longer text has an ellipsis in its middle: names often differ
/// at their ends.
///
/// # Examples
/// ```
/// assert_eq!(dag_layout::cut_in_the_middle("fetch https://example.org/17", 15), "fetch h….org/17");
/// ```
#[must_use]
pub fn cut_in_the_middle(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let (first, last) = (shortened(text, width.div_ceil(2)), width / 2);
    let mut left = last;
    let fits = |letter: &char| {
        let taken = columns_of(*letter);
        let is_room = taken <= left;
        left = left.saturating_sub(taken);
        is_room
    };
    let end: Vec<char> = text.chars().rev().take_while(fits).collect();
    first + &end.into_iter().rev().collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_xml_is_escaped() {
        assert_eq!(Escaped("<a b=\"c\">&'\n\0").to_string(), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;&#10;\u{fffd}");
    }

    #[test]
    fn what_turns_the_direction_of_text_is_replaced() {
        for hidden in
            ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{200f}', '\u{61c}', '\u{2028}', '\u{85}', '\u{1b}']
        {
            assert_eq!(Escaped(format!("a{hidden}b")).to_string(), "a\u{fffd}b");
            assert_eq!(Shown(format!("a{hidden}b")).to_string(), "a\u{fffd}b");
        }
        assert_eq!(Shown("数\u{200d}é🦀").to_string(), "数\u{200d}é🦀");
    }

    #[test]
    fn letters_of_east_asia_are_twice_as_wide() {
        assert_eq!((columns("größe"), columns("数量"), columns("e\u{301}")), (5, 4, 1));
    }
}
