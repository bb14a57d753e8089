//! What Harness's wizard asks first: name, identifier, tags, and where the connector lives.

pub(crate) mod identifier;
pub(crate) mod name;
pub(crate) mod scope;
pub(crate) mod tags;
