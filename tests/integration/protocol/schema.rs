//! The contract with everyone who writes configurations: names, types, and modes of all arguments.

use std::fmt::Write as _;

use tf_provider::proto::tfplugin5::schema::nested_block::NestingMode;
use tf_provider::proto::tfplugin5::schema::{Attribute, Block};
use tf_provider::proto::tfplugin5::{self as proto, Schema, StringKind};
use tf_provider::value::Type;

use super::process::Launch;
use super::session::Session;

/// Attributes by path, with their type and mode; blocks end with `{}`. Ordered by name.
const PROVIDER: [&str; 10] = [
    "account_id string optional",
    "ca_certificate_file string optional",
    "connection_test string optional",
    "endpoint string optional",
    "max_requests_per_minute number optional",
    "plan_checks bool optional",
    "platform_api_key string optional sensitive",
    "request_timeout string optional",
    "retry_timeout string optional",
    "strict bool optional",
];

const RESOURCE: [&str; 40] = [
    "api_access {} single",
    "api_access.access_token {} single",
    "api_access.access_token.token_ref string required",
    "api_access.email_and_api_token {} single",
    "api_access.email_and_api_token.email string optional",
    "api_access.email_and_api_token.email_ref string optional",
    "api_access.email_and_api_token.token_ref string required",
    "api_access.username_token {} single",
    "api_access.username_token.token_ref string required",
    "api_access.username_token.username string optional",
    "api_access.username_token.username_ref string optional",
    "connection_test string optional",
    "connection_type string required",
    "connectivity_mode string optional computed",
    "credentials {} single",
    "credentials.http {} single",
    "credentials.http.password_ref string required",
    "credentials.http.username string optional",
    "credentials.http.username_ref string optional",
    "credentials.ssh {} single",
    "credentials.ssh.ssh_key_ref string required",
    "delegate_selectors set(string) optional",
    "description string optional",
    "force_delete bool optional",
    "id string computed",
    "identifier string optional computed",
    "name string required",
    "org_id string optional",
    "project_id string optional",
    "ref string computed",
    "tags map(string) optional",
    "test_repository string optional",
    "timeouts {} single",
    "timeouts.create string optional",
    "timeouts.delete string optional",
    "timeouts.read string optional",
    "timeouts.update string optional",
    "unmanaged set(string) computed",
    "url string required",
    "url_type string required",
];

/// Returns the schema in the form of the tables above.
fn table(schema: &Schema) -> Vec<String> {
    assert_eq!(schema.version, 0);
    let mut lines = Vec::new();
    block_lines("", schema.block.as_ref().unwrap(), &mut lines);
    lines.sort_unstable();
    lines
}

fn block_lines(prefix: &str, block: &Block, lines: &mut Vec<String>) {
    described(prefix, &block.description, block.description_kind());
    assert!(!block.deprecated, "{prefix}");
    for attribute in &block.attributes {
        lines.push(attribute_line(prefix, attribute));
    }
    for nested in &block.block_types {
        let path = format!("{prefix}{}", nested.type_name);
        assert_eq!(nested.nesting(), NestingMode::Single, "{path}");
        assert_eq!((nested.min_items, nested.max_items), (0, 0), "{path}");
        lines.push(format!("{path} {{}} single"));
        block_lines(&format!("{path}."), nested.block.as_ref().unwrap(), lines);
    }
}

fn attribute_line(prefix: &str, attribute: &Attribute) -> String {
    let mut line = format!("{prefix}{}", attribute.name);
    described(&line, &attribute.description, attribute.description_kind());
    assert!(!attribute.deprecated && !attribute.write_only, "{line}");
    let ty = Type::from_json(&attribute.r#type).unwrap();
    write!(line, " {ty}").unwrap();
    for (word, holds) in [
        ("required", attribute.required),
        ("optional", attribute.optional),
        ("computed", attribute.computed),
        ("sensitive", attribute.sensitive),
    ] {
        if holds {
            line.push(' ');
            line.push_str(word);
        }
    }
    line
}

/// Asserts that a description is Markdown with at least one sentence.
fn described(what: &str, description: &str, kind: StringKind) {
    assert_eq!(kind, StringKind::Markdown, "{what}");
    assert!(description.ends_with('.'), "{what}: {description:?}");
    assert!(description.contains(' '), "{what}: {description:?}");
    assert!(!description.contains("  "), "{what}: {description:?}");
    let code_marks = description.matches('`').count();
    assert_eq!(code_marks % 2, 0, "{what}: {description:?}");
}

#[tokio::test]
async fn the_schema_is_that_of_the_contract() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let mut client = session.host.provider.clone();
    let answer = client
        .get_schema(proto::get_provider_schema::Request {})
        .await;
    let answer = answer.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    assert_eq!(answer.provider_meta, None);
    assert_eq!(table(&answer.provider.unwrap()), PROVIDER);
    let [(name, resource)] = answer.resource_schemas.iter().collect::<Vec<_>>()[..] else {
        panic!("{:?}", answer.resource_schemas.keys());
    };
    assert_eq!(name, "harness_bitbucket_connector");
    assert_eq!(table(resource), RESOURCE);
    session.shut_down().await;
}
