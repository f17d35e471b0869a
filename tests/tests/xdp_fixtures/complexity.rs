//! How much work the programs make for the kernel's verifier, which differs from kernel to kernel.

use anyhow::{Context, Result};
use aya::programs::loaded_programs;
use ha_tests::xdp::Director;
use ha_user::datapath::{Hook, LoadOptions};

/// The verifier gives up here (`BPF_COMPLEXITY_LIMIT_INSNS`).
const LIMIT: u32 = 1_000_000;

#[test]
fn no_program_takes_more_than_a_quarter_of_what_the_verifier_allows() -> Result<()> {
    let director = Director::new(LoadOptions::default())?;
    let datapath = &director.datapath;
    let hooks = Hook::ALL.map(|hook| datapath.program(hook));
    for program in hooks.into_iter().chain([datapath.socket_filter()]) {
        let program = program.context("a program is not loaded")?;
        let verified = verified_instructions(program.id())?;
        println!("{}: {verified} instructions verified", program.name());
        assert!(verified < LIMIT / 4, "{}: {verified}", program.name());
    }
    Ok(())
}

/// How many instructions the verifier has gone through, over all paths.
fn verified_instructions(id: u32) -> Result<u32> {
    let mut known = loaded_programs().filter_map(Result::ok);
    let info = known.find(|info| info.id() == id);
    let info = info.context("the program is not in the kernel")?;
    info.verified_instruction_count()
        .context("the kernel does not tell")
}
