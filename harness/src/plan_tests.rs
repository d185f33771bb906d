//! What a plan contains, and in which order.

use std::collections::HashMap;
use std::time::Duration;

use super::{Item, Order, Plan, Planned, Slicing};
use crate::machine::two_cpus;
use crate::{profile, selection};
use triathlon_contract::Limits;

const LIMITS: Limits =
    Limits { descriptors: 20_000, threads: 16_000, ports: 28_232, ..Limits::NONE };

fn plan(seed: u64, profile_name: &str) -> Plan {
    let cases = selection::all(&two_cpus(), LIMITS);
    let profile = profile::find(profile_name).unwrap();
    let order = Order { rounds: profile.rounds, seed, reversed: false };
    Plan::new(cases, profile, order)
}

#[test]
fn every_round_has_every_case_once_and_the_reference_twice() {
    let plan = plan(1, "quick");
    let mut seen: HashMap<(u64, Item, bool), u32> = HashMap::new();
    for planned in &plan.executions {
        if let Item::Case(case) = planned.item {
            assert!(plan.cases[case].case.absent.is_none());
        }
        *seen.entry((planned.round, planned.item, planned.twin)).or_default() += 1;
    }
    assert!(seen.values().all(|count| *count == 1));
    let runs = plan.cases.iter().filter(|selected| selected.case.absent.is_none()).count();
    let twins = seen.keys().filter(|(round, _, twin)| *round == 1 && *twin).count();
    assert!(twins > 10);
    assert!(plan.ceilings.len() >= 4, "{:?}", plan.ceilings);
    assert_eq!(plan.executions.len(), (runs + twins + plan.ceilings.len()) * 6);
    for case in plan.case_files() {
        let named = plan.ceilings.iter().any(|c| Some(c.to_string()) == case.ceiling);
        assert_eq!(named, case.ceiling.is_some(), "{case:?}");
    }
}

#[test]
fn the_seed_decides_the_order_and_rounds_differ() {
    let (first, again, other) = (plan(1, "quick"), plan(1, "quick"), plan(2, "quick"));
    assert_eq!(first.executions, again.executions);
    assert_ne!(first.executions, other.executions);
    let order = |round: u64| -> Vec<Item> {
        let of_round = first.executions.iter().filter(|planned| planned.round == round);
        of_round.map(|planned| planned.item).collect()
    };
    assert_ne!(order(1), order(2));
}

/// The whole of `cargo bench` has its budget in `budget.rs`.
#[test]
fn a_smoke_run_fits_its_budget() {
    let smoke = profile::find("smoke").unwrap();
    // What it runs: presets that need time are left out of it.
    let selection = selection::Selection { scope: smoke.scope, ..Default::default() };
    let cases = selection.cases(&two_cpus(), LIMITS).unwrap();
    let order = Order { rounds: 1, seed: 1, reversed: false };
    let seconds = Plan::new(cases, smoke, order).duration().as_secs_f64();
    assert!(seconds <= 90.0, "smoke is planned for {seconds:.0} s");
}

/// What others can be asked to repeat.
#[test]
fn a_published_run_fits_its_budget() {
    let publish = profile::find("publish").unwrap();
    let selection =
        selection::Selection { scope: selection::Scope::Headlines, ..Default::default() };
    let cases = selection.cases(&two_cpus(), LIMITS).unwrap();
    let order = Order { rounds: publish.rounds, seed: 1, reversed: false };
    let plan = Plan::new(cases, publish, order);
    let runs = plan.cases.iter().filter(|selected| selected.case.absent.is_none()).count();
    assert!((40..=340).contains(&runs), "{runs} cases");
    let minutes = plan.duration().as_secs_f64() / 60.0;
    assert!(minutes <= 100.0, "publish is planned for {minutes:.0} minutes");
    assert_eq!((plan.part(1), plan.part(10), plan.part(11), plan.part(20)), (1, 1, 2, 2));
}

