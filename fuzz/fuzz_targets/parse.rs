//! Any bytes at all as a configuration.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ha_fuzz::parse(input));
