//! The client's program.
fn main() {}
