//! In: the dependencies of each node, in an order in which they come first. Out: as few chains as possible that have all
//! given nodes; in a chain, each node needs the one before, perhaps through others.
//!
//! To leave as few ends of chains as possible, as many nodes as possible get a successor: a matching between nodes and the
//! nodes that they need, made by augmenting paths (Kuhn).

/// Covers the nodes for which `takes_part` holds with chains, each in the given order.
pub(crate) fn chains(
    order: &[usize],
    dependencies: impl Fn(usize) -> Vec<usize>,
    takes_part: impl Fn(usize) -> bool,
) -> Vec<Vec<usize>> {
    let needed = needed(order, dependencies, takes_part);
    let mut matching = Matching::new(&needed);
    let nodes: Vec<usize> =
        needed.iter().enumerate().filter_map(|(place, it)| it.takes_part.then_some(place)).collect();
    let mut is_first = vec![true; order.len()];
    for &node in &nodes {
        is_first[node] = !matching.augment(node);
    }
    // A node that has got a predecessor keeps one.
    let firsts = nodes.into_iter().filter(|&node| is_first[node]);
    let chain = |first| std::iter::successors(Some(first), |&node: &usize| matching.successors[node]);
    firsts.map(|first| chain(first).map(|place| order[place]).collect()).collect()
}

/// The nodes that a node needs, as places in the order.
struct Needed {
    takes_part: bool,
    /// Those that take part.
    nodes: Bits,
}

fn needed(
    order: &[usize],
    dependencies: impl Fn(usize) -> Vec<usize>,
    takes_part: impl Fn(usize) -> bool,
) -> Vec<Needed> {
    let mut places = vec![0; order.len()];
    for (place, &node) in order.iter().enumerate() {
        places[node] = place;
    }
    let mut needed: Vec<Needed> = Vec::with_capacity(order.len());
    for &node in order {
        let mut nodes = Bits(vec![0; order.len().div_ceil(64)]);
        for dependency in dependencies(node) {
            let place = places[dependency];
            nodes.extend(&needed[place].nodes);
            if needed[place].takes_part {
                nodes.insert(place);
            }
        }
        needed.push(Needed { takes_part: takes_part(node), nodes });
    }
    needed
}

struct Matching<'n> {
    needed: &'n [Needed],
    /// The next node of the chain of each node.
    successors: Vec<Option<usize>>,
    /// The nodes that no search has tried in vain. Later searches would try the others in vain, too.
    hopeful: Bits,
}

impl<'n> Matching<'n> {
    fn new(needed: &'n [Needed]) -> Self {
        let hopeful = Bits(vec![u64::MAX; needed.len().div_ceil(64)]);
        Self { needed, successors: vec![None; needed.len()], hopeful }
    }

    /// Makes a node the successor of another, if all nodes that are successors can stay successors. Takes the last node that
    /// it needs if that has no successor: tasks that follow one another closely are more often of one kind.
    fn augment(&mut self, node: usize) -> bool {
        let mut untried = self.hopeful.clone();
        // The path: each node looks for a predecessor, and takes that of the node behind it in the path.
        let mut path = vec![(node, None)];
        while let Some((node, predecessor)) = path.last_mut() {
            let nodes = &self.needed[*node].nodes;
            let free = nodes.last_of(&untried, |place| self.successors[place].is_none());
            let Some(place) = free.or_else(|| nodes.last_of(&untried, |_| true)) else {
                path.pop();
                continue;
            };
            untried.remove(place);
            *predecessor = Some(place);
            match self.successors[place] {
                Some(successor) => path.push((successor, None)),
                None => {
                    for (node, predecessor) in path {
                        if let Some(predecessor) = predecessor {
                            self.successors[predecessor] = Some(node);
                        }
                    }
                    return true;
                }
            }
        }
        self.hopeful = untried;
        false
    }
}

/// A set of places.
#[derive(Clone)]
struct Bits(Vec<u64>);

