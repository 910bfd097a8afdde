//! A story is a list of steps, each with the seed of its dice, so that a step means the same wherever it stands.
//! One that fails is made shorter as long as it still fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::random::Random;

/// How many shorter stories are tried at most.
const ATTEMPTS: usize = 3000;

/// The steps of a life that nobody has shortened.
pub(crate) fn whole(seed: u64, steps: usize) -> Vec<u64> {
    let mut random = Random::new(seed ^ 0x5eed);
    (0..steps).map(|_| random.below(u64::MAX)).collect()
}

/// How telling the story ends.
pub(crate) fn end_of(tell: impl FnOnce()) -> std::thread::Result<()> {
    catch_unwind(AssertUnwindSafe(tell))
}

/// Whether telling the story fails.
pub(crate) fn fails(tell: impl FnOnce()) -> bool {
    end_of(tell).is_err()
}

/// The shortest story found that still fails: parts are left out, large ones first.
pub(crate) fn shrink(story: Vec<u64>, mut fails: impl FnMut(&[u64]) -> bool) -> Vec<u64> {
    let mut story = story;
    let mut size = story.len().div_ceil(2).max(1);
    let mut attempts = 0;
    loop {
        let mut at = 0;
        let before = story.len();
        while at < story.len() && attempts < ATTEMPTS {
            attempts += 1;
            let end = story.len().min(at + size);
            let shorter = [&story[..at], &story[end..]].concat();
            if fails(&shorter) {
                story = shorter;
            } else {
                at = end;
            }
        }
        if attempts >= ATTEMPTS || (size == 1 && story.len() == before) {
            return story;
        }
        size = (size / 2).max(1);
    }
}

/// The story as text for `SIM_STORY`.
pub(crate) fn write(seed: u64, story: &[u64]) -> String {
    let steps: Vec<_> = story.iter().map(ToString::to_string).collect();
    format!("{seed}:{}", steps.join(","))
}

/// Reads what [`write`] wrote.
pub(crate) fn read(text: &str) -> Option<(u64, Vec<u64>)> {
    let (seed, steps) = text.split_once(':')?;
    let steps = steps.split_terminator(',').map(|step| step.parse().ok());
    Some((seed.parse().ok()?, steps.collect::<Option<_>>()?))
}

#[test]
fn a_failing_story_shrinks_to_what_matters() {
    let story: Vec<u64> = (0..300).collect();
    let both = |story: &[u64]| story.contains(&17) && story.contains(&230);
    assert_eq!(shrink(story, both), [17, 230]);
    assert_eq!(shrink(vec![5], |_| true), Vec::<u64>::new());
}

#[test]
fn a_story_can_be_written_down() {
    for story in [vec![], vec![1], vec![1, u64::MAX]] {
        assert_eq!(read(&write(7, &story)), Some((7, story)));
    }
}
