//! The requests, in order: what they need is created first, and deleted at the end.
//!
//! `{account}`, `{org}`, `{project}`, and `{run}` stand for names that differ between the accounts and runs; records
//! and output keep these placeholders. Members that depend on the account rather than on the platform have leeway.
//!
//! This file is long because it is one script: a request relies on what the requests before it have created.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value, json};

/// The values of the placeholders in a request.
#[derive(Clone, Debug)]
pub(super) struct Names {
    account: String,
    org: String,
    project: String,
    run: String,
}

impl Names {
    /// Creates names that are unique to this run; without a project, one for a project to create.
    pub(super) fn new(org: &str, project: Option<&str>) -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let run = format!("{:x}_{:x}", since.as_secs(), std::process::id());
        let project = project.map_or_else(|| format!("sandbox_compare_{run}"), str::to_owned);
        Self {
            account: String::new(),
            org: org.to_owned(),
            project,
            run,
        }
    }

    /// Returns the names for this account.
    pub(super) fn in_account(&self, account: &str) -> Self {
        Self {
            account: account.to_owned(),
            ..self.clone()
        }
    }

    pub(super) fn org(&self) -> &str {
        &self.org
    }

    pub(super) fn project(&self) -> &str {
        &self.project
    }

    /// Returns a text with the placeholders replaced.
    pub(super) fn filled(&self, text: &str) -> String {
        [
            ("{account}", &self.account),
            ("{org}", &self.org),
            ("{project}", &self.project),
            ("{run}", &self.run),
        ]
        .into_iter()
        .fold(text.to_owned(), |text, (word, value)| {
            text.replace(word, value)
        })
    }
}

/// An object that a request can create or remove.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Thing {
    Project,
    Secret,
    Connector,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Project => "project",
            Self::Secret => "secret",
            Self::Connector => "connector",
        })
    }
}

/// The body of a request.
#[derive(Clone, Debug)]
pub(super) enum Body {
    None,
    Json(Value),
    /// Text sent as JSON, although it is not JSON.
    Text(&'static str),
    /// The API key itself, which one endpoint takes.
    Key,
    /// A form with a secret file.
    File {
        spec: Value,
        contents: &'static str,
    },
}

/// One request.
pub(super) struct Step {
    title: String,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Body,
    /// The identifier of the object that it creates or removes.
    pub(super) subject: String,
    pub(super) makes: Option<Thing>,
    pub(super) removes: Option<Thing>,
    /// Paths below which responses may differ, because their contents depend on the account.
    pub(super) leeway: &'static [&'static str],
    /// Whether its response gets content only some time after the change.
    pub(super) fills_up: bool,
    /// Whether the rest makes no sense if the account refuses this request.
    pub(super) is_required: bool,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.title, self.method, self.path)
    }
}

const CONNECTORS: &str = "/ng/api/connectors";
const SECRETS: &str = "/ng/api/v2/secrets";
const PROJECTS: &str = "/ng/api/projects";

/// The result of a connector's last test.
const CONNECTIVITY: &[&str] = &["/data/status/", "/data/governanceMetadata"];
/// The result of a connector's last test, in a list.
const LISTED: &[&str] = &[
    "/data/content/*/status/",
    "/data/content/*/governanceMetadata",
];
/// The account's own policies.
const GOVERNANCE: &[&str] = &["/data/governanceMetadata"];

impl Step {
    fn new(title: &str, method: Method, path: &str) -> Self {
        Self {
            title: title.to_owned(),
            method,
            path: path.to_owned(),
            query: vec![("accountIdentifier", "{account}".to_owned())],
            body: Body::None,
            subject: String::new(),
            makes: None,
            removes: None,
            leeway: &[],
            fills_up: false,
            is_required: false,
        }
    }

    fn get(title: &str, path: &str) -> Self {
        Self::new(title, Method::GET, path)
    }

    fn post(title: &str, path: &str, body: Value) -> Self {
        Self::new(title, Method::POST, path).json(body)
    }

    fn put(title: &str, path: &str, body: Value) -> Self {
        Self::new(title, Method::PUT, path).json(body)
    }

    fn json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    fn query(mut self, name: &'static str, value: &str) -> Self {
        self.query.push((name, value.to_owned()));
        self
    }

    fn in_org(self) -> Self {
        self.query("orgIdentifier", "{org}")
    }

