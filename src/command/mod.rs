//! What the commands for people share: `doctor`, `export` and `review`.
//!
//! | module | what it knows |
//! |---|---|
//! | `options` | a command line: options, values, operands |
//! | `access` | the access to Harness, as options and environment give it |
//! | `input` | files that Terraform wrote, and their encodings |
//! | `text` | lines that fit a width, and whether to write them in colors |

pub(crate) mod access;
pub(crate) mod input;
pub(crate) mod options;
pub(crate) mod text;

use std::ffi::OsString;

/// Returns a variable of this process; an empty one counts as not set, as it does for the provider.
pub(crate) fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
