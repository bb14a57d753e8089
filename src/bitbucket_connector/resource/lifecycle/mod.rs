//! Create, read, update, and delete on the platform. There are never two connectors, never one that is not in the
//! state, and changes by others are never overwritten.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod delete;
mod elsewhere;
mod outcome;
pub(crate) mod read;
mod standing;
pub(crate) mod update;

pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use read::read;
pub(crate) use update::update;
