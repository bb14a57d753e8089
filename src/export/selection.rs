//! What is exported of what was found, and what is left out.

use std::collections::{BTreeMap, BTreeSet};

use harness_platform::{ConnectorAnswer, ConnectorRef};

use super::found::{Found, Missed};
use super::official::{self, Managed};
use super::resource::{self, LeftOut, Outcome, Taken, Written};
use super::{hcl, labels};

/// Everything to write and report.
#[derive(Debug, Default)]
pub(super) struct Export {
    /// The connectors: the account's first, and those of each organization before those of its projects.
    pub(super) connectors: Vec<Exported>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) missed: Vec<Missed>,
    /// The number of scopes that were listed.
    pub(super) scopes: usize,
    /// Whether there may be scopes below that were not searched.
    pub(super) is_narrow: bool,
    /// Whether the state has no resources of the official provider's type.
    pub(super) is_of_other_state: bool,
}

/// An exported connector.
#[derive(Debug)]
pub(super) struct Exported {
    /// The name of its resource.
    pub(super) label: String,
    pub(super) written: Written,
    /// The official provider's resource that managed it.
    pub(super) managed: Option<Managed>,
}

impl Export {
    /// Creates the export of everything that was found.
    pub(super) fn of_found(found: Found) -> Self {
        let connectors = found.connectors.into_iter();
        let outcomes = connectors.map(|(scope, answer)| {
            let connector = ConnectorRef::new(scope.clone(), answer.connector.identifier());
            let label = labels::of_connector(&connector);
            (label, None, resource::of(&answer, &scope, Taken::Imported))
        });
        let mut export = Self {
            missed: found.missed,
            scopes: found.scopes,
            ..Self::default()
        };
        export.add(outcomes.collect());
        export
    }

    /// Creates the export of the found connectors that the official provider manages.
    pub(super) fn of_managed(
        managed: Vec<Managed>,
        unreadable: usize,
        found: Found,
        taken: Taken,
    ) -> Self {
        let mut export = Self {
            missed: found.missed,
            scopes: found.scopes,
            // A resource that cannot be read is one of the official provider's all the same.
            is_of_other_state: managed.is_empty() && unreadable == 0,
            ..Self::default()
        };
        if unreadable > 0 {
            export.missed.push(Missed {
                what: "state".to_owned(),
                reason: match unreadable {
                    1 => format!(
                        "One {} has no identifier, or a project without an organization.",
                        official::OFFICIAL_TYPE
                    ),
                    many => format!(
                        "{many} {} resources have no identifier, or a project without an organization.",
                        official::OFFICIAL_TYPE
                    ),
                },
            });
        }
        let answers: BTreeMap<ConnectorRef, ConnectorAnswer> = found
            .connectors
            .into_iter()
            .map(|(scope, answer)| {
                let identifier = answer.connector.identifier().to_owned();
                (ConnectorRef::new(scope, identifier), answer)
            })
            .collect();
        let mut seen = BTreeSet::new();
        let outcomes = managed.into_iter().map(|managed| {
            let outcome = of_managed(&managed, &answers, &mut seen, taken);
            // The instances of a resource share its name; the key tells which of them a label is for.
            let key = match &managed.key {
                None => String::new(),
                Some(hcl::Key::Number(number)) => format!("_{number}"),
                Some(hcl::Key::Text(text)) => format!("_{text}"),
            };
            let label = labels::sanitized(&format!("{}{key}", managed.name));
            (label, Some(managed), outcome)
        });
        export.add(outcomes.collect());
        export
    }

    /// Whether the files replace resources of the official provider, and so belong to the configuration with their state.
    pub(super) fn is_of_official(&self) -> bool {
        self.connectors.iter().any(|it| it.managed.is_some())
    }

    /// Adds connectors, each with the intended name of its resource.
    fn add(&mut self, outcomes: Vec<(String, Option<Managed>, Outcome)>) {
        let mut labels = Vec::new();
        let mut written = Vec::new();
        for (label, managed, outcome) in outcomes {
            match outcome {
                Outcome::Written(one) => {
                    labels.push(label);
                    written.push((*one, managed));
                }
                Outcome::LeftOut(one) => self.left_out.push(one),
            }
        }
        let labels = labels::unique(labels).into_iter().zip(written);
        self.connectors
            .extend(labels.map(|(label, (written, managed))| Exported {
                label,
                written,
                managed,
            }));
    }
}

/// Returns what a connector of the official provider becomes.
fn of_managed(
    managed: &Managed,
    answers: &BTreeMap<ConnectorRef, ConnectorAnswer>,
    seen: &mut BTreeSet<ConnectorRef>,
    taken: Taken,
) -> Outcome {
    let connector = &managed.connector;
    let reason = match answers.get(connector) {
        // It does not count as seen: the state may also have the connector in a resource that can be moved.
        _ if managed.is_deposed => {
            "It is a deposed object, which an unfinished replacement left behind. The next apply deletes it. Run that \
             apply with the old configuration before you move the other connectors, or keep the connector: remove the \
             resource from the state (`terraform state rm`), and import what you need."
                .to_owned()
        }
        _ if managed.module.is_some() => {
            "Its resource is in a module. Write the `moved` block and the resource in that module."
                .to_owned()
        }
        _ if managed.secret().is_some() => {
            "Its resource has a name or an instance key that looks like a secret, which is not written here. Write the \
             `moved` block yourself."
                .to_owned()
        }
        _ if !seen.insert(connector.clone()) => {
            "The state contains it twice. Remove one of the two from the state.".to_owned()
        }
        Some(answer) => return resource::of(answer, &connector.scope, taken),
        None => {
            "Harness does not list it: it was deleted, or the API key is not allowed to view it."
                .to_owned()
        }
    };
    Outcome::LeftOut(LeftOut {
        connector: connector.clone(),
        name: String::new(),
        reason: format!("{reason} The state has it as {}.", managed.shown()),
    })
}
