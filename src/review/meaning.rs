//! What a change means for pipelines: the table in the guide *Reviewing a plan*, which is generated from here.

use super::change::Change;
use super::plan::Action;
use crate::bitbucket_connector::checks::plan::in_place;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::words::{ConnectivityMode, UrlType};

/// A row of the table, in Markdown.
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the first two columns are for the guide, which a test writes"
    )
)]
pub(super) struct Meaning {
    /// What changes.
    changed: &'static str,
    /// How Terraform shows it.
    in_plan: &'static str,
    /// What that means, as sentences.
    means: &'static str,
    /// Whether pipelines notice.
    is_noticed: bool,
    applies: fn(&Change) -> bool,
}

const REPLACED: &str = "**replaced** (`-/+`)";
const IN_PLACE: &str = "in place (`~`)";

/// The rows, beginning with those about the connector as a whole.
static MEANINGS: &[Meaning] = &[
    Meaning {
        changed: "a new connector",
        in_plan: "new (`+`)",
        means: "Pipelines can use it by its `ref`.",
        is_noticed: true,
        applies: |change| change.action == Action::Create && !change.was_deleted,
    },
    Meaning {
        changed: "nothing: it was deleted outside Terraform",
        in_plan: "new (`+`)",
        means: "Pipelines that use it fail until it is created again.",
        is_noticed: true,
        applies: |change| change.action == Action::Create && change.was_deleted,
    },
    Meaning {
        changed: "`identifier`, `org_id`, `project_id`",
        in_plan: REPLACED,
        means: "While anything refers to it, Harness refuses to delete it and the apply fails: replace the old `ref` with \
                the new one everywhere. With `force_delete`, pipelines that use it fail at their next run.",
        is_noticed: true,
        applies: |change| change.action == Action::Replace && !keeps_ref(change),
    },
    Meaning {
        changed: "nothing: `-replace`, `replace_triggered_by`, or a tainted connector",
        in_plan: REPLACED,
        means: "It is destroyed and created again with the same `ref`. Pipelines that start in between fail.",
        is_noticed: true,
        applies: |change| change.action == Action::Replace && keeps_ref(change),
    },
    Meaning {
        changed: "`identifier`, `org_id`, `project_id`, if the old connector is kept",
        in_plan: "replaced, old one kept (`+/.`)",
        means: "Pipelines keep using the old connector, which stays in Harness but is no longer managed. To use the \
                new one, write its `ref`.",
        is_noticed: true,
        applies: |change| change.action == Action::CreateThenForget,
    },
    Meaning {
        changed: "the block is removed, or everything is destroyed",
        in_plan: "**gone** (`-`)",
        means: "While anything refers to it, Harness refuses to delete it and the apply fails. With `force_delete`, \
                pipelines that use it fail at their next run.",
        is_noticed: true,
        applies: |change| change.action == Action::Destroy,
    },
    Meaning {
        changed: "a `removed` block that does not destroy",
        in_plan: "forgotten (`.`)",
        means: "Nothing for pipelines. It stays in Harness, but Terraform no longer manages it.",
        is_noticed: false,
        applies: |change| change.action == Action::Forget,
    },
    Meaning {
        changed: "`url` to another host, workspace, project, or repository",
        in_plan: IN_PLACE,
        means: "The next run clones from the new place.",
        is_noticed: true,
        applies: |change| is_updated(change, &["url"]) && leads_elsewhere(change),
    },
    Meaning {
        changed: "`url` to the same place, written differently",
        in_plan: IN_PLACE,
        means: "The next run clones the same repositories by another URL.",
        is_noticed: true,
        applies: |change| is_updated(change, &["url"]) && !leads_elsewhere(change),
    },
    Meaning {
        changed: "`url_type` from `Account` to `Repository`",
        in_plan: IN_PLACE,
        means: "Pipelines that name another repository fail.",
        is_noticed: true,
        applies: |change| is_updated(change, &["url_type"]) && becomes(change, UrlType::Repository),
    },
    Meaning {
        changed: "`url_type` from `Repository` to `Account`",
        in_plan: IN_PLACE,
        means: "Pipelines fail until they name the repository themselves.",
        is_noticed: true,
        applies: |change| is_updated(change, &["url_type"]) && becomes(change, UrlType::Account),
    },
    Meaning {
        changed: "`connection_type`, `credentials`",
        in_plan: IN_PLACE,
        means: "The next run authenticates with the new credentials. Running builds keep the old ones.",
        is_noticed: true,
        applies: |change| is_updated(change, &["connection_type", "credentials"]),
    },
    Meaning {
        changed: "`connectivity_mode` to `Platform`",
        in_plan: IN_PLACE,
        means: "Harness connects from its own cloud instead of a delegate in your network.",
        is_noticed: true,
        applies: |change| {
            is_updated(change, &["connectivity_mode"])
                && connects(change, ConnectivityMode::Platform)
        },
    },
    Meaning {
        changed: "`connectivity_mode` to `Delegate`",
        in_plan: IN_PLACE,
        means: "A delegate in your network connects instead of Harness's own cloud. Builds on Harness Cloud need \
                `Platform`, and fail.",
        is_noticed: true,
        applies: |change| {
            is_updated(change, &["connectivity_mode"])
                && connects(change, ConnectivityMode::Delegate)
        },
    },
    Meaning {
        changed: "`delegate_selectors`",
        in_plan: IN_PLACE,
        means: "Another delegate connects. It must have all of the tags.",
        is_noticed: true,
        applies: |change| is_updated(change, &["delegate_selectors"]),
    },
    Meaning {
        changed: "`api_access` added or changed",
        in_plan: IN_PLACE,
        means: "Git triggers, webhooks, build statuses, and the Git Experience use the new credentials.",
        is_noticed: true,
        applies: |change| is_updated(change, &["api_access"]) && !loses_api_access(change),
    },
    Meaning {
        changed: "`api_access` removed",
        in_plan: IN_PLACE,
        means: "Git triggers stop, build statuses are not sent, and pipelines stored in Git cannot be read.",
        is_noticed: true,
        applies: |change| is_updated(change, &["api_access"]) && loses_api_access(change),
    },
    Meaning {
        changed: "`name`",
        in_plan: IN_PLACE,
        means: "Nothing for pipelines. The `identifier` stays.",
        is_noticed: false,
        applies: |change| is_updated(change, &["name"]),
    },
    Meaning {
        changed: "`description`, `tags`",
        in_plan: IN_PLACE,
        means: "Nothing for pipelines.",
        is_noticed: false,
        applies: |change| is_updated(change, &["description", "tags"]),
    },
    Meaning {
        changed: "`test_repository`",
        in_plan: IN_PLACE,
        means: "Nothing for pipelines. Only the connection test uses it.",
        is_noticed: false,
        applies: |change| is_updated(change, &["test_repository"]),
    },
    Meaning {
        changed: "`connection_test`, `force_delete`, `timeouts`",
        in_plan: IN_PLACE,
        means: "Nothing for pipelines. Only Terraform uses them; no request is sent.",
        is_noticed: false,
        applies: |change| is_updated(change, &["connection_test", "force_delete", "timeouts"]),
    },
    Meaning {
        changed: "nothing visible, such as which arguments are sensitive",
        in_plan: IN_PLACE,
        means: "No visible setting differs. Terraform's own plan may show more.",
        is_noticed: true,
        applies: |change| change.action == Action::Update && change.differences.is_empty(),
    },
    Meaning {
        changed: "an `import` block",
        in_plan: "imported",
        means: "Nothing for pipelines. Terraform manages it from now on.",
        is_noticed: false,
        applies: |change| change.is_imported,
    },
    Meaning {
        changed: "a `moved` block",
        in_plan: "moved",
        means: "Nothing for pipelines. Only its address in Terraform changes.",
        is_noticed: false,
        applies: |change| change.previous_address.is_some(),
    },
];

