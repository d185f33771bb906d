//! How it was measured, and what it does not show.

use maud::{Markup, html};

use super::section;
use crate::render::Model;
use crate::text::{self, THIN};
use crate::verdicts;

pub(super) fn method(model: &Model<'_>) -> Markup {
    let run = &model.summary.run;
    let content = html! {
        div.columns {
            div {
                h3 { "How it was measured" }
                ul {
                    li { "Every execution is one fresh process of one case; one execution gives one value per metric." }
                    li { "A round goes through the presets in random order, and through the contestants of each in another (seed " (run.seed) "); "
                        (run.rounds) " rounds were planned." }
                    @if has_slices(model) {
                        li { "Where the CPU bounds a closed loop, the contestants of a preset take turns within the round in \
                              " a href="#turns" { "slices" } " of a fixed length." }
                    }
                    li { "Closed loop: the next operation of a connection, task or thread starts when one ends. \
                          Service time runs from the actual start to the end of an operation." }
                    @if model.input.run.workloads.iter().any(|workload| workload.open) {
                        li { "Open loop: a seeded schedule, the same for all contestants of a round, says when each operation \
                              is to start; none is left out, however late. Lag is from the intended to the actual start, \
                              response from the intended start to the end. Nothing is corrected afterwards. A load of so \
                              many per cent refers to what the contestant reached just before with all starts due at once." }
                    }
                    li { "The window opens after warm-up and closes when the last operation is verified; what lies inside \
                          is stated per workload. CPU time, switches and faults are those of the contestant's process within it." }
                    li { "Peak memory is the highest resident memory of the process up to the end of the window." }
                    li { "An execution counts only if what the contestant says it did, what was expected and what the mock \
                          server saw agree (the first two where no server takes part); else it is a failure and never a \
                          fast result." }
                    li { "Ratios are formed within a round and then summarised, so that what slows both is left out." }
                    @if verdicts::concludes(model) {
                        li { "A verdict compares two contestants of one case in one metric: Hodges–Lehmann centre of the \
                              per-round log ratios, exact signed-rank interval, Holm's correction over all pairs. Lower or \
                              higher: the interval excludes 1 and the centre lies beyond the margin; equivalent: the \
                              interval lies within it; else undecided." }
                        @if run.parts > 1 {
                            li { "Each of the " (run.parts) " parts of the run, measured one after the other with a fresh \
                                  server, must show the same on its own, or the verdict is taken back." }
                        }
                        li { "Executions that other processes or the hypervisor disturbed are kept and not counted." }
                    }
                    li { "Median and range over executions; percentiles of service time only where ten samples lie beyond them." }
                }
            }
            div {
                h3 { "What this does not show" }
                ul {
                    li { "A network. Client and server talk over loopback on one machine; a real link adds delay and loss." }
                    li { "More cores than the placement gives: see the sets under "
                        a href="#limits" { "what this run cannot show" } "." }
                    @if verdicts::concludes(model) {
                        li { "Other noise than this run's. Intervals say what repeating the run on this machine would give, \
                              not what another machine, kernel or compiler would." }
                    } @else {
                        li { "Confidence. A range of a few executions is not an interval and there are no verdicts in this report." }
                    }
                    li { "Response times under load from a closed loop. There a slow server slows its clients; service \
                          times say nothing about arrivals that do not wait. Where response times are shown, they are \
                          from an open loop." }
                    li { "Other machines or other runs. Compare within this run only, through ratios." }
                    li { "All kernel work in the right place: the kernel's loopback work (softirq) is charged to whoever sends, \
                          so part of the receiver's cost appears at the sender." }
                    li { "The server's share of a slow result. † marks rows where it used 80" (THIN) "% or more of its CPU or \
                          where the rate is 70" (THIN) "% or more of what the bare generator reaches: then the pair may be \
                          the limit." }
                }
            }
        }
        p.prose.soft {
            "After: G. Tene on coordinated omission (closed and open loop); T. Kalibera and R. Jones, “Rigorous benchmarking in \
             reasonable time” (2013), on repetition at the level of processes; R. Hyndman and Y. Fan, “Sample quantiles in \
             statistical packages” (1996). Reference of all ratios: " (text::line(&run.reference)) "."
        }
    };
    section("method", "Method and bias", &content)
}

fn has_slices(model: &Model<'_>) -> bool {
    model.input.run.cases.iter().any(|case| case.slice_ms.is_some() && case.absent.is_none())
}
