#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| yizhan_fuzz::dialect(bytes));