    fn in_project(self) -> Self {
        self.in_org().query("projectIdentifier", "{project}")
    }

    fn makes(mut self, thing: Thing, identifier: &str) -> Self {
        self.makes = Some(thing);
        identifier.clone_into(&mut self.subject);
        self
    }

    fn removes(mut self, thing: Thing, identifier: &str) -> Self {
        self.removes = Some(thing);
        identifier.clone_into(&mut self.subject);
        self
    }

    fn leeway(mut self, leeway: &'static [&'static str]) -> Self {
        self.leeway = leeway;
        self
    }

    fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    fn fills_up(mut self) -> Self {
        self.fills_up = true;
        self
    }
}

/// Returns all requests. `makes_project` says whether the project is also created and deleted.
pub(super) fn script(makes_project: bool) -> Vec<Step> {
    let mut steps = access();
    if makes_project {
        steps.extend(project());
    }
    steps.extend(structure());
    steps.extend(secrets());
    steps.extend(connectors());
    steps.extend(refused_connectors());
    steps.extend(lists());
    steps.extend(around());
    steps.extend(deletions(makes_project));
    steps
}

fn access() -> Vec<Step> {
    let mut validate = Step::new("validate the key", Method::POST, "/ng/api/token/validate");
    validate.body = Body::Key;
    vec![
        // Which of these members a token has depends on how it was created.
        validate.required().leeway(&["/data/"]),
        Step::get("read the account", "/ng/api/accounts/{account}").leeway(&["/data/"]),
        Step::get(
            "read an account that is not the key's",
            "/ng/api/accounts/no_such_account",
        ),
    ]
}

fn project_body(identifier: &str) -> Value {
    json!({"project": {"orgIdentifier": "{org}", "identifier": identifier, "name": "Sandbox compare {run}",
                       "description": "Made by harness-sandbox compare, and removed when it ends"}})
}

fn project() -> Vec<Step> {
    let path = format!("{PROJECTS}/{{project}}");
    vec![
        Step::post("make a project", PROJECTS, project_body("{project}"))
            .in_org()
            .makes(Thing::Project, "{project}")
            .required(),
        Step::post(
            "make a project that exists",
            PROJECTS,
            project_body("{project}"),
        )
        .in_org(),
        Step::put(
            "take modules away from a project",
            &path,
            project_body("{project}"),
        )
        .in_org(),
    ]
}

fn structure() -> Vec<Step> {
    let path = format!("{PROJECTS}/{{project}}");
    vec![
        Step::get("read an organization", "/ng/api/organizations/{org}"),
        Step::get(
            "read a missing organization",
            "/ng/api/organizations/no_{run}",
        ),
        Step::get("list organizations", "/ng/api/organizations").query("identifiers", "{org}"),
        Step::get("read a project", &path).in_org(),
        Step::get("read a missing project", &format!("{PROJECTS}/no_{{run}}")).in_org(),
        Step::get("read a project of a missing organization", &path)
            .query("orgIdentifier", "no_{run}"),
        Step::get("list projects", PROJECTS)
            .in_org()
            .query("identifiers", "{project}"),
        Step::post(
            "make a project with a malformed identifier",
            PROJECTS,
            project_body("no-{run}"),
        )
        .in_org(),
        Step::post(
            "make a project in another organization than the query's",
            PROJECTS,
            project_body("no_{run}"),
        )
        .query("orgIdentifier", "no_{run}"),
    ]
}

fn secret(kind: &str, identifier: &str, spec: &Value) -> Value {
    json!({"secret": {"type": kind, "identifier": identifier, "name": "Sandbox compare", "tags": {"made_by": "compare"},
                      "orgIdentifier": "{org}", "projectIdentifier": "{project}", "spec": spec}})
}

fn text(identifier: &str, value: &str) -> Value {
    let spec = json!({"secretManagerIdentifier": "harnessSecretManager", "valueType": "Inline", "value": value});
    secret("SecretText", identifier, &spec)
}

const TOKEN: &str = "cmp_{run}_token";
const USERNAME: &str = "cmp_{run}_username";
const KEY_FILE: &str = "cmp_{run}_key_file";
const SSH: &str = "cmp_{run}_ssh";

