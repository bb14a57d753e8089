//! A change of a connector in a plan: what happens to it, and its values before and after.

pub(super) mod difference;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use harness_platform::ConnectorRef;
use serde_json::Value;
use tf_provider::field::FromValue;
use tf_provider::value::{self, Type, json};

use crate::bitbucket_connector::checks::plan::{in_place, input};
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::schema;
use crate::harness::entity_id;
use crate::review::plan::{Action, ResourceChange};
use difference::{Difference, Side, differ, differences};

/// The type of the resource, cached because building it takes time.
static TYPE: LazyLock<Type> = LazyLock::new(|| schema::schema().ty());

/// A connector to look up, and its account according to the plan.
pub(super) type Asked = (Option<String>, ConnectorRef);

/// A change of a connector in a plan.
pub(super) struct Change {
    pub(super) address: String,
    pub(super) previous_address: Option<String>,
    pub(super) deposed: Option<String>,
    pub(super) action: Action,
    pub(super) is_imported: bool,
    /// The connector before and after the change, or `None` if there is none, or it cannot be read.
    pub(super) before: Option<Model>,
    pub(super) after: Option<Model>,
    /// The reference that pipelines use, before and after.
    pub(super) old_ref: Option<String>,
    pub(super) new_ref: Option<String>,
    /// The connector's account, if the plan contains it.
    pub(super) account: Option<String>,
    pub(super) differences: Vec<Difference>,
    /// Whether it differs, even if no difference can be shown.
    pub(super) differs: bool,
    /// Whether it was deleted outside Terraform and is created again.
    pub(super) was_deleted: bool,
    /// Sensitive texts, which no other text may repeat.
    pub(super) secrets: BTreeSet<String>,
}

/// The sensitive arguments of a connector.
pub(super) struct Sensitive {
    /// The names of the arguments; empty if the whole connector is sensitive.
    pub(super) arguments: BTreeSet<String>,
    /// The texts of the arguments.
    texts: BTreeSet<String>,
}

impl Sensitive {
    /// Reads the marks of a resource. Returns `None` if there are none.
    pub(super) fn of(raw: &ResourceChange) -> Option<Self> {
        let mut found = Self {
            arguments: BTreeSet::new(),
            texts: BTreeSet::new(),
        };
        let sides = [
            (&raw.before, &raw.before_sensitive),
            (&raw.after, &raw.after_sensitive),
        ];
        let mut is_any = false;
        for (value, sensitive) in sides {
            if value.is_null() || !has_mark(sensitive) {
                continue;
            }
            is_any = true;
            let side = Side {
                value,
                sensitive,
                unknown: &Value::Null,
            };
            side.secrets(&mut found.texts);
            let marks = sensitive.as_object().into_iter().flatten();
            let marked = marks.filter(|(_, mark)| has_mark(mark));
            found.arguments.extend(marked.map(|(name, _)| name.clone()));
        }
        is_any.then_some(found)
    }

    /// Returns whether a message contains part of a sensitive text: one of its longer words, or any text in quotes.
    pub(super) fn is_quoted_in(&self, message: &str) -> bool {
        const LONG: usize = 4;
        let mut quoted = message.split('"').skip(1).step_by(2);
        let is_quoted =
            quoted.any(|part| !part.is_empty() && self.texts.iter().any(|it| it.contains(part)));
        let words = self
            .texts
            .iter()
            .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
        let mut words = words.filter(|word| word.chars().count() >= LONG);
        is_quoted || words.any(|word| message.contains(word))
    }
}

