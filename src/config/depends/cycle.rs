//! Looks for cycles among those who depend on each other, without recursion and in time proportional to the edges
//! (LIF-007, LIF-018, LIF-019).

use std::collections::{HashMap, HashSet};

use super::Targets;
use crate::process::lifecycle::Whom;

/// Processes, and the sets that they are depended on by: a set is a node of its own, so that a thousand dependents of a
/// thousand processes are two thousand edges and not a million.
pub(super) struct Graph {
    /// For each node where it leads, and by which edge of a wish.
    leads: Vec<Vec<(usize, Option<usize>)>>,
    /// Processes, in the order in which they are looked at.
    order: Vec<usize>,
    /// For each process its place in that order.
    ranks: Vec<usize>,
    sets: HashMap<Whom, usize>,
    /// The wish of each edge.
    wishes: Vec<usize>,
    cut: HashSet<usize>,
}

/// A way from a process to itself.
pub(super) struct Cycle {
    /// Processes, the first one again at the end.
    pub(super) nodes: Vec<usize>,
    /// The edges of wishes on the way.
    pub(super) edges: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Not,
    OnTheWay,
    Done,
}

impl Graph {
    /// A graph without edges; `order` has each process once.
    pub(super) fn new(order: &[usize]) -> Self {
        let mut ranks = vec![0; order.len()];
        for (rank, node) in order.iter().enumerate() {
            if let Some(place) = ranks.get_mut(*node) {
                *place = rank;
            }
        }
        Self {
            leads: vec![Vec::new(); order.len()],
            order: order.to_vec(),
            ranks,
            sets: HashMap::new(),
            wishes: Vec::new(),
            cut: HashSet::new(),
        }
    }

    /// One more edge: a process depends on those. Gives its number.
    pub(super) fn connect(
        &mut self,
        from: Option<usize>,
        targets: Targets<'_>,
        wish: usize,
    ) -> usize {
        let edge = self.wishes.len();
        self.wishes.push(wish);
        let to = match targets.set {
            None => targets.places.first().copied(),
            Some(set) => Some(self.set(set, targets.places)),
        };
        let leads = from.and_then(|from| self.leads.get_mut(from));
        if let (Some(leads), Some(to)) = (leads, to) {
            leads.push((to, Some(edge)));
        }
        edge
    }

    /// The node of a set.
    fn set(&mut self, set: Whom, places: &[usize]) -> usize {
        if let Some(node) = self.sets.get(&set) {
            return *node;
        }
        let node = self.leads.len();
        self.sets.insert(set, node);
        let members = places.iter().map(|place| (*place, None));
        self.leads.push(members.collect());
        node
    }

    /// The wish of an edge.
    pub(super) fn wish(&self, edge: usize) -> Option<usize> {
        self.wishes.get(edge).copied()
    }

    /// Leaves an edge out from now on.
    pub(super) fn cut(&mut self, edge: usize) {
        self.cut.insert(edge);
    }

    /// A cycle, the same on every run; none if there is none.
    pub(super) fn cycle(&self) -> Option<Cycle> {
        let mut seen = vec![Seen::Not; self.leads.len()];
        for start in &self.order {
            if seen.get(*start) == Some(&Seen::Not)
                && let Some(cycle) = self.from(*start, &mut seen)
            {
                return Some(cycle);
            }
        }
        None
    }

    /// Walks in depth from one node. Each step is the node, the edge that led to it, and how many of its own were taken.
    fn from(&self, start: usize, seen: &mut [Seen]) -> Option<Cycle> {
        let mut way: Vec<(usize, Option<usize>, usize)> = vec![(start, None, 0)];
        mark(seen, start, Seen::OnTheWay);
        while let Some((node, _, taken)) = way.last_mut() {
            let (node, at) = (*node, *taken);
            *taken += 1;
            let Some((to, edge)) = self.leads.get(node).and_then(|leads| leads.get(at)) else {
                mark(seen, node, Seen::Done);
                way.pop();
                continue;
            };
            if edge.is_some_and(|edge| self.cut.contains(&edge)) {
                continue;
            }
            match seen.get(*to) {
                Some(Seen::Not) => {
                    mark(seen, *to, Seen::OnTheWay);
                    way.push((*to, *edge, 0));
                }
                Some(Seen::OnTheWay) => return Some(self.closed(&way, *to, *edge)),
                Some(Seen::Done) | None => {}
            }
        }
        None
    }

    /// The end of a way that has come back to a node on it.
    fn closed(
        &self,
        way: &[(usize, Option<usize>, usize)],
        back_at: usize,
        last: Option<usize>,
    ) -> Cycle {
        let from = way.iter().position(|step| step.0 == back_at).unwrap_or(0);
        let round = way.get(from..).unwrap_or_default();
        // the edge into the first node of the round is none of it
        let mut edges: Vec<usize> = round.iter().skip(1).filter_map(|step| step.1).collect();
        edges.extend(last);
        let is_process = |node: &usize| *node < self.ranks.len();
        let mut nodes: Vec<usize> = round.iter().map(|step| step.0).filter(is_process).collect();
        let nodes_in_place = nodes.iter().enumerate();
        let first = nodes_in_place.min_by_key(|(_, node)| self.ranks.get(**node));
        let first = first.map_or(0, |(at, _)| at);
        nodes.rotate_left(first);
        nodes.extend(nodes.first().copied());
        Cycle { nodes, edges }
    }
}

fn mark(seen: &mut [Seen], node: usize, as_what: Seen) {
    if let Some(place) = seen.get_mut(node) {
        *place = as_what;
    }
}