fn secrets() -> Vec<Step> {
    let path = format!("{SECRETS}/{TOKEN}");
    let ssh = json!({"port": 22, "auth": {"type": "SSH", "spec": {"credentialType": "KeyReference",
        "spec": {"userName": "git", "key": KEY_FILE}}}});
    let unique = format!("{SECRETS}/validateUniqueIdentifier");
    let mut file = Step::new(
        "make a secret file",
        Method::POST,
        &format!("{SECRETS}/files"),
    );
    let of_file = json!({"secretManagerIdentifier": "harnessSecretManager"});
    file.body = Body::File {
        spec: secret("SecretFile", KEY_FILE, &of_file),
        contents: "not a key\n",
    };
    vec![
        Step::post("make a text secret", SECRETS, text(TOKEN, "not-a-token"))
            .in_project()
            .makes(Thing::Secret, TOKEN)
            .leeway(GOVERNANCE),
        Step::post("make another text secret", SECRETS, text(USERNAME, "jdoe"))
            .in_project()
            .makes(Thing::Secret, USERNAME)
            .leeway(GOVERNANCE),
        Step::post(
            "make a secret that exists",
            SECRETS,
            text(TOKEN, "not-a-token"),
        )
        .in_project(),
        Step::post(
            "make a text secret without text",
            SECRETS,
            text("no_{run}", ""),
        )
        .in_project(),
        Step::post(
            "make a secret in another scope than the query's",
            SECRETS,
            text("no_{run}", "x"),
        )
        .in_org(),
        Step::put("update a text secret", &path, text(TOKEN, "not-a-token-2"))
            .in_project()
            .leeway(GOVERNANCE),
        Step::put(
            "update a missing secret",
            &format!("{SECRETS}/no_{{run}}"),
            text("no_{run}", "x"),
        )
        .in_project(),
        Step::get("read a text secret", &path)
            .in_project()
            .leeway(GOVERNANCE),
        Step::get("read a missing secret", &format!("{SECRETS}/no_{{run}}")).in_project(),
        Step::get(
            "ask for a taken secret identifier",
            &format!("{unique}/{TOKEN}"),
        )
        .in_project(),
        Step::get(
            "ask for a free secret identifier",
            &format!("{unique}/no_{{run}}"),
        )
        .in_project(),
        file.in_project()
            .makes(Thing::Secret, KEY_FILE)
            .leeway(GOVERNANCE),
        Step::post(
            "make an SSH credential",
            SECRETS,
            secret("SSHKey", SSH, &ssh),
        )
        .in_project()
        .makes(Thing::Secret, SSH)
        .leeway(&["/data/governanceMetadata", "/data/secret/spec/auth"]),
        Step::post(
            "list secrets",
            &format!("{SECRETS}/list"),
            json!({"identifiers": [TOKEN], "secretTypes": ["SecretText"]}),
        )
        .in_project()
        .leeway(&["/data/content/*/governanceMetadata"]),
        Step::get("list secrets the old way", SECRETS)
            .in_project()
            .query("searchTerm", TOKEN)
            .leeway(&["/data/content/*/governanceMetadata"]),
    ]
}

/// Returns a connector of the project, with `more` replacing some of its members.
fn connector(identifier: &str, spec: &Value, more: Value) -> Value {
    let mut connector = json!({
        "name": "Sandbox compare", "identifier": identifier, "type": "Bitbucket",
        "orgIdentifier": "{org}", "projectIdentifier": "{project}", "spec": spec,
    });
    lay_over(&mut connector, more);
    json!({"connector": connector})
}

fn lay_over(below: &mut Value, above: Value) {
    let (Value::Object(below), Value::Object(above)) = (below, above) else {
        return;
    };
    for (name, value) in above {
        match below.get_mut(&name) {
            Some(inner @ Value::Object(_)) if value.is_object() => lay_over(inner, value),
            _ => {
                below.insert(name, value);
            }
        }
    }
}

fn http(user: Value) -> Value {
    let mut spec = json!({"passwordRef": TOKEN});
    lay_over(&mut spec, user);
    json!({"type": "Http", "spec": {"type": "UsernamePassword", "spec": spec}})
}

fn repository(authentication: &Value) -> Value {
    json!({"url": "https://bitbucket.org/example-works/website.git", "type": "Repo", "authentication": authentication,
           "executeOnDelegate": false})
}

fn with_api(kind: &str, spec: &Value) -> Value {
    let mut built = repository(&http(json!({"username": "jdoe"})));
    lay_over(
        &mut built,
        json!({"apiAccess": {"type": kind, "spec": spec}}),
    );
    built
}

