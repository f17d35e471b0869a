//! Every dependency may be used under a licence of `deny.toml`'s list.

use std::env;
use std::process::Command;

use serde_json::Value;

use crate::source::root;
use crate::spdx;

#[test]
fn every_dependency_has_an_allowed_licence() {
    let allowed = allowed();
    assert!(!allowed.is_empty(), "deny.toml allows nothing");
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    for package in packages {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(
            spdx::is_allowed(licence, &allowed),
            "{}: {licence:?}",
            package["name"]
        );
    }
}

#[test]
fn the_licences_that_the_manifests_name_are_here() {
    for name in ["LICENSE-APACHE", "LICENSE-GPL2", "LICENSE-MIT"] {
        assert!(root().join(name).is_file(), "{name} is missing");
    }
}

/// The strings of `allow = [ … ]` in `deny.toml`.
fn allowed() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml");
    let (_, after) = text
        .split_once("allow = [")
        .expect("deny.toml has a list of licences");
    let (list, _) = after.split_once(']').expect("the list ends");
    list.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn metadata() -> Value {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}
