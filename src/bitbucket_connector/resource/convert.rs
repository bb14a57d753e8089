//! Converts the model to the platform's connector, and back.
//!
//! For writing, every setting must be known; absent, null, and empty ones all become absent. For reading, the
//! platform's connector is compared with what Terraform already has ([`observed`]): if the two are equivalent,
//! Terraform's form is kept (`tags = {}` or null, `""` or null, `Account.x` or `account.x`), so that only real
//! differences show as drift.

use std::collections::{BTreeMap, BTreeSet};

use harness_platform::{
    ApiAccess, Authentication, BitbucketConnector, BitbucketReading, BitbucketSpec, Kind,
    ProjectWithoutOrganization, Scope, TextOrRef,
};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::field::{Field, ToValue};
use tf_provider::value::{Path, Value};

use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::url::{ConnectionType, UrlType};
use crate::bitbucket_connector::connector::words::ConnectivityMode;
use crate::bitbucket_connector::connector::{settings, unmanaged};
use crate::harness::entity_id;

/// Why a model cannot become a connector. Validation reports all of these first, so this is a bug in the provider, or
/// in a host that applies what it did not validate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Incomplete {
    #[error("`{0}` is not known at apply time")]
    Unknown(&'static str),
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error(transparent)]
    Scope(#[from] ProjectWithoutOrganization),
}

/// Returns the platform's connector for a completely known model.
///
/// # Errors
/// Returns an [`Incomplete`] that names the unknown or missing setting.
pub(super) fn desired(model: &Model) -> Result<BitbucketConnector, Incomplete> {
    let scope = model.scope()?.ok_or(Incomplete::Unknown("org_id"))?;
    Ok(BitbucketConnector {
        name: required("name", &model.name)?,
        identifier: required("identifier", &model.identifier)?,
        description: optional("description", &model.description)?,
        org: scope.org().map(str::to_owned),
        project: scope.project().map(str::to_owned),
        tags: tags(&model.tags)?,
        spec: BitbucketSpec {
            url: required("url", &model.url)?,
            url_type: UrlType::wire(&required("url_type", &model.url_type)?),
            validation_repo: optional("test_repository", &model.test_repository)?,
            authentication: authentication(model)?,
            api_access: api_access(model)?,
            execute_on_delegate: ConnectivityMode::from_name(&required(
                "connectivity_mode",
                &model.connectivity_mode,
            )?) != Some(ConnectivityMode::Platform),
            delegate_selectors: selectors(&model.delegate_selectors)?,
        },
    })
}

fn required(name: &'static str, setting: &Field<String>) -> Result<String, Incomplete> {
    match setting {
        Field::Known(text) => Ok(text.clone()),
        Field::Unknown => Err(Incomplete::Unknown(name)),
        Field::Null => Err(Incomplete::Missing(name)),
    }
}

fn optional(name: &'static str, setting: &Field<String>) -> Result<Option<String>, Incomplete> {
    match setting {
        Field::Known(text) if !text.is_empty() => Ok(Some(text.clone())),
        Field::Known(_) | Field::Null => Ok(None),
        Field::Unknown => Err(Incomplete::Unknown(name)),
    }
}

fn tags(
    setting: &Field<BTreeMap<String, Field<String>>>,
) -> Result<BTreeMap<String, String>, Incomplete> {
    match setting {
        Field::Null => Ok(BTreeMap::new()),
        Field::Unknown => Err(Incomplete::Unknown("tags")),
        Field::Known(tags) => tags
            .iter()
            .map(|(key, value)| {
                // A tag that is null has no value, which the platform stores as an empty one.
                let value = optional("tags", value)?.unwrap_or_default();
                Ok((key.clone(), value))
            })
            .collect(),
    }
}

fn selectors(setting: &Field<Vec<Field<String>>>) -> Result<BTreeSet<String>, Incomplete> {
    match setting {
        Field::Null => Ok(BTreeSet::new()),
        Field::Unknown => Err(Incomplete::Unknown("delegate_selectors")),
        Field::Known(selectors) => selectors
            .iter()
            .map(|selector| required("delegate_selectors", selector))
            .collect(),
    }
}

