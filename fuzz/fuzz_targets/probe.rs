#![no_main]

#[allow(dead_code, reason = "shared by all targets")]
#[path = "../../tests/fuzz/http.rs"]
mod http;
#[allow(dead_code, reason = "shared by all targets")]
#[path = "../../tests/fuzz/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::probe(data));
