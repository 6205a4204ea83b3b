//! The slots of scopes with limits: which of the ready tasks may run.
//!
//! Each limit is a level. A level may be inside another, its outer level: then its tasks need a slot of both. All levels
//! that belong together are under one lock. A ready task takes a slot of each level, from the inside to the outside. At the
//! first level without a free slot, it stands in the queue of that level, and keeps the slots of the levels inside. The code
//! that frees slots passes each slot on to the first task of the queue, and starts the task that has all its slots then. So
//! the queue of a level is empty unless all its slots are taken or about to be passed on, and each task that frees its slots
//! starts at most one task.
//!
//! A task that is marked as queued and stands in no queue has all its slots.
//!
//! A level owns its outer level. So the code that ends the last task of a scope can pass its slot on afterwards, when the
//! scope outside may have ended, too.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use slab::Slab;

use crate::dynamic::lock;

/// The slots that the tasks of a scope take.
pub(super) struct Slots<N: ?Sized> {
    tree: Arc<Tree<N>>,
    /// The level of the scope, or that of an outer scope.
    level: Arc<OwnedLevel<N>>,
}

/// Removes a level once no scope uses it.
struct OwnedLevel<N: ?Sized> {
    tree: Arc<Tree<N>>,
    key: usize,
    _outer: Option<Arc<OwnedLevel<N>>>,
}

struct Tree<N: ?Sized> {
    /// How many tasks were made.
    made: AtomicU64,
    levels: Mutex<Slab<Level<N>>>,
}

impl<N: ?Sized> Default for Tree<N> {
    fn default() -> Self {
        Self { made: AtomicU64::new(0), levels: Mutex::new(Slab::new()) }
    }
}

struct Level<N: ?Sized> {
    limit: usize,
    taken: usize,
    queue: BTreeMap<Order, Queued<N>>,
    outer: Option<usize>,
}

/// Smaller is first: the deepest, then the oldest.
pub(super) type Order = (u32, u64);

struct Queued<N: ?Sized> {
    node: Arc<N>,
    /// The address of its scope.
    scope: usize,
}

/// The levels, under their lock.
pub(super) struct Levels<'l, N: ?Sized> {
    levels: &'l mut Slab<Level<N>>,
    inmost: usize,
}

impl<N: ?Sized> Slots<N> {
    /// Creates the slots of a scope with a limit of its own; `outer` are the slots of the scope outside.
    pub(super) fn new(limit: usize, outer: Option<&Self>) -> Self {
        let tree = outer.map(|outer| Arc::clone(&outer.tree)).unwrap_or_default();
        let outer = outer.map(|outer| Arc::clone(&outer.level));
        let outer_key = outer.as_ref().map(|outer| outer.key);
        let level = Level { limit, taken: 0, queue: BTreeMap::new(), outer: outer_key };
        let key = lock(&tree.levels).insert(level);
        Self { level: Arc::new(OwnedLevel { tree: Arc::clone(&tree), key, _outer: outer }), tree }
    }

    /// Returns the slots of an outer scope.
    pub(super) fn of_outer(outer: &Self) -> Self {
        Self { tree: Arc::clone(&outer.tree), level: Arc::clone(&outer.level) }
    }

    /// Returns the place in the queue of a task that is made now.
    pub(super) fn next_order(&self, depth: u32) -> Order {
        (u32::MAX - depth, self.tree.made.fetch_add(1, Ordering::Relaxed))
    }

    /// Calls `change` under the lock. It calls and drops no foreign code.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Levels<'_, N>) -> R) -> R {
        change(&mut Levels { levels: &mut lock(&self.tree.levels), inmost: self.level.key })
    }

    /// Passes free slots on. Returns a task that has all its slots now.
    pub(super) fn pass_on(&self) -> Option<Arc<N>> {
        Levels { levels: &mut lock(&self.tree.levels), inmost: self.level.key }.pass_on()
    }
}

impl<N: ?Sized> Drop for OwnedLevel<N> {
    fn drop(&mut self) {
        let level = lock(&self.tree.levels).remove(self.key);
        drop(level);
    }
}

