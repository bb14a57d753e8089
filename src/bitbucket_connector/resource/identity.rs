//! The identity of a connector: account, organization, project, and identifier. It distinguishes a connector from all
//! others, including one with the same name in another account.

use harness_platform::Scope;
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::field::{Field, FromValue, ToValue};
use tf_provider::model;
use tf_provider::resource::{IdentityAttribute, IdentitySchema};
use tf_provider::value::{Path, Type, Value};

use crate::bitbucket_connector::checks::offline::check_scope;
use crate::bitbucket_connector::connector::model::Model;
use crate::harness::provider_data::{NoProviderData, SharedProviderData};
use crate::harness::wording::{self, hcl};
use crate::harness::{leaked_secret, target};

model! {
    /// An identity, as Terraform stores it and as in an `import` block.
    pub(crate) struct Identity {
        account_id: String;
        org_id: String;
        project_id: String;
        identifier: String;
    }
}

/// Returns the schema, version 0.
pub(crate) fn schema() -> IdentitySchema {
    let text = |name, description| IdentityAttribute {
        name,
        ty: Type::String,
        required_for_import: name == "identifier",
        description,
    };
    IdentitySchema {
        version: 0,
        attributes: vec![
            text(
                "account_id",
                "Identifier of the Harness account. Default in an import: the account of the provider.",
            ),
            text(
                "org_id",
                "Identifier (not name) of the organization. Omit it for a connector of the account.",
            ),
            text(
                "project_id",
                "Identifier (not name) of the project. Requires `org_id`. Omit it for a connector of the organization or \
                 account.",
            ),
            text(
                "identifier",
                "Identifier of the connector, unique in its scope.",
            ),
        ],
    }
}

/// Returns the identity of a model's connector, or `None` as long as its account is unknown.
pub(crate) fn of(model: &Model, provider_data: &SharedProviderData) -> Option<Value> {
    let account_id = match provider_data.get() {
        Ok(provider_data) => Field::Known(provider_data.client.account_id().to_owned()),
        Err(NoProviderData::Unknown(_)) => Field::Unknown,
        Err(NoProviderData::NotConfigured(_) | NoProviderData::Incomplete { .. }) => return None,
    };
    let (org_id, project_id) = match model.scope() {
        Ok(Some(scope)) => parts(&scope),
        Ok(None) => (or_unknown(&model.org_id), or_unknown(&model.project_id)),
        // Validation has reported it.
        Err(_) => return None,
    };
    let identity = Identity {
        account_id,
        org_id,
        project_id,
        identifier: model.identifier.clone(),
    };
    Some(identity.to_value())
}

/// Returns `org_id` and `project_id` of a scope.
fn parts(scope: &Scope) -> (Field<String>, Field<String>) {
    let setting = |part: Option<&str>| part.map(str::to_owned).into();
    (setting(scope.org()), setting(scope.project()))
}

/// Returns what is known about one part of an incompletely known scope. An empty text counts as absent.
fn or_unknown(part: &Field<String>) -> Field<String> {
    match part.text() {
        Some("") => Field::Null,
        _ => part.clone(),
    }
}

/// Returns the identity of a connector that was found in the client's account.
pub(crate) fn found(account_id: &str, scope: &Scope, identifier: &str) -> Value {
    let (org_id, project_id) = parts(scope);
    Identity {
        account_id: Field::Known(account_id.to_owned()),
        org_id,
        project_id,
        identifier: Field::Known(identifier.to_owned()),
    }
    .to_value()
}

