//! Criterion over the workloads of the category runtime.

mod category;

fn main() -> std::process::ExitCode {
    category::main("runtime")
}
