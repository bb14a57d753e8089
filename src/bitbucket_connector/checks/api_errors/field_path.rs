//! Maps Harness's names of settings to arguments.
//!
//! Harness's validation names settings by their full path in the request (`connector.spec.apiAccess.spec.tokenRef`), by
//! a part of it, or by the last name alone. Its JSON reader names them as a chain of classes and members
//! (`…ConnectorDTO["connector"]->…["spec"]`). Anything between the known names is skipped.

use harness_platform::{ApiAccess, BitbucketConnector, TextOrRef};
use tf_provider::value::Path;

use crate::bitbucket_connector::connector::settings::{self, Block, SETTINGS, Text};
use crate::harness::rule::at;

type Settings<'a> = Option<&'a BitbucketConnector>;

/// The position that the names so far lead to.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Within {
    Connector,
    Spec,
    Git,
    Api,
}

/// Returns the argument that Harness calls `field`, or `None` if there is none.
pub(super) fn of_field(field: &str, settings: Settings<'_>) -> Option<Path> {
    let mut within = Within::Connector;
    let mut argument = None;
    for name in names(field) {
        argument = match (within, name) {
            (Within::Connector, "spec") => {
                within = Within::Spec;
                argument
            }
            (Within::Spec, "type") => Some("url_type"),
            (Within::Git, "type") if argument == Some("credentials") => Some("connection_type"),
            (Within::Git, "spec" | "type") => Some(git_block(settings)),
            (Within::Api, "spec" | "type") => Some(api_block(settings)),
            (_, "spec" | "type") => argument,
            (_, name) => match SETTINGS.iter().find(|it| it.member() == Some(name)) {
                // What follows is a key or an element, and may be any word.
                Some(it) if matches!(it.name, "tags" | "delegate_selectors") => {
                    return Some(at(it.name));
                }
                Some(it) => {
                    within = match it.name {
                        "credentials" => Within::Git,
                        "api_access" => Within::Api,
                        _ => within,
                    };
                    Some(it.name)
                }
                None => of_text(within, name, settings).or(argument),
            },
        };
    }
    argument.map(at)
}

/// Returns the text called `name` in a block. Several blocks may have a text with one name.
fn of_text(within: Within, name: &str, settings: Settings<'_>) -> Option<&'static str> {
    let is_of_git = |text: &&Text| text.argument.starts_with("credentials.");
    let named = settings::texts().filter(|text| text.member == name);
    let (here, elsewhere): (Vec<_>, Vec<_>) = named.partition(|text| match within {
        Within::Git => is_of_git(text),
        Within::Api => !is_of_git(text),
        Within::Connector | Within::Spec => true,
    });
    let candidates = if here.is_empty() { elsewhere } else { here };
    if let [only] = candidates.as_slice() {
        return Some(only.argument);
    }
    let in_use = settings.map(settings::texts_of).unwrap_or_default();
    let mut in_use = in_use.into_iter().filter(|(text, _)| text.member == name);
    let set = in_use.clone().find(|(_, value)| value.is_some());
    // The first one that is set is meant. If none is set, it is Git's, or that of the API access in use.
    let set = set.map(|(text, _)| text);
    let of_git = candidates.into_iter().find(is_of_git);
    let text = set.or(of_git).or(in_use.next().map(|(text, _)| text))?;
    Some(text.argument)
}

/// Returns the known and unknown names in `field`, outermost first.
fn names(field: &str) -> Vec<&str> {
    if field.contains("[\"") {
        let quoted = field.split("[\"").skip(1);
        return quoted
            .filter_map(|rest| rest.split_once("\"]"))
            .map(|(name, _)| name)
            .collect();
    }
    field
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|name| !name.is_empty())
        .collect()
}

/// Returns the usernames of Git and of the API access.
pub(super) fn usernames(settings: Settings<'_>) -> (Option<&TextOrRef>, Option<&TextOrRef>) {
    let spec = settings.map(|connector| &connector.spec);
    let git = spec.and_then(|spec| spec.authentication.parts()?.user);
    let api = match spec.and_then(|spec| spec.api_access.as_ref()) {
        Some(ApiAccess::UsernameToken { username, .. }) => username.as_ref(),
        _ => None,
    };
    (git, api)
}

