//! Terraform's values, which make up configurations, plans, and states.
//!
//! A [`Value`] is null, unknown, or known, and the three stay distinct until code has to decide between them. It is
//! decoded from bytes, and encoded to bytes, with a [`Type`]: [`msgpack`] is the encoding on the wire, [`json`] that of
//! stored state. Both are trust boundaries: any input yields a value of exactly that type or an error with a [`Path`],
//! within memory proportional to the input and a limited depth ([`DEEPEST`]).
//!
//! Not supported: capsule types, which no provider can send, infinite numbers, and marks (Terraform keeps sensitivity
//! next to values, never in them). Strings are passed through unchanged; Terraform itself normalizes them to NFC.

pub mod json;
pub mod msgpack;

mod error;
mod json_fault;
mod number;
mod path;
#[cfg(test)]
mod properties;
mod refinement;
mod types;
mod values;

pub use error::{DecodeError, EncodeError};
pub use number::{Number, NumberError};
pub use path::{Path, Step};
pub use refinement::Refinement;
pub use types::{Type, TypeError};
pub use values::{DEEPEST, DynamicallyTyped, SetValue, Value};
