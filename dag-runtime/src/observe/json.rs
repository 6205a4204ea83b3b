//! Text in JSON.

use std::fmt::{self, Write};

use dag_layout::is_hidden;

/// A string of JSON.
pub(super) struct Json<'j>(pub(super) &'j str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_char('"')?;
        for letter in self.0.chars() {
            match letter {
                '"' | '\\' => write!(formatter, "\\{letter}")?,
                _ if is_hidden(letter) => write!(formatter, "\\u{:04x}", u32::from(letter))?,
                _ => formatter.write_char(letter)?,
            }
        }
        formatter.write_char('"')
    }
}