/// Returns what a change means, as sentences in Markdown. What pipelines do not notice is included only if there is
/// nothing else.
pub(super) fn of(change: &Change) -> Vec<&'static str> {
    let (noticed, unnoticed): (Vec<&Meaning>, Vec<&Meaning>) = MEANINGS
        .iter()
        .filter(|meaning| (meaning.applies)(change))
        .partition(|meaning| meaning.is_noticed);
    let means = |meanings: &[&Meaning]| meanings.iter().map(|meaning| meaning.means).collect();
    if noticed.is_empty() {
        means(unnoticed.get(..1).unwrap_or_default())
    } else {
        means(&noticed)
    }
}

fn is_updated(change: &Change, settings: &[&str]) -> bool {
    change.action == Action::Update && change.changes(settings)
}

fn keeps_ref(change: &Change) -> bool {
    change.old_ref.is_some() && change.old_ref == change.new_ref
}

/// Returns whether the URL alone takes something away from users. An unknown one may.
fn leads_elsewhere(change: &Change) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return true;
    };
    let moved = Model {
        url: after.url.clone(),
        ..before.clone()
    };
    after.url.is_unknown() || in_place::hits_users(before, &moved)
}

fn becomes(change: &Change, url_type: UrlType) -> bool {
    let after = change
        .after
        .as_ref()
        .and_then(|model| model.url_type.text());
    after == Some(url_type.name())
}

fn connects(change: &Change, mode: ConnectivityMode) -> bool {
    let after = change
        .after
        .as_ref()
        .and_then(|model| model.connectivity_mode.text());
    after == Some(mode.name())
}

