//! What a run says of itself before it starts: plan, machine, build, versions,
//! and the code of its cells.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use triathlon_contract::record::{
    ChartFile, ContestantFile, FilesPlace, RunFile, SCHEMA, SessionFile, SliceStudy, SliceTrial,
    WorkloadFile,
};
use triathlon_contract::{CaseId, SUITE_VERSION, WORKLOADS};

use crate::contestants::{self, REFERENCE};
use crate::machine::alone::Hold;
use crate::plan::{Plan, Slicing};
use crate::run::Settings;
use crate::{build, guests, machine, time};

/// `run.json`: everything that is known before the first execution.
pub(crate) fn run_file(plan: &Plan, settings: &Settings, files: Option<FilesPlace>) -> RunFile {
    let started = time::now_s();
    let machine = machine::machine();
    let dirty = build::dirty();
    let started_at = time::utc(started);
    let stamp: String = started_at.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let commit = format!("{}{}", build::COMMIT, if dirty { "+dirty" } else { "" });
    let mut placement = settings.placement.clone();
    if !build::optimised() {
        placement.reasons.push("built without optimisation: no figure here means anything".into());
    }
    RunFile {
        schema: SCHEMA,
        id: format!("{stamp}-{commit}-{}-{:x}", machine.id, plan.order.seed),
        profile: plan.profile.name.to_string(),
        verdicts: plan.profile.verdicts,
        parts: plan.profile.parts,
        reversed: plan.order.reversed,
        keep_disturbed: settings.keep_disturbed,
        seed: plan.order.seed,
        rounds: plan.order.rounds,
        started_at,
        suite_version: SUITE_VERSION.to_string(),
        package_version: env!("CARGO_PKG_VERSION").to_string(),
        commit: build::COMMIT.to_string(),
        dirty,
        build: build::facts(),
        machine,
        placement,
        versions: build::versions(),
        lock_sha256: build::lock_sha256(),
        reference: REFERENCE.to_string(),
        filters: settings.filters.clone(),
        guests: settings.programs.guests.iter().map(|(name, _)| name.clone()).collect(),
        contestants: contestant_files(plan),
        workloads: workload_files(plan),
        cases: plan.case_files(),
        ceilings: plan.ceilings.iter().map(ToString::to_string).collect(),
        slice_study: slice_study(plan),
        files,
        postgres: settings.database.as_ref().map(|database| database.file.clone()),
    }
}

/// What `scripts/accept slices 15 harness/src/slices.json` wrote.
const SLICE_STUDY: &str = include_str!("slices.json");

/// The part of the study that is about presets of the plan; nothing if the user
/// wants no slices.
fn slice_study(plan: &Plan) -> Option<SliceStudy> {
    let mut study: SliceStudy = serde_json::from_str(SLICE_STUDY).ok()?;
    let presets: BTreeSet<String> = plan.cases.iter().map(|one| one.case.id.what()).collect();
    let tried = |trial: &SliceTrial| presets.contains(&trial.preset);
    study.trials.retain(|trial| plan.slicing != Slicing::Off && tried(trial));
    (!study.trials.is_empty()).then_some(study)
}

/// A session that begins now, with what disturbs it.
pub(crate) fn session_file(session: u64, first_sequence: u64, hold: &Hold) -> SessionFile {
    let boot = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let mut reasons = Vec::new();
    if let Hold::Shared = hold {
        let reason = "another run measured on this machine at the same time: repeat it alone";
        reasons.push(reason.to_string());
    }
    SessionFile {
        schema: SCHEMA,
        session,
        started_at: time::utc(time::now_s()),
        first_sequence,
        boot: build::hex(&Sha256::digest(boot))[..8].to_string(),
        reasons,
    }
}

/// All of this program, and the guests of the plan.
fn contestant_files(plan: &Plan) -> Vec<ContestantFile> {
    let planned = |name| plan.cases.iter().any(|selected| selected.contestant.name == name);
    let guests = guests::ALL.iter().map(|guest| guest.contestant);
    let guests = guests.filter(|contestant| planned(contestant.name));
    let flavours = contestants::ALL.into_iter().chain(guests).flat_map(|contestant| {
        contestant.flavours.iter().map(move |flavour| ContestantFile {
            who: contestants::who(contestant, flavour),
            style: contestant.style.name().to_string(),
            about: contestant.about.to_string(),
        })
    });
    flavours.collect()
}

fn workload_files(plan: &Plan) -> Vec<WorkloadFile> {
    let of = |name| plan.cases.iter().filter(move |s| s.case.id.workload == name);
    let planned = |name: &'static str| of(name).next().is_some();
    let files = WORKLOADS.iter().filter(|workload| planned(workload.name)).map(|workload| {
        let chart = workload.chart;
        WorkloadFile {
            open: of(workload.name).any(|selected| selected.case.load.is_some()),
            name: workload.name.to_string(),
            category: workload.category.name().to_string(),
            question: workload.question.to_string(),
            timed: workload.timed.to_string(),
            operation: workload.operation.to_string(),
            beside: workload.beside.map(str::to_string),
            server: workload.server,
            chart: ChartFile {
                over: chart.over.to_string(),
                over_label: chart.over_label.to_string(),
                panel: chart.panel.to_string(),
                panel_label: chart.panel_label.to_string(),
                panel_zero: chart.panel_zero.to_string(),
                metric: chart.metric.to_string(),
            },
        }
    });
    files.collect()
}

/// The code of every cell of the plan, by `workload/contestant[:way]`: presets
/// and flavours share it.
pub(crate) fn sources(plan: &Plan) -> BTreeMap<String, &'static str> {
    let sources = plan.cases.iter().filter(|selected| !selected.case.source.is_empty());
    sources.map(|selected| (cell(&selected.case.id), selected.case.source)).collect()
}

fn cell(id: &CaseId) -> String {
    let CaseId { workload, contestant, way, .. } = id;
    match way.as_str() {
        "" => format!("{workload}/{contestant}"),
        way => format!("{workload}/{contestant}:{way}"),
    }
}