impl Bits {
    fn insert(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    fn remove(&mut self, place: usize) {
        self.0[place / 64] &= !(1 << (place % 64));
    }

    fn extend(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }

    /// Returns the last place that is in both sets and for which `is_fit` holds.
    fn last_of(&self, other: &Self, is_fit: impl Fn(usize) -> bool) -> Option<usize> {
        self.0.iter().zip(&other.0).enumerate().rev().find_map(|(index, (word, other))| {
            let mut both = word & other;
            while both != 0 {
                let bit = 63 - both.leading_zeros() as usize;
                if is_fit(index * 64 + bit) {
                    return Some(index * 64 + bit);
                }
                both &= !(1 << bit);
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the chains of a graph whose nodes are in order.
    fn chains_of(dependencies: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let order: Vec<usize> = (0..dependencies.len()).collect();
        chains(&order, |node| dependencies[node].clone(), |_| true)
    }

    fn reaches(dependencies: &[Vec<usize>], from: usize, to: usize) -> bool {
        dependencies[from].iter().any(|&it| it == to || reaches(dependencies, it, to))
    }

    /// Every graph of `nodes` nodes in which dependencies come first.
    fn all_graphs(nodes: usize) -> impl Iterator<Item = Vec<Vec<usize>>> {
        let pairs = nodes * nodes.saturating_sub(1) / 2;
        (0_u32..1 << pairs).map(move |edges| {
            let depends = |node: usize, other: usize| edges & (1 << (node * (node - 1) / 2 + other)) != 0;
            (0..nodes).map(|node| (0..node).filter(|&other| depends(node, other)).collect()).collect()
        })
    }

    /// The size of the largest set of nodes of which none needs another: no fewer chains can have them all.
    fn widest(dependencies: &[Vec<usize>]) -> usize {
        let nodes = dependencies.len();
        let sets = (0_u32..1 << nodes).map(|set| (0..nodes).filter(move |node| set & (1 << node) != 0));
        let is_wide =
            |set: &Vec<usize>| set.iter().all(|&node| set.iter().all(|&other| !reaches(dependencies, node, other)));
        sets.map(Iterator::collect::<Vec<_>>).filter(is_wide).map(|set| set.len()).max().unwrap_or(0)
    }

    #[test]
    fn there_are_as_few_chains_as_possible_and_each_node_is_in_one() {
        for nodes in 0..=5 {
            for graph in all_graphs(nodes) {
                let chains = chains_of(&graph);
                let mut all = chains.concat();
                all.sort_unstable();
                assert_eq!(all, (0..nodes).collect::<Vec<_>>(), "{graph:?}: {chains:?}");
                for chain in &chains {
                    assert!(chain.windows(2).all(|pair| reaches(&graph, pair[1], pair[0])), "{graph:?}: {chains:?}");
                }
                assert_eq!(chains.len(), widest(&graph), "{graph:?}: {chains:?}");
            }
        }
    }

    #[test]
    fn a_node_that_takes_no_part_leads_from_one_to_another() {
        let order = [2, 0, 1];
        let dependencies = [vec![2], vec![0], vec![]];
        assert_eq!(chains(&order, |node| dependencies[node].clone(), |node| node != 0), [vec![2, 1]]);
    }

    #[test]
    fn the_order_may_be_any_topological_one() {
        let order = [3, 1, 0, 2];
        let dependencies = [vec![3], vec![3], vec![0, 1], vec![]];
        let chains = chains(&order, |node| dependencies[node].clone(), |_| true);
        assert_eq!(chains.len(), 2);
        assert!(chains.iter().flat_map(|chain| chain.windows(2)).all(|pair| reaches(&dependencies, pair[1], pair[0])));
    }

    #[test]
    fn a_thousand_nodes_need_no_deep_stack() {
        let chain: Vec<Vec<usize>> = (0..1000_usize).map(|node| node.checked_sub(1).into_iter().collect()).collect();
        assert_eq!(chains_of(&chain).len(), 1);
        let layers: Vec<Vec<usize>> = (0..1000_usize)
            .map(|node| if node < 10 { vec![] } else { (node / 10 * 10 - 10..node / 10 * 10).collect() })
            .collect();
        assert_eq!(chains_of(&layers).len(), 10);
    }
}
