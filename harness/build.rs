//! What the binary must know of its own making: commit, compiler, target.

use std::process::Command;

fn main() {
    let commit = output("git", &["rev-parse", "--short=8", "HEAD"]);
    let changes =
        output("git", &["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"]);
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_string());
    let set = |name: &str, value: &str| println!("cargo::rustc-env=TRIATHLON_{name}={value}");
    set("COMMIT", commit.as_deref().unwrap_or("unknown"));
    set("DIRTY", if changes.is_some_and(|lines| !lines.is_empty()) { "true" } else { "false" });
    set("RUSTC", output(&rustc, &["-V"]).as_deref().unwrap_or("unknown"));
    for (name, variable) in [("TARGET", "TARGET"), ("OPT_LEVEL", "OPT_LEVEL"), ("BUILD", "PROFILE")]
    {
        set(name, &std::env::var(variable).unwrap_or_default());
    }
    set(
        "RUSTFLAGS",
        &std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default().replace('\u{1f}', " "),
    );
    // Never `reports` as a whole: every run writes into it.
    for path in [
        "harness",
        "mock-server",
        "reports/src",
        "reports/claims",
        "benches",
        "Cargo.toml",
        "Cargo.lock",
    ] {
        println!("cargo::rerun-if-changed={path}");
    }
    for path in [".git/HEAD", ".git/refs/heads"] {
        if std::path::Path::new(path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}

/// Standard output of a command that succeeded, trimmed.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_string())
}