#[test]
fn without_the_reference_another_contestant_is_executed_twice() {
    let names = ["smol", "blocking"].map(str::to_string);
    let selection = selection::Selection { contestants: names.into(), ..Default::default() };
    let cases = selection.cases(&two_cpus(), LIMITS).unwrap();
    let order = Order { rounds: 1, seed: 1, reversed: false };
    let plan = Plan::new(cases, profile::find("quick").unwrap(), order);
    let twins: Vec<String> = plan
        .executions
        .iter()
        .filter(|planned| planned.twin)
        .map(|planned| plan.what(planned.item).id().to_string())
        .collect();
    assert!(twins.contains(&"fan-out@n100/blocking".to_string()), "{twins:?}");
    assert!(twins.contains(&"fan-out@n5000/smol/multi-thread".to_string()), "{twins:?}");
}

/// What is compared lies together: the machine's speed drifts within seconds.
#[test]
fn a_round_goes_from_preset_to_preset_in_random_order() {
    let plan = plan(1, "quick");
    let what = |planned: &Planned| plan.what(planned.item).id().what();
    let orders: Vec<Vec<String>> = (1..=6)
        .map(|round| {
            let of_round = plan.executions.iter().filter(|planned| planned.round == round);
            let mut presets: Vec<String> = of_round.map(what).collect();
            presets.dedup();
            presets
        })
        .collect();
    let mut distinct = orders[0].clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), orders[0].len(), "each preset in one piece");
    assert!(orders.iter().all(|order| order.len() == distinct.len()));
    assert_ne!(orders[0], orders[1]);
    let of_preset = |round: u64| -> Vec<(Item, bool)> {
        let own = |planned: &&Planned| planned.round == round && what(planned) == "fan-out@n10";
        plan.executions.iter().filter(own).map(|planned| (planned.item, planned.twin)).collect()
    };
    assert_ne!(of_preset(1), of_preset(2));
}

#[test]
fn a_reversed_plan_has_the_same_rounds_backwards() {
    let forwards = plan(3, "quick");
    let order = Order { reversed: true, ..forwards.order };
    let backwards = Plan::new(forwards.cases.clone(), forwards.profile, order);
    for round in 1..=6 {
        let of = |plan: &Plan| -> Vec<(Item, bool)> {
            let of_round = plan.executions.iter().filter(|planned| planned.round == round);
            of_round.map(|planned| (planned.item, planned.twin)).collect()
        };
        let mut reversed = of(&backwards);
        reversed.reverse();
        assert_eq!(of(&forwards), reversed, "round {round}");
    }
}

/// Every execution belongs to one group; a group is one preset of one round, and all
/// of it.
#[test]
fn those_that_take_turns_are_all_of_a_preset_in_a_round() {
    let mut plan = plan(1, "quick");
    let groups = |plan: &Plan| {
        let mut groups = Vec::new();
        let mut first = 0;
        while first < plan.executions.len() {
            let (together, slice) = plan.turns(first);
            first += together.len();
            let presets = together.iter().map(|one| (one.round, plan.what(one.item).id().what()));
            let presets: std::collections::BTreeSet<_> = presets.collect();
            assert_eq!(presets.len(), 1, "{presets:?}");
            let (_, preset) = presets.into_iter().next().unwrap();
            assert_eq!(slice.is_some(), together.len() > 1, "{preset}");
            groups.push((preset, together.len(), slice));
        }
        groups
    };
    let ms = |preset: &str, groups: &[(String, usize, Option<Duration>)]| {
        let of: Vec<_> = groups.iter().filter(|group| group.0 == preset).cloned().collect();
        assert!(!of.is_empty(), "{preset}");
        (of.len() as u64, of[0].2.map(|slice| slice.as_millis()))
    };
    let usual = groups(&plan);
    for (preset, slice) in
        [("request-loop@c64-d0", 80), ("request-loop@c256-d0", 80), ("cpu@coarse-uniform", 50)]
    {
        assert_eq!(ms(preset, &usual), (6, Some(slice)), "one group a round");
    }
    let alone = ["c64-d20ms", "c64-d0-timeouts", "c1-d0"].map(|of| format!("request-loop@{of}"));
    let others = ["fan-out@n100", "cpu@fine-uniform"];
    for preset in alone.iter().map(String::as_str).chain(others) {
        let (count, slice) = ms(preset, &usual);
        assert!(count > 6 && slice.is_none(), "{preset} is executed one after the other");
    }
    assert!(usual.iter().any(|(preset, ..)| preset.starts_with("ceiling@")));
    plan.slicing = Slicing::Of(Duration::from_millis(200));
    assert_eq!(ms("request-loop@c64-d0", &groups(&plan)).1, Some(200));
    assert_eq!(ms("fan-out@n100", &groups(&plan)).1, None);
    plan.slicing = Slicing::Off;
    assert!(groups(&plan).iter().all(|(_, count, slice)| *count == 1 && slice.is_none()));
}

