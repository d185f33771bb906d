//! Everything that crosses a pipe or is kept in a file, and nothing else.
//!
//! `Job` and `Answer` are the contract with a contestant's process, in this
//! language or another: one `Job` as JSON on standard input, one `Answer` as
//! JSON on standard output. `RunFile` is `run.json`, `Record` one line of
//! `records.jsonl`. Times are nanoseconds or microseconds, memory is bytes, as
//! the names say; hashes are lower-case hexadecimal text.
//!
//! With the feature `schema`, what lies in a run's files also describes itself
//! as JSON Schema.

mod accounts;
mod asleep;
mod bench;
mod chain;
mod cost;
mod doctor;
mod driven;
mod execution;
mod fairness;
mod job;
mod listed;
mod load;
mod open;
mod overload;
mod pauses;
mod postgres;
mod question;
mod run;
mod selftest;
mod session;
mod syscalls;
mod window;

pub use accounts::{ExpectedRecord, OutcomeRecord, Spread, WitnessRecord};
pub use asleep::{AsleepRecord, LateRecord};
pub use bench::{Assignment, Benchmark, Benchmarks, CriterionSettings, LapsReply, LapsRequest};
pub use chain::link;
pub use cost::{CostBuild, CostFile, CostProcess, CostProgram, CostRuns};
pub use doctor::{DoctorFile, Finding, Level};
pub use driven::{DrivenRecord, Punctuality};
pub use execution::{ExecutionStatus, Record};
pub use fairness::FairnessRecord;
pub use job::{Answer, Job, JobLimits};
pub use listed::Listed;
pub use load::{GeneratorRecord, LoadRecord, LoadStatus, LoadTimes, SloRecord};
pub use open::{CapacityRecord, HistogramLine, Histograms, OpenRecord, OpenTimes, PaceRecord};
pub use overload::{ContestRecord, OverloadRecord, StepRecord};
pub use pauses::{Moved, Pause, Pauses, SliceStudy, SliceTrial, SliceWay, SlicesRecord};
pub use postgres::{PostgresCounts, PostgresFile};
pub use question::{Asked, Proceed, Question};
pub use run::{
    CaseFile, ChartFile, ContestantFile, FilesPlace, Machine, Placement, RunFile, WorkloadFile,
    part,
};
pub use selftest::{RowStatus, SelftestFigure, SelftestRecord, SelftestRow};
pub use session::SessionFile;
pub use syscalls::{NAMED_CALLS, SyscallsCall, SyscallsCase, SyscallsFile, SyscallsProcesses};
pub use window::{BesideRecord, KernelRecord, PerOperation, ProcessRecord, Service, WindowRecord};

/// Version of all shapes in this module.
pub const SCHEMA: u32 = 1;
