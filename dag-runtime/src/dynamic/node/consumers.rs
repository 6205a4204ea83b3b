//! The tasks that wait for a task.

use std::sync::Arc;

use super::any_node::AnyNode;

/// Most tasks have one or two, which needs no allocation.
#[derive(Default)]
pub(in crate::dynamic) struct Consumers {
    first: [Option<Arc<dyn AnyNode>>; 2],
    others: Vec<Arc<dyn AnyNode>>,
}

impl Consumers {
    pub(in crate::dynamic) fn add(&mut self, consumer: Arc<dyn AnyNode>) {
        match self.first.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(consumer),
            None => self.others.push(consumer),
        }
    }
}

impl IntoIterator for Consumers {
    type Item = Arc<dyn AnyNode>;
    type IntoIter = std::iter::Chain<
        std::iter::Flatten<std::array::IntoIter<Option<Self::Item>, 2>>,
        std::vec::IntoIter<Self::Item>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().flatten().chain(self.others)
    }
}