/// Of each case what its workload says, never what its parameters are called.
#[test]
fn what_is_wanted_at_once_counts_in_little_s_law_and_in_the_plan_of_memory() {
    let plan = plan(1, "quick");
    let at_once = |what: &str| {
        let at = plan.cases.iter().position(|selected| selected.case.id.what() == what);
        plan.what(Item::Case(at.unwrap_or_else(|| panic!("{what} is there")))).at_once()
    };
    for (what, want) in [
        ("fan-out@n100", Some(100)),
        ("websocket@c64-64b", Some(64)),
        ("websocket@c64-64b-w8", Some(512)),
        ("files@read-small-c16", Some(16)),
        ("connect@c16", Some(16)),
        ("pipeline@cap64-w1-64b", None),
        ("spawn@n1000-b100", Some(100)),
        ("lock@w8-1us", Some(8)),
    ] {
        assert_eq!(at_once(what), want, "{what}");
    }
    assert_eq!(plan.what(Item::Ceiling(0)).at_once(), Some(plan.ceilings[0].connections));

    // The same sockets, eight times as many messages at once.
    let memory = |window: &str| {
        let cases = selection::all(&two_cpus(), LIMITS).into_iter();
        let cases = cases.filter(|selected| selected.case.id.what() == window);
        let cases: Vec<_> = cases.collect();
        let operations = cases[0].case.operations;
        let order = Order { rounds: 1, seed: 1, reversed: false };
        let plan = Plan::new(cases, profile::find("quick").unwrap(), order);
        plan.memory_bytes() - operations * 24 - (8 << 20)
    };
    assert_eq!(memory("websocket@c64-64b"), 64 * (40 << 10));
    assert_eq!(memory("websocket@c64-64b-w8"), 512 * (40 << 10));
}

/// Ceilings, open loops and whatever waits do what the preset says.
#[test]
fn verdicts_rest_on_more_laps_where_only_the_cpu_bounds_them() {
    let (quick, default) = (plan(1, "quick"), plan(1, "default"));
    let mut more = 0;
    for (index, selected) in quick.cases.iter().enumerate() {
        let item = Item::Case(index);
        let computes =
            !selected.case.server && selected.case.waits.is_zero() && selected.case.files.is_none();
        let times = match (selected.case.slice.is_some(), computes) {
            (true, true) => 2,
            (true, false) | (false, true) => 4,
            (false, false) => 1,
        };
        let times = if selected.case.once { 1 } else { times };
        assert_eq!(default.laps(item), times * quick.laps(item), "{}", selected.case.id);
        more += times - 1;
    }
    assert!(more > 20, "{more}");
    let ceiling = Item::Ceiling(0);
    assert_eq!(default.laps(ceiling), quick.laps(ceiling));
}