/// Returns a model's credentials or API access, created by `of`.
fn given<T>(
    outer: &str,
    model: &Model,
    of: fn(&Kind, Option<TextOrRef>, Option<String>) -> T,
) -> Result<Option<T>, Incomplete> {
    let Some(block) = settings::blocks_in(outer).find(|block| block.is_given(model)) else {
        return Ok(None);
    };
    let mut user = None;
    if let Some([plain, reference]) = &block.user {
        let user_ref = optional(plain.name(), reference.of(model))?.map(TextOrRef::Ref);
        user = user_ref.or(optional(plain.name(), plain.of(model))?.map(TextOrRef::Plain));
    }
    let secret = optional(block.secret.name(), block.secret.of(model))?;
    Ok(Some(of(&block.kind, user, secret)))
}

fn authentication(model: &Model) -> Result<Authentication, Incomplete> {
    match given("credentials", model, Authentication::of)? {
        Some(authentication) => Ok(authentication),
        None if settings::is_open(&model.credentials) => Err(Incomplete::Unknown("credentials")),
        None => kept_authentication(model),
    }
}

/// Returns the credentials of a connector without any in the configuration: its existing ones, which this provider
/// cannot write, under `ignore_changes`.
fn kept_authentication(model: &Model) -> Result<Authentication, Incomplete> {
    if unmanaged::has_credentials(model) {
        Ok(Authentication::Other {
            type_name: required("connection_type", &model.connection_type)?,
        })
    } else {
        Err(Incomplete::Missing("credentials"))
    }
}

fn api_access(model: &Model) -> Result<Option<ApiAccess>, Incomplete> {
    match given("api_access", model, ApiAccess::of)? {
        Some(access) => Ok(Some(access)),
        None if settings::is_open(&model.api_access) => Err(Incomplete::Unknown("api_access")),
        None if model.api_access.is_null() => Ok(None),
        None => Err(Incomplete::Missing("api_access")),
    }
}

/// Returns the model of the platform's connector, in the form of `prior` where both are equivalent.
///
/// Settings that are not sent to the platform (`connection_test`, `force_delete`, `timeouts`) are those of `prior`.
/// Credentials and API access of an unknown type are null.
pub(crate) fn observed(reading: &BitbucketReading, scope: &Scope, prior: &Model) -> Model {
    let remote = &reading.connector;
    let spec = &remote.spec;
    let mut model = Model {
        name: Field::Known(remote.name.clone()),
        identifier: Field::Known(remote.identifier.clone()),
        description: observed_text(remote.description.as_deref(), &prior.description),
        tags: observed_tags(&remote.tags, &prior.tags),
        org_id: observed_text(remote.org.as_deref(), &prior.org_id),
        project_id: observed_text(remote.project.as_deref(), &prior.project_id),
        url_type: word(UrlType::word(&spec.url_type)),
        connection_type: word(ConnectionType::word(&spec.authentication)),
        url: Field::Known(spec.url.clone()),
        test_repository: observed_text(spec.validation_repo.as_deref(), &prior.test_repository),
        credentials: Field::Null,
        api_access: Field::Null,
        connectivity_mode: word(ConnectivityMode::of_wire(spec.execute_on_delegate).name()),
        delegate_selectors: observed_selectors(&spec.delegate_selectors, &prior.delegate_selectors),
        // The platform does not know these.
        connection_test: prior.connection_test.clone(),
        force_delete: prior.force_delete.clone(),
        timeouts: prior.timeouts.clone(),
        id: Field::Known(entity_id::format(scope, &remote.identifier)),
        reference: Field::Known(entity_id::reference(scope, &remote.identifier)),
        unmanaged: unmanaged::phrases(reading),
    };
    // Only blocks of the platform's types are created, each with all of its texts.
    for (text, value) in settings::texts_of(remote) {
        let before = text.of(prior);
        let observed = if text.is_reference() {
            reference(value, before)
        } else {
            observed_text(value, before)
        };
        text.set(&mut model, observed);
    }
    model
}

