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
    BitbucketSpec {
        url: required(spec, "url", notes),
        url_type: url_type(spec, notes),
        validation_repo: spec.filled("validationRepo", notes),
        authentication: authentication(spec, notes),
        api_access: api_access(&spec.object("apiAccess", notes), notes),
        execute_on_delegate: spec.flag("executeOnDelegate", notes).unwrap_or(true),
        delegate_selectors: spec.texts("delegateSelectors", notes).into_iter().collect(),
    }
}

fn url_type(spec: &Object<'_>, notes: &mut Notes) -> UrlType {
    let url_type = UrlType::from(required(spec, "type", notes).as_str());
    if let UrlType::Other(other) = &url_type {
        unknown(spec, "type", other, notes);
    }
    url_type
}

fn authentication(spec: &Object<'_>, notes: &mut Notes) -> Authentication {
    let authentication = sub_object(spec, "authentication", notes);
    let type_name = required(&authentication, "type", notes);
    let kinds = [Kind::HTTP, Kind::SSH];
    let Some(kind) = kinds.iter().find(|kind| kind.name == type_name) else {
        unknown(&authentication, "type", &type_name, notes);
        return Authentication::Other { type_name };
    };
    let mut members = sub_object(&authentication, "spec", notes);
    // HTTP credentials have their members one level further in. Without a type but with a specification they can only be of
    // the one kind that there is.
    if let Some(inner) = kind.inner() {
        let inner_type = required(&members, "type", notes);
        if !inner_type.is_empty() && inner_type != inner {
            unknown(&members, "type", &inner_type, notes);
            return Authentication::Other {
                type_name: format!("{type_name}/{inner_type}"),
            };
        }
        members = sub_object(&members, "spec", notes);
    }
    let (user, secret) = parts(kind, &members, notes);
    Authentication::of(kind, user, secret)
}

fn api_access(access: &Object<'_>, notes: &mut Notes) -> Option<ApiAccess> {
    if !access.is_present() {
        return None;
    }
    let type_name = required(access, "type", notes);
    let kinds = [
        Kind::USERNAME_TOKEN,
        Kind::EMAIL_AND_API_TOKEN,
        Kind::ACCESS_TOKEN,
    ];
    if let Some(kind) = kinds.iter().find(|kind| kind.name == type_name) {
        let (user, secret) = parts(kind, &sub_object(access, "spec", notes), notes);
        return Some(ApiAccess::of(kind, user, secret));
    }
    if type_name == "OAuth" {
        return Some(ApiAccess::OAuth);
    }
    unknown(access, "type", &type_name, notes);
    Some(ApiAccess::Other { type_name })
}

/// The user and the secret of a kind, from the object that has them as its members.
fn parts(
    kind: &Kind,
    members: &Object<'_>,
    notes: &mut Notes,
) -> (Option<TextOrRef>, Option<String>) {
    let user = kind
        .user
        .and_then(|[plain, reference]| text_or_ref(members, plain, reference, notes));
    (user, members.filled(kind.secret, notes))
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

/// The text of a member that every connector has. Of an object that is missing itself nothing more is noted: what is missing
/// is said once.
fn required(object: &Object<'_>, name: &str, notes: &mut Notes) -> String {
    let before = notes.len();
    let text = object.filled(name, notes);
    if object.is_present() && text.is_none() && notes.len() == before {
        object.note(name, "missing where a string is expected", notes);
    }
    text.unwrap_or_default()
}

fn sub_object<'a>(object: &Object<'a>, name: &str, notes: &mut Notes) -> Object<'a> {
    let before = notes.len();
    let found = object.object(name, notes);
    if object.is_present() && !found.is_present() && notes.len() == before {
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
