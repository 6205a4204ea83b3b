//! A graph as data, for contestants that are told of it as the program runs.

/// A graph: for each task the tasks it depends on, which have lower numbers. The last task is awaited.
pub struct Shape {
    /// How people call it.
    pub name: &'static str,
    /// The dependencies of each task.
    pub dependencies: &'static [&'static [usize]],
}

impl Shape {
    /// Counts the tasks.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.dependencies.len()
    }

    /// Returns the tasks that wait for each task.
    #[must_use]
    pub fn dependents(&self) -> Vec<Vec<usize>> {
        let mut dependents = vec![Vec::new(); self.tasks()];
        for (task, dependencies) in self.dependencies.iter().enumerate() {
            dependencies.iter().for_each(|&dependency| dependents[dependency].push(task));
        }
        dependents
    }

    /// Returns the graph with no more than `limit` inputs a node, for a contestant that takes no more: nodes that add
    /// inputs stand between, made once for tasks with the same dependencies.
    #[must_use]
    pub fn narrowed(&self, limit: usize) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut places = Vec::new();
        let mut added: Vec<(&[usize], Vec<usize>)> = Vec::new();
        for (task, &dependencies) in self.dependencies.iter().enumerate() {
            let known = added.iter().find(|(same, _)| *same == dependencies).map(|(_, inputs)| inputs.clone());
            let inputs = known.unwrap_or_else(|| {
                let mut inputs: Vec<usize> = dependencies.iter().map(|&dependency| places[dependency]).collect();
                while inputs.len() > limit {
                    inputs = inputs
                        .chunks(limit)
                        .map(|chunk| {
                            nodes.push(Node { task: None, inputs: chunk.to_vec() });
                            nodes.len() - 1
                        })
                        .collect();
                }
                added.push((dependencies, inputs.clone()));
                inputs
            });
            places.push(nodes.len());
            nodes.push(Node { task: Some(task), inputs });
        }
        nodes
    }
}

/// A task, or an addition of inputs for the sake of a limit.
pub struct Node {
    /// The task; none for an addition.
    pub task: Option<usize>,
    /// The nodes that it depends on.
    pub inputs: Vec<usize>,
}
