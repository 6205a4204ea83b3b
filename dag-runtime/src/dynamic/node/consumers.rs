//! Those that wait for a task, each a `C`.

/// Most tasks have one or two, which needs no allocation. A task with more often has many more.
pub(in crate::dynamic) struct Consumers<C> {
    first: [Option<C>; 2],
    others: Vec<C>,
}

/// For how many more than two there is room at first: with them, a layer of ten tasks.
const FIRST_OTHERS: usize = 8;

impl<C> Default for Consumers<C> {
    fn default() -> Self {
        Self { first: [None, None], others: Vec::new() }
    }
}

impl<C> Consumers<C> {
    pub(in crate::dynamic) fn add(&mut self, consumer: C) {
        match self.first.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(consumer),
            None => {
                if self.others.is_empty() {
                    self.others.reserve_exact(FIRST_OTHERS);
                }
                self.others.push(consumer);
            }
        }
    }

    pub(in crate::dynamic) fn iter(&self) -> impl Iterator<Item = &C> {
        self.first.iter().flatten().chain(&self.others)
    }
}

impl<C> Consumers<C> {
    /// Passes each of them on, in the order in which they were added.
    pub(in crate::dynamic) fn for_each(self, mut tell: impl FnMut(C)) {
        let Self { first: [first, second], others } = self;
        first.into_iter().for_each(&mut tell);
        second.into_iter().for_each(&mut tell);
        if !others.is_empty() {
            others.into_iter().for_each(tell);
        }
    }
}