const HTTP: &str = "cmp_{run}_http";

/// Returns the kinds of connectors: a title, an identifier, the spec, and further members.
fn kinds() -> Vec<(&'static str, &'static str, Value, Value)> {
    let none = || json!({});
    vec![
        (
            "over HTTP",
            HTTP,
            repository(&http(json!({"username": "jdoe"}))),
            none(),
        ),
        (
            "with everything",
            "cmp_{run}_full",
            json!({"url": "https://bitbucket.org/example-works", "type": "Account", "validationRepo": "website.git",
                   "authentication": http(json!({"usernameRef": USERNAME})),
                   "apiAccess": {"type": "UsernameToken", "spec": {"usernameRef": USERNAME, "tokenRef": TOKEN}},
                   "delegateSelectors": ["no_such_delegate"], "executeOnDelegate": true}),
            json!({"description": "Everything", "tags": {"made_by": "compare"}}),
        ),
        (
            "with API access by access token",
            "cmp_{run}_access_token",
            with_api("AccessToken", &json!({"tokenRef": TOKEN})),
            none(),
        ),
        (
            "with API access by email and API token",
            "cmp_{run}_email",
            with_api(
                "EmailAndApiToken",
                &json!({"email": "jdoe@example.com", "tokenRef": TOKEN}),
            ),
            none(),
        ),
        (
            "with API access by OAuth",
            "cmp_{run}_oauth",
            with_api(
                "OAuth",
                &json!({"tokenRef": TOKEN, "refreshTokenRef": TOKEN}),
            ),
            none(),
        ),
        (
            "over SSH",
            "cmp_{run}_ssh",
            json!({"url": "git@bitbucket.org:example-works/website.git", "type": "Repo",
                   "authentication": {"type": "Ssh", "spec": {"sshKeyRef": SSH}}}),
            none(),
        ),
        (
            "for a Bitbucket project",
            "cmp_{run}_project",
            json!({"url": "https://bitbucket.example.com/scm/WEB", "type": "Project", "validationRepo": "website.git",
                   "authentication": http(json!({"username": "jdoe"}))}),
            none(),
        ),
    ]
}

fn connectors() -> Vec<Step> {
    let mut steps = Vec::new();
    for (title, identifier, spec, more) in kinds() {
        steps.push(
            Step::post(
                &format!("create a connector {title}"),
                CONNECTORS,
                connector(identifier, &spec, more),
            )
            .makes(Thing::Connector, identifier)
            .leeway(CONNECTIVITY),
        );
        steps.push(
            Step::get(
                &format!("read the connector {title}"),
                &format!("{CONNECTORS}/{identifier}"),
            )
            .in_project()
            .leeway(CONNECTIVITY),
        );
    }
    let changed = |more: Value| {
        let spec = repository(&http(json!({"username": "someone"})));
        connector(HTTP, &spec, more)
    };
    steps.extend([
        Step::put(
            "update a connector",
            CONNECTORS,
            changed(json!({"description": "Changed", "tags": {"made_by": "compare"}})),
        )
        .leeway(CONNECTIVITY),
        Step::put(
            "clear what an update leaves out",
            CONNECTORS,
            changed(json!({})),
        )
        .leeway(CONNECTIVITY),
        Step::put(
            "send members that are not known",
            CONNECTORS,
            changed(json!({"noSuchMember": 1, "spec": {"noSuchMember": {"a": 1}}})),
        )
        .leeway(CONNECTIVITY),
    ]);
    steps
}