/// Returns the credentials block in use.
pub(super) fn git_block(settings: Settings<'_>) -> &'static str {
    in_use(settings, "credentials").map_or("credentials", |block| block.argument)
}

/// Returns the secret with which Git authenticates: password or key.
pub(super) fn git_secret(settings: Settings<'_>) -> &'static str {
    in_use(settings, "credentials").map_or("credentials", |block| block.secret.argument)
}

/// Returns the API access block in use.
pub(super) fn api_block(settings: Settings<'_>) -> &'static str {
    in_use(settings, "api_access").map_or("api_access", |block| block.argument)
}

/// Returns the token of the API access in use.
pub(crate) fn token_ref(settings: Settings<'_>) -> Option<&'static str> {
    in_use(settings, "api_access").map(|block| block.secret.argument)
}

fn in_use(settings: Settings<'_>, outer: &str) -> Option<&'static Block> {
    settings::block_of(settings?, outer)
}

/// Returns a connector's references in the order of Harness's checks: Harness's name, the argument, and the text.
pub(crate) fn references(settings: Settings<'_>) -> Vec<(&'static str, &'static str, &str)> {
    let texts = settings.map(settings::texts_of).unwrap_or_default();
    let references = texts.into_iter().filter(|(text, _)| text.is_reference());
    references
        .filter_map(|(text, value)| Some((text.member, text.argument, value?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitbucket_connector::checks::api_errors::testing::connector;

    fn shown(field: &str, settings: &BitbucketConnector) -> String {
        of_field(field, Some(settings)).map_or_else(|| "-".to_owned(), |path| path.to_string())
    }

    #[test]
    fn names_are_understood_whole_in_part_and_as_a_chain_of_members() {
        let http = connector("username_token");
        for (field, argument) in [
            ("connector.name", "name"),
            ("create.arg0.connector.name", "name"),
            ("name", "name"),
            ("connector.identifier", "identifier"),
            ("connector.orgIdentifier", "org_id"),
            ("projectIdentifier", "project_id"),
            ("connector.description", "description"),
            ("connector.tags[url]", "tags"),
            ("connector.tags<K>[name].<map key>", "tags"),
            ("connector.spec", "-"),
            ("connector", "-"),
            ("connector.type", "-"),
            ("accountIdentifier", "-"),
            ("connector.spec.type", "url_type"),
            ("connector.spec.url", "url"),
            ("connector.spec.validationRepo", "test_repository"),
            ("connector.spec.executeOnDelegate", "connectivity_mode"),
            (
                "connector.spec.delegateSelectors[].<iterable element>",
                "delegate_selectors",
            ),
            ("connector.spec.authentication", "credentials"),
            ("connector.spec.authentication.type", "connection_type"),
            ("connector.spec.authentication.spec", "credentials.http"),
            (
                "connector.spec.authentication.spec.type",
                "credentials.http",
            ),
            (
                "connector.spec.authentication.spec.spec",
                "credentials.http",
            ),
            (
                "connector.spec.authentication.spec.spec.username",
                "credentials.http.username",
            ),
            (
                "connector.spec.authentication.spec.spec.usernameRef",
                "credentials.http.username_ref",
            ),
            (
                "connector.spec.authentication.spec.spec.passwordRef",
                "credentials.http.password_ref",
            ),
            ("passwordRef", "credentials.http.password_ref"),
            ("spec.spec.passwordRef", "credentials.http.password_ref"),
            ("connector.spec.apiAccess", "api_access"),
            ("connector.spec.apiAccess.type", "api_access.username_token"),
            ("connector.spec.apiAccess.spec", "api_access.username_token"),
            (
                "connector.spec.apiAccess.spec.username",
                "api_access.username_token.username",
            ),
            (
                "connector.spec.apiAccess.spec.usernameRef",
                "api_access.username_token.username_ref",
            ),
            ("tokenRef", "api_access.username_token.token_ref"),
            ("username", "credentials.http.username"),
            // Only the API access has a username in a secret.
            ("usernameRef", "api_access.username_token.username_ref"),
            (
                "io.harness.ConnectorDTO[\"connector\"]->io.harness.Info[\"spec\"]->io.Auth[\"authentication\"]->\
                 io.Http[\"spec\"]->io.UserPassword[\"spec\"]->io.Secret[\"passwordRef\"]",
                "credentials.http.password_ref",
            ),
            (
                "io.harness.ConnectorDTO[\"connector\"]->io.harness.Info[\"spec\"]->io.Scm[\"type\"]",
                "url_type",
            ),
            ("surprise", "-"),
            ("", "-"),
        ] {
            assert_eq!(shown(field, &http), argument, "{field}");
        }
    }

    #[test]
    fn the_block_in_use_decides_what_a_name_means() {
        for (api_access, argument) in [
            ("access_token", "api_access.access_token.token_ref"),
            (
                "email_and_api_token",
                "api_access.email_and_api_token.token_ref",
            ),
            ("none", "-"),
        ] {
            assert_eq!(shown("tokenRef", &connector(api_access)), argument);
        }
        let ssh = connector("ssh");
        for (field, argument) in [
            ("connector.spec.authentication.spec", "credentials.ssh"),
            (
                "connector.spec.authentication.spec.sshKeyRef",
                "credentials.ssh.ssh_key_ref",
            ),
            ("sshKeyRef", "credentials.ssh.ssh_key_ref"),
        ] {
            assert_eq!(shown(field, &ssh), argument);
        }
        let email = connector("email_and_api_token");
        assert_eq!(
            shown("emailRef", &email),
            "api_access.email_and_api_token.email_ref"
        );
        assert_eq!(of_field("tokenRef", None), None);
    }
}
