#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tapsieve_fuzz_targets::wrappers(bytes));
