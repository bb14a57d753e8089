//! What usually is behind a connection test that failed, and what to do about it.
//!
//! The platform's texts come from Git, from Bitbucket and from its own delegates, in either of two channels: as a result
//! with a summary and errors, or as an error with a hint and an explanation. They are recognised by what they say.
//! Sources: the platform's error catalogue, and the troubleshooting section of its Bitbucket settings reference.
//!
//! This file is long because half of it is words.

use harness_platform::{ApiAccess, Authentication, BitbucketConnector, TextOrRef, UrlType};
use tf_provider::value::Path;

use super::answer::ErrorAnswer;
use super::error_rule::{Advice, ErrorRule};
use super::field_path;
use crate::bitbucket_connector::connector::url::{self, BitbucketUrl, Deployment};
use crate::harness::rule::at;
use crate::harness::wording::{hcl, joined};

/// The first that recognises an answer counts: the narrow signs stand before the wide ones.
pub(crate) static TESTS: &[ErrorRule] = &[
    ErrorRule::new("G13")
        .about("url")
        .says("The server's certificate is not trusted where Harness connects.")
        .example("x509: certificate signed by unknown authority")
        .signs(&["x509", "pkix", "certificate"])
        .found("The delegate does not trust the server's certificate.")
        .on_page(
            "Mount the authority's certificate into the delegate and name it in `DESTINATION_CA_PATH` (older delegates: \
             `ADDITIONAL_CERTS_PATH` together with `CI_MOUNT_VOLUMES`).",
        )
        .advise(
            "Mount the authority's certificate into the delegate and name it in DESTINATION_CA_PATH (older delegates: \
             ADDITIONAL_CERTS_PATH together with CI_MOUNT_VOLUMES).",
        ),
    ErrorRule::new("C11")
        .about("url")
        .says("Bitbucket Cloud has removed the API that lists repositories across workspaces.")
        .example("HTTP 410 Gone: CHANGE-2770: Cross-workspace APIs are removed")
        .signs(&["change-2770"])
        .on_page(
            "Write the workspace into `url` (`https://bitbucket.org/<workspace>/`), and leave it out of \
             `test_repository`. Where `url` has it, update the delegate.",
        )
        .advise_with(across_workspaces),
    ErrorRule::new("B01")
        .about("api_access")
        .says("Bitbucket limits the requests of the token.")
        .example("Rate limit reached on BitBucket provider.")
        .signs(&["rate limit"])
        .at(|_, answer| {
            let settings = answer.about.settings;
            let token = field_path::token_ref(settings);
            Some(at(token.unwrap_or_else(|| field_path::git_secret(settings))))
        })
        .found("Bitbucket limits the requests of this token.")
        .advise("Try again later, and use separate tokens for separate connectors."),
    ErrorRule::new("M02")
        .about("*_ref")
        .says("The owner of the API key may not use a secret of the connector, or not test it.")
        .example("Missing permission core_secret_access on secret with identifier bitbucket_token")
        .on_page(
            "Give the owner of the key a role with the permission to access secrets in the secret's scope, or leave the \
             test out with `connection_test = \"off\"`.",
        )
        .advise_if(|answer| {
            let remedy = answer.remedy_if_not_allowed()?;
            Some(Advice::near(any_reference(answer), remedy))
        }),
    ErrorRule::new("B02")
        .about("delegate_selectors, connectivity_mode")
        .says("No delegate could run the test.")
        .example("No Delegate Found ( No Delegate Eligible to perform the request)")
        // Before the wider "timed out": a task that no delegate took times out as well.
        .signs(&[
            "no delegate",
            "no eligible delegate",
            "delegates are connected",
            "delegate task was never executed",
        ])
        .when(|answer| answer.has_code(460..=463))
        .on_page(
            "Start a delegate that has all tags of `delegate_selectors`, or fix the tags: all of them must be on one \
             delegate. Or set `connectivity_mode = \"Platform\"`, if Harness itself can reach Bitbucket.",
        )
        .advise_with(delegates),
    ErrorRule::new("K09")
        .about(SSH_KEY_REF)
        .says("The SSH key is not in PEM form.")
        .example("Private key is either malformed or not correct")
        .signs(&[
            "private key is either malformed",
            "ssh key uses incorrect format",
            "ssh private key in pem format",
        ])
        .found("The key of the SSH credential is not in PEM form.")
        .on_page(
            "Convert it (`ssh-keygen -p -m PEM -f <key file>`), store it as a new file secret, and name that in the SSH \
             credential.",
        )
        .advise(
            "Convert it, store it as a new file secret, and name that in the SSH credential:\n\n  \
             ssh-keygen -p -m PEM -f <key file>",
        ),
    ErrorRule::new("K10")
        .about(SSH_KEY_REF)
        .says("Bitbucket refuses the SSH key.")
        .example("Auth fail")
        .signs(&[
            "auth fail",
            "authorization not successful",
            "ssh credentials are not authorized",
            "'git' username",
        ])
        .when(|answer| is_over_ssh(answer) && is_not_authorized(answer) && !is_about_api(answer))
        .found("Bitbucket refused the SSH key.")
        .advise(
            "Add the public key to the Bitbucket account or repository, and check that the SSH credential in Harness has \
             the user name `git`.",
        ),
    ErrorRule::new("P14")
        .about("api_access.access_token.token_ref")
        .says("Bitbucket Cloud refuses the access token at its API; tokens of a single repository do.")
        .example("Provided api access credentials are not authorized.")
        .when(|answer| {
            let token = matches!(api_access(answer), Some(ApiAccess::AccessToken { .. }));
            token && is_cloud(answer) && is_about_api(answer)
        })
        .on_page(
            "Use a token of the workspace, or `email_and_api_token` with an API token that has \
             `read:workspace:bitbucket`. Tokens of a repository fail since delegate 26.02.88600.",
        )
        .advise_with(|answer| {
            let remedy = "Bitbucket's API refused the access token. Tokens of a single repository fail since delegate \
                          26.02.88600: use a token of the workspace, or an API token with read:workspace:bitbucket.";
            let argument = "api_access.access_token.token_ref";
            Advice::at(argument, with_expiry(answer, argument, remedy))
        }),
    ErrorRule::new("B03")
        .about("api_access")
        .says("Bitbucket's API refuses the credentials of `api_access`.")
        .example("Please ensure that the api access credentials are correct.")
        .when(is_about_api)
        .on_page(
            "Check the kind of token, its permissions and whether it has expired. `email_and_api_token` needs the \
             address of the Atlassian account, an API token with Bitbucket scopes, and a delegate of version 26.02.88600 \
             or later.",
        )
        .advise_with(api_credentials),
    ErrorRule::new("B09")
        .about("credentials, api_access")
        .says("The way to authenticate is not supported.")
        .example("Please ensure that the authentication is supported by git provider.")
        .signs(&["authentication is supported by git provider", "authentication is not supported"])
        .on_page(
            "For SSH, refer to an SSH credential with a key: neither Kerberos nor a password works. For \
             `email_and_api_token`, run a delegate of version 26.02.88600 or later.",
        )
        .advise_with(unsupported),
    ErrorRule::new("B04")
        .about("credentials.http.password_ref")
        .says("Bitbucket refuses user name or token of Git.")
        .example("Please check your credentials (potential token expiration issue)")
        .when(|answer| is_removed(answer) || is_not_authorized(answer) || is_expired(answer))
        .on_page(
            "Bitbucket Cloud: the Bitbucket username (not the e-mail address) or `x-bitbucket-api-token-auth` with an API \
             token, `x-token-auth` with an access token; app passwords were removed on July 28, 2026 (HTTP 410, \
             CHANGE-3222). Data Center: the user's name and a user-level HTTP access token; tokens of a project or \
             repository do not work with a user name. Where Harness speaks of an expired token, create a new one.",
        )
        .advise_with(|answer| {
            if is_removed(answer) {
                app_password(answer)
            } else {
                git_credentials(answer)
            }
        }),
    ErrorRule::new("B10")
        .about("*_ref")
        .says("A secret of the connector does not exist any more.")
        .example("No secret configured with identifier: bitbucket_token")
        .signs(&["no secret configured with identifier", "no secret exists with the id"])
        .at(|_, answer| any_reference(answer))
        .found("The secret does not exist any more.")
        .on_page("Create the secret again under the same Id, or write the reference of another one.")
        .advise("Create it again under the same Id, or write the reference of another one."),
    ErrorRule::new("B05")
        .about("url")
        .says("The host of `url` was not found from where Harness connects.")
        .example("java.net.UnknownHostException: bb.acme.com")
        .signs(&["unknownhostexception", "unknown host", "delegate to git provider connectivity"])
        .on_page("Check the spelling of the host, and that the delegate's network can resolve it.")
        .advise_with(|answer| {
            let remedy = format!(
                "The host in `url` ({}) was not found from where Harness connects. Check its spelling, and that the \
                 delegate's network can resolve it.",
                shown_url(answer)
            );
            Advice::at("url", remedy)
        }),
    ErrorRule::new("B06")
        .about("url")
        .says("Nothing answers at the host and port of `url`.")
        .example("Git connection timed out")
        .signs(&["timed out", "timeout"])
        .on_page(
            "Check that the delegate can reach host and port. SSH on Bitbucket Data Center usually listens on 7999; \
             Bitbucket Cloud offers `ssh://git@altssh.bitbucket.org:443/` where port 22 is closed (without API access).",
        )
        .advise_with(|answer| {
            let remedy = format!(
                "Nothing answered at `url` ({}). Check that the delegate can reach its host and port; SSH on Bitbucket \
                 Data Center usually listens on 7999, and Bitbucket Cloud offers ssh://git@altssh.bitbucket.org:443/ \
                 where port 22 is closed (API access does not work with it).",
                shown_url(answer)
            );
            Advice::at("url", remedy)
        }),
    ErrorRule::new("B07")
        .about("url")
        .says("Harness cannot tell project and repository of the server apart in the URL.")
        .example("Provided bitbucket server repository url is invalid.")
        .signs(&["bitbucket server repository url is invalid"])
        .on_page("Write `https://<host>/scm/<PROJECT>/<repository>.git`, with at most one path segment before `/scm/`.")
        .advise(
            "On Bitbucket Data Center the clone URL has the form https://<host>/scm/<PROJECT>/<repository>.git, with at \
             most one path segment before /scm/.",
        ),
    ErrorRule::new("R14")
        .about("test_repository, url")
        .says("Harness cannot read the repository of the test.")
        .example("Couldn't connect to given repo")
        .signs(&["repo url is invalid", "couldn't connect to given repo", "valid git repository url"])
        .on_page(
            "Check that the repository exists under exactly the address that the finding shows, and that the credentials \
             may read it; fix `test_repository`, or `url` where that names the repository.",
        )
        .advise_with(unreadable_repository),
    ErrorRule::new("B08")
        .says("The delegate cannot call Bitbucket's API.")
        .example("SCM service running with delegate has error")
        .signs(&["scm service running with delegate"])
        .found("The delegate could not call Bitbucket's API.")
        .advise("Check the delegate's outbound network, and its log."),
    ErrorRule::new("B11")
        .about("credentials")
        .says("Harness trips over something; most often over a secret of the wrong type.")
        .example("Unexpected Error")
        .signs(&["unexpected error"])
        .on_page(
            "`ssh_key_ref` must lead to an SSH credential, every other reference to a text secret: saving does not check \
             that, and every use fails.",
        )
        .advise_with(|answer| {
            let settings = answer.about.settings;
            let remedy = match settings.map(|connector| &connector.spec.authentication) {
                Some(Authentication::Ssh { .. }) => {
                    "Harness does not say why. Most often `ssh_key_ref` leads to a secret that is no SSH credential (a \
                     text or file secret): saving does not check that, and every use fails. Check the type of the secret \
                     in Harness."
                }
                _ => {
                    "Harness does not say why. Most often a reference leads to a secret of the wrong type: user names \
                     and tokens must be text secrets. Saving does not check that, and every use fails."
                }
            };
            Advice::at(field_path::git_secret(settings), remedy)
        }),
    ErrorRule::new("B12")
        .says("Harness cannot read the connector that it has stored.")
        .example("Invalid Yaml")
        .signs(&["invalid yaml"])
        .found("Harness cannot read the connector that it has stored.")
        .on_page("Change the connector, so that it is saved again. If it stays so, give Harness support the correlation id.")
        .advise(
            "Change any argument and apply, so that it is saved again. If it stays so, give Harness support the \
             correlation id.",
        ),
    ErrorRule::new("M05")
        .says("The connection test failed for another reason, or could not be run.")
        .example("Something new")
        .when(|_| true)
        .on_page(
            "Harness's words are shown as they are. The connector's page in Harness runs the test again and shows its \
             steps.",
        )
        .advise("The connector's page in Harness runs the test again (Test) and shows its steps."),
];

