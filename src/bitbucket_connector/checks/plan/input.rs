//! The input of the rules: a planned change, and what the platform has reported about it.

use harness_platform::{ConnectorRef, Scope};
use tf_provider::field::Field;

use crate::bitbucket_connector::checks::offline::input::{Input, Offline};
use crate::bitbucket_connector::connector::model::Model;
use crate::harness::identifier::{self, IdentifierError};
use crate::harness::plan_queries::answers::Answers;
use crate::harness::plan_queries::secret_id::SecretId;
use crate::harness::rule::{self, Family};
use crate::harness::secret_ref::SecretRef;
use crate::harness::wording;

/// The rules that also check what the platform has reported.
#[derive(Clone, Debug)]
pub(crate) enum WithPlatform {}

impl Family for WithPlatform {
    type Input<'a> = PlanInput<'a>;

    type Circumstance = Circumstance;

    fn arguments() -> &'static [&'static str] {
        Offline::arguments()
    }
}

pub(crate) type Rule = rule::Rule<WithPlatform>;
pub(crate) type Findings<'a> = rule::Findings<'a, WithPlatform>;

/// When a rule's example is wrong; without a circumstance, when the connector is created.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Circumstance {
    /// The connector exists, and a pipeline uses it.
    Existing,
    /// The connector exists with API access, and a pipeline uses it.
    ExistingWithApiAccess,
    /// The connector exists, and has API access by OAuth.
    Unmanaged,
    /// The key cannot see secrets.
    SecretsHidden,
    /// The key cannot see delegates.
    DelegatesHidden,
    /// There is no delegate.
    NoDelegates,
    /// The platform does not respond.
    NoAnswer,
    /// There is no API key.
    NoKey,
    /// The connector is one of hundreds to be destroyed.
    OneOfMany,
}

/// A planned change of one connector.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PlannedChange<'a> {
    /// The connector is created. Also planned for the second half of a replacement, for which Terraform shows only
    /// errors: the warnings were shown with the replacement.
    Creation {
        /// The planned connector.
        planned: &'a Model,
    },
    /// The connector is changed in place, or not at all.
    Update {
        /// The prior connector.
        prior: &'a Model,
        /// The planned connector.
        planned: &'a Model,
    },
    /// The connector is replaced.
    Replacement {
        /// The prior connector.
        prior: &'a Model,
        /// The planned replacement.
        planned: &'a Model,
    },
    /// The connector is destroyed.
    Destruction {
        /// The prior connector.
        prior: &'a Model,
    },
}

impl<'a> PlannedChange<'a> {
    /// Returns the prior connector.
    pub(crate) fn prior(&self) -> Option<&'a Model> {
        match self {
            Self::Creation { .. } => None,
            Self::Update { prior, .. }
            | Self::Replacement { prior, .. }
            | Self::Destruction { prior } => Some(prior),
        }
    }

    /// Returns whether anything changes.
    pub(super) fn is_one(&self) -> bool {
        match self {
            Self::Update { prior, planned } => prior != planned,
            Self::Creation { .. } | Self::Replacement { .. } | Self::Destruction { .. } => true,
        }
    }

    /// Returns the planned connector, or the prior one for a destruction.
    pub(crate) fn model(&self) -> &'a Model {
        match self {
            Self::Creation { planned }
            | Self::Update { planned, .. }
            | Self::Replacement { planned, .. } => planned,
            Self::Destruction { prior } => prior,
        }
    }
}

/// A planned change, and what the platform has reported about it.
pub(crate) struct PlanInput<'a> {
    pub(crate) change: PlannedChange<'a>,
    /// The planned connector, as input of the offline rules.
    pub(crate) offline: Input<'a>,
    pub(crate) answers: Answers,
}

impl<'a> PlanInput<'a> {
    pub(crate) fn new(change: PlannedChange<'a>, answers: Answers) -> Self {
        Self {
            change,
            offline: Input::new(change.model()),
            answers,
        }
    }

    /// Returns the planned connector.
    pub(crate) fn model(&self) -> &'a Model {
        self.change.model()
    }
}

/// Returns the secret that one of a connector's references points to, or `None` if the connector's scope has no such
/// level or is unknown.
pub(crate) fn secret_id(model: &Model, reference: &SecretRef) -> Option<SecretId> {
    SecretId::seen_from(id(&model.org_id), id(&model.project_id), reference)
}

/// Returns the id in `org_id` or `project_id`, if it is known and valid. Anything else is reported offline.
fn id(setting: &Field<String>) -> Option<&str> {
    let text = setting.text()?;
    // Reserved words are reserved only for connectors.
    match identifier::check(text) {
        Ok(()) | Err(IdentifierError::Reserved | IdentifierError::SecretManager) => Some(text),
        Err(IdentifierError::Empty | IdentifierError::Malformed) => None,
    }
}

