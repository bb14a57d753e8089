//! Data sources: connectors that are managed elsewhere, one or all, and the errors if they do not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use harness_sandbox::{Action, Answer, Fault, Kind, Scope};
use serde_json::{Value, json};

use super::cli::{Run, Workspace, address};
use super::hcl::Connector;
use super::hosts::test;

const ONE: &str = "harness_bitbucket_connector";
pub(super) const MANY: &str = "harness_bitbucket_connectors";

/// Returns a data block; a null argument is left out.
pub(super) fn data(kind: &str, label: &str, arguments: &Value) -> String {
    let arguments = arguments.as_object().expect("arguments are an object");
    let mut block = format!("data \"{kind}\" \"{label}\" {{\n");
    for (name, value) in arguments.iter().filter(|(_, value)| !value.is_null()) {
        writeln!(block, "  {name} = {value}").expect("texts can be written to");
    }
    block.push_str("}\n");
    block
}

/// Creates a connector to one repository outside Terraform.
fn put(workspace: &Workspace, scope: &Scope, identifier: &str, changes: &Value) {
    let mut connector = json!({
        "name": identifier, "type": "Bitbucket",
        "spec": {
            "url": "https://bitbucket.org/acme/web.git", "type": "Repo",
            "authentication": {"type": "Ssh", "spec": {"sshKeyRef": "account.bitbucket_ssh"}},
            "executeOnDelegate": true,
        },
    });
    let changes = changes.as_object().expect("changes are an object").clone();
    connector
        .as_object_mut()
        .expect("an object")
        .extend(changes);
    workspace
        .platform
        .put(Kind::Connector, scope, identifier, connector)
        .expect("a valid connector");
}

/// Returns the values of this data block in the state.
#[track_caller]
pub(super) fn found(workspace: &Workspace, kind: &str, label: &str) -> Value {
    let mut state = workspace.state();
    let address = format!("data.{kind}.{label}");
    state
        .remove(&address)
        .unwrap_or_else(|| panic!("the state has no {address}"))
}

fn identifiers(found: &Value) -> Vec<&str> {
    let connectors = found["connectors"].as_array().expect("a list");
    connectors
        .iter()
        .map(|connector| connector["identifier"].as_str().expect("a text"))
        .collect()
}

/// Returns the members of both objects.
pub(super) fn both(one: &Value, other: &Value) -> Value {
    let members = [one, other].map(|object| object.as_object().expect("an object").clone());
    members.into_iter().flatten().collect()
}

/// Returns the errors of a run, by the label of the data block.
fn errors(run: &Run) -> BTreeMap<String, (String, String)> {
    run.diagnostics()
        .into_iter()
        .map(|found| {
            assert_eq!(found.severity, "error", "{run}");
            let label = found.address.rsplit('.').next().unwrap_or_default();
            (label.to_owned(), (found.summary, found.detail))
        })
        .collect()
}

