//! Any bytes at all as a configuration, and what is shown of it.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ha_fuzz::present(input));
