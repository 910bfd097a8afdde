//! XML-RPC on the wire: calls and responses as bytes, in the reference's exact shape.