const SSH_KEY_REF: &str = "credentials.ssh.ssh_key_ref";

/// `url`, in quotes.
fn shown_url(answer: &ErrorAnswer<'_>) -> String {
    let url = answer.about.settings.map_or("", |c| c.spec.url.as_str());
    hcl(url)
}

/// The repository that the connection test reads: `url`, or `url` and the test repository joined as Harness joins them.
fn tested_url(connector: &BitbucketConnector) -> String {
    let spec = &connector.spec;
    match &spec.validation_repo {
        Some(repository) if spec.url_type != UrlType::Repo => url::join(&spec.url, repository),
        _ => spec.url.clone(),
    }
}

/// Whether Harness takes the server for Bitbucket Cloud.
fn is_cloud(answer: &ErrorAnswer<'_>) -> bool {
    answer
        .about
        .settings
        .is_some_and(|connector| url::seen_by_harness(&connector.spec.url) == Deployment::Cloud)
}

/// Whether Git was refused, or the API.
fn is_not_authorized(answer: &ErrorAnswer<'_>) -> bool {
    answer.says(&[
        "not authorized",
        "check your credentials",
        "credentials are correct",
    ])
}

fn is_over_ssh(answer: &ErrorAnswer<'_>) -> bool {
    field_path::git_secret(answer.about.settings) == SSH_KEY_REF
}