#[test]
fn a_data_source_has_all_resource_settings_by_identifier_and_name() {
    let workspace = Workspace::new();
    let http = Connector::new("http").with(&json!({
        "name": "All of it v1.2", "identifier": "http", "description": "Text", "tags": {"team": "web", "tier": ""},
        "org_id": "platform", "project_id": "payments",
        "url_type": "Account", "url": "https://bitbucket.example.com/scm/", "test_repository": "WEB/app.git",
        "credentials": {"http": {"username_ref": "org.bitbucket_username", "password_ref": "payments_token"}},
        "api_access": {"username_token": {"username_ref": "payments_username", "token_ref": "payments_token"}},
        "connectivity_mode": "Platform", "connection_test": "off", "force_delete": true,
    }));
    let ssh = Connector::new("ssh").with(&json!({
        "connection_type": "SSH", "url": "git@bitbucket.org:acme/web.git",
        "credentials": {"ssh": {"ssh_key_ref": "account.bitbucket_ssh"}},
        "api_access": {"email_and_api_token": {"email": "bot@example.com", "token_ref": "account.bitbucket_token"}},
        "delegate_selectors": ["linux", "amd64"],
    }));
    workspace.configure(&[http.clone(), ssh.clone()]);
    workspace.try_apply().succeeded();

    let reader = workspace.beside();
    let project = json!({"org_id": "platform", "project_id": "payments"});
    let with = |name: &str, value: &str| {
        let mut arguments = project.clone();
        arguments[name] = json!(value);
        arguments
    };
    let blocks = [
        data(ONE, "http_by_identifier", &with("identifier", "http")),
        data(ONE, "http_by_name", &with("name", "All of it v1.2")),
        data(ONE, "ssh_by_identifier", &json!({"identifier": "ssh"})),
        data(ONE, "ssh_by_name", &json!({"name": "ssh"})),
    ];
    reader.write(&blocks.concat());
    reader.apply();
    for label in ["http", "ssh"] {
        let managed = workspace.values(label);
        let managed = managed.as_object().expect("an object");
        for way in ["identifier", "name"] {
            let found = found(&reader, ONE, &format!("{label}_by_{way}"));
            for (name, value) in managed {
                let expected = match (name.as_str(), value) {
                    ("connection_test" | "force_delete" | "timeouts", _) => {
                        assert!(found.get(name).is_none(), "{name}");
                        continue;
                    }
                    ("tags", Value::Null) => &json!({}),
                    ("delegate_selectors", Value::Null) => &json!([]),
                    (_, value) => value,
                };
                assert_eq!(&found[name], expected, "{name} of {label} by {way}");
            }
            let stored = |name: &str| found[name].as_str().expect("a moment").to_owned();
            for moment in ["created_at", "last_modified_at"] {
                assert!(stored(moment).ends_with('Z'), "{}", stored(moment));
            }
            assert!(found["status"]["state"].is_string());
        }
    }
}

#[test]
fn a_name_is_found_exactly_although_harness_searches_by_pattern() {
    let workspace = Workspace::new();
    let scope = Scope::account();
    let names = [
        ("dot", "bb.cloud"),
        ("letter", "bbxcloud"),
        ("upper", "BB.CLOUD"),
        ("longer", "bb.cloud.eu"),
        ("brackets", "Web (old) [eu] {1} a+b? ^$|*"),
        ("backslash", "C:\\web"),
        ("spaces", "Two  spaces"),
        ("slash", "team/web-1_x"),
    ];
    for (identifier, name) in names {
        put(&workspace, &scope, identifier, &json!({"name": name}));
    }
    // It contains the names of others.
    let description = "bb.cloud, Two  spaces, team/web-1_x";
    put(
        &workspace,
        &scope,
        "other",
        &json!({"description": description}),
    );
    let blocks: Vec<String> = names
        .iter()
        .map(|(identifier, name)| {
            data(ONE, identifier, &json!({"name": name.replace("${", "$${")}))
        })
        .collect();
    workspace.write(&blocks.concat());
    workspace.apply();
    for (identifier, name) in names {
        let found = found(&workspace, ONE, identifier);
        assert_eq!(found["identifier"], identifier, "{name}");
        assert_eq!(found["name"], name);
    }
}

