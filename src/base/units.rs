//! Byte sizes, numbers, booleans, octal modes and lists, as configuration files write them.
