//! What a style costs those who use it: programs that are built, code that is read, and what
//! it asks of the kernel.

mod cells;
mod programs;
mod syscalls;

use maud::{Markup, html};

use super::section;
use crate::complexity::Complexity;
use crate::render::Model;
use crate::text;

pub(super) fn cost(model: &Model<'_>) -> Markup {
    let complexity = Complexity::of(model.input);
    let content = html! {
        p.question { "What does a style cost the people who use it: to build, to start, to read?" }
        @match &model.input.cost {
            Some(cost) => (programs::programs(model, cost, &complexity)),
            None => {
                p { "What the same small program costs in each style (crates, clean builds, size, start \
                     and end, first and later requests) was not measured beside this run: "
                    code { "cargo run --release -- cost" } " does it and adds it to the last run." }
            }
        }
        @if let Some(counted) = &model.input.syscalls { (syscalls::syscalls(model, counted)) }
        (cells::cells(&complexity))
        @if complexity.uncounted > 0 {
            p.soft { (text::whole(complexity.uncounted as u64)) " sources could not be counted." }
        }
    };
    section("cost", "Cost", &content)
}