fn refused_connectors() -> Vec<Step> {
    let sound = || repository(&http(json!({"username": "jdoe"})));
    let refused = "no_{run}";
    let with = |more: Value| connector(refused, &sound(), more);
    let authentication = |user: Value| {
        let spec = json!({"authentication": http(user)});
        json!({ "spec": spec })
    };
    let create = |title: &str, body: Value| {
        // An account that accepts what the sandbox refuses has created it, so it must be removed.
        Step::post(&format!("create a connector {title}"), CONNECTORS, body)
            .makes(Thing::Connector, refused)
            .leeway(CONNECTIVITY)
    };
    let mut not_json = Step::new("create a connector from no JSON", Method::POST, CONNECTORS);
    not_json.body = Body::Text("{");
    vec![
        Step::post(
            "create a connector that exists",
            CONNECTORS,
            connector(HTTP, &sound(), json!({})),
        ),
        create("without a name", with(json!({"name": null}))),
        create(
            "with a name of other characters",
            with(json!({"name": "a:b"})),
        ),
        Step::post(
            "create a connector with a malformed identifier",
            CONNECTORS,
            connector("no-{run}", &sound(), json!({})),
        )
        .makes(Thing::Connector, "no-{run}"),
        create("without a URL", with(json!({"spec": {"url": null}}))),
        create(
            "with a URL that is none",
            with(json!({"spec": {"url": "bitbucket"}})),
        ),
        create(
            "of an unknown URL type",
            with(json!({"spec": {"type": "Workspace"}})),
        ),
        create("of an unknown type", with(json!({"type": "Bitbukcet"}))),
        create(
            "without a username",
            with(authentication(json!({"username": null}))),
        ),
        create(
            "with two usernames",
            with(authentication(json!({"usernameRef": USERNAME}))),
        ),
        create(
            "with usernames of two kinds",
            with(json!({"spec": {"apiAccess": {"type": "UsernameToken",
                "spec": {"usernameRef": USERNAME, "tokenRef": TOKEN}}}})),
        ),
        create(
            "with a missing secret",
            with(authentication(json!({"passwordRef": "no_{run}"}))),
        ),
        create(
            "with a reference of an unknown scope",
            with(authentication(json!({"passwordRef": "team.token"}))),
        ),
        create(
            "in a missing project",
            with(json!({"projectIdentifier": "no_{run}"})),
        ),
        create(
            "in a project without organization",
            with(json!({"orgIdentifier": null})),
        ),
        not_json,
        Step::put(
            "update a missing connector",
            CONNECTORS,
            connector(refused, &sound(), json!({})),
        ),
        Step::get(
            "read a missing connector",
            &format!("{CONNECTORS}/no_{{run}}"),
        )
        .in_project(),
        Step::get(
            "read a connector with a malformed identifier",
            &format!("{CONNECTORS}/no-{{run}}"),
        )
        .in_project(),
        Step::get(
            "read a connector of a missing project",
            &format!("{CONNECTORS}/{HTTP}"),
        )
        .in_org()
        .query("projectIdentifier", "no_{run}"),
    ]
}

fn lists() -> Vec<Step> {
    let list_v2 = format!("{CONNECTORS}/listV2");
    let by_fqn = format!("{CONNECTORS}/listbyfqn");
    let unique = format!("{CONNECTORS}/validateUniqueIdentifier");
    let filter = || json!({"filterType": "Connector"});
    let list = |title: &str, body: Value| {
        Step::post(&format!("list connectors{title}"), &list_v2, body)
            .in_project()
            .leeway(LISTED)
    };
    vec![
        list("", filter()),
        list(
            " by type, sorted",
            json!({"filterType": "Connector", "types": ["Bitbucket"]}),
        )
        .query("sortOrders", "identifier,ASC")
        .query("pageSize", "2"),
        list(" by a search that finds nothing", filter()).query("searchTerm", "no_{run}"),
        list(
            " by identifier",
            json!({"filterType": "Connector", "connectorIdentifiers": [HTTP]}),
        ),
        list(", more than one page can have", filter()).query("pageSize", "101"),
        list(" without a type of filter", json!({})),
        Step::post("list connectors of a missing project", &list_v2, filter())
            .in_org()
            .query("projectIdentifier", "no_{run}"),
        Step::post(
            "list connectors by their full names",
            &by_fqn,
            json!([
                "{account}/{org}/{project}/cmp_{run}_http",
                "{account}/{org}/{project}/no_{run}"
            ]),
        )
        .leeway(&["/data/*/status/", "/data/*/governanceMetadata"]),
        Step::post("list connectors by no names", &by_fqn, json!([])),
        Step::get("ask for a taken identifier", &unique)
            .in_project()
            .query("identifier", HTTP),
        Step::get("ask for a free identifier", &unique)
            .in_project()
            .query("identifier", "no_{run}"),
        Step::get("count connectors", &format!("{CONNECTORS}/stats")).in_project(),
        Step::get("read the catalogue", &format!("{CONNECTORS}/catalogue")),
    ]
}

