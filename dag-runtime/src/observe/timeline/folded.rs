//! In: a run. Out: the boxes of its graph, in which tasks of one function that stand at one place are one box.

use std::collections::BTreeMap;

use super::analysis::Recording;

/// Fewer tasks of a function at a place have a box each.
const LEAST: usize = 4;
/// With more boxes than this, tasks of one function are one box wherever they stand.
const MOST_BOXES: usize = 120;

/// A box of the graph.
pub(super) struct Fold {
    /// The positions of its tasks.
    pub(super) tasks: Vec<usize>,
    /// The boxes that it depends on, earlier ones.
    pub(super) inputs: Vec<usize>,
    /// The boxes whose tasks made its own.
    pub(super) makers: Vec<usize>,
}

/// Returns the boxes, each behind those that it depends on. The elements of a task have none: that of the task stands for them.
pub(super) fn fold(recording: &Recording) -> Vec<Fold> {
    let order = recording.order();
    let order: Vec<usize> = order.into_iter().filter(|&position| recording.whole(position) == position).collect();
    let by_place = fold_by(recording, &order, true);
    if by_place.len() > MOST_BOXES { fold_by(recording, &order, false) } else { by_place }
}

fn fold_by(recording: &Recording, order: &[usize], is_by_place: bool) -> Vec<Fold> {
    // What one place is: the same function, and the same places that lead to it.
    let mut places: BTreeMap<(&str, Vec<usize>), usize> = BTreeMap::new();
    let mut place_of = vec![usize::MAX; recording.tasks.len()];
    let mut members: Vec<Vec<usize>> = Vec::new();
    for &position in order {
        let task = &recording.tasks[position];
        let before = recording.inputs(task).into_iter().chain(recording.maker(task));
        let mut leads: Vec<usize> =
            before.map(|before| place_of[before]).filter(|&place| place != usize::MAX).collect();
        leads.sort_unstable();
        leads.dedup();
        let key = (task.function(), if is_by_place { leads } else { Vec::new() });
        let place = *places.entry(key).or_insert(members.len());
        if place == members.len() {
            members.push(Vec::new());
        }
        place_of[position] = place;
        members[place].push(position);
    }
    let mut box_of = vec![usize::MAX; recording.tasks.len()];
    let mut folds: Vec<Fold> = Vec::new();
    for &position in order {
        let together = &members[place_of[position]];
        let is_apart = is_by_place && together.len() < LEAST;
        if is_apart || together[0] == position {
            let tasks = if is_apart { vec![position] } else { together.clone() };
            for &task in &tasks {
                box_of[task] = folds.len();
            }
            folds.push(Fold { tasks, inputs: Vec::new(), makers: Vec::new() });
        }
    }
    for (own, fold) in folds.iter_mut().enumerate() {
        let tasks = || fold.tasks.iter().map(|&task| &recording.tasks[task]);
        // An edge back to a later box would make a circle.
        let earlier = |boxes: Vec<usize>| {
            let mut boxes: Vec<usize> = boxes.into_iter().filter(|&other| other < own).collect();
            boxes.sort_unstable();
            boxes.dedup();
            boxes
        };
        let inputs = earlier(tasks().flat_map(|task| recording.inputs(task)).map(|input| box_of[input]).collect());
        let makers = earlier(tasks().filter_map(|task| recording.maker(task)).map(|maker| box_of[maker]).collect());
        fold.makers = makers.into_iter().filter(|maker| !inputs.contains(maker)).collect();
        fold.inputs = inputs;
    }
    folds
}
