//! Random lives of the whole supervisor, with a fake operating system and clock.
//!
//! A seed reproduces a run to the last effect. `SIM_SEEDS=N` runs N seeds, `SIM_SEED=S` just that one.

mod check;
mod program;
mod random;
mod world;

use supervisor::base::clock::Now;
use supervisor::base::fault::Fault;
use supervisor::base::signals::Signal;
use supervisor::events::pool::Serials;
use supervisor::supervisor::Supervisor;
use supervisor::supervisor::answer::Answer;
use supervisor::supervisor::owner::Owner;

use check::{Promises, check};
use random::Random;
use world::World;

/// How many things happen in one run before it is brought to its end.
const STEPS: usize = 300;

/// How many runs there are if nothing else is asked for.
const SEEDS: u64 = 400;

#[test]
fn random_lives_keep_the_invariants() {
    let only = std::env::var("SIM_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let count = std::env::var("SIM_SEEDS")
        .ok()
        .and_then(|count| count.parse().ok());
    let seeds = match only {
        Some(seed) => seed..seed + 1,
        None => 0..count.unwrap_or(SEEDS),
    };
    for seed in seeds {
        let told = std::panic::catch_unwind(|| live(seed));
        assert!(
            told.is_ok(),
            "seed {seed} failed; SIM_SEED={seed} runs it alone"
        );
    }
}

#[test]
fn a_seed_reproduces_its_run() {
    assert_eq!(live(7), live(7));
    assert_ne!(live(7), live(8));
}

/// One run; returns what the main log heard.
fn live(seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let world = World::new();
    let config = program::config(&mut random);
    world.set_config(config.clone());
    let mut supervisor = Supervisor::new(config, Box::new(world.os()), Serials::default());
    supervisor
        .add_all()
        .expect("the fake refuses no group here");
    let owner = Owner::new(supervisor, world::clock);
    let mut promises = Promises::default();
    owner.with(Supervisor::begin);
    for _ in 0..STEPS {
        step(&owner, &world, &mut random, &mut promises);
        owner.with(|supervisor, now| check(supervisor, &world, now));
        promises.collect();
        if world.is_finished() {
            break;
        }
    }
    end(&owner, &world, &mut promises);
    world.lines()
}

/// One thing happens.
fn step(owner: &Owner, world: &World, random: &mut Random, promises: &mut Promises) {
    match random.below(20) {
        0..6 => wait(owner, world, random),
        6..10 => world.end_some_child(random),
        10 => world.set_troubles(random),
        11 | 12 => ask(owner, random, promises, |supervisor, spec, wait, now| {
            supervisor.start(spec, wait, now)
        }),
        13 | 14 => ask(owner, random, promises, |supervisor, spec, wait, now| {
            supervisor.stop(spec, wait, now)
        }),
        15 => {
            let wait = random.chance(2);
            let answer = owner.with(|supervisor, now| {
                if wait {
                    supervisor.stop_all(true, now)
                } else {
                    supervisor.start_all(true, now)
                }
            });
            promises.add(answer);
        }
        16 => {
            let spec = random.spec();
            let signal = Signal::from_number(15);
            // refusals are as good as signals here
            let _ = owner.with(|supervisor, now| supervisor.signal(&spec, signal, "TERM", now));
        }
        17 => update(owner, world, random),
        18 if random.chance(20) => {
            // a refusal leaves everything as it is, which the invariants check
            let _ = owner.with(|supervisor, _| supervisor.restart());
        }
        19 if random.chance(20) => {
            owner.with(|supervisor, now| supervisor.exit_signal(Signal::TERM, now));
        }
        _ => reap(owner, world),
    }
}

type Request = fn(&mut Supervisor, &str, bool, Now) -> Result<Answer, Fault>;

fn ask(owner: &Owner, random: &mut Random, promises: &mut Promises, request: Request) {
    let (spec, wait) = (random.spec(), random.chance(2));
    let gone = owner.with(|supervisor, _| supervisor.state().code() != 1);
    // the gate of the RPC layer stands before these
    if !gone && let Ok(answer) = owner.with(|supervisor, now| request(supervisor, &spec, wait, now))
    {
        promises.add(answer);
    }
}

/// The configuration changes and some of it is put into effect, as `supervisorctl update` does.
fn update(owner: &Owner, world: &World, random: &mut Random) {
    world.set_config(program::config(random));
    if owner.with(|supervisor, _| supervisor.state().code() != 1) {
        return;
    }
    let Ok(changes) = owner.with(|supervisor, _| supervisor.reread()) else {
        return;
    };
    for name in changes.removed.iter().chain(&changes.changed) {
        // a group that still runs is refused; the next update takes it
        let _ = owner.with(|supervisor, now| supervisor.stop_group(name, false, now));
        reap(owner, world);
        let _ = owner.with(|supervisor, _| supervisor.remove_group(name));
    }
    for name in changes.added.iter().chain(&changes.changed) {
        // a changed group that could not be removed is there already
        let _ = owner.with(|supervisor, _| supervisor.add_group(name));
    }
}

/// Time passes, sometimes up to the next deadline, and what is due is done.
fn wait(owner: &Owner, world: &World, random: &mut Random) {
    world.advance(random);
    reap(owner, world);
    owner.with(Supervisor::due);
}

/// As the daemon does it: what was reaped is told in one visit, before anything else can happen.
fn reap(owner: &Owner, world: &World) {
    let ended = world.take_ended();
    owner.with(|supervisor, now| {
        for (pid, exit) in ended {
            supervisor.reaped(pid, exit, now);
        }
    });
}

/// Everything goes down: each deadline leads somewhere, each child is reaped, each promise is kept.
fn end(owner: &Owner, world: &World, promises: &mut Promises) {
    world.be_healthy();
    owner.with(|supervisor, now| supervisor.exit_signal(Signal::TERM, now));
    for _ in 0..20_000 {
        reap(owner, world);
        owner.with(Supervisor::due);
        owner.with(|supervisor, now| check(supervisor, world, now));
        if world.is_finished() {
            break;
        }
        assert!(
            world.advance_to_deadline(),
            "nothing is due, yet something is not stopped"
        );
    }
    assert!(world.is_finished(), "the shutdown does not come to its end");
    assert_eq!(world.children(), 0, "a child was left behind");
    promises.collect();
    promises.all_kept();
}
