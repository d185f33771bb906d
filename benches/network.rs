//! Criterion over the workloads of the category network.

mod category;

fn main() -> std::process::ExitCode {
    category::main("network")
}
