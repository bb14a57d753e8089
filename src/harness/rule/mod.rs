//! What a rule is, how rules run ([`run()`]), and what they report ([`Finding`]).

mod definition;
mod mention;
mod place;
mod prose;
mod run;

#[cfg(test)]
pub(crate) use definition::Strict;
pub(crate) use definition::{Family, Finding, Findings, Pushed, Rule};
#[cfg(test)]
pub(crate) use mention::REFERENCE;
pub(crate) use mention::{address, mention, mentioned};
pub(crate) use place::at;
pub(crate) use prose::Prose;
#[cfg(test)]
pub(crate) use run::position;
pub(crate) use run::{find, run};
