//! Looks up what the provider offers under a name.

use crate::about;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Named, Provider};
use crate::resource::Resource;
use crate::rpc::answer::Answer;
use crate::visible::visible;

pub(super) fn resource<'a>(
    provider: &'a dyn Provider,
    type_name: &str,
) -> Answer<&'a dyn Resource> {
    find("resource", &provider.offers().resources, type_name)
}

/// Returns the item with this name among those of a kind ("data source", "action", …).
pub(super) fn find<'a, T: ?Sized>(kind: &str, things: &'a Named<T>, name: &str) -> Answer<&'a T> {
    let found = things.get(name).map(|thing| &**thing);
    found.ok_or_else(|| none(kind, name, things.keys().copied()))
}

/// Returns the error for an item that the provider does not have.
pub(super) fn none<'a>(
    kind: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostics {
    let known: Vec<_> = known.collect();
    let advice = if known.is_empty() {
        "Use a version that has it".to_owned()
    } else {
        format!("It has: {}", known.join(", "))
    };
    Diagnostic::error(
        format!("No {kind} \"{}\"", visible(name).escape_debug()),
        format!(
            "Version {} of this provider has no {kind} of that name. {advice}.",
            about::version()
        ),
    )
    .into()
}
