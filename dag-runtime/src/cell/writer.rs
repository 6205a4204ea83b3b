//! The rights to write the cells of a group. Nothing else makes one, so that two never reach the same cell.

use super::frame::CellsShare;
use super::{CLAIMED, EMPTY, EachCell, KEPT, Ordering, SET, TaskCell};

/// The only right to write the cells of one group `C`, a struct of [`TaskCell`]s.
///
/// There is one per group, because it is created from the exclusive borrow of the group and is neither `Clone` nor
/// `Copy`.
pub struct Writer<'c, C> {
    cells: &'c C,
}

impl<'c, C> Writer<'c, C> {
    /// Turns the exclusive borrow of a group into the right to write its cells while others read them.
    #[inline]
    pub fn new(cells: &'c mut C) -> Self {
        Self { cells }
    }

    /// Returns the group for reading.
    #[inline]
    #[must_use]
    pub fn reader(&self) -> &'c C {
        self.cells
    }

    /// Puts the result of a task into its cell.
    ///
    /// # Panics
    /// If the cell is no part of the group or has a value already; the value is dropped then.
    #[inline]
    #[track_caller]
    pub fn put<T>(&mut self, cell: &TaskCell<T, C>, value: T) {
        self.write(cell, value, SET);
    }

    /// Puts the result of a task into its cell. If it `is_forgotten` once its last reader has it, that reader can take it.
    ///
    /// # Panics
    /// Under the same conditions as [`put`](Self::put).
    #[inline]
    #[track_caller]
    pub fn put_or_keep<T>(&mut self, cell: &TaskCell<T, C>, value: T, is_forgotten: bool) {
        self.write(cell, value, state_of::<T>(is_forgotten));
    }

    #[inline]
    #[track_caller]
    fn write<T>(&mut self, cell: &TaskCell<T, C>, value: T, state: u8) {
        assert!(contains(self.cells, cell), "a cell of another group");
        let cell = &cell.raw;
        assert!(cell.state.load(Ordering::Relaxed) == EMPTY, "a task is done once");
        // SAFETY: the cell is of the type of this group and lies inside of it, and this is the one `Writer` of the group,
        // borrowed exclusively: no other write can be under way. The cell is empty, so no reference to its value exists.
        // This thread has a shared borrow of the cell: either the cell is of this thread, or `T: Send`.
        cell.value.with_mut(|slot| unsafe {
            (*slot).write(value);
        });
        cell.state.store(state, Ordering::Release);
    }

    /// Puts the result of one element into the cell of its task.
    ///
    /// # Panics
    /// If the cell is no part of the group, is not open, has no such element, or has its result already; the value is
    /// dropped then.
    #[track_caller]
    pub fn put_element<T>(&mut self, cell: &EachCell<T, C>, index: usize, value: T) {
        assert!(contains(self.cells, cell), "a cell of another group");
        // SAFETY: the cell is of the type of this group and lies inside of it, and this is the one `Writer` of the group,
        // borrowed exclusively: no other write can be under way.
        unsafe { cell.put_alone(index, value) };
    }

    /// Makes the results of all elements the result of their task. If it `is_forgotten` once its last reader has it, that
    /// reader can take it.
    ///
    /// # Panics
    /// If the cell is no part of the group, has a value already, or if a result is missing.
    #[track_caller]
    pub fn complete<T>(&mut self, cell: &EachCell<T, C>, is_forgotten: bool) {
        assert!(contains(self.cells, cell), "a cell of another group");
        assert!(cell.raw().state.load(Ordering::Relaxed) == EMPTY, "a task is done once");
        // SAFETY: as for `put_element`. The cell of the whole is empty.
        let whole = unsafe { cell.assemble() };
        self.write(cell, whole, state_of::<Vec<T>>(is_forgotten && cell.may_be_kept()));
    }
}

/// Returns the state of a value that is there. A value without drop glue is as cheap to copy as to take.
#[inline]
fn state_of<T>(is_forgotten: bool) -> u8 {
    if is_forgotten && std::mem::needs_drop::<T>() { KEPT } else { SET }
}

/// The right to write the cells of a group with shared ownership.
///
/// There is one per group, because it is created from the group itself and is not `Clone`.
pub struct ArcWriter<C> {
    cells: CellsShare<C>,
}

impl<C> ArcWriter<C> {
    /// Makes a group shared, and keeps the right to write its cells.
    pub fn new(cells: C) -> Self {
        Self { cells: CellsShare::alone(cells) }
    }

    /// Makes a share of a group the right to write its cells.
    ///
    /// # Safety
    /// The group has no other writer, now or later.
    #[inline]
    pub(super) unsafe fn of(cells: CellsShare<C>) -> Self {
        Self { cells }
    }

    /// Returns the group for reading, with shared ownership.
    #[cfg(all(test, loom))]
    pub(crate) fn reader(&self) -> CellsShare<C> {
        self.cells.clone()
    }

