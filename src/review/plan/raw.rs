//! The JSON of a plan, member by member, as far as needed.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::action::Action;
use crate::bitbucket_connector::connector::TYPE_NAME;

/// The prefix of this provider's data source types.
const OWN_DATA: &str = "harness_bitbucket_";

#[derive(Deserialize)]
pub(super) struct RawPlan {
    #[serde(default)]
    pub(super) format_version: Option<String>,
    #[serde(default)]
    pub(super) resource_changes: Items<RawChange>,
    #[serde(default)]
    pub(super) resource_drift: Items<RawChange>,
    #[serde(default)]
    pub(super) deferred_changes: Items<RawDeferred>,
    #[serde(default)]
    pub(super) checks: Items<RawCheck>,
    /// The only place for data sources in a refresh-only plan.
    pub(super) prior_state: Option<RawState>,
    #[serde(default)]
    pub(super) errored: bool,
    pub(super) complete: Option<bool>,
    // These distinguish a plan from a state and from anything else.
    pub(super) planned_values: Option<IgnoredAny>,
    pub(super) configuration: Option<RawConfiguration>,
    pub(super) values: Option<IgnoredAny>,
    pub(super) lineage: Option<IgnoredAny>,
    #[serde(rename = "@level")]
    pub(super) level: Option<IgnoredAny>,
    pub(super) diagnostics: Option<IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct RawConfiguration {
    pub(super) provider_config: Option<BTreeMap<String, RawProvider>>,
}

/// A provider configuration. `full_name` is the provider's source address.
#[derive(Deserialize)]
pub(super) struct RawProvider {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) full_name: String,
}

#[derive(Deserialize)]
pub(super) struct RawChange {
    #[serde(default)]
    pub(super) address: String,
    pub(super) previous_address: Option<String>,
    pub(super) deposed: Option<String>,
    #[serde(default)]
    pub(super) mode: String,
    #[serde(default, rename = "type")]
    pub(super) type_name: String,
    #[serde(default)]
    pub(super) provider_name: String,
    #[serde(default)]
    pub(super) change: RawAction,
}

#[derive(Default, Deserialize)]
pub(super) struct RawAction {
    #[serde(default)]
    pub(super) actions: Vec<String>,
    pub(super) importing: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) before: Value,
    #[serde(default)]
    pub(super) after: Value,
    #[serde(default)]
    pub(super) after_unknown: Value,
    #[serde(default)]
    pub(super) before_sensitive: Value,
    #[serde(default)]
    pub(super) after_sensitive: Value,
    #[serde(default)]
    pub(super) before_identity: Value,
    #[serde(default)]
    pub(super) after_identity: Value,
}

#[derive(Deserialize)]
pub(super) struct RawState {
    pub(super) values: Option<RawValues>,
}

#[derive(Deserialize)]
pub(super) struct RawValues {
    pub(super) root_module: Option<RawModule>,
}

#[derive(Deserialize)]
pub(super) struct RawModule {
    pub(super) resources: Option<Vec<RawResource>>,
    pub(super) child_modules: Option<Vec<RawModule>>,
}

/// A resource of the state, without its values.
#[derive(Deserialize)]
pub(super) struct RawResource {
    #[serde(default)]
    pub(super) mode: String,
    #[serde(default, rename = "type")]
    pub(super) type_name: String,
}

impl RawModule {
    /// Returns whether it contains a data source of this provider, directly or in a child module.
    pub(super) fn has_own_data(&self) -> bool {
        let mut resources = self.resources.iter().flatten();
        let mut modules = self.child_modules.iter().flatten();
        resources.any(|resource| is_own_data(&resource.mode, &resource.type_name))
            || modules.any(Self::has_own_data)
    }
}

/// Returns whether it is a data source of this provider.
fn is_own_data(mode: &str, type_name: &str) -> bool {
    mode == "data" && type_name.starts_with(OWN_DATA)
}

#[derive(Deserialize)]
pub(super) struct RawDeferred {
    pub(super) resource_change: Option<RawChange>,
}

#[derive(Deserialize)]
pub(super) struct RawCheck {
    #[serde(default)]
    pub(super) address: RawCheckAddress,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) instances: Option<Vec<RawCheckInstance>>,
}

#[derive(Default, Deserialize)]
pub(super) struct RawCheckAddress {
    #[serde(default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) to_display: String,
}

#[derive(Deserialize)]
pub(super) struct RawCheckInstance {
    #[serde(default)]
    pub(super) problems: Option<Vec<RawProblem>>,
}

#[derive(Deserialize)]
pub(super) struct RawProblem {
    #[serde(default)]
    pub(super) message: String,
}

/// An item of a list that is only partly kept.
pub(super) trait Item {
    /// Returns whether to keep the item.
    fn is_wanted(&self) -> bool;

    /// Returns whether to count the item if it is not kept.
    fn is_counted(&self) -> bool {
        false
    }

    /// Returns whether it belongs to a data source of this provider.
    fn is_own_data(&self) -> bool {
        false
    }
}

impl Item for RawChange {
    fn is_wanted(&self) -> bool {
        self.mode == "managed" && self.type_name == TYPE_NAME
    }

    fn is_counted(&self) -> bool {
        let action = Action::of(&self.change.actions);
        let is_changed = !matches!(action, Action::NoOp | Action::Read);
        self.mode == "managed"
            && (is_changed || self.change.importing.is_some() || self.previous_address.is_some())
    }

    fn is_own_data(&self) -> bool {
        is_own_data(&self.mode, &self.type_name)
    }
}

impl Item for RawDeferred {
    fn is_wanted(&self) -> bool {
        self.resource_change.as_ref().is_some_and(Item::is_wanted)
    }
}

impl Item for RawCheck {
    fn is_wanted(&self) -> bool {
        self.address.kind == "check" && matches!(self.status.as_str(), "fail" | "error")
    }
}

/// A list that drops unwanted items as soon as they are read.
pub(super) struct Items<T> {
    pub(super) kept: Vec<T>,
    pub(super) counted: usize,
    pub(super) has_own_data: bool,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            counted: 0,
            has_own_data: false,
        }
    }
}

impl<'de, T: Deserialize<'de> + Item> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Item> Visitor<'de> for Reader<T> {
            type Value = Items<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Items::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Items::default();
                while let Some(item) = list.next_element::<T>()? {
                    items.has_own_data |= item.is_own_data();
                    if item.is_wanted() {
                        items.kept.push(item);
                    } else if item.is_counted() {
                        items.counted += 1;
                    }
                }
                Ok(items)
            }
        }

        deserializer.deserialize_any(Reader(PhantomData))
    }
}
