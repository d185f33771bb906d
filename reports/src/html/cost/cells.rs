//! How much code the cells are, and how deep it is nested.

use maud::{Markup, html};

use super::super::scrolling;
use crate::code::Code;
use crate::complexity::{Complexity, Row, median_of};
use crate::text;

/// What a column is called, and what is counted for it.
type Counted = (&'static str, fn(&Code) -> usize);

const COUNTED: [Counted; 6] = [
    ("Lines", |code| code.lines),
    ("Nesting", |code| code.nesting),
    (".await", |code| code.awaits),
    ("move", |code| code.moves),
    ("clone", |code| code.clones),
    ("'static, Send", |code| code.bounds),
];

pub(super) fn cells(complexity: &Complexity) -> Markup {
    let common = complexity.common();
    html! {
        @if !complexity.cells.is_empty() {
            h3 id="cost-cells" { "Code of the cells" }
            p.prose {
                "Counted by a parser in the sources that lie in " code { "sources.json" } ". "
                strong { "Lines" } " are those with code: no comments, no blank lines, no tests. "
                strong { "Nesting" } " is how many braces of blocks and of " code { "match" } " lie one inside \
                 the other, the function's own included. What the cells of a contestant share (its \
                 runtime, pool and connection) is not in them."
            }
            @if !common.is_empty() {
                p.finding { (finding(complexity, &common)) }
                (scrolling("Code of the cells by contestant", &by_contestant(complexity, &common)))
            }
            details {
                @let cells = number(complexity);
                summary { "Lines and nesting of " (cells) (if cells == 1 { " cell" } else { " cells" }) }
                (scrolling("Code of every cell", &by_workload(complexity)))
            }
        }
    }
}

/// The measured form of what guides call the complexity of a style.
fn finding(complexity: &Complexity, common: &[&Row]) -> String {
    let of = |name: &String, what| median_of(common, name, what).unwrap_or(0.0);
    let lines: Vec<String> = complexity
        .contestants
        .iter()
        .map(|name| format!("{} {}", text::short(name, 40), count(of(name, |code| code.lines))))
        .collect();
    let mut depths: Vec<f64> =
        complexity.contestants.iter().map(|name| of(name, |code| code.nesting)).collect();
    depths.sort_by(f64::total_cmp);
    let depths = match (depths.first(), depths.last()) {
        (Some(least), Some(most)) if least < most => {
            format!("{} to {}", count(*least), count(*most))
        }
        (Some(least), _) => count(*least),
        (None, _) => String::new(),
    };
    let workloads = match common.len() {
        1 => "In the one workload that all have a cell of, it".to_string(),
        many => format!("Over the {many} workloads that all have a cell of, the median cell"),
    };
    format!("{workloads} has so many lines: {}; it is nested {depths} deep.", lines.join(", "))
}

fn by_contestant(complexity: &Complexity, common: &[&Row]) -> Markup {
    html! {
        table.plain.numbers.sorts {
            thead { tr {
                th scope="col" { "Contestant" }
                @for (title, _) in COUNTED { th scope="col" { (title) } }
            } }
            tbody {
                @for name in &complexity.contestants { tr {
                    th scope="row" { (text::short(name, 40)) }
                    @for (_, what) in COUNTED { td { (median_of(common, name, what).map_or("—".to_string(), count)) } }
                } }
            }
        }
        p.soft { "Medians over the plain cells of " (workloads(common)) "." }
    }
}

/// At most a dozen names.
fn workloads(rows: &[&Row]) -> String {
    let names: Vec<String> =
        rows.iter().take(12).map(|row| text::short(&row.workload, 40)).collect();
    let more = rows.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    names.join(", ") + &more
}

fn by_workload(complexity: &Complexity) -> Markup {
    html! {
        table.plain.numbers.sorts {
            thead { tr {
                th scope="col" { "Workload" }
                @for name in &complexity.contestants { th scope="col" { (text::short(name, 40)) } }
            } }
            tbody {
                @for row in &complexity.cells { tr {
                    th scope="row" {
                        (text::short(&row.workload, 40))
                        @if !row.way.is_empty() { span.way { ":" (text::short(&row.way, 40)) } }
                    }
                    @for name in &complexity.contestants { td {
                        @match row.of.get(name) {
                            Some(code) => { (code.lines) small { (code.nesting) " deep" } },
                            None => span.soft { "—" },
                        }
                    } }
                } }
            }
        }
    }
}

fn number(complexity: &Complexity) -> usize {
    let of_row =
        |row: &Row| complexity.contestants.iter().filter(|name| row.of.contains_key(*name)).count();
    complexity.cells.iter().map(of_row).sum()
}

/// A median of counts: whole, or a half.
fn count(median: f64) -> String {
    match median.fract() {
        0.0 => text::whole(median as u64),
        _ => format!("{median:.1}"),
    }
}