fn loses_api_access(change: &Change) -> bool {
    change
        .after
        .as_ref()
        .is_some_and(|model| model.api_access.is_null())
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::*;
    use crate::golden::{at_root, up_to_date};
    use crate::review::plan::{Plan, ResourceChange};

    const GUIDE: &str = "docs/guides/reviewing-a-plan.md";
    const HEADER: &str = "| Changed | In the plan | For pipelines that use it |\n|---|---|---|\n";

    #[test]
    fn the_guide_has_the_table() {
        let guide = fs::read_to_string(at_root(GUIDE)).unwrap();
        let (before, after) = guide.split_once(HEADER).expect(HEADER);
        let (_, after) = after.split_once("\n\n").unwrap();
        let rows = MEANINGS
            .iter()
            .map(|row| format!("| {} | {} | {} |\n", row.changed, row.in_plan, row.means));
        let rows: String = rows.collect();
        up_to_date(GUIDE, &format!("{before}{HEADER}{rows}\n{after}"));
    }

    /// Returns a connector of the account.
    pub(crate) fn connector() -> Value {
        json!({
            "id": "bb", "ref": "account.bb", "identifier": "bb", "name": "BB", "org_id": null, "project_id": null,
            "url_type": "Account", "connection_type": "HTTP", "url": "https://bitbucket.org/acme/",
            "test_repository": "web.git", "connectivity_mode": "Delegate", "delegate_selectors": null, "unmanaged": [],
            "description": null, "tags": null, "connection_test": null, "force_delete": null, "timeouts": null,
            "credentials": {"http": {"username": "u", "username_ref": null, "password_ref": "account.p"}, "ssh": null},
            "api_access": {"access_token": {"token_ref": "account.t"}, "username_token": null, "email_and_api_token": null},
        })
    }

    /// Returns the single resource of a plan that changes a connector in this way.
    pub(crate) fn resource(actions: &[&str], before: &Value, after: &Value) -> ResourceChange {
        let change = json!({"actions": actions, "before": before, "after": after});
        let resource = json!({"address": "harness_bitbucket_connector.bb", "mode": "managed",
            "type": "harness_bitbucket_connector", "change": change});
        let plan =
            json!({"format_version": "1.2", "configuration": {}, "resource_changes": [resource]});
        Plan::read(plan.to_string().as_bytes())
            .ok()
            .unwrap()
            .changes
            .remove(0)
    }

    fn means(actions: &[&str], patch: &Value) -> Vec<&'static str> {
        let before = connector();
        let mut after = connector();
        for (name, value) in patch.as_object().unwrap() {
            after[name] = value.clone();
        }
        of(&Change::of(&resource(actions, &before, &after)))
    }

    #[test]
    fn each_change_has_its_meaning_and_unnoticed_ones_are_said_alone() {
        for (patch, expected) in [
            (json!({"description": "x"}), &["Nothing for pipelines."][..]),
            (
                json!({"tags": {"critical": ""}}),
                &["Nothing for pipelines."],
            ),
            (json!({}), &["No visible setting differs."]),
            (
                json!({"description": "x", "test_repository": "a.git"}),
                &["Nothing for pipelines."],
            ),
            (
                json!({"test_repository": "a.git"}),
                &["Nothing for pipelines. Only the"],
            ),
            (
                json!({"force_delete": true}),
                &["Nothing for pipelines. Only Terraform"],
            ),
            (
                json!({"url": "https://bitbucket.org/other/", "name": "x"}),
                &["The next run clones from the new place"],
            ),
            (
                json!({"url": "https://bitbucket.org/acme"}),
                &["The next run clones the same repositories"],
            ),
            (
                json!({"url": "https://bitbucket.org/acme/web.git", "url_type": "Repository"}),
                &[
                    "The next run clones from the",
                    "Pipelines that name another",
                ],
            ),
            (
                json!({"credentials": {"http": {"username": "v"}}}),
                &["The next run authenticates"],
            ),
            (
                json!({"connectivity_mode": "Platform"}),
                &["Harness connects from its own"],
            ),
            (json!({"delegate_selectors": ["a"]}), &["Another delegate"]),
            (json!({"api_access": null}), &["Git triggers stop"]),
            (
                json!({"api_access": {"access_token": {"token_ref": "x"}}}),
                &["Git triggers, webhooks"],
            ),
        ] {
            let means = means(&["update"], &patch);
            assert_eq!(means.len(), expected.len(), "{patch}: {means:?}");
            for (means, expected) in means.iter().zip(expected) {
                assert!(means.starts_with(expected), "{patch}: {means}");
            }
        }
        for (actions, patch, expected) in [
            (
                &["delete", "create"][..],
                json!({"ref": "account.b2"}),
                "While anything refers to it",
            ),
            (
                &["create", "delete"],
                json!({}),
                "It is destroyed and created again",
            ),
            (
                &["create", "forget"],
                json!({}),
                "Pipelines keep using the old connector",
            ),
            (&["delete"], json!({}), "While anything refers to it"),
            (&["forget"], json!({}), "Nothing for pipelines. It stays"),
            (&["create"], json!({}), "Pipelines can use it"),
        ] {
            let means = means(actions, &patch);
            assert_eq!(means.len(), 1, "{actions:?}");
            assert!(means[0].starts_with(expected), "{actions:?}: {means:?}");
        }
    }

    #[test]
    fn every_row_applies_to_some_change() {
        let mut before = connector();
        before["connectivity_mode"] = json!("Platform");
        before["url_type"] = json!("Repository");
        let mut after = connector();
        after["url_type"] = json!("Account");
        let means = of(&Change::of(&resource(&["update"], &before, &after)));
        assert_eq!(means.len(), 2, "{means:?}");
    }
}