/// Whether Bitbucket's API refused, rather than Git.
fn is_about_api(answer: &ErrorAnswer<'_>) -> bool {
    !is_removed(answer) && speaks_of_api(answer)
}

fn speaks_of_api(answer: &ErrorAnswer<'_>) -> bool {
    answer.says(&[
        "api access credentials",
        "unable to list the repositories",
        "unable to list repositories",
    ]) || (answer.says(&["scm"])
        && ["401", "403", "404", "410"]
            .iter()
            .any(|code| answer.names(code)))
}

/// Whether Bitbucket Cloud refuses an app password because there are none any more: it says so, or answers 410 where an app
/// password is what may have been sent. At its API, another kind of access meets 410 for other reasons.
fn is_removed(answer: &ErrorAnswer<'_>) -> bool {
    let says_so = answer.says(&[
        "change-3222",
        "app passwords are deprecated",
        "app passwords have been",
        "app passwords are no longer",
        "app passwords were removed",
    ]);
    let may_be_app_password = || match api_access(answer) {
        Some(ApiAccess::UsernameToken { .. }) => true,
        _ => !speaks_of_api(answer) && !is_over_ssh(answer),
    };
    says_so || (is_gone(answer) && is_cloud(answer) && may_be_app_password())
}

/// Whether the answer is HTTP 410.
fn is_gone(answer: &ErrorAnswer<'_>) -> bool {
    answer.has_code(410..=410)
        || (answer.names("410")
            && answer.says(&[
                "410 gone",
                "http 410",
                "http status 410",
                "status 410",
                "status code 410",
                "status: 410",
                "status code: 410",
                "code 410",
                "code: 410",
                "error: 410",
                "error 410",
            ]))
}

