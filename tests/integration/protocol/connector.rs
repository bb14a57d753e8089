//! Values of `harness_bitbucket_connector` configurations.

use harness_sandbox::{Running, Scope};
use serde_json::Value as Json;
use tf_provider::value::{Step, Type, Value};

use super::session::{attribute_path, null_object};

/// Returns a repository on Bitbucket Cloud over HTTP, in the account, with only required arguments.
pub(super) fn small(ty: &Type) -> Value {
    with_texts(
        null_object(ty),
        &[
            ("name", "Bitbucket Cloud"),
            ("url_type", "Repository"),
            ("connection_type", "HTTP"),
            ("url", "https://bitbucket.org/example/app.git"),
        ],
    )
    .with("credentials", http_credentials(ty))
}

/// Returns everything that can be given together, in a project: all repositories of a Bitbucket Data Center over HTTP.
pub(super) fn large(ty: &Type) -> Value {
    let token = with_texts(
        block(ty, &["api_access", "username_token"]),
        &[
            ("username", "sandbox-bot"),
            ("token_ref", "account.bitbucket_token"),
        ],
    );
    let timeouts = with_texts(
        block(ty, &["timeouts"]),
        &[
            ("create", "30s"),
            ("read", "20s"),
            ("update", "1m"),
            ("delete", "1m30s"),
        ],
    );
    with_texts(
        small(ty),
        &[
            ("identifier", "bitbucket"),
            ("description", "All repositories"),
            ("org_id", "platform"),
            ("project_id", "payments"),
            ("url_type", "Account"),
            ("url", "https://bitbucket.example.com/scm/"),
            ("test_repository", "WEB/app.git"),
            ("connectivity_mode", "Delegate"),
            ("connection_test", "off"),
        ],
    )
    .with(
        "tags",
        Value::map([
            ("team", Value::string("payments")),
            ("empty", Value::string("")),
        ]),
    )
    .with(
        "delegate_selectors",
        Value::set([Value::string("linux"), Value::string("amd64")]),
    )
    .with("force_delete", Value::Bool(false))
    .with(
        "api_access",
        block(ty, &["api_access"]).with("username_token", token),
    )
    .with("timeouts", timeouts)
}

/// Returns `credentials` with the block `http`.
fn http_credentials(ty: &Type) -> Value {
    let http = with_texts(
        block(ty, &["credentials", "http"]),
        &[
            ("username", "sandbox-bot"),
            ("password_ref", "account.bitbucket_token"),
        ],
    );
    block(ty, &["credentials"]).with("http", http)
}

/// Returns a block without arguments.
pub(crate) fn block(ty: &Type, names: &[&str]) -> Value {
    let inner = names.iter().fold(ty, |ty, name| match ty {
        Type::Object(attributes) => &attributes[*name],
        other => panic!("no {name} in {other}"),
    });
    null_object(inner)
}

/// Returns the object with these texts set.
pub(crate) fn with_texts(object: Value, texts: &[(&str, &str)]) -> Value {
    texts.iter().fold(object, |object, (name, text)| {
        object.with(*name, Value::string(*text))
    })
}

/// Returns the value with another one at a path such as `credentials.http.username`.
pub(super) fn replaced(value: &Value, path: &str, new: &Value) -> Value {
    replaced_at(value, attribute_path(path).steps(), new)
}

fn replaced_at(value: &Value, steps: &[Step], new: &Value) -> Value {
    match steps {
        [] => new.clone(),
        [Step::Attribute(name), rest @ ..] => {
            let inner = replaced_at(value.get(name).expect(name), rest, new);
            value.clone().with(name, inner)
        }
        other => panic!("{other:?}"),
    }
}

/// Returns the paths of every attribute and every block below an object type, innermost last.
pub(super) fn paths(ty: &Type) -> Vec<String> {
    let Type::Object(attributes) = ty else {
        return Vec::new();
    };
    let below = attributes.iter().flat_map(|(name, ty)| {
        let inner = paths(ty)
            .into_iter()
            .map(move |path| format!("{name}.{path}"));
        std::iter::once(name.clone()).chain(inner)
    });
    below.collect()
}

/// Returns the connector as the platform stores it.
pub(super) fn on_platform(sandbox: &Running, scope: &Scope, identifier: &str) -> Option<Json> {
    sandbox
        .connector(scope, identifier)
        .map(|mut answer| answer["connector"].take())
}