/// Returns scope and identifier of the connector with an identity.
///
/// # Errors
/// Returns an error if it names nothing that can exist, or a connector in another account than the provider's.
pub(crate) fn import(
    identity: &Value,
    provider_data: &SharedProviderData,
) -> Result<(Scope, String), Diagnostics> {
    let identity = Identity::from_value(identity).map_err(Diagnostic::own_bug)?;
    let mut findings: Diagnostics = check_scope(&identity.org_id, &identity.project_id);
    findings.extend(target::check_identifier(&identity.identifier));
    // A pasted secret has its own message, because the one about another account would not say that it leaked.
    let secret = identity
        .account_id
        .text()
        .and_then(leaked_secret::recognize_for_identifier);
    if let Some(pasted) = secret {
        findings.push(
            Diagnostic::error(
                "Secret in account_id",
                format!(
                    "`account_id` of the identity holds what looks like {pasted} (not shown here; consider it leaked). Remove \
                     it, or write the account id."
                ),
            )
            .at(Path::root().attribute("account_id")),
        );
    } else if let Some(named) = identity.account_id.text() {
        let provider_data = provider_data.get().map_err(|none| {
            let identifier = identity.identifier.text().unwrap_or_default();
            none.into_finding(Some(wording::named("connector", identifier)))
        })?;
        let account = provider_data.client.account_id();
        if account != named {
            findings.push(other_account(named, account));
        }
    }
    if findings.has_errors() {
        return Err(findings);
    }
    let scope = target::scope(&identity.org_id, &identity.project_id)?;
    let identifier = identity.identifier.text().unwrap_or_default().to_owned();
    Ok((scope, identifier))
}

fn other_account(named: &str, account: &str) -> Diagnostic {
    Diagnostic::error(
        "Connector of another account",
        format!(
            "The identity names the account {}, but the provider is configured for the account {}. Remove `account_id`, or \
             set HARNESS_ACCOUNT_ID (or the provider's `account_id`) and a key for that account.",
            hcl(named),
            hcl(account)
        ),
    )
    .at(Path::root().attribute("account_id"))
}

#[cfg(test)]
mod tests {
    use tf_provider::diagnostic::Severity;

    use super::*;

    fn identity(parts: [Field<&str>; 4]) -> Value {
        let [account_id, org_id, project_id, identifier] =
            parts.map(|part| part.known().map(|text| (*text).to_owned()).into());
        Identity {
            account_id,
            org_id,
            project_id,
            identifier,
        }
        .to_value()
    }

    #[test]
    fn an_identity_names_a_scope_and_an_identifier() {
        use Field::{Known, Null};
        let provider_data = SharedProviderData::default();
        for (parts, scope) in [
            ([Null, Null, Null, Known("bb")], Scope::Account),
            (
                [Null, Known("o"), Null, Known("bb")],
                Scope::Organization {
                    org: "o".to_owned(),
                },
            ),
            (
                [Null, Known("o"), Known("p"), Known("bb")],
                Scope::Project {
                    org: "o".to_owned(),
                    project: "p".to_owned(),
                },
            ),
        ] {
            let read = import(&identity(parts), &provider_data);
            assert_eq!(read.unwrap(), (scope, "bb".to_owned()));
        }
    }

    #[test]
    fn what_cannot_exist_is_an_error_at_its_part() {
        use Field::{Known, Null};
        for (parts, place) in [
            ([Null, Null, Known("p"), Known("bb")], "project_id"),
            ([Null, Known("a b"), Null, Known("bb")], "org_id"),
            ([Null, Null, Null, Known("account.bb")], "identifier"),
            ([Null, Null, Null, Known("")], "identifier"),
            ([Null, Known(""), Null, Known("bb")], "org_id"),
            (
                [Known("pat.acc0unt.id.s3cr3tvalue"), Null, Null, Known("bb")],
                "account_id",
            ),
            (
                [Null, Known("AKIAIOSFODNN7EXAMPLE"), Null, Known("bb")],
                "org_id",
            ),
            (
                [Null, Null, Null, Known("AKIAIOSFODNN7EXAMPLE")],
                "identifier",
            ),
        ] {
            let findings = import(&identity(parts), &SharedProviderData::default()).unwrap_err();
            let errors: Vec<_> = findings
                .iter()
                .filter(|finding| finding.severity == Severity::Error)
                .map(|finding| finding.path.clone())
                .collect();
            assert_eq!(errors, [Some(Path::root().attribute(place))]);
        }
    }

    #[test]
    fn a_connector_has_no_identity_before_the_provider_is_configured() {
        let model = Model {
            identifier: Field::Known("bb".to_owned()),
            ..Model::default()
        };
        let provider_data = SharedProviderData::default();
        assert_eq!(of(&model, &provider_data), None);
        provider_data.unknown(&["account_id"]);
        let known = of(&model, &provider_data).unwrap();
        assert!(known.get("account_id").is_some_and(Value::is_unknown));
        assert_eq!(known.get("identifier").and_then(Value::as_str), Some("bb"));
        assert!(known.get("org_id").is_some_and(Value::is_null));
    }
}
