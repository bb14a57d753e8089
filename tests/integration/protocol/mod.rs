//! A client that speaks the protocol.