    /// Lends the right to write.
    pub fn borrow(&mut self) -> Writer<'_, C> {
        // The exclusive borrow of the one `ArcWriter` stands for that of the group.
        Writer { cells: &self.cells }
    }

    /// Turns the unique right into a right that several threads share.
    #[must_use]
    pub fn share(self) -> SharedWriter<C> {
        SharedWriter { cells: self.cells }
    }
}

/// The right to write the cells of a group from several threads at once; the first thread that claims a cell writes it.
///
/// It is created from the [`ArcWriter`] of the group, which it consumes: there is no other right to write the group.
pub struct SharedWriter<C> {
    cells: CellsShare<C>,
}

impl<C> SharedWriter<C> {
    /// Returns the group for reading.
    #[must_use]
    pub fn reader(&self) -> &C {
        &self.cells
    }

    /// Puts the result of a task into its cell.
    ///
    /// # Panics
    /// If the cell is no part of the group or has a value already; the value is dropped then.
    #[track_caller]
    pub fn set<T>(&self, cell: impl FnOnce(&C) -> &TaskCell<T, C>, value: T) {
        self.write(cell, value, SET);
    }

    /// Puts a result into its cell to be taken with [`TaskCell::take`]: no other task reads it.
    ///
    /// # Panics
    /// Under the same conditions as [`set`](Self::set).
    #[track_caller]
    pub fn keep<T>(&self, cell: impl FnOnce(&C) -> &TaskCell<T, C>, value: T) {
        self.write(cell, value, KEPT);
    }

    /// Puts a result into its cell. If it `is_forgotten` once its last reader has it, that reader can take it.
    ///
    /// # Panics
    /// Under the same conditions as [`set`](Self::set).
    #[track_caller]
    pub fn set_or_keep<T>(&self, cell: impl FnOnce(&C) -> &TaskCell<T, C>, value: T, is_forgotten: bool) {
        self.write(cell, value, state_of::<T>(is_forgotten));
    }

    #[track_caller]
    fn write<T>(&self, cell: impl FnOnce(&C) -> &TaskCell<T, C>, value: T, state: u8) {
        let cell = cell(&self.cells);
        assert!(contains(&*self.cells, cell), "a cell of another group");
        // SAFETY: the cell is of the type of this group and lies inside of it, and the unique writer of the group is
        // gone, so that all writes go through this function.
        let written = unsafe { cell.raw.write(value, state) };
        assert!(written.is_ok(), "a task is done once");
    }

    /// Puts the result of one element into the cell of its task.
    ///
    /// # Panics
    /// If the cell is no part of the group, is not open, has no such element, or has its result already; the value is
    /// dropped then.
    #[track_caller]
    pub fn put_element<T>(&self, cell: &EachCell<T, C>, index: usize, value: T) {
        assert!(contains(&*self.cells, cell), "a cell of another group");
        // SAFETY: the cell is of the type of this group and lies inside of it, and the unique writer of the group is
        // gone, so that all writes go through this function and `complete`.
        unsafe { cell.put_claimed(index, value) };
    }

    /// Makes the results of all elements the result of their task. If it `is_kept`, one reader can take it, unless other
    /// tasks may follow.
    ///
    /// # Panics
    /// If the cell is no part of the group, has a value already, or if a result is missing.
    #[track_caller]
    pub fn complete<T>(&self, cell: &EachCell<T, C>, is_kept: bool) {
        self.complete_as(cell, |cell| is_kept && cell.may_be_kept());
    }

    /// [`complete`](Self::complete) for a result that is taken, unless another task has followed.
    ///
    /// # Panics
    /// Under the same conditions.
    #[track_caller]
    pub fn complete_to_be_taken<T>(&self, cell: &EachCell<T, C>) {
        self.complete_as(cell, EachCell::stays_unfollowed);
    }

    #[track_caller]
    fn complete_as<T>(&self, cell: &EachCell<T, C>, is_kept: impl FnOnce(&EachCell<T, C>) -> bool) {
        assert!(contains(&*self.cells, cell), "a cell of another group");
        let raw = cell.raw();
        let claim = raw.state.compare_exchange(EMPTY, CLAIMED, Ordering::Relaxed, Ordering::Relaxed);
        assert!(claim.is_ok(), "a task is done once");
        // SAFETY: the claim above succeeds once, and gives the right to write the cell of the whole. If a result is
        // missing, the claim stays, so that nobody writes it any more.
        let whole = unsafe { cell.assemble() };
        // SAFETY: as in `RawCell::write`, with the same claim.
        raw.value.with_mut(|slot| unsafe {
            (*slot).write(whole);
        });
        raw.state.store(if is_kept(cell) { KEPT } else { SET }, Ordering::Release);
    }
}

/// Returns whether `part` lies inside `whole`.
#[inline]
fn contains<C, P>(whole: &C, part: &P) -> bool {
    let start = std::ptr::from_ref(whole).addr();
    let offset = std::ptr::from_ref(part).addr().wrapping_sub(start);
    size_of::<P>() <= size_of::<C>() && offset <= size_of::<C>() - size_of::<P>()
}
