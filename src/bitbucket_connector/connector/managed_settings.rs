//! The managed settings of a connector in a canonical form, to compare two connectors, and to remember one.
//!
//! The managed settings are those that an update writes, as listed in the [table](settings).

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Map, Value as Json};
use tf_provider::field::ToValue;
use tf_provider::value::Value;

use super::model::Model;
use super::settings;
use crate::harness::secret_ref::SecretRef;

/// The managed settings of one connector. Settings that are equivalent for Harness are equal: null, empty, and absent
/// ones, and references with different capitalization of the scope. Unset settings are left out, so that a later
/// version with more settings has an identical form for a connector that uses none of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ManagedSettings(Map<String, Json>);

impl ManagedSettings {
    /// Returns the managed settings of a model.
    pub(crate) fn of(model: &Model) -> Self {
        let value = model.to_value();
        let settings = value.as_object().into_iter().flatten();
        Self(
            settings
                .filter(|(name, _)| settings::is_managed(name))
                .filter_map(|(name, value)| Some((name.clone(), canonical(name, value)?)))
                .collect(),
        )
    }

    /// Returns a digest that identifies the settings without storing them: SHA-256 in base64.
    pub(crate) fn digest(&self) -> String {
        STANDARD_NO_PAD.encode(digest::digest(&digest::SHA256, self.to_string().as_bytes()))
    }
}

/// Writes the canonical form as JSON.
impl fmt::Display for ManagedSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}

/// Returns a setting in its canonical form, or `None` if it is not set. An unknown one is JSON's null, unlike all
/// others.
fn canonical(name: &str, value: &Value) -> Option<Json> {
    match value {
        Value::Null => None,
        Value::Bool(flag) => Some(Json::Bool(*flag)),
        Value::String(text) if text.is_empty() => None,
        Value::String(text) if name.ends_with("_ref") => {
            let reference = SecretRef::parse(text);
            Some(Json::String(match reference {
                Ok(reference) => reference.to_string(),
                Err(_) => text.clone(),
            }))
        }
        Value::String(text) => Some(Json::String(text.clone())),
        Value::Object(members) => {
            let members = members.iter();
            let set = members.filter_map(|(name, it)| Some((name.clone(), canonical(name, it)?)));
            filled(set.collect()).map(Json::Object)
        }
        // A tag without a value equals a tag with an empty value.
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let value = canonical("", value).unwrap_or_else(|| Json::String(String::new()));
                (key.clone(), value)
            });
            filled(entries.collect()).map(Json::Object)
        }
        Value::Unknown(_) => Some(Json::Null),
        other => {
            let elements = other.as_elements().unwrap_or_default();
            let elements: Vec<_> = elements.iter().filter_map(|it| canonical("", it)).collect();
            (!elements.is_empty()).then_some(Json::Array(elements))
        }
    }
}

fn filled(members: Map<String, Json>) -> Option<Map<String, Json>> {
    (!members.is_empty()).then_some(members)
}

#[cfg(test)]
mod tests {
    use tf_provider::field::FromValue;

    use super::*;
    use crate::bitbucket_connector::connector::testing::config;

    fn settings(hcl: &str) -> ManagedSettings {
        ManagedSettings::of(&Model::from_value(&config(hcl)).unwrap())
    }

    #[test]
    fn what_means_the_same_to_harness_is_equal() {
        for hcl in [
            "description = \"\"",
            "tags = {}",
            "delegate_selectors = []",
            "connection_test = \"off\"",
            "force_delete = true",
            "timeouts {\n read = \"1m\"\n}",
            "credentials {\n http {\n username = \"jdoe\"\n password_ref = \"Account.bitbucket_api_token\"\n }\n}",
        ] {
            assert_eq!(settings(hcl), settings(""), "{hcl}");
            assert_eq!(settings(hcl).digest(), settings("").digest(), "{hcl}");
        }
        let null = settings("tags = { a = null }");
        assert_eq!(null, settings("tags = { a = \"\" }"));
        let one_order = settings("delegate_selectors = [\"a\", \"b\"]");
        assert_eq!(one_order, settings("delegate_selectors = [\"b\", \"a\"]"));
    }

    #[test]
    fn whatever_setting_differs_makes_another_digest() {
        let variants = [
            "",
            "name = \"Other\"",
            "identifier = \"other\"",
            "description = \"text\"",
            "tags = { a = \"\" }",
            "tags = { a = \"b\" }",
            "tags = { b = \"\" }",
            "org_id = \"o\"",
            "org_id = \"o\"\nproject_id = \"p\"",
            "url_type = \"Repository\"",
            "connection_type = \"SSH\"",
            "url = \"https://bitbucket.org/other/\"",
            "test_repository = \"other.git\"",
            "credentials {\n http {\n username = \"other\"\n password_ref = \"account.bitbucket_api_token\"\n }\n}",
            "credentials {\n http {\n username_ref = \"account.jdoe\"\n password_ref = \"account.bitbucket_api_token\"\n }\n}",
            "credentials {\n http {\n username = \"jdoe\"\n password_ref = \"account.other\"\n }\n}",
            "credentials {\n http {\n username = \"jdoe\"\n password_ref = \"bitbucket_api_token\"\n }\n}",
            "credentials {\n ssh {\n ssh_key_ref = \"account.key\"\n }\n}",
            "api_access {\n access_token {\n token_ref = \"account.t\"\n }\n}",
            "api_access {\n username_token {\n username = \"u\"\n token_ref = \"account.t\"\n }\n}",
            "api_access {\n email_and_api_token {\n email = \"u\"\n token_ref = \"account.t\"\n }\n}",
            "connectivity_mode = \"Platform\"",
            "delegate_selectors = [\"a\"]",
            "delegate_selectors = [\"a\", \"b\"]",
            "description = var.unknown",
        ];
        let digests: std::collections::BTreeSet<_> =
            variants.iter().map(|hcl| settings(hcl).digest()).collect();
        assert_eq!(digests.len(), variants.len());
        assert!(digests.iter().all(|digest| digest.len() == 43));
    }

    /// Private state contains digests from earlier versions of the provider.
    #[test]
    fn the_digest_of_a_connector_stays_what_it_is() {
        assert_eq!(
            settings(
                "tags = { team = \"web\" }\ncredentials {\n http {\n username = \"jdoe\"\n password_ref = \
                 \"account.bitbucket_token\"\n }\n}"
            )
            .digest(),
            "xpeCTeOs9BcjnELBy/B6Wllqabkh/eq4m0eouAjDu6Y"
        );
    }
}
