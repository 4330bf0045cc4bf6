//! Which of a broker's nodes is tried next.

/// A broker's nodes in an order of one service's own, so that many workers of a node that dies go
/// to all of the others, each in its turn: every node is tried before any is tried again.
#[derive(Debug)]
pub(crate) struct Rotation<B> {
    brokers: Vec<B>,
    tried: usize,
}

impl<B> Rotation<B> {
    /// Shuffles them.
    ///
    /// # Panics
    ///
    /// There is none.
    pub(crate) fn new(mut brokers: Vec<B>) -> Self {
        assert!(!brokers.is_empty(), "a broker has an address");
        fastrand::shuffle(&mut brokers);
        Self { brokers, tried: 0 }
    }

    /// The one that is to be tried now.
    pub(crate) fn next(&mut self) -> &B {
        let next = self.tried % self.brokers.len();
        self.tried = next + 1;
        &self.brokers[next]
    }

    /// The one that [`Self::next`] takes.
    pub(crate) fn upcoming(&self) -> &B {
        &self.brokers[self.tried % self.brokers.len()]
    }

    /// How many there are; at least one.
    pub(crate) fn len(&self) -> usize {
        self.brokers.len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_node_is_tried_before_any_is_tried_again_in_any_order() {
        let mut orders = HashSet::new();
        for _ in 0..1_000 {
            let mut rotation = Rotation::new(vec!["a", "b", "c"]);
            let first = *rotation.upcoming();
            let order = [(); 3].map(|()| *rotation.next());
            assert_eq!(order[0], first);
            assert_eq!([(); 3].map(|()| *rotation.next()), order);
            assert_eq!(order.into_iter().collect::<HashSet<_>>().len(), 3);
            orders.insert(order);
        }
        assert_eq!(orders.len(), 6);
    }
}
