//! What is wrong with a connector: seen in its configuration alone ([`offline`]), looked up while planning ([`plan`]), or
//! answered by the platform ([`api_errors`]).

pub(super) mod api_errors;
mod examples;
pub(crate) mod offline;
pub(crate) mod plan;
#[cfg(test)]
mod reference_page;
#[cfg(test)]
pub(crate) mod rule_links;
