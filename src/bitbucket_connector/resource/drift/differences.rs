//! The settings in which a connector differs from the state, as far as their values may be shown.

use tf_provider::value::Value;

use crate::bitbucket_connector::connector::settings;
use crate::bitbucket_connector::connector::url::BitbucketUrl;
use crate::harness::wording::{hcl, joined, shown};

/// The settings with values that contain no secret, or from which one can be removed. Of all others, only the path is
/// shown.
const SHOWN: [&str; 6] = [
    "name",
    "url_type",
    "connection_type",
    "url",
    "test_repository",
    "connectivity_mode",
];

/// Returns the differences between two states as a sentence, or `None` if there are none.
pub(super) fn sentence(state: &Value, found: &Value) -> Option<String> {
    let mut differences = Vec::new();
    let members = state.as_object().into_iter().flatten();
    for (name, before) in members {
        let after = found.get(name).unwrap_or(&Value::Null);
        if settings::is_managed(name) || name == "unmanaged" {
            collect(name, before, after, &mut differences);
        }
    }
    (!differences.is_empty()).then(|| {
        format!(
            "Harness and the state differ in {}.",
            joined(&differences, "and")
        )
    })
}

/// Adds each difference at or below a path. The contents of blocks have paths of their own, those of maps and sets do
/// not.
fn collect(path: &str, before: &Value, after: &Value, differences: &mut Vec<String>) {
    if before == after {
        return;
    }
    if let (Value::Object(members), Value::Object(_)) = (before, after) {
        for (name, before) in members {
            let after = after.get(name).unwrap_or(&Value::Null);
            collect(&format!("{path}.{name}"), before, after, differences);
        }
        return;
    }
    let values = SHOWN
        .contains(&path)
        .then(|| Some((text(path, before)?, text(path, after)?)))
        .flatten();
    differences.push(match values {
        Some((before, after)) => format!("`{path}` (was {before}, is {after})"),
        None => format!("`{path}`"),
    });
}

/// Returns a text that may be shown.
fn text(path: &str, value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("not set".to_owned()),
        Value::String(text) if path == "url" => {
            Some(hcl(&BitbucketUrl::parse(text).ok()?.without_user()))
        }
        Value::String(text) => Some(shown(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tf_provider::field::{FromValue, ToValue};

    use super::*;
    use crate::bitbucket_connector::connector::model::Model;
    use crate::bitbucket_connector::connector::testing::config;

    fn said(before: &str, after: &str) -> Option<String> {
        let value = |hcl| Model::from_value(&config(hcl)).unwrap().to_value();
        let said = sentence(&value(before), &value(after))?;
        let list = said.strip_prefix("Harness and the state differ in ");
        Some(list.unwrap().to_owned())
    }

    #[test]
    fn values_are_shown_where_they_hold_no_secret_and_paths_elsewhere() {
        let http = |user: &str, password: &str| {
            format!(
                "credentials {{\n http {{\n username = \"{user}\"\n password_ref = \"account.{password}\"\n }}\n}}"
            )
        };
        let secret = "ATATT3xFfGF0abcdefghijklmnopqrstuvwxyz0123456789ABCDEF";
        for (before, after, expected) in [
            ("", "", None),
            // Terraform's own arguments.
            ("", "force_delete = true\nconnection_test = \"off\"", None),
            (
                "",
                "url_type = \"Repository\"\ntest_repository = null",
                Some(
                    "`test_repository` (was \"web.git\", is not set) and `url_type` (was \"Account\", is \"Repository\").",
                ),
            ),
            (
                "",
                "url = \"https://jane@bitbucket.org/other/\"",
                Some(
                    "`url` (was \"https://bitbucket.org/acme/\", is \"https://bitbucket.org/other/\").",
                ),
            ),
            (
                "",
                "url = \"https://jane:topsecret@bitbucket.org/other/\"",
                Some("`url`."),
            ),
            (
                "description = \"a\"",
                "description = \"topsecret\"\ntags = { a = \"topsecret\" }\ndelegate_selectors = [\"x\"]",
                Some("`delegate_selectors`, `description`, and `tags`."),
            ),
            (
                "",
                &http("topsecret", "bitbucket_api_token"),
                Some("`credentials.http.username`."),
            ),
            (
                "",
                &http("jdoe", "topsecret"),
                Some("`credentials.http.password_ref`."),
            ),
            (
                "",
                "api_access {\n access_token {\n token_ref = \"account.topsecret\"\n }\n}",
                Some("`api_access`."),
            ),
            (
                "",
                "credentials {\n ssh {\n ssh_key_ref = \"account.topsecret\"\n }\n}",
                Some("`credentials.http` and `credentials.ssh`."),
            ),
            (
                "",
                &format!("name = \"{secret}\""),
                Some(
                    "`name` (was \"Bitbucket Cloud\", is what looks like an Atlassian API token).",
                ),
            ),
        ] {
            let said = said(before, after);
            assert_eq!(said.as_deref(), expected, "{after}");
            assert!(!said.unwrap_or_default().contains("topsecret"));
        }
    }
}
