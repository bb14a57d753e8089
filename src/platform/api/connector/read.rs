//! From the platform's JSON to the typed settings: total, with a note for everything that could not be read.

use super::BitbucketReading;
use super::kind::Kind;
use super::model::{
    ApiAccess, Authentication, BitbucketConnector, BitbucketSpec, TextOrRef, UrlType,
};
use crate::response::json::{Object, UnknownMember};

type Notes = Vec<UnknownMember>;

pub(crate) fn bitbucket(connector: &Object<'_>) -> BitbucketReading {
    let mut notes = Notes::new();
    let settings = settings(connector, &mut notes);
    // A `spec` that is missing has been noted.
    let spec = connector.object("spec", &mut Notes::new());
    let mut flag = |name| spec.flag(name, &mut notes).unwrap_or(false);
    BitbucketReading {
        connector: settings,
        proxy: flag("proxy"),
        ignore_test_connection: flag("ignoreTestConnection"),
        unknown: notes,
    }
}

fn settings(connector: &Object<'_>, notes: &mut Notes) -> BitbucketConnector {
    BitbucketConnector {
        name: required(connector, "name", notes),
        identifier: required(connector, "identifier", notes),
        description: connector.text("description", notes),
        org: connector.filled("orgIdentifier", notes),
        project: connector.filled("projectIdentifier", notes),
        tags: connector.text_map("tags", notes),
        spec: spec(&sub_object(connector, "spec", notes), notes),
    }
}

fn spec(spec: &Object<'_>, notes: &mut Notes) -> BitbucketSpec {
    let known = spec.is_present();
    BitbucketSpec {
        url: if known {
            required(spec, "url", notes)
        } else {
            String::new()
        },
        url_type: url_type(spec, notes),
        validation_repo: spec.filled("validationRepo", notes),
        authentication: authentication(spec, notes),
        api_access: api_access(&spec.object("apiAccess", notes), notes),
        execute_on_delegate: spec.flag("executeOnDelegate", notes).unwrap_or(true),
        delegate_selectors: spec.texts("delegateSelectors", notes).into_iter().collect(),
    }
}

fn url_type(spec: &Object<'_>, notes: &mut Notes) -> UrlType {
    let name = if spec.is_present() {
        required(spec, "type", notes)
    } else {
        String::new()
    };
    let url_type = UrlType::from(name.as_str());
    if let UrlType::Other(other) = &url_type {
        unknown(spec, "type", other, notes);
    }
    url_type
}

fn authentication(spec: &Object<'_>, notes: &mut Notes) -> Authentication {
    let authentication = if spec.is_present() {
        sub_object(spec, "authentication", notes)
    } else {
        spec.clone()
    };
    if !authentication.is_present() {
        return Authentication::Other {
            type_name: String::new(),
        };
    }
    let type_name = required(&authentication, "type", notes);
    match type_name.as_str() {
        "Http" => http(&sub_object(&authentication, "spec", notes), notes),
        "Ssh" => of_kind(
            &Authentication::SSH,
            &sub_object(&authentication, "spec", notes),
            notes,
        ),
        other => {
            unknown(&authentication, "type", other, notes);
            Authentication::Other { type_name }
        }
    }
}

/// Credentials over HTTP, whose members are one level further in.
fn http(outer: &Object<'_>, notes: &mut Notes) -> Authentication {
    // What is missing is said once.
    if !outer.is_present() {
        return of_kind(&Authentication::HTTP, outer, notes);
    }
    let inner_type = required(outer, "type", notes);
    // Without a type but with a specification it can only be the one kind that there is.
    if !inner_type.is_empty() && Some(inner_type.as_str()) != Authentication::HTTP.inner {
        unknown(outer, "type", &inner_type, notes);
        return Authentication::Other {
            type_name: format!("Http/{inner_type}"),
        };
    }
    let inner = sub_object(outer, "spec", notes);
    of_kind(&Authentication::HTTP, &inner, notes)
}

fn api_access(access: &Object<'_>, notes: &mut Notes) -> Option<ApiAccess> {
    if !access.is_present() {
        return None;
    }
    let type_name = required(access, "type", notes);
    let kind = ApiAccess::KINDS
        .into_iter()
        .find(|kind| kind.name == type_name);
    Some(match (kind, type_name.as_str()) {
        (Some(kind), _) => of_kind(kind, &sub_object(access, "spec", notes), notes),
        (None, "OAuth") => ApiAccess::OAuth,
        (None, other) => {
            unknown(access, "type", other, notes);
            ApiAccess::Other { type_name }
        }
    })
}

/// Credentials or API access of a kind, from the object that has their members.
fn of_kind<T>(kind: &Kind<T>, members: &Object<'_>, notes: &mut Notes) -> T {
    let user = kind
        .user
        .and_then(|[plain, reference]| text_or_ref(members, plain, reference, notes));
    (kind.make)(user, members.filled(kind.secret, notes))
}

/// Exactly one of the two is set on a sound connector; of two, the plain text is shown and the other noted.
fn text_or_ref(
    object: &Object<'_>,
    plain: &str,
    reference: &str,
    notes: &mut Notes,
) -> Option<TextOrRef> {
    match (object.filled(plain, notes), object.filled(reference, notes)) {
        (Some(text), secret) => {
            if secret.is_some() {
                object.note(
                    reference,
                    format!("set beside `{plain}`, where only one of them is expected"),
                    notes,
                );
            }
            Some(TextOrRef::Plain(text))
        }
        (None, Some(secret)) => Some(TextOrRef::Ref(secret)),
        (None, None) => None,
    }
}

fn required(object: &Object<'_>, name: &str, notes: &mut Notes) -> String {
    let before = notes.len();
    let text = object.filled(name, notes);
    if text.is_none() && notes.len() == before {
        object.note(name, "missing where a string is expected", notes);
    }
    text.unwrap_or_default()
}

fn sub_object<'a>(object: &Object<'a>, name: &str, notes: &mut Notes) -> Object<'a> {
    let before = notes.len();
    let found = object.object(name, notes);
    if !found.is_present() && notes.len() == before {
        object.note(name, "missing where an object is expected", notes);
    }
    found
}

fn unknown(object: &Object<'_>, name: &str, value: &str, notes: &mut Notes) {
    // A missing discriminator has been noted as such.
    if !value.is_empty() {
        let value = crate::response::text::harmless(value, 100);
        object.note(
            name,
            format!("\"{value}\", which this version does not know"),
            notes,
        );
    }
}
