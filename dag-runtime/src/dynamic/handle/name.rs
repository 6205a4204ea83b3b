//! The names of tasks: `fetch /a` for a task of `#[task(name = "fetch {url}")] async fn fetch(url: &str)`.
//!
//! A name is written once, when the task is made: errors need it after the arguments have moved into the body. The value
//! of an argument that is a task may be missing by then, so that the name of that task stands for it, whether it is done
//! or not. Names in names would grow along a chain of tasks, and values may be large, so a name has a greatest length, at
//! which the writing stops.

use std::fmt::{self, Write};
use std::sync::Arc;

use super::argument::{Given, Holds, Input, Pending};

/// A longer name ends with an ellipsis.
const MOST_LETTERS: usize = 100;

/// An argument as it stands in a name.
pub struct InName<'a, U: ?Sized>(Result<&'a U, &'a str>);

impl<V> Input<V> {
    /// Returns the argument of a parameter `&U` for a name.
    pub fn in_name<U: ?Sized>(&self) -> InName<'_, U>
    where
        V: Holds<U>,
    {
        InName(match self {
            Self::Value(value) => Ok(value.hold()),
            Self::Task(Pending(task)) => Err(task.name()),
        })
    }
}

impl<T> Given<T> {
    /// Returns the argument of a parameter `T` for a name.
    pub fn in_name(&self) -> InName<'_, T> {
        InName(match &self.input {
            Input::Value(value) => Ok(value),
            Input::Task(Pending(task)) => Err(task.name()),
        })
    }
}

macro_rules! forward {
    ($($format:ident),*) => {$(
        impl<U: fmt::$format + ?Sized> fmt::$format for InName<'_, U> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    Ok(value) => value.fmt(formatter),
                    Err(task) => formatter.pad(task),
                }
            }
        }
    )*};
}

forward!(Display, Debug, LowerHex, UpperHex, Octal, Binary, LowerExp, UpperExp);

/// Writes a name.
pub(super) fn name_of(text: fmt::Arguments<'_>) -> Arc<str> {
    let mut name = Cut { text: String::new(), left: MOST_LETTERS };
    if name.write_fmt(text).is_err() {
        // It is cut, or a value could not be written: what there is serves.
        name.text.push('…');
    }
    name.text.into()
}

/// A text that ends after some letters.
struct Cut {
    text: String,
    left: usize,
}

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = text.char_indices().nth(self.left).map(|(end, _)| end);
        self.text.push_str(&text[..end.unwrap_or(text.len())]);
        if end.is_some() {
            return Err(fmt::Error);
        }
        self.left -= text.chars().count();
        Ok(())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    struct Endless;

    impl fmt::Display for Endless {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                formatter.write_str("ab")?;
            }
        }
    }

    #[test]
    fn a_long_name_ends_with_an_ellipsis_and_its_values_are_not_written_to_the_end() {
        assert_eq!(&*name_of(format_args!("{:x>100}", "")), "x".repeat(100));
        assert_eq!(&*name_of(format_args!("{:ü>101}", "")), format!("{}…", "ü".repeat(100)));
        assert_eq!(&*name_of(format_args!("{Endless}")), format!("{}…", "ab".repeat(50)));
    }
}
