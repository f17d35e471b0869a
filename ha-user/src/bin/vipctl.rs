//! The operator's command. One program with `vipd`: the name it is called by decides.

use std::process::ExitCode;

fn main() -> ExitCode {
    ha_user::main()
}
