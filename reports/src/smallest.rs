//! How small a difference a run would have found: of one and the same program, from its two
//! labels, and of different programs, from each cell and its reference.

use triathlon_contract::record::WorkloadFile;
use triathlon_statistics::median;

use crate::summary::Summary;
use crate::verdicts;

/// Smallest true ratios above 1 that nine of ten such runs would find.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Smallest {
    /// Of one program that is changed, one for each preset.
    pub(crate) same: Vec<f64>,
    /// Of two programs, one for each cell with a reference.
    pub(crate) different: Vec<f64>,
}

impl Smallest {
    /// In one metric, whatever the workload's own is.
    pub(crate) fn in_metric(summary: &Summary, metric: &str) -> Self {
        Self::of(summary, |_| Some(metric))
    }

    /// In each workload's own metric.
    pub(crate) fn in_own_metric(summary: &Summary, workloads: &[WorkloadFile]) -> Self {
        Self::of(summary, |name| {
            let own = workloads.iter().find(|workload| workload.name == name);
            own.map(|workload| workload.chart.metric.as_str())
        })
    }

    fn of<'a>(summary: &Summary, metric: impl Fn(&str) -> Option<&'a str>) -> Self {
        let same = summary.noise.iter().filter_map(|noise| {
            let own = metric(&noise.workload) == Some(noise.metric.as_str());
            noise.smallest_difference.filter(|_| own)
        });
        let different = summary.cells.iter().filter_map(|cell| {
            cell.against_reference.get(metric(&cell.workload)?)?.smallest_difference
        });
        Self { same: same.collect(), different: different.collect() }
    }

    /// Both medians in a sentence that fits a terminal; nothing where nothing would be found.
    pub(crate) fn sentence(&self) -> Option<String> {
        let from = |what: &str, values: &[f64]| {
            Some(format!("{what} from {} on", verdicts::percent(median(values)?)))
        };
        let found = [
            from("a change of one program", &self.same),
            from("a difference of two", &self.different),
        ];
        let found: Vec<String> = found.into_iter().flatten().collect();
        (!found.is_empty())
            .then(|| format!("Nine of ten such runs find {} (medians).", found.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::Smallest;

    #[test]
    fn what_was_not_measured_is_left_out_of_the_sentence() {
        let check = |same: &[f64], different: &[f64], want: Option<&str>| {
            let smallest = Smallest { same: same.to_vec(), different: different.to_vec() };
            let got = smallest.sentence().map(|text| text.replace('\u{202f}', " "));
            assert_eq!(got.as_deref(), want);
        };
        let both = "Nine of ten such runs find a change of one program from 3.00 % on, a \
                    difference of two from 12.0 % on (medians).";
        check(&[1.02, 1.03, 1.5], &[1.12], Some(both));
        let same = "Nine of ten such runs find a change of one program from 2.00 % on (medians).";
        check(&[1.02], &[], Some(same));
        let two = "Nine of ten such runs find a difference of two from 5.00 % on (medians).";
        check(&[], &[1.05], Some(two));
        check(&[], &[], None);
    }
}