/// Returns the connector's scope, if it is completely known and valid.
pub(crate) fn scope(model: &Model) -> Option<Scope> {
    let is_usable = |setting: &Field<String>| setting.text().is_none() || id(setting).is_some();
    if !is_usable(&model.org_id) || !is_usable(&model.project_id) {
        return None;
    }
    model.scope().ok().flatten()
}

/// Returns the narrowest known organization or project of the connector. The project is unknown more often than the
/// organization.
pub(super) fn known_scope(model: &Model) -> Option<Scope> {
    let org = id(&model.org_id)?.to_owned();
    match &model.project_id {
        Field::Known(_) => Some(Scope::Project {
            org,
            project: id(&model.project_id)?.to_owned(),
        }),
        Field::Null | Field::Unknown => Some(Scope::Organization { org }),
    }
}

/// Returns the reference to a model's connector, if it is completely known and valid.
pub(crate) fn connector(model: &Model) -> Option<ConnectorRef> {
    let identifier = model.identifier.text()?;
    identifier::check(identifier).ok()?;
    Some(ConnectorRef::new(scope(model)?, identifier))
}

/// Returns how findings about other connectors refer to a model's connector, or `None` if it has no name yet.
pub(crate) fn object(model: &Model) -> Option<String> {
    match (connector(model), model.name.text()) {
        (Some(connector), _) => Some(wording::connector::referred_to(&connector)),
        (None, Some(name)) if wording::is_shown(name) => {
            Some(format!("connector {}", wording::hcl(name)))
        }
        (None, _) => None,
    }
}

/// Returns the old and the new identifier, if they certainly differ.
pub(super) fn changed_identifier<'a>(
    prior: &'a Model,
    planned: &'a Model,
) -> Option<(&'a str, &'a str)> {
    let (old, new) = (prior.identifier.text()?, planned.identifier.text()?);
    (old != new).then_some((old, new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(org: Field<&str>, project: Field<&str>) -> Model {
        let owned = |setting| match setting {
            Field::Known(text) => Field::Known(str::to_owned(text)),
            Field::Unknown => Field::Unknown,
            Field::Null => Field::Null,
        };
        Model {
            org_id: owned(org),
            project_id: owned(project),
            identifier: Field::Known("bb".to_owned()),
            ..Model::default()
        }
    }

    #[test]
    fn a_place_is_known_as_far_as_its_ids_are_known_and_can_be_ids() {
        use Field::{Known, Null, Unknown};
        for (org, project, whole, certain) in [
            (Null, Null, Some("account"), None),
            (
                Known("o"),
                Null,
                Some("organization \"o\""),
                Some("organization \"o\""),
            ),
            (
                Known("o"),
                Known("p"),
                Some("project \"p\" of organization \"o\""),
                Some("project \"p\" of organization \"o\""),
            ),
            (Known("o"), Unknown, None, Some("organization \"o\"")),
            (Unknown, Known("p"), None, None),
            (Unknown, Null, None, None),
            (Null, Known("p"), None, None),
            (Known("my org"), Null, None, None),
            (Known("o"), Known(""), None, None),
            (
                Known("account"),
                Null,
                Some("organization \"account\""),
                Some("organization \"account\""),
            ),
        ] {
            let model = model(org.clone(), project.clone());
            let shown = |scope: Option<Scope>| scope.map(|scope| scope.to_string());
            let row = format!("{org:?} {project:?}");
            assert_eq!(shown(scope(&model)).as_deref(), whole, "{row}");
            assert_eq!(shown(known_scope(&model)).as_deref(), certain, "{row}");
            assert_eq!(connector(&model).is_some(), whole.is_some(), "{row}");
        }
    }

    #[test]
    fn a_reference_points_to_the_secret_at_its_level() {
        use Field::{Known, Null, Unknown};
        for (org, project, reference, secret) in [
            (Null, Null, "account.s", Some("account")),
            (Unknown, Unknown, "account.s", Some("account")),
            (Known("o"), Unknown, "org.s", Some("organization \"o\"")),
            (Known("o"), Unknown, "s", None),
            (
                Known("o"),
                Known("p"),
                "s",
                Some("project \"p\" of organization \"o\""),
            ),
            (Known("o"), Null, "s", None),
            (Null, Null, "org.s", None),
            (Known("my org"), Null, "org.s", None),
        ] {
            let model = model(org, project);
            let reference = SecretRef::parse(reference).unwrap();
            let found = secret_id(&model, &reference);
            let found = found.map(|secret| secret.scope.to_string());
            assert_eq!(found.as_deref(), secret, "{reference}");
        }
        let credential = SecretId {
            scope: Scope::Organization {
                org: "o".to_owned(),
            },
            identifier: "ssh".to_owned(),
        };
        let inside = |text| credential.inside(&SecretRef::parse(text).unwrap());
        assert_eq!(inside("account.key").unwrap().scope, Scope::Account);
        assert_eq!(inside("org.key").unwrap().scope, credential.scope);
        assert_eq!(inside("key"), None);
    }
}