fn word(word: &str) -> Field<String> {
    Field::Known(word.to_owned())
}

/// Returns the model after the platform confirmed a create or update: the planned one, with unknown values filled in.
///
/// Terraform requires an applied value to be the planned one. If the platform stored another value anyway, the planned
/// one is returned with a warning, and the next refresh shows the difference as drift. There is no warning if only
/// unmanaged settings differ.
pub(super) fn confirmed(
    reading: &BitbucketReading,
    scope: &Scope,
    planned: &Model,
) -> (Value, Diagnostics) {
    let observed = observed(reading, scope, planned).to_value();
    let mut state = planned.to_value();
    let mut findings = Diagnostics::new();
    let (Value::Object(observed), Value::Object(planned)) = (observed, state.clone()) else {
        return (state, findings);
    };
    for (name, stored) in observed {
        match planned.get(&name) {
            Some(value) if *value == stored => {}
            Some(value) if name == "unmanaged" && value.is_wholly_known() => {}
            Some(value) if value.is_wholly_known() => findings.push(
                Diagnostic::warning(
                    format!("Harness stored another {name}"),
                    format!(
                        "Harness saved the connector, but with another `{name}` than the one sent, so the next plan will show \
                         a difference. Write the value that Harness shows, or ask your Harness administrator: often, a \
                         policy or feature flag of the account rewrites the setting."
                    ),
                )
                .at(Path::root().attribute(&name)),
            ),
            _ => state = state.with(&name, stored),
        }
    }
    (state, findings)
}

/// Returns a remote text, if any. An empty text equals none, and keeps the form of `prior`.
fn observed_text(remote: Option<&str>, prior: &Field<String>) -> Field<String> {
    match remote.filter(|text| !text.is_empty()) {
        Some(text) => Field::Known(text.to_owned()),
        None if prior.text() == Some("") => prior.clone(),
        None => Field::Null,
    }
}

/// Returns a reference to a secret. The platform writes the scope in lower case, whatever was sent.
fn reference(remote: Option<&str>, prior: &Field<String>) -> Field<String> {
    match (remote, prior.text()) {
        (Some(remote), Some(text)) if same_reference(remote, text) => prior.clone(),
        _ => observed_text(remote, prior),
    }
}

/// Returns whether two references name one secret, regardless of the capitalization of their scopes.
pub(super) fn same_reference(one: &str, other: &str) -> bool {
    match (one.split_once('.'), other.split_once('.')) {
        (Some((scope, id)), Some((other_scope, other_id))) => {
            id == other_id && scope.eq_ignore_ascii_case(other_scope)
        }
        _ => one == other,
    }
}

fn observed_tags(
    remote: &BTreeMap<String, String>,
    prior: &Field<BTreeMap<String, Field<String>>>,
) -> Field<BTreeMap<String, Field<String>>> {
    if remote.is_empty() {
        return match prior.known() {
            Some(tags) if tags.is_empty() => prior.clone(),
            _ => Field::Null,
        };
    }
    let prior = prior.known();
    Field::Known(
        remote
            .iter()
            .map(|(key, value)| {
                let before = prior.and_then(|tags| tags.get(key));
                let value = match before {
                    Some(Field::Null) if value.is_empty() => Field::Null,
                    _ => Field::Known(value.clone()),
                };
                (key.clone(), value)
            })
            .collect(),
    )
}

fn observed_selectors(
    remote: &BTreeSet<String>,
    prior: &Field<Vec<Field<String>>>,
) -> Field<Vec<Field<String>>> {
    if remote.is_empty() {
        return match prior.known() {
            Some(selectors) if selectors.is_empty() => prior.clone(),
            _ => Field::Null,
        };
    }
    Field::Known(remote.iter().cloned().map(Field::Known).collect())
}

