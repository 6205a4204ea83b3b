//! The stored results for the elements of a collection, as those of a run that has not started.

use std::sync::Arc;

use super::{Drive, Run, Settings};
use crate::cell::EachCell;
use crate::durable::{count_in, element_of, no_elements};
use crate::error::TaskError;

impl<O, C, D, const WORDS: usize> Run<O, C, D, WORDS>
where
    D: Drive<Settings<C, WORDS>> + ?Sized,
{
    /// Returns the place of the task to which a stored result belongs. `wide` are the tasks that run once for each
    /// element. Returns nothing for an element of another task, which has run for each element in an earlier program.
    ///
    /// # Panics
    /// If there is no such task.
    #[must_use]
    #[track_caller]
    pub fn position_of(&self, stored: &str, wide: &[usize]) -> Option<usize> {
        let Some((task, _)) = element_of(stored) else { return Some(self.position(stored)) };
        let position = self.position(task);
        wide.contains(&position).then_some(position)
    }

    /// Lets the run have the body for one element of a task only. `remote` are the tasks of which it can be.
    ///
    /// # Panics
    /// If the task is none of these, or if a goal has been awaited.
    #[must_use]
    #[track_caller]
    pub fn only(mut self, remote: &[usize], (task, number): (&str, usize)) -> Self {
        let place = self.board().nodes().iter().position(|node| node.name == task);
        let Some(place) = place.filter(|place| remote.contains(place)) else { no_elements(task) };
        let name = self.board().name(place);
        let seeds = &mut self.before_start("choose the element").seeds;
        let seeds = Arc::get_mut(seeds.get_or_insert_default());
        seeds.unwrap_or_else(|| unreachable!("the run has not started")).set_only(name, number);
        self
    }

    /// Takes a stored result of a task that runs once for each element: that for an element, the number of elements, or
    /// the results for all in one. If all are there, neither the task nor its collection will run.
    ///
    /// # Errors
    /// If the bytes are not a result of this task.
    ///
    /// # Panics
    /// If a goal has been awaited, or if the task has a value already.
    #[track_caller]
    pub fn seed_part<T>(
        &self,
        (task, cell): (usize, &EachCell<T, C>),
        (name, stored): (&str, &[u8]),
        read: impl Fn(&[u8]) -> Result<T, TaskError>,
        read_whole: impl FnOnce(&[u8]) -> Result<Vec<T>, TaskError>,
    ) -> Result<(), TaskError> {
        let index = element_of(name).map(|(_, index)| index);
        if let (None, None) = (index, count_in(stored)) {
            self.inject(task, cell, read_whole(stored)?);
            return Ok(());
        }
        if let Some(index) = index {
            // A result of another type is told before the run starts, as for other tasks.
            read(stored).map_err(|error| error.at(index))?;
        }
        let whole = self.board().name(task);
        let all = self.change_seeds(name, |seeds| {
            seeds.put(name, Ok(stored.to_vec()));
            seeds.take_all(whole)
        });
        if let Some(all) = all {
            let values = all.iter().map(|stored| read(stored)).collect::<Result<_, _>>()?;
            self.inject(task, cell, values);
        }
        Ok(())
    }
}
