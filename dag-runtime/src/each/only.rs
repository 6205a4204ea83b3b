//! The body for one element of a wide task, which an engine runs in a call of its own.
//!
//! Such a run has a body for one element only, so the task's cell has one place, whatever the collection is: the elements
//! are *narrowed* to one before the group counts them. In this group the element has the index 0. Its *number* is the
//! index that it has in a whole run: the keeper, observers, errors and the body itself know only the number.
//!
//! The collection is either the whole one, or has only this element. One element is always the element that is meant.

use crate::cell::Followed;

/// Which elements of a wide task a run has bodies for: all, or the one with this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Only(pub(crate) Option<usize>);

impl Only {
    pub(crate) const ALL: Self = Self(None);

    /// Returns the number of the element with an index in the group.
    #[must_use]
    pub fn number(self, index: usize) -> usize {
        self.first() + index
    }

    /// Returns the number of the first element of the group.
    pub(crate) fn first(self) -> usize {
        self.0.unwrap_or(0)
    }

    /// Returns the elements of a collection that have bodies. `elements` iterates over it, each time from its beginning.
    pub fn among<I: Iterator>(self, elements: impl Fn() -> I) -> Among<I> {
        match self.0 {
            None => Among::All(elements()),
            Some(number) => {
                let skipped = if elements().take(2).count() == 1 { 0 } else { number };
                Among::One(elements(), Some(skipped))
            }
        }
    }

    /// Returns the results of another wide task that have bodies.
    #[must_use]
    pub fn following<T, C>(self, results: Followed<'_, T, C>) -> Followed<'_, T, C> {
        match self.0 {
            None => results,
            Some(number) => results.narrowed(number),
        }
    }
}

/// The elements of a collection that have bodies.
pub enum Among<I> {
    /// All of them.
    All(I),
    /// The one after as many as stand here; nothing, once it was taken.
    One(I, Option<usize>),
}

impl<I: Iterator> Iterator for Among<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        match self {
            Self::All(elements) => elements.next(),
            Self::One(elements, skipped) => elements.nth(skipped.take()?),
        }
    }

    fn nth(&mut self, skipped: usize) -> Option<I::Item> {
        match self {
            Self::All(elements) => elements.nth(skipped),
            Self::One(..) if skipped == 0 => self.next(),
            Self::One(_, one) => {
                *one = None;
                None
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::All(elements) => elements.size_hint(),
            Self::One(..) => (0, Some(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(only: Option<usize>, elements: &[u32]) -> Vec<u32> {
        Only(only).among(|| elements.iter().copied()).collect()
    }

    #[test]
    fn one_element_is_taken_from_the_whole_collection_or_is_all_of_it() {
        assert_eq!(among(Some(2), &[5, 6, 7, 8]), [7]);
        assert_eq!(among(Some(2), &[7]), [7]);
        assert_eq!(among(Some(0), &[7, 8]), [7]);
        assert_eq!(among(None, &[5, 6]), [5, 6]);
    }

    #[test]
    fn an_element_that_is_not_there_is_none() {
        assert_eq!(among(Some(2), &[5, 6]), [0; 0]);
        assert_eq!(among(Some(2), &[]), [0; 0]);
    }

    #[test]
    fn the_first_is_the_only_one_for_those_who_skip_others() {
        let both = || Only(Some(1)).among(|| [5, 6].into_iter());
        assert_eq!((both().next(), both().nth(1)), (Some(6), None));
        assert_eq!(Only::ALL.among(|| [5, 6].into_iter()).nth(1), Some(6));
    }
}