/// Returns the requests about connectors' users, changes, delegates, and tests.
fn around() -> Vec<Step> {
    let audits = "/audit/api/audits/list";
    let of_project = json!({"filterType": "Audit", "resources": [{"type": "CONNECTOR", "identifier": HTTP}],
        "scopes": [{"accountIdentifier": "{account}", "orgIdentifier": "{org}", "projectIdentifier": "{project}"}]});
    let test = format!("{CONNECTORS}/testConnection");
    // Whether and how a test fails depends on delegates and on the network.
    let outcome = &[
        "/data/",
        "/code",
        "/message",
        "/responseMessages",
        "/metadata",
    ];
    vec![
        Step::get("ask who uses a connector", "/ng/api/entitySetupUsage")
            .in_project()
            .query("identifier", HTTP)
            .query("referredEntityType", "Connectors"),
        Step::post("read the audit trail", audits, of_project)
            .fills_up()
            .leeway(&["/data/content/*/authenticationInfo/labels/"]),
        Step::post(
            "read the audit trail of another account",
            audits,
            json!({"filterType": "Audit", "scopes": [{"accountIdentifier": "no_such_account"}]}),
        ),
        Step::post(
            "list delegates",
            "/ng/api/delegate-setup/listDelegates",
            json!({"filterType": "Delegate"}),
        )
        .in_project(),
        Step::post(
            "find delegates by tags that none has",
            "/ng/api/delegate-group-tags/delegate-groups",
            json!({"tags": ["no_{run}"]}),
        )
        .in_project(),
        Step::post("test a connection", &format!("{test}/{HTTP}"), json!({}))
            .in_project()
            .leeway(outcome),
        Step::post(
            "test the connection of a missing connector",
            &format!("{test}/no_{{run}}"),
            json!({}),
        )
        .in_project(),
    ]
}

fn delete(title: &str, path: &str, thing: Thing, identifier: &str) -> Step {
    let step = Step::new(title, Method::DELETE, &format!("{path}/{identifier}"));
    let step = match thing {
        Thing::Project => step.in_org(),
        Thing::Secret | Thing::Connector => step.in_project(),
    };
    step.removes(thing, identifier)
}

fn deletions(makes_project: bool) -> Vec<Step> {
    let missing = "no_{run}";
    let mut steps = vec![
        delete("delete a secret in use", SECRETS, Thing::Secret, TOKEN),
        delete(
            "delete a missing connector",
            CONNECTORS,
            Thing::Connector,
            missing,
        ),
    ];
    for (title, identifier, ..) in kinds() {
        let title = format!("delete the connector {title}");
        steps.push(delete(&title, CONNECTORS, Thing::Connector, identifier));
    }
    steps.push(delete(
        "delete a secret file in use",
        SECRETS,
        Thing::Secret,
        KEY_FILE,
    ));
    for (title, identifier) in [
        ("delete the SSH credential", SSH),
        ("delete a text secret", USERNAME),
        ("delete a missing secret", missing),
    ] {
        steps.push(delete(title, SECRETS, Thing::Secret, identifier));
    }
    if makes_project {
        steps.extend([
            delete("delete the project", PROJECTS, Thing::Project, "{project}"),
            delete(
                "delete a missing project",
                PROJECTS,
                Thing::Project,
                "{project}",
            ),
        ]);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_made_has_a_name_of_this_run() {
        for step in script(true) {
            if step.makes.is_some() || step.removes.is_some() {
                let subject = &step.subject;
                let is_ours = subject.contains("{run}") || subject == "{project}";
                assert!(is_ours, "{step}");
            }
        }
        let names = Names::new("o", None);
        assert!(names.project().contains(&names.run));
        assert_eq!(
            names.in_account("a").filled("{account}/{org}/x_{run}"),
            format!("a/o/x_{}", names.run)
        );
    }

    #[test]
    fn a_project_that_is_given_is_neither_made_nor_deleted() {
        let touches = |step: &Step| [step.makes, step.removes].contains(&Some(Thing::Project));
        assert!(!script(false).iter().any(touches));
        assert_eq!(script(true).iter().filter(|step| touches(step)).count(), 3);
    }

    #[test]
    fn no_two_requests_have_the_same_title() {
        let mut titles: Vec<_> = script(true).into_iter().map(|step| step.title).collect();
        let all = titles.len();
        assert!(all >= 60, "{all}");
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), all);
    }
}