impl<N: ?Sized> Levels<'_, N> {
    /// Takes a slot of each level for a task, or queues the task at the first level without one. Returns whether it has all.
    pub(super) fn take(&mut self, order: Order, node: &Arc<N>, scope: usize) -> bool {
        let queued = Queued { node: Arc::clone(node), scope };
        self.take_from(Some(self.inmost), order, queued).is_some()
    }

    fn take_from(&mut self, mut next: Option<usize>, order: Order, queued: Queued<N>) -> Option<Arc<N>> {
        while let Some(key) = next {
            let level = &mut self.levels[key];
            let is_first = level.queue.first_key_value().is_none_or(|(&first, _)| order < first);
            if level.taken >= level.limit || !is_first {
                level.queue.insert(order, queued);
                return None;
            }
            level.taken += 1;
            next = level.outer;
        }
        Some(queued.node)
    }

    /// Releases the slots of a task.
    pub(super) fn free(&mut self) {
        self.free_until(None);
    }

    fn free_until(&mut self, end: Option<usize>) {
        let mut next = Some(self.inmost);
        while let Some(key) = next.filter(|_| next != end) {
            self.levels[key].taken -= 1;
            next = self.levels[key].outer;
        }
    }

    pub(super) fn is_queued(&self, order: Order) -> bool {
        self.queue_of(order).is_some()
    }

    fn queue_of(&self, order: Order) -> Option<usize> {
        let mut next = Some(self.inmost);
        while let Some(key) = next {
            if self.levels[key].queue.contains_key(&order) {
                return next;
            }
            next = self.levels[key].outer;
        }
        None
    }

    /// Takes a task out of its queue, and gives back the slots that it has. Returns the task, and whether it had any.
    pub(super) fn leave_queue(&mut self, order: Order) -> Option<(Arc<N>, bool)> {
        let key = self.queue_of(order)?;
        let queued = self.levels[key].queue.remove(&order)?;
        self.free_until(Some(key));
        Some((queued.node, key != self.inmost))
    }

    /// Passes free slots on. Returns a task that has all its slots now.
    pub(super) fn pass_on(&mut self) -> Option<Arc<N>> {
        let mut next = Some(self.inmost);
        while let Some(key) = next {
            let level = &mut self.levels[key];
            let outer = level.outer;
            if level.taken < level.limit {
                if let Some((order, queued)) = level.queue.pop_first() {
                    level.taken += 1;
                    if let Some(node) = self.take_from(outer, order, queued) {
                        return Some(node);
                    }
                }
            }
            next = outer;
        }
        None
    }

    /// Returns the tasks of a scope that stand in a queue.
    pub(super) fn queued_of(&self, scope: usize) -> Vec<Arc<N>> {
        let mut found = Vec::new();
        let mut next = Some(self.inmost);
        while let Some(key) = next {
            let own = self.levels[key].queue.values().filter(|queued| queued.scope == scope);
            found.extend(own.map(|queued| Arc::clone(&queued.node)));
            next = self.levels[key].outer;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Slots;

    #[test]
    fn a_slot_is_passed_on_after_the_outer_scope_has_ended() {
        let outer = Slots::<&str>::new(1, None);
        let inner = Slots::new(1, Some(&outer));
        let (first, second) = (inner.next_order(0), inner.next_order(0));
        assert!(inner.change(|levels| levels.take(first, &Arc::new("first"), 0)));
        drop(outer);
        assert!(!inner.change(|levels| levels.take(second, &Arc::new("second"), 0)));
        inner.change(|levels| levels.free_until(None));
        assert_eq!(*inner.pass_on().unwrap(), "second");
    }

    #[test]
    fn a_level_goes_with_the_last_scope_that_uses_it() {
        let outer = Slots::<()>::new(1, None);
        let inner = Slots::of_outer(&Slots::new(1, Some(&outer)));
        let tree = Arc::clone(&outer.tree);
        assert_eq!(super::lock(&tree.levels).len(), 2);
        drop(outer);
        assert_eq!(super::lock(&tree.levels).len(), 2);
        drop(inner);
        assert!(super::lock(&tree.levels).is_empty());
    }

    #[test]
    fn a_task_that_leaves_the_queue_of_the_outer_level_gives_back_its_inner_slot() {
        let outer = Slots::<&str>::new(1, None);
        let inner = Slots::new(1, Some(&outer));
        let take = |slots: &Slots<_>, name| {
            let order = slots.next_order(0);
            (order, slots.change(|levels| levels.take(order, &Arc::new(name), 0)))
        };
        assert!(take(&outer, "holder").1);
        let (queued, is_taken) = take(&inner, "queued");
        assert!(!is_taken);
        let (left, had_slot) = inner.change(|levels| levels.leave_queue(queued)).unwrap();
        assert!(*left == "queued" && had_slot);
        assert!(!take(&inner, "next").1);
        // It has the inner slot, and stands in the outer queue.
        outer.change(|levels| {
            levels.free();
        });
        assert_eq!(*outer.pass_on().unwrap(), "next");
        let (behind, _) = take(&inner, "behind");
        assert!(!inner.change(|levels| levels.leave_queue(behind)).unwrap().1, "it had no slot");
    }
}