/// Whether Harness says that the token has expired, or may have.
fn is_expired(answer: &ErrorAnswer<'_>) -> bool {
    let about_token = answer.says(&["token", "credential", "password"]);
    about_token && answer.says(&["expired", "expiration", "has expired", "expiry"])
}

/// The argument with a reference that the answer names.
fn any_reference(answer: &ErrorAnswer<'_>) -> Option<Path> {
    answer.reference(None).map(|(argument, _)| at(argument))
}

/// How the connector is let into Bitbucket's API.
fn api_access<'a>(answer: &ErrorAnswer<'a>) -> Option<&'a ApiAccess> {
    answer.about.settings?.spec.api_access.as_ref()
}

fn delegates(answer: &ErrorAnswer<'_>) -> Advice {
    let selectors: Vec<_> = answer
        .about
        .settings
        .into_iter()
        .flat_map(|connector| &connector.spec.delegate_selectors)
        .map(|tag| hcl(tag))
        .collect();
    let found = match selectors.as_slice() {
        [] => {
            return Advice::at(
                "connectivity_mode",
                "No connected delegate could run the test. Start one, or set `connectivity_mode = \"Platform\"` if \
                 Harness itself can reach Bitbucket.",
            );
        }
        [tag] => format!("No connected delegate with the tag {tag} could run the test."),
        tags => format!(
            "No connected delegate with all of the tags {} could run the test; all of them must be on one delegate.",
            joined(tags, "and")
        ),
    };
    Advice::at(
        "delegate_selectors",
        format!("{found} Fix `delegate_selectors`, or start such a delegate."),
    )
}

