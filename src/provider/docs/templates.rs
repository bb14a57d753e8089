//! The templates of the pages, with the text that is in neither declarations nor examples.

/// The guides in reading order; others follow.
pub(super) const GUIDES: [&str; 10] = [
    "getting-started.md",
    "bringing-existing-connectors-under-terraform.md",
    "bitbucket-cloud-after-app-passwords.md",
    "bitbucket-data-center.md",
    "reviewing-a-plan.md",
    "watching-for-drift.md",
    "moving-from-the-official-provider.md",
    "troubleshooting.md",
    "validation-rules.md",
    "what-you-can-rely-on.md",
];

/// The page of the provider.
pub(super) const INDEX: &str = include_str!("templates/index.md");

/// The page of the resource.
pub(super) const RESOURCE: &str = include_str!("templates/resource.md");

/// The page of a function.
pub(super) const FUNCTION: &str = include_str!("templates/function.md");

/// Returns the template of any other page.
pub(super) fn of(name: &str, kind: &str) -> &'static str {
    match (kind, name) {
        ("Data Source", "harness_bitbucket_connector") => {
            include_str!("templates/data-source-connector.md")
        }
        ("Data Source", "harness_bitbucket_connectors") => {
            include_str!("templates/data-source-connectors.md")
        }
        ("Data Source", "harness_bitbucket_connection_test") => {
            include_str!("templates/data-source-connection-test.md")
        }
        ("Action", _) => include_str!("templates/action.md"),
        ("List Resource", _) => include_str!("templates/list-resource.md"),
        _ => panic!("there is no template for the {kind} {name}"),
    }
}
