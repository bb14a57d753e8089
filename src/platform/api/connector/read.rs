//! Reads the platform's JSON into typed settings. It never fails, and notes everything that could not be read.

use serde_json::{Map, Value};

use super::kind::Kind;
use super::model::{
    ApiAccess, Authentication, BitbucketConnector, BitbucketReading, BitbucketSpec, TextOrRef,
    UrlType,
};
use crate::response::json::{Notes, Object};

pub(crate) fn bitbucket(connector: &Map<String, Value>) -> BitbucketReading {
    let notes = Notes::default();
    let settings = settings(&Object::root(connector).noting(&notes));
    // A missing `spec` has already been noted.
    let spec = Object::root(connector).object("spec").noting(&notes);
    let flag = |name| spec.flag(name).unwrap_or(false);
    let (proxy, ignore_test_connection) = (flag("proxy"), flag("ignoreTestConnection"));
    BitbucketReading {
        connector: settings,
        proxy,
        ignore_test_connection,
        unknown: notes.into_inner(),
    }
}

fn settings(connector: &Object<'_>) -> BitbucketConnector {
    BitbucketConnector {
        name: required(connector, "name"),
        identifier: required(connector, "identifier"),
        description: connector.text("description"),
        org: connector.filled("orgIdentifier"),
        project: connector.filled("projectIdentifier"),
        tags: connector.text_map("tags"),
        spec: spec(&sub_object(connector, "spec")),
    }
}

fn spec(spec: &Object<'_>) -> BitbucketSpec {
    BitbucketSpec {
        url: required(spec, "url"),
        url_type: url_type(spec),
        validation_repo: spec.filled("validationRepo"),
        authentication: authentication(spec),
        api_access: api_access(&spec.object("apiAccess")),
        execute_on_delegate: spec.flag("executeOnDelegate").unwrap_or(true),
        delegate_selectors: spec.texts("delegateSelectors").into_iter().collect(),
    }
}

fn url_type(spec: &Object<'_>) -> UrlType {
    let url_type = UrlType::from(required(spec, "type").as_str());
    if let UrlType::Other(other) = &url_type {
        unknown(spec, "type", other);
    }
    url_type
}

fn authentication(spec: &Object<'_>) -> Authentication {
    let authentication = sub_object(spec, "authentication");
    let type_name = required(&authentication, "type");
    let kinds = [Kind::HTTP, Kind::SSH];
    let Some(kind) = kinds.iter().find(|kind| kind.name == type_name) else {
        unknown(&authentication, "type", &type_name);
        return Authentication::Other { type_name };
    };
    let mut members = sub_object(&authentication, "spec");
    // The members of HTTP credentials are one level deeper. Without a type but with a specification, they can only be
    // of the one existing kind.
    if let Some(inner) = kind.inner() {
        let inner_type = required(&members, "type");
        if !inner_type.is_empty() && inner_type != inner {
            unknown(&members, "type", &inner_type);
            return Authentication::Other {
                type_name: format!("{type_name}/{inner_type}"),
            };
        }
        members = sub_object(&members, "spec");
    }
    let (user, secret) = parts(kind, &members);
    Authentication::of(kind, user, secret)
}

fn api_access(access: &Object<'_>) -> Option<ApiAccess> {
    if !access.is_present() {
        return None;
    }
    let type_name = required(access, "type");
    let kinds = [
        Kind::USERNAME_TOKEN,
        Kind::EMAIL_AND_API_TOKEN,
        Kind::ACCESS_TOKEN,
    ];
    if let Some(kind) = kinds.iter().find(|kind| kind.name == type_name) {
        let (user, secret) = parts(kind, &sub_object(access, "spec"));
        return Some(ApiAccess::of(kind, user, secret));
    }
    if type_name == "OAuth" {
        return Some(ApiAccess::OAuth);
    }
    unknown(access, "type", &type_name);
    Some(ApiAccess::Other { type_name })
}

/// Returns the user and the secret of a type, from the object that has them as members.
fn parts(kind: &Kind, members: &Object<'_>) -> (Option<TextOrRef>, Option<String>) {
    let user = kind
        .user
        .and_then(|[plain, reference]| text_or_ref(members, plain, reference));
    (user, members.filled(kind.secret))
}

/// Reads a pair of members. A valid connector sets exactly one; if both are set, the plaintext is used and the other
/// noted.
fn text_or_ref(object: &Object<'_>, plain: &str, reference: &str) -> Option<TextOrRef> {
    match (object.filled(plain), object.filled(reference)) {
        (Some(text), secret) => {
            if secret.is_some() {
                object.note(
                    reference,
                    format!("set together with `{plain}`, where only one of them is expected"),
                );
            }
            Some(TextOrRef::Plain(text))
        }
        (None, Some(secret)) => Some(TextOrRef::Ref(secret)),
        (None, None) => None,
    }
}

/// Returns the text of a member that every connector has. If the object itself is missing, that has been noted already,
/// and nothing more is noted.
fn required(object: &Object<'_>, name: &str) -> String {
    let before = object.noted();
    let text = object.filled(name);
    if object.is_present() && text.is_none() && object.noted() == before {
        object.note(name, "missing where a string is expected");
    }
    text.unwrap_or_default()
}

fn sub_object<'a>(object: &Object<'a>, name: &str) -> Object<'a> {
    let before = object.noted();
    let found = object.object(name);
    if object.is_present() && !found.is_present() && object.noted() == before {
        object.note(name, "missing where an object is expected");
    }
    found
}

fn unknown(object: &Object<'_>, name: &str, value: &str) {
    // A missing discriminator has already been noted.
    if !value.is_empty() {
        let value = crate::response::text::harmless(value, 100);
        object.note(
            name,
            format!("\"{value}\", which this version does not know"),
        );
    }
}