impl Change {
    /// Reads a resource of a plan.
    pub(super) fn of(raw: &ResourceChange) -> Self {
        let before = Side {
            value: &raw.before,
            sensitive: &raw.before_sensitive,
            unknown: &Value::Null,
        };
        let after = Side {
            value: &raw.after,
            sensitive: &raw.after_sensitive,
            unknown: &raw.after_unknown,
        };
        let mut secrets = BTreeSet::new();
        before.secrets(&mut secrets);
        after.secrets(&mut secrets);
        let text = |side: &Side<'_>| side.member("ref").text().map(str::to_owned);
        let differences = if raw.before.is_null() || raw.after.is_null() {
            Vec::new()
        } else {
            differences(before, after)
        };
        Self {
            differs: differ(before, after),
            address: raw.address.clone(),
            previous_address: raw.previous_address.clone(),
            deposed: raw.deposed.clone(),
            action: raw.action,
            is_imported: raw.is_imported,
            before: model(&before),
            after: model(&after),
            old_ref: text(&before),
            new_ref: text(&after),
            account: raw.account.clone(),
            differences,
            was_deleted: false,
            secrets,
        }
    }

    /// Returns whether anything happens to the connector.
    pub(super) fn is_one(&self) -> bool {
        let is_nothing = matches!(self.action, Action::NoOp | Action::Read);
        !is_nothing || self.is_imported || self.previous_address.is_some()
    }

    /// Returns whether one of these settings, or a part of it, differs.
    pub(super) fn changes(&self, settings: &[&str]) -> bool {
        self.differences.iter().any(|difference| {
            let name = difference.setting.split(['.', '[']).next();
            name.is_some_and(|name| settings.contains(&name))
        })
    }

    /// Returns whether a change in place removes what users rely on.
    pub(super) fn moves_ground(&self) -> bool {
        match (self.action, &self.before, &self.after) {
            (Action::Update, Some(before), Some(after)) => in_place::hits_users(before, after),
            _ => false,
        }
    }

    /// Returns whether users, if any, would notice the change.
    pub(super) fn would_hit_users(&self) -> bool {
        matches!(self.action, Action::Destroy | Action::Replace) || self.moves_ground()
    }

    /// Returns the connector in Harness before the apply, if it is known.
    pub(super) fn existing(&self) -> Option<ConnectorRef> {
        input::connector(self.before.as_ref()?)
    }

    /// Returns the connector whose users to look up.
    pub(super) fn asked(&self) -> Option<Asked> {
        Some((self.account.clone(), self.existing()?))
    }

    /// Returns the import id of the existing connector, or of the one that is created.
    pub(super) fn id(&self) -> Option<String> {
        let model = self.before.as_ref().or(self.after.as_ref())?;
        let connector = input::connector(model)?;
        Some(entity_id::format(&connector.scope, &connector.identifier))
    }
}

/// Returns the connector, if there is one. Attributes that a later version of the provider added are ignored.
fn model(side: &Side<'_>) -> Option<Model> {
    if side.value.is_null() {
        return None;
    }
    let bytes = side.value.to_string();
    let known = json::decode_lenient(bytes.as_bytes(), &TYPE).ok()?;
    Model::from_value(&with_unknown(known, side.unknown, &TYPE)).ok()
}

/// Returns the value with its unknown parts marked, which a plan leaves out.
fn with_unknown(value: value::Value, unknown: &Value, ty: &Type) -> value::Value {
    match (unknown, ty) {
        (Value::Bool(true), _) => value::Value::unknown(),
        (Value::Object(marks), Type::Object(types)) => {
            let mut object = value;
            for (name, mark) in marks {
                if let Some(ty) = types.get(name) {
                    let inner = object.get(name).cloned().unwrap_or(value::Value::Null);
                    object = object.with(name, with_unknown(inner, mark, ty));
                }
            }
            object
        }
        // A partly unknown list or map is treated as unknown as a whole.
        (marks, _) if has_mark(marks) => value::Value::unknown(),
        _ => value,
    }
}

fn has_mark(marks: &Value) -> bool {
    match marks {
        Value::Bool(mark) => *mark,
        Value::Array(items) => items.iter().any(has_mark),
        Value::Object(members) => members.values().any(has_mark),
        _ => false,
    }
}
