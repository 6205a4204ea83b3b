//! In: wishes with weights. Out: the numbers nearest to them that do not fall.

/// Neighbours that move as one.
struct Pool {
    wish: f64,
    weight: f64,
    count: usize,
}

impl Pool {
    fn with(&self, below: &Self) -> Self {
        let weight = self.weight + below.weight;
        let wish = (self.wish * self.weight + below.wish * below.weight) / weight;
        Self { wish, weight, count: self.count + below.count }
    }
}

/// Solves an isotonic regression exactly, by pooling what violates it.
pub(crate) fn regress(wishes: impl IntoIterator<Item = (f64, f64)>) -> Vec<f64> {
    let mut pools: Vec<Pool> = Vec::new();
    for (wish, weight) in wishes {
        let mut pool = Pool { wish, weight, count: 1 };
        while let Some(last) = pools.last().filter(|last| last.wish > pool.wish) {
            pool = last.with(&pool);
            pools.pop();
        }
        pools.push(pool);
    }
    pools.into_iter().flat_map(|pool| std::iter::repeat_n(pool.wish, pool.count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_falls_is_drawn_together_by_weight() {
        assert_eq!(regress([(1.0, 1.0), (5.0, 1.0), (2.0, 2.0), (9.0, 1.0)]), [1.0, 3.0, 3.0, 9.0]);
    }
}
