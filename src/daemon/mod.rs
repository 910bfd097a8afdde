//! The daemon: start-up, the loop, and the shells that turn signals, timers and pipes into inputs.