fn git_credentials(answer: &ErrorAnswer<'_>) -> Advice {
    let settings = answer.about.settings;
    let user = field_path::user_names(settings)
        .0
        .and_then(TextOrRef::plain);
    let is_email = user.is_some_and(|user| user.contains('@'));
    if is_cloud(answer) && is_email && !is_expired(answer) {
        return Advice::at(
            "credentials.http.username",
            "Bitbucket refused the credentials, and `username` is an email address. With an API token write \
             `username = \"x-bitbucket-api-token-auth\"` or the Bitbucket username, with an access token \
             `username = \"x-token-auth\"`.",
        );
    }
    let remedy = if is_cloud(answer) {
        "With an API token, `username` is `x-bitbucket-api-token-auth` or the Bitbucket username (not the email address); \
         with an access token, it is `x-token-auth`. Bitbucket Cloud removed app passwords on July 28, 2026."
    } else {
        "Bitbucket Data Center takes the user's name and a user-level HTTP access token; tokens of a project or repository \
         do not work with a username."
    };
    let found = if is_expired(answer) {
        ""
    } else {
        "Bitbucket refused the username or the token. "
    };
    let argument = field_path::git_secret(settings);
    let remedy = format!("{found}{remedy}");
    Advice::at(argument, with_expiry(answer, argument, &remedy))
}

/// Puts the likeliest cause first where Harness names an expired token: that in the secret to which an argument refers.
fn with_expiry(answer: &ErrorAnswer<'_>, argument: &str, remedy: &str) -> String {
    if !is_expired(answer) {
        return remedy.to_owned();
    }
    let references = field_path::references(answer.about.settings);
    let secret = references
        .iter()
        .find(|(_, of, _)| *of == argument)
        .map(|(.., text)| format!(" in the secret {}", hcl(text)));
    format!(
        "The token{} has probably expired. Check its expiry date in Bitbucket, create a new token if necessary, and \
         store it in the same secret. If it is still valid: {remedy}",
        secret.unwrap_or_default()
    )
}

/// An app password, at the place where the connector has it.
fn app_password(answer: &ErrorAnswer<'_>) -> Advice {
    let settings = answer.about.settings;
    let is_of_api = matches!(api_access(answer), Some(ApiAccess::UsernameToken { .. }))
        && (speaks_of_api(answer) || is_over_ssh(answer));
    if is_of_api {
        return Advice::at(
            field_path::token_ref(settings).unwrap_or("api_access"),
            "Bitbucket Cloud removed app passwords on July 28, 2026, and the token of `api_access` is one. Create an API \
             token with Bitbucket scopes, store it in a Harness secret, and use `email_and_api_token` (or an access token \
             with `access_token`).",
        );
    }
    if is_over_ssh(answer) {
        return Advice::whole(
            "Bitbucket Cloud removed app passwords on July 28, 2026, and a secret of this connector holds one. Create an \
             API token with Bitbucket scopes, and use `email_and_api_token` in `api_access`.",
        );
    }
    Advice::at(
        field_path::git_secret(settings),
        "Bitbucket Cloud removed app passwords on July 28, 2026, and this secret holds one. Create an API token with \
         Bitbucket scopes, put it into the secret, and give the Bitbucket username (not the e-mail address) or \
         `x-bitbucket-api-token-auth` as the user name; with an access token, `x-token-auth`.",
    )
}

