//! All processes of the supervisor, and a number that tells whether any of them may have changed.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};

use super::member::{Member, ProcessId};

/// Names one state of all members. Two states never have the same one, not even of two supervisors, so what
/// was made from the members is good for as long as their revision stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision(u64);

impl Revision {
    /// One that no members have had.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The members by id. Everybody may read them; all that changes them passes through here, and no member
/// can be changed through a shared reference.
#[derive(Debug)]
pub(super) struct Members {
    by_id: BTreeMap<ProcessId, Member>,
    revision: Revision,
}

impl Members {
    pub(super) fn new() -> Self {
        Self {
            by_id: BTreeMap::new(),
            revision: Revision::next(),
        }
    }

    /// Which state this is.
    pub(super) const fn revision(&self) -> Revision {
        self.revision
    }

    /// A member, to be changed.
    pub(super) fn get_mut(&mut self, id: ProcessId) -> Option<&mut Member> {
        self.revision = Revision::next();
        self.by_id.get_mut(&id)
    }

    /// Something that is told of members changed, but none of them.
    pub(super) fn touch(&mut self) {
        self.revision = Revision::next();
    }

    /// Adds a member.
    pub(super) fn insert(&mut self, member: Member) {
        self.revision = Revision::next();
        self.by_id.insert(member.id, member);
    }

    /// Takes a member out.
    pub(super) fn remove(&mut self, id: ProcessId) -> Option<Member> {
        self.revision = Revision::next();
        self.by_id.remove(&id)
    }
}

impl Deref for Members {
    type Target = BTreeMap<ProcessId, Member>;

    fn deref(&self) -> &Self::Target {
        &self.by_id
    }
}