/// Returns whether the connector's API access is of a type that this provider can neither read nor write.
pub(super) fn has_unmanaged_api_access(remote: &BitbucketConnector) -> bool {
    let access = remote.spec.api_access.as_ref();
    access.is_some_and(|access| access.parts().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitbucket_connector::connector::model::{Credentials, HttpCredentials};

    fn text(value: &str) -> Field<String> {
        Field::Known(value.to_owned())
    }

    fn model() -> Model {
        Model {
            name: text("Bitbucket"),
            identifier: text("bb"),
            url_type: text("Repository"),
            connection_type: text("HTTP"),
            url: text("https://bitbucket.org/acme/web.git"),
            credentials: Field::Known(Credentials {
                http: Field::Known(HttpCredentials {
                    username: text("jdoe"),
                    password_ref: text("Account.token"),
                    ..Default::default()
                }),
                ..Default::default()
            }),
            connectivity_mode: text("Delegate"),
            id: text("bb"),
            reference: text("account.bb"),
            unmanaged: Field::Known(Vec::new()),
            ..Default::default()
        }
    }

    #[test]
    fn what_was_asked_for_is_observed_unchanged_whatever_form_null_has() {
        let empty = [
            |_: &mut Model| {},
            |m: &mut Model| m.description = text(""),
            |m: &mut Model| m.tags = Field::Known(BTreeMap::new()),
            |m: &mut Model| m.delegate_selectors = Field::Known(Vec::new()),
            |m: &mut Model| m.test_repository = text(""),
            |m: &mut Model| {
                m.tags = Field::Known([("a".to_owned(), Field::Null)].into());
            },
            |m: &mut Model| m.force_delete = Field::Known(true),
        ];
        for (index, change) in empty.iter().enumerate() {
            let mut model = model();
            change(&mut model);
            let remote = desired(&model).unwrap();
            assert_eq!(
                observed(&remote.into(), &Scope::Account, &model),
                model,
                "{index}"
            );
        }
    }

    #[test]
    fn the_platforms_spelling_of_a_scope_is_no_drift_but_another_secret_is() {
        let mut remote = desired(&model()).unwrap();
        let password = |remote: &BitbucketConnector| {
            let seen = observed(&remote.clone().into(), &Scope::Account, &model());
            let credentials = seen.credentials.known().cloned().unwrap();
            credentials.http.known().unwrap().password_ref.clone()
        };
        for (stored, shown) in [
            ("account.token", "Account.token"),
            ("account.other", "account.other"),
            ("org.token", "org.token"),
        ] {
            remote.spec.authentication = Authentication::Http {
                username: None,
                password_ref: Some(stored.to_owned()),
            };
            assert_eq!(password(&remote), text(shown));
        }
    }

    #[test]
    fn a_value_that_the_platform_rewrote_is_a_warning_and_the_plan_stays() {
        let mut remote = desired(&model()).unwrap();
        remote.name = "Other".to_owned();
        let planned = Model {
            id: Field::Unknown,
            ..model()
        };
        let (state, findings) = confirmed(&remote.into(), &Scope::Account, &planned);
        assert_eq!(state, model().to_value());
        let paths: Vec<_> = findings
            .iter()
            .map(|d| d.path.clone().unwrap().to_string())
            .collect();
        assert_eq!(paths, ["name"]);
    }

    #[test]
    fn an_unknown_or_missing_setting_is_named() {
        let unknown = Model {
            url: Field::Unknown,
            ..model()
        };
        assert_eq!(
            desired(&unknown).unwrap_err().to_string(),
            "`url` is not known at apply time"
        );
        let missing = Model {
            credentials: Field::Null,
            ..model()
        };
        assert_eq!(
            desired(&missing).unwrap_err().to_string(),
            "`credentials` is missing"
        );
    }

    #[test]
    fn api_access_of_an_unknown_kind_is_null() {
        let mut remote = desired(&model()).unwrap();
        remote.spec.api_access = Some(ApiAccess::OAuth);
        assert!(has_unmanaged_api_access(&remote));
        let seen = observed(&remote.into(), &Scope::Account, &model());
        assert!(seen.api_access.is_null());
    }
}