/// The API across workspaces, which is called where `url` has no workspace.
fn across_workspaces(answer: &ErrorAnswer<'_>) -> Advice {
    let has_workspace = answer.about.settings.is_some_and(|connector| {
        BitbucketUrl::parse(&connector.spec.url).is_ok_and(|url| url.workspace().is_some())
    });
    let remedy = if has_workspace {
        "Bitbucket Cloud removed the API across workspaces on February 27, 2026, and the delegate still called it although \
         `url` has the workspace. Update the delegate."
    } else {
        "Bitbucket Cloud removed the API across workspaces on February 27, 2026. Write the workspace into `url` \
         (https://bitbucket.org/<workspace>/), and leave it out of `test_repository`."
    };
    Advice::at("url", remedy)
}

fn api_credentials(answer: &ErrorAnswer<'_>) -> Advice {
    let settings = answer.about.settings;
    let remedy = match api_access(answer) {
        Some(ApiAccess::EmailAndApiToken { .. }) => {
            "Bitbucket's API refused the e-mail address or the API token. Give the address of the Atlassian account, an API \
             token with Bitbucket scopes (read:workspace:bitbucket among them), and a delegate of version 26.02.88600 or \
             later."
        }
        Some(ApiAccess::UsernameToken { .. }) if is_cloud(answer) => {
            "Bitbucket's API refused the user name or the token. App passwords were removed on July 28, 2026: use \
             `email_and_api_token` or `access_token`."
        }
        _ => {
            "Bitbucket's API refused the credentials of `api_access`. Check the token's permissions and whether it has \
             expired."
        }
    };
    let argument = field_path::token_ref(settings).unwrap_or("api_access");
    Advice::at(argument, with_expiry(answer, argument, remedy))
}

fn unsupported(answer: &ErrorAnswer<'_>) -> Advice {
    let settings = answer.about.settings;
    let is_ssh = is_over_ssh(answer);
    let is_email = matches!(api_access(answer), Some(ApiAccess::EmailAndApiToken { .. }));
    let key = "`ssh_key_ref` must lead to an SSH credential with a key: neither Kerberos nor a password works with \
               Bitbucket.";
    let delegate = "`email_and_api_token` needs a delegate of version 26.02.88600 or later, and Bitbucket Cloud.";
    match (is_ssh, is_email) {
        (true, true) => Advice::at(SSH_KEY_REF, format!("{key} Else: {delegate}")),
        (true, false) => Advice::at(SSH_KEY_REF, key),
        (false, true) => Advice::at(field_path::api_block(settings), delegate),
        (false, false) => Advice::at(
            field_path::git_block(settings),
            "Bitbucket does not take this way to authenticate. Over HTTP it takes a user name and a token.",
        ),
    }
}

fn unreadable_repository(answer: &ErrorAnswer<'_>) -> Advice {
    let Some(connector) = answer.about.settings else {
        return Advice::whole("Check `url` and `test_repository`.");
    };
    let is_repository = connector.spec.url_type == UrlType::Repo;
    let (argument, fix) = if is_repository || connector.spec.validation_repo.is_none() {
        ("url", "fix `url`")
    } else {
        ("test_repository", "fix `test_repository`, or `url`")
    };
    Advice::at(
        argument,
        format!(
            "Harness tried to read the repository {}. Check that it exists under exactly this address and that the \
             credentials may read it; {fix}.",
            hcl(&tested_url(connector))
        ),
    )
}
