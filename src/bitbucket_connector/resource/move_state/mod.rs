//! Moves: states of other resource types, or of another address of this provider, become states of this one.

pub(crate) mod itself;
pub(crate) mod official;
