//! `vipd -t --check-interfaces` against `keepalived -t`: the same interfaces, the same exit code.

use super::keepalived;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const INSTANCE: &str = "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n \
                        virtual_ipaddress {\n 192.0.2.1\n }\n EXTRA\n}\n";

/// What else the instance says, and what stands around it.
const CASES: [(&str, &str); 12] = [
    ("", ""),
    ("virtual_ipaddress_excluded {\n 192.0.2.2 dev eth1\n }", ""),
    ("track_interface {\n eth1\n }", ""),
    ("track_interface {\n eth1 weight 10\n }", ""),
    (
        "track_interface {\n eth1\n }",
        "global_defs {\n dynamic_interfaces\n}\n",
    ),
    (
        "",
        "vrrp_sync_group G {\n group {\n VI_1\n }\n track_interface {\n eth1\n }\n}\n",
    ),
    ("", "interface_up_down_delays {\n eth1 0.5\n}\n"),
    ("", "linkbeat_interfaces {\n eth1\n}\n"),
    ("", "garp_group {\n garp_interval 0.1\n interface eth1\n}\n"),
    (
        "",
        "garp_group {\n garp_interval 0.1\n interfaces {\n eth1\n }\n}\n",
    ),
    (
        "",
        "global_defs {\n dynamic_interfaces\n}\nlinkbeat_interfaces {\n eth1\n}\n",
    ),
    // A fault of script security besides.
    (
        "track_script {\n s\n }",
        "vrrp_script s {\n script /bin/true\n}\n",
    ),
];

const PRESENT: [&[&str]; 3] = [&[], &["eth0"], &["eth0", "eth1"]];

fn vipd() -> PathBuf {
    let path = std::env::var_os("HA_VIPD").map(PathBuf::from);
    path.expect("HA_VIPD names vipd: `cargo xtask test` sets it")
}

/// What `program` exits with among these interfaces, and what it says.
fn judge(program: &Path, options: &str, file: &Path, present: &[&str]) -> (Option<i32>, String) {
    let links: String = present
        .iter()
        .map(|name| format!("ip link add {name} type veth peer name p-{name} && "))
        .collect();
    let script = format!(
        "mount -t tmpfs none /run && {links} exec timeout -s KILL 20 \"$1\" {options} -f \"$2\""
    );
    let output = Command::new("unshare")
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child"])
        .args(["sh", "-c", &script, "sh"])
        .args([program, file])
        .output()
        .expect("`unshare` starts it: this test needs root");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

fn file(name: &str, text: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = directory.join(format!("interfaces-{}-{name}.conf", std::process::id()));
    fs::write(&path, text).expect("a writable file");
    path
}

#[test]
fn interfaces_are_missed_as_keepalived_misses_them() {
    for (number, (inside, around)) in CASES.iter().enumerate() {
        let text = around.to_string() + &INSTANCE.replace("EXTRA", inside);
        let file = file(&number.to_string(), &text);
        for present in PRESENT {
            let theirs = judge(&keepalived(), "-t", &file, present);
            let ours = judge(&vipd(), "-t --check-interfaces", &file, present);
            assert_eq!(
                ours.0, theirs.0,
                "{present:?}: {text}\n{}\n{}",
                ours.1, theirs.1
            );
        }
        fs::remove_file(file).expect("our own file");
    }
}

#[test]
fn the_test_needs_neither_root_nor_interfaces() {
    let file = file("nobody", &INSTANCE.replace("EXTRA", ""));
    let script = "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$1\" -t --format=json -f /dev/stdin <\"$2\"";
    let output = Command::new("unshare")
        .args(["--net", "sh", "-c", script, "sh"])
        .args([&vipd(), &file])
        .output()
        .expect("`unshare` starts it: this test needs root");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("vipd.findings/1"));
    fs::remove_file(file).expect("our own file");
}