#[test]
fn what_is_not_there_is_an_error_that_names_the_scope_and_the_nearest() {
    let workspace = Workspace::new();
    let project = Scope::project("platform", "website");
    for identifier in ["twin_a", "twin_b"] {
        put(&workspace, &project, identifier, &json!({"name": "Twin"}));
    }
    let website = json!({"org_id": "platform", "project_id": "website"});
    let of = |name: &str, value: &str| {
        let mut arguments = website.clone();
        arguments[name] = json!(value);
        arguments
    };
    let rows = [
        (
            "mistyped",
            json!({"identifier": "bitbucket_clod"}),
            "Connector not found",
            vec![
                "There is no connector \"bitbucket_clod\" in the account",
                "The nearest is \"bitbucket_cloud\".",
                "`org_id` and `project_id`",
            ],
        ),
        (
            "elsewhere",
            of("identifier", "bitbucket_cloud"),
            "Connector not found",
            vec!["in the project \"website\" of organization \"platform\""],
        ),
        (
            "empty",
            json!({"org_id": "default", "identifier": "bb"}),
            "Connector not found",
            vec!["This API key can see no Bitbucket connectors in the organization \"default\"."],
        ),
        (
            "misnamed",
            json!({"name": "bitbucket cloud"}),
            "Connector not found",
            vec![
                "no Bitbucket connector named \"bitbucket cloud\" in the account",
                "\"Bitbucket Cloud\" (identifier \"bitbucket_cloud\")",
            ],
        ),
        (
            "twin",
            of("name", "Twin"),
            "Multiple connectors have this name",
            vec![
                "2 Bitbucket connectors in the project \"website\"",
                "\"twin_a\" or \"twin_b\"",
            ],
        ),
        (
            "other_type",
            json!({"identifier": "github_mirror"}),
            "Connector is of type Github",
            vec!["\"github_mirror\" in the account is a Github connector"],
        ),
        // A connector of another type does not count either.
        (
            "other_type_by_name",
            json!({"name": "GitHub mirror"}),
            "Connector not found",
            vec!["\"GitHub mirror\""],
        ),
    ];
    let blocks: Vec<String> = rows
        .iter()
        .map(|(label, arguments, ..)| data(ONE, label, arguments))
        .collect();
    workspace.write(&blocks.concat());
    let run = workspace.plan().failed();
    let errors = errors(&run);
    assert_eq!(errors.len(), rows.len(), "{run}");
    for (label, _, summary, parts) in rows {
        let (found, detail) = &errors[label];
        assert_eq!(found, summary, "{label}: {detail}");
        for part in parts {
            assert!(
                detail.contains(part),
                "{label}: \"{part}\" is missing in: {detail}"
            );
        }
    }
}

#[test]
fn a_missing_organization_or_project_is_named() {
    let workspace = Workspace::new();
    let nowhere = json!({"org_id": "platform", "project_id": "nowhere"});
    let with = |more: Value| both(&nowhere, &more);
    workspace.write(
        &[
            data(
                ONE,
                "org",
                &json!({"org_id": "nowhere", "identifier": "bb"}),
            ),
            data(ONE, "identifier", &with(json!({"identifier": "bb"}))),
            data(ONE, "name", &with(json!({"name": "Payments"}))),
            data(MANY, "project", &nowhere),
            // An organization without connectors still exists.
            data(MANY, "nothing", &json!({"org_id": "default"})),
        ]
        .concat(),
    );
    // Some versions of the platform report this when they list, others list nothing.
    for scope_filter in [true, false] {
        workspace.set(&json!({"scope_filter": scope_filter}));
        let run = workspace.plan().failed();
        let errors = errors(&run);
        assert_eq!(errors["org"].0, "Organization not found", "{run}");
        for label in ["identifier", "name", "project"] {
            let (summary, detail) = &errors[label];
            assert_eq!(summary, "Project not found", "{run}");
            let place = "project \"nowhere\" in the organization \"platform\"";
            assert!(detail.contains(place), "{run}");
        }
        assert_eq!(errors.len(), 4, "{run}");
    }
}

#[test]
fn all_pages_are_listed_in_order_and_filters_narrow_them() {
    let workspace = Workspace::new();
    let project = Scope::project("platform", "website");
    let org_id_and_project = json!({"org_id": "platform", "project_id": "website"});
    let there = 4;
    for number in (0..250).rev() {
        let tags = match number % 3 {
            0 => json!({"team": "web", "tier": ""}),
            1 => json!({"team": "web"}),
            _ => json!({"team": "Web"}),
        };
        let connector = json!({"name": format!("Repository {number}"), "tags": tags});
        put(&workspace, &project, &format!("r{number:03}"), &connector);
    }
    let with = |filter: Value| both(&org_id_and_project, &filter);
    workspace.write(
        &[
            data(MANY, "all", &org_id_and_project),
            data(MANY, "web", &with(json!({"tags": {"team": "web"}}))),
            data(
                MANY,
                "both",
                &with(json!({"tags": {"team": "web", "tier": null}})),
            ),
            data(MANY, "none", &with(json!({"tags": {"team": "no one"}}))),
            data(
                MANY,
                "search",
                &with(json!({"search_term": "^REPOSITORY 24[0-9]$"})),
            ),
            data(
                MANY,
                "search_and_tag",
                &with(json!({"search_term": "tory 24", "tags": {"tier": ""}})),
            ),
        ]
        .concat(),
    );
    workspace.platform.clear_requests();
    let run = workspace.try_apply().succeeded();
    let listed = |label: &str| found(&workspace, MANY, label);

    let all = listed("all");
    let all = identifiers(&all);
    assert_eq!(all.len(), 250 + there);
    assert!(all.is_sorted());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    assert_eq!(identifiers(&listed("web")).len(), 167 + 1);
    assert_eq!(identifiers(&listed("both")).len(), 84);
    assert_eq!(listed("none")["connectors"], json!([]));
    assert_eq!(identifiers(&listed("search")).len(), 10);
    let narrow = listed("search_and_tag");
    assert_eq!(
        identifiers(&narrow),
        ["r024", "r240", "r243", "r246", "r249"]
    );
    assert_eq!(run.diagnostics(), [], "{run}");
    let lists = workspace.requests("POST", "/ng/api/connectors/listV2");
    assert_eq!(lists, 3 * 4 + 1 + 1);
}

