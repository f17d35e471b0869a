//! The daemon. One program with `vipctl`: the name it is called by decides.

use std::process::ExitCode;

fn main() -> ExitCode {
    ha_user::main()
}
