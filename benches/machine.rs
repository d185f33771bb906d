//! Criterion over the workloads of the category machine.

mod category;

fn main() -> std::process::ExitCode {
    category::main("machine")
}