#[test]
fn a_list_item_is_the_single_data_source_without_the_last_change() {
    let workspace = Workspace::new();
    let scope = json!({"org_id": "platform"});
    workspace.write(
        &[
            data(MANY, "all", &scope),
            data(
                ONE,
                "one",
                &json!({"org_id": "platform", "identifier": "bitbucket_server"}),
            ),
        ]
        .concat(),
    );
    workspace.apply();
    let all = found(&workspace, MANY, "all");
    let mut one = found(&workspace, ONE, "one");
    for costly in ["last_change", "last_modified_by"] {
        let members = one.as_object_mut().expect("an object");
        assert_eq!(members.remove(costly), Some(Value::Null), "{costly}");
    }
    let item = all["connectors"].as_array().expect("a list").iter();
    let item = item
        .filter(|item| item["identifier"] == "bitbucket_server")
        .collect::<Vec<_>>();
    assert_eq!(item, [&one]);
}

#[test]
fn unknown_kinds_are_listed_and_unreadable_members_are_warnings() {
    let workspace = Workspace::new();
    let organization = Scope::organization("default");
    let oauth = |authentication: Value| {
        json!({"spec": {
            "url": "https://bitbucket.org/acme/web.git", "type": "Repo", "authentication": authentication,
            "apiAccess": {"type": "OAuth", "spec": {"tokenRef": "account.a", "refreshTokenRef": "account.b"}},
        }})
    };
    let ssh = json!({"type": "Ssh", "spec": {"sshKeyRef": "account.bitbucket_ssh"}});
    for number in 1..=7 {
        put(
            &workspace,
            &organization,
            &format!("oauth{number}"),
            &oauth(ssh.clone()),
        );
    }
    let pigeon = json!({"type": "Pigeon", "spec": {}});
    put(&workspace, &organization, "pigeon", &oauth(pigeon));
    put(&workspace, &organization, "nothing", &json!({"spec": null}));

    workspace.write(&data(MANY, "all", &json!({"org_id": "default"})));
    let run = workspace.try_apply().succeeded();
    let warnings = run.diagnostics();
    assert!(
        warnings.iter().all(|warning| warning.severity == "warning"
            && warning.summary == "Parts of a connector could not be read"
            && warning.detail.contains("\"nothing\"")),
        "{run}"
    );
    assert!(!warnings.is_empty(), "{run}");

    let all = found(&workspace, MANY, "all");
    for item in all["connectors"].as_array().expect("a list") {
        assert_eq!(item["api_access"], Value::Null, "{item}");
        let unmanaged = match item["identifier"].as_str() {
            Some("nothing") => json!([]),
            Some("pigeon") => json!(["api_access: OAuth", "credentials: Pigeon"]),
            _ => json!(["api_access: OAuth"]),
        };
        assert_eq!(item["unmanaged"], unmanaged, "{item}");
    }
    assert_eq!(identifiers(&all).len(), 9);
}

