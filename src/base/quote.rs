//! Shell-style word splitting and `KEY="value"` lists.
