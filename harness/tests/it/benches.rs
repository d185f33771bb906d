//! Cargo's targets: what `cargo bench` runs, and in which order.

use std::fs;

use crate::support::root;

#[test]
fn every_bench_is_declared_and_the_verdict_comes_last() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("autobenches = false"));
    let mut names: Vec<String> = fs::read_dir(root().join("benches"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_string())
        .collect();
    names.sort();
    assert_eq!(names.last().map(String::as_str), Some("verdict"));
    for name in &names {
        let target = format!(
            "[[bench]]\nname = \"{name}\"\npath = \"benches/{name}.rs\"\nharness = false\n"
        );
        assert!(manifest.contains(&target), "benches/{name}.rs is not declared");
    }
    assert_eq!(manifest.matches("[[bench]]").count(), names.len());
}

/// Otherwise the arguments of `cargo bench -- --save-baseline x` reach
/// libtest, which refuses them.
#[test]
fn no_library_and_no_binary_is_a_bench() {
    let mut manifests = vec![root().join("Cargo.toml")];
    let mut folders =
        vec![root().join("harness"), root().join("mock-server"), root().join("reports")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("src") {
                folders.push(path);
            } else if path.ends_with("Cargo.toml") {
                manifests.push(path);
            }
        }
    }
    assert!(manifests.len() >= 11);
    for path in manifests {
        let manifest = fs::read_to_string(&path).unwrap();
        let targets = manifest.matches("[lib]").count() + manifest.matches("[[bin]]").count();
        assert_eq!(manifest.matches("bench = false").count(), targets, "{}", path.display());
    }
}