#[test]
fn items_that_are_no_connectors_are_a_warning() {
    let workspace = Workspace::new();
    let page = json!({"status": "SUCCESS", "data": {
        "content": [5, {"connector": {"identifier": "bb", "type": "Bitbucket", "name": "bb", "spec": {
            "url": "https://bitbucket.org/acme/web.git", "type": "Repo",
            "authentication": {"type": "Ssh", "spec": {"sshKeyRef": "account.bitbucket_ssh"}},
        }}}, null],
        "totalItems": 3, "totalPages": 1, "pageIndex": 0,
    }});
    let answer = Answer {
        json: Some(page),
        ..Answer::default()
    };
    let fault = Fault::on("POST", "/ng/api/connectors/listV2", Action::Answer(answer));
    workspace.script(fault);
    workspace.write(&data(MANY, "all", &json!({})));
    let run = workspace.try_apply().succeeded();
    run.warning()
        .says("Not all connectors could be read", &["2 items"]);
    assert_eq!(identifiers(&found(&workspace, MANY, "all")), ["bb"]);
}

#[test(needs(TerraformData))]
fn arguments_that_are_known_only_after_apply_are_looked_up_then() {
    let workspace = Workspace::new();
    let later = "resource \"terraform_data\" \"later\" {\n  input = \"bitbucket_cloud\"\n}\n";
    let reference = "terraform_data.later.output";
    workspace.write(&format!(
        "{later}data \"{ONE}\" \"one\" {{\n  identifier = {reference}\n}}\n\
         data \"{MANY}\" \"all\" {{\n  search_term = {reference}\n}}\n\
         output \"url\" {{\n  value = data.{ONE}.one.url\n}}\n"
    ));
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.diagnostics(), [], "{plan}");
    assert!(workspace.platform.requests().is_empty());
    workspace.apply();
    let one = found(&workspace, ONE, "one");
    assert_eq!(one["url"], "https://bitbucket.org/example-works");
    assert!(identifiers(&found(&workspace, MANY, "all")).contains(&"bitbucket_cloud"));
}

#[test]
fn mistakes_in_arguments_are_found_by_validate_where_they_stand() {
    let workspace = Workspace::new().without_key();
    workspace.write(
        r#"data "harness_bitbucket_connector" "both" {
  identifier = "bb"
  name       = "Bitbucket"
}

data "harness_bitbucket_connector" "ref" {
  identifier = "account.bitbucket_cloud"
  project_id = "payments"
}
"#,
    );
    let run = workspace.run(&["validate", "-no-color"]).failed();
    for part in [
        "Error: Conflicting identifier and name\n\n  with data.harness_bitbucket_connector.both,\n  on main.tf \
         line 3,",
        "Error: Invalid identifier\n\n  with data.harness_bitbucket_connector.ref,\n  on main.tf line 7,",
        "Error: Project without organization\n\n  with data.harness_bitbucket_connector.ref,\n  on main.tf line 8,",
        "Write \"bitbucket_cloud\"",
    ] {
        assert!(run.stderr.contains(part), "\"{part}\" is missing\n{run}");
    }
    assert!(workspace.platform.requests().is_empty());
}

#[test]
fn without_a_key_a_data_source_says_which_variable_to_set() {
    let workspace = Workspace::new().without_key();
    workspace.write(&data(ONE, "one", &json!({"identifier": "bitbucket_cloud"})));
    let run = workspace.plan().failed();
    run.error()
        .says("No access to Harness", &["HARNESS_PLATFORM_API_KEY"]);
    assert!(workspace.platform.requests().is_empty());
}

#[test]
fn a_data_source_next_to_its_resource_feeds_other_resources() {
    let workspace = Workspace::new();
    let copy = Connector::new("copy");
    let block = copy.to_string().replace(
        "url = \"https://bitbucket.org/acme/web.git\"",
        "url = data.harness_bitbucket_connector.source.url",
    );
    let source = json!({"identifier": "bitbucket_cloud_api_token"});
    workspace.write(&format!("{}{block}", data(ONE, "source", &source)));
    workspace.apply();
    let state = workspace.state();
    assert_eq!(
        state[&address("copy")]["url"],
        "https://bitbucket.org/example-works/website.git"
    );
}
