//! The null ceilings: what the bare generator reached, and how near a cell
//! comes to it.

use std::collections::HashMap;

use triathlon_contract::ceiling::WORKLOAD;
use triathlon_contract::record::{Record, RunFile};
use triathlon_statistics::Summary as Estimate;

use crate::metrics::{self, Cpus};
use crate::status;
use crate::summary::{Ceiling, Spread};
use crate::text;

/// The ceiling of the run that a record belongs to; none for a case's.
pub(crate) fn name<'a>(run: &RunFile, id: &'a str) -> Option<&'a str> {
    let (workload, rest) = id.split_once('@')?;
    let name = rest.strip_suffix("/generator").filter(|_| workload == WORKLOAD)?;
    let known = run.ceilings.iter().any(|known| known == name);
    (known && parsed(name).is_some()).then_some(name)
}

fn parsed(name: &str) -> Option<triathlon_contract::Ceiling> {
    name.parse().ok()
}

/// The ceilings of a run in its order, those without an execution too; what is
/// no ceiling's name is left out.
pub(crate) fn ceilings(run: &RunFile, records: &[Record]) -> Vec<Ceiling> {
    let cpus = Cpus::of(run, true);
    let mut values: HashMap<&str, Vec<_>> = HashMap::new();
    for record in records.iter().filter(|record| status::counts(record)) {
        if let Some(name) = name(run, &record.id) {
            values.entry(name).or_default().push(metrics::of(record, cpus));
        }
    }
    let known = run.ceilings.iter().filter_map(|name| Some((name, parsed(name)?)));
    known
        .map(|(name, ceiling)| {
            let own = values.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            let spread = |metric: &str| -> Option<Spread> {
                let values: Vec<f64> =
                    own.iter().filter_map(|values| values.get(metric).copied()).collect();
                Some(Estimate::of(&values)?.into())
            };
            Ceiling {
                name: name.clone(),
                connections: ceiling.connections,
                document: ceiling.document.path(),
                n: own.len(),
                throughput_per_s: spread("throughput_per_s"),
                server_cpu_share: spread("server_cpu_share"),
                generator_cpu_share: spread("contestant_cpu_share"),
            }
        })
        .collect()
}

/// A cell's median rate over that of its ceiling.
pub(crate) fn share(rate: Option<&Spread>, name: &str, ceilings: &[Ceiling]) -> Option<f64> {
    let ceiling = ceilings.iter().find(|ceiling| ceiling.name == name)?.throughput_per_s?;
    let share = rate?.median / ceiling.median;
    share.is_finite().then(|| text::six_digits(share))
}
