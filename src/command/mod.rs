//! Code that the commands `doctor`, `export`, and `review` share.
//!
//! | module | what it covers |
//! |---|---|
//! | `options` | a command line: options, values, operands |
//! | `access` | the access to Harness, from options and environment |
//! | `input` | files that Terraform wrote, and their encodings |
//! | `text` | lines of limited width, and whether to use colors |

pub(crate) mod access;
pub(crate) mod input;
pub(crate) mod options;
pub(crate) mod text;

use std::ffi::OsString;

/// Returns an environment variable. As in the provider, an empty one counts as not set.
pub(crate) fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
