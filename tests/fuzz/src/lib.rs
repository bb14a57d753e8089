//! What each fuzz target does with its bytes.
//!
//! A target fails by panicking: here, when a promise of the decoders is broken, or inside them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::LazyLock;
use terraform_provider_harness::bitbucket_connector::secret_ref::SecretRef;
use terraform_provider_harness::bitbucket_connector::url::{BitbucketUrl, ConnectionType, UrlType};
use terraform_provider_harness::tf_provider::plugin::handshake::Environment;
use terraform_provider_harness::tf_provider::value::{DEEPEST, Type, json, msgpack};

/// A value on the wire. The first byte chooses the type.
pub fn msgpack(data: &[u8]) {
    let Some((ty, bytes)) = choose(data) else {
        return;
    };
    match msgpack::decode(bytes, ty) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(value) => {
            let written = msgpack::encode(&value, ty).expect("what was decoded can be encoded");
            // Promises that do not fit the type are read but not written, so that the first value may say more.
            let settled = msgpack::decode(&written, ty).expect("what was encoded can be decoded");
            let again = msgpack::encode(&settled, ty).expect("what was decoded can be encoded");
            assert_eq!(msgpack::decode(&again, ty), Ok(settled));
        }
    }
}

/// A value in stored state. The first byte chooses the type.
pub fn json_state(data: &[u8]) {
    let Some((ty, bytes)) = choose(data) else {
        return;
    };
    let exact = json::decode(bytes, ty);
    let lenient = json::decode_lenient(bytes, ty);
    if exact.is_ok() {
        assert_eq!(exact, lenient);
    }
    match lenient {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(value) => {
            let written = json::encode(&value, ty).expect("what was decoded can be encoded");
            assert_eq!(json::decode(&written, ty), Ok(value));
        }
    }
}

/// The environment of a start by Terraform: the values of six variables, separated by zero bytes.
pub fn handshake_environment(data: &[u8]) {
    let cookie = [(
        "TF_PLUGIN_MAGIC_COOKIE",
        OsStr::new("d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"),
    )];
    let names = [
        "PLUGIN_PROTOCOL_VERSIONS",
        "PLUGIN_MIN_PORT",
        "PLUGIN_MAX_PORT",
        "PLUGIN_CLIENT_CERT",
        "PLUGIN_UNIX_SOCKET_DIR",
        "PLUGIN_UNIX_SOCKET_GROUP",
    ];
    let values = data.split(|byte| *byte == 0).map(OsStr::from_bytes);
    match Environment::from_vars(cookie.into_iter().chain(names.into_iter().zip(values))) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(environment) => assert!(environment.ports.first <= environment.ports.last),
    }
}

/// The value of `url`. What is recommended instead of a text must itself be a URL that needs no mending.
pub fn bitbucket_url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let parsed = BitbucketUrl::parse(text);
    if let Ok(url) = &parsed {
        let written = url.to_string();
        let again = BitbucketUrl::parse(&written).expect("what was written can be read");
        assert_eq!(again.to_string(), written);
        assert_eq!(again.members(), url.members());
    }
    for url_type in [None, Some(UrlType::Account), Some(UrlType::Repository)] {
        for connection_type in [None, Some(ConnectionType::Http), Some(ConnectionType::Ssh)] {
            let mended = match &parsed {
                Ok(url) => Some(url.mended(url_type, connection_type)),
                Err(error) => error.mended(url_type, connection_type),
            };
            if let Some(text) = mended.as_ref().and_then(|mended| mended.complete()) {
                let again = BitbucketUrl::parse(text).expect("what is recommended can be read");
                let settled = again.mended(url_type, connection_type);
                assert_eq!(settled.complete(), Some(text));
            }
        }
    }
}

/// The value of a reference to a secret.
pub fn secret_ref(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(reference) = SecretRef::parse(text) {
        let written = reference.to_string();
        assert_eq!(SecretRef::parse(&written), Ok(reference), "{written}");
    }
}

fn choose(data: &[u8]) -> Option<(&'static Type, &[u8])> {
    let (selector, rest) = data.split_first()?;
    let index = usize::from(*selector) % TYPES.len();
    Some((TYPES.get(index)?, rest))
}

static TYPES: LazyLock<Vec<Type>> = LazyLock::new(|| {
    let nested = |levels| (0..levels).fold(Type::Bool, |inner, _| Type::list(inner));
    let connector = Type::object([
        ("identifier", Type::String),
        ("tags", Type::map(Type::String)),
        ("delegate_selectors", Type::set(Type::String)),
        ("max_requests", Type::Number),
        ("force", Type::Bool),
        (
            "credentials",
            Type::object([("http", Type::object([("username", Type::String)]))]),
        ),
    ]);
    vec![
        Type::Dynamic,
        // The resource of the captures in tests/fixtures.
        Type::object([
            ("b", Type::Bool),
            ("d", Type::Dynamic),
            ("l", Type::list(Type::String)),
            ("m", Type::map(Type::Number)),
            ("n", Type::Number),
            ("s", Type::String),
            ("t", Type::set(Type::String)),
        ]),
        connector.clone(),
        Type::Number,
        Type::String,
        Type::set(connector),
        Type::set(Type::set(Type::Dynamic)),
        Type::Tuple(vec![
            Type::Bool,
            Type::map(Type::list(Type::Number)),
            Type::Dynamic,
        ]),
        nested(DEEPEST - 1),
        nested(4 * DEEPEST),
    ]
});
