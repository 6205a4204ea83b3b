//! In: the dependencies of each task, as indices. Out: the order to run them in, or every cycle.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A closed path of dependencies: the first task depends on the second, the last on the first.
pub(crate) type Cycle = Vec<usize>;

/// Orders the tasks: repeatedly takes the first task in source order whose dependencies are all placed.
pub(crate) fn topological_order(dependencies: &[Vec<usize>]) -> Result<Vec<usize>, Vec<Cycle>> {
    let dependents = invert(dependencies);
    let mut missing: Vec<usize> = dependencies.iter().map(Vec::len).collect();
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..dependencies.len()).filter(|&task| missing[task] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(dependencies.len());
    while let Some(Reverse(task)) = ready.pop() {
        order.push(task);
        for &dependent in &dependents[task] {
            missing[dependent] -= 1;
            if missing[dependent] == 0 {
                ready.push(Reverse(dependent));
            }
        }
    }
    if order.len() == dependencies.len() { Ok(order) } else { Err(cycles(dependencies)) }
}

/// Returns the tasks that wait for each task, in ascending order.
pub(crate) fn invert(dependencies: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut dependents = vec![Vec::new(); dependencies.len()];
    for (task, dependencies) in dependencies.iter().enumerate() {
        for &dependency in dependencies {
            dependents[dependency].push(task);
        }
    }
    dependents
}

/// Finds a cycle for each dependency that leads back into the path of a depth-first search.
fn cycles(dependencies: &[Vec<usize>]) -> Vec<Cycle> {
    let mut cycles = Vec::new();
    let mut visited = vec![false; dependencies.len()];
    for start in 0..dependencies.len() {
        if visited[start] {
            continue;
        }
        visited[start] = true;
        // The path from `start`: each task with the number of its dependencies that have been followed.
        let mut path = vec![(start, 0)];
        while let Some((task, followed)) = path.last_mut() {
            let Some(&dependency) = dependencies[*task].get(*followed) else {
                path.pop();
                continue;
            };
            *followed += 1;
            if let Some(first) = path.iter().position(|&(task, _)| task == dependency) {
                cycles.push(path[first..].iter().map(|&(task, _)| task).collect());
            } else if !visited[dependency] {
                visited[dependency] = true;
                path.push((dependency, 0));
            }
        }
    }
    cycles
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every graph of `tasks` tasks, self-dependencies included.
    fn all_graphs(tasks: usize) -> impl Iterator<Item = Vec<Vec<usize>>> {
        (0_u32..1 << (tasks * tasks)).map(move |edges| {
            let depends = |task: usize, dependency: usize| edges & (1 << (task * tasks + dependency)) != 0;
            (0..tasks).map(|task| (0..tasks).filter(|&other| depends(task, other)).collect()).collect()
        })
    }

    fn reaches(dependencies: &[Vec<usize>], from: usize, to: usize) -> bool {
        let mut seen = vec![false; dependencies.len()];
        let mut open = dependencies[from].clone();
        while let Some(task) = open.pop() {
            if task == to {
                return true;
            }
            if !std::mem::replace(&mut seen[task], true) {
                open.extend(&dependencies[task]);
            }
        }
        false
    }

    #[test]
    fn a_cycle_is_reported_if_and_only_if_there_is_one_and_is_real() {
        for tasks in 0..=4 {
            for graph in all_graphs(tasks) {
                let is_cyclic = (0..tasks).any(|task| reaches(&graph, task, task));
                match topological_order(&graph) {
                    Ok(order) => {
                        assert!(!is_cyclic, "{graph:?}");
                        let place = |task| order.iter().position(|&other| other == task).unwrap();
                        for (task, dependencies) in graph.iter().enumerate() {
                            assert!(
                                dependencies.iter().all(|&dependency| place(dependency) < place(task)),
                                "{graph:?}"
                            );
                        }
                    }
                    Err(cycles) => {
                        assert!(is_cyclic && !cycles.is_empty(), "{graph:?}");
                        for cycle in cycles {
                            let next = cycle.iter().skip(1).chain(&cycle[..1]);
                            assert!(
                                cycle.iter().zip(next).all(|(task, next)| graph[*task].contains(next)),
                                "{graph:?}"
                            );
                            let mut distinct = cycle.clone();
                            distinct.sort_unstable();
                            distinct.dedup();
                            assert_eq!(distinct.len(), cycle.len(), "{graph:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn without_the_reported_dependencies_there_is_no_cycle_left() {
        for tasks in 1..=4 {
            for mut graph in all_graphs(tasks) {
                let Err(cycles) = topological_order(&graph) else { continue };
                for cycle in cycles {
                    let (first, last) = (cycle[0], *cycle.last().unwrap());
                    let before = graph[last].len();
                    graph[last].retain(|&dependency| dependency != first);
                    assert_eq!(graph[last].len() + 1, before, "a dependency is reported once: {graph:?}");
                }
                assert!(topological_order(&graph).is_ok(), "{graph:?}");
            }
        }
    }

    #[test]
    fn each_cycle_is_reported_and_what_leads_into_one_is_not() {
        // 0 -> 1 -> 0 and 2 -> 3 -> 2 are two mistakes; 4 merely leads into the first.
        let graph = [vec![1], vec![0], vec![3], vec![2], vec![0]];
        assert_eq!(topological_order(&graph), Err(vec![vec![0, 1], vec![2, 3]]));
    }

    #[test]
    fn the_order_takes_the_first_ready_task_in_source_order() {
        // 0 waits for 3; 1 and 2 are free at once, 3 waits for 2.
        assert_eq!(topological_order(&[vec![3], vec![], vec![], vec![2]]), Ok(vec![1, 2, 3, 0]));
    }
}
