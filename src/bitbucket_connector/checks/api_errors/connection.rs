//! The usual causes of a failed connection test, and what to do.
//!
//! The platform's texts come from Git, from Bitbucket, and from its own delegates, in one of two channels: as a result
//! with a summary and errors, or as an error with a hint and an explanation. They are recognized by their text.
//! Sources: the platform's error catalog, and the troubleshooting section of its Bitbucket settings reference.
//!
//! This file is long because half of it is text.

use harness_platform::{ApiAccess, Authentication, BitbucketConnector, TextOrRef, UrlType};
use tf_provider::value::Path;

use super::answer::ErrorAnswer;
use super::error_rule::{Advice, ErrorRule};
use super::field_path;
use crate::bitbucket_connector::connector::url::{self, BitbucketUrl, Deployment};
use crate::harness::rule::at;
use crate::harness::wording::{capitalized, hcl, joined};

/// The first rule that recognizes a response is used, so narrow signs come before wide ones.
pub(crate) static TESTS: &[ErrorRule] = &[
    ErrorRule::new("G13")
        .about("url")
        .says("Harness does not trust the server's certificate.")
        .example("x509: certificate signed by unknown authority")
        .signs(&["x509", "pkix", "certificate"])
        .found("The delegate does not trust the server's certificate.")
        .on_page(
            "Mount the certificate of the server's authority into the delegate, and set `DESTINATION_CA_PATH` to it (older \
             delegates: `ADDITIONAL_CERTS_PATH` and `CI_MOUNT_VOLUMES`).",
        )
        .advise(
            "Mount the certificate of the server's authority into the delegate, and set DESTINATION_CA_PATH to it (older \
             delegates: ADDITIONAL_CERTS_PATH and CI_MOUNT_VOLUMES).",
        ),
    ErrorRule::new("C11")
        .about("url")
        .says("Bitbucket Cloud removed the API that lists repositories across workspaces.")
        .example("HTTP 410 Gone: CHANGE-2770: Cross-workspace APIs are removed")
        .signs(&["change-2770"])
        .on_page(
            "Write the workspace into `url` (`https://bitbucket.org/<workspace>/`), and remove it from `test_repository`. If \
             `url` has it already, update the delegate.",
        )
        .advise_with(|answer| Some(across_workspaces(answer))),
    ErrorRule::new("B01")
        .about("api_access")
        .says("The token has reached Bitbucket's rate limit.")
        .example("Rate limit reached on BitBucket provider.")
        .signs(&["rate limit"])
        .at(|_, answer| {
            let settings = answer.about.settings;
            let token = field_path::token_ref(settings);
            Some(at(token.unwrap_or_else(|| field_path::git_secret(settings))))
        })
        .found("The token has reached Bitbucket's rate limit.")
        .advise("Try again later, or give each connector its own token."),
    ErrorRule::new("M02")
        .about("*_ref")
        .says("The owner of the API key is not allowed to access a secret of the connector, or to test the connector.")
        .example("Missing permission core_secret_access on secret with identifier bitbucket_token")
        .on_page(
            "Give the owner of the key a role that may access secrets in the secret's scope, or turn the test off with \
             `connection_test = \"off\"`.",
        )
        .advise_with(|answer| {
            let remedy = answer.remedy_if_not_allowed()?;
            Some(Advice::near(any_reference(answer), remedy))
        }),
    ErrorRule::new("B02")
        .about("delegate_selectors, connectivity_mode")
        .says("No delegate could run the test.")
        .example("No Delegate Found ( No Delegate Eligible to perform the request)")
        // Before the wider "timed out", because a task without a delegate also times out.
        .signs(&[
            "no delegate",
            "no eligible delegate",
            "delegates are connected",
            "delegate task was never executed",
        ])
        .when(|answer| answer.has_code(460..=463))
        .on_page(
            "Start a delegate that has all the tags in `delegate_selectors`, or fix the tags: one delegate must have them \
             all. Or set `connectivity_mode = \"Platform\"`, if Harness can reach Bitbucket from its own cloud.",
        )
        .advise_with(|answer| Some(delegates(answer))),
    ErrorRule::new("K09")
        .about(SSH_KEY_REF)
        .says("The SSH key is not in PEM format.")
        .example("Private key is either malformed or not correct")
        .signs(&[
            "private key is either malformed",
            "ssh key uses incorrect format",
            "ssh private key in pem format",
        ])
        .found("The key of the SSH credential is not in PEM format.")
        .on_page(
            "Convert it (`ssh-keygen -p -m PEM -f <key file>`), store it in a new file secret, and refer to that in the SSH \
             credential.",
        )
        .advise(
            "Convert it, store it in a new file secret, and refer to that in the SSH credential:\n\n  \
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
             the username `git`.",
        ),
    ErrorRule::new("P14")
        .about("api_access.access_token.token_ref")
        .says("Bitbucket Cloud's API refuses the access token, as it does with repository tokens.")
        .example("Provided api access credentials are not authorized.")
        .when(|answer| {
            let token = matches!(api_access(answer), Some(ApiAccess::AccessToken { .. }));
            token && is_cloud(answer) && is_about_api(answer)
        })
        .on_page(
            "Use a workspace token, or `email_and_api_token` with an API token that has `read:workspace:bitbucket`. \
             Repository tokens stopped working with delegate 26.02.88600.",
        )
        .advise_with(|answer| {
            let found = "Bitbucket's API refused the access token.";
            let remedy = "use a workspace token, or an API token with read:workspace:bitbucket; repository tokens stopped \
                          working with delegate 26.02.88600.";
            let argument = "api_access.access_token.token_ref";
            Some(Advice::at(argument, with_expiry(answer, argument, found, remedy)))
        }),
    ErrorRule::new("B03")
        .about("api_access")
        .says("Bitbucket's API refuses the credentials in `api_access`.")
        .example("Please ensure that the api access credentials are correct.")
        .when(is_about_api)
        .on_page(
            "Check the token's type, permissions, and expiry date. `email_and_api_token` needs the email address of the \
             Atlassian account, an API token with Bitbucket scopes, and delegate 26.02.88600 or later.",
        )
        .advise_with(|answer| Some(api_credentials(answer))),
    ErrorRule::new("B09")
        .about("credentials, api_access")
        .says("The authentication method is not supported.")
        .example("Please ensure that the authentication is supported by git provider.")
        .signs(&["authentication is supported by git provider", "authentication is not supported"])
        .on_page(
            "For SSH, refer to an SSH credential with a key: neither Kerberos nor a password works. For \
             `email_and_api_token`, run delegate 26.02.88600 or later.",
        )
        .advise_with(|answer| Some(unsupported(answer))),
    ErrorRule::new("B04")
        .about("credentials.http.password_ref")
        .says("Bitbucket refuses the username or the token for Git.")
        .example("Please check your credentials (potential token expiration issue)")
        .when(|answer| is_removed(answer) || is_not_authorized(answer) || is_expired(answer))
        .on_page(
            "Bitbucket Cloud: with an API token, use the Bitbucket username (not the email address) or \
             `x-bitbucket-api-token-auth`; with an access token, `x-token-auth`. App passwords were removed on July 28, 2026 \
             (HTTP 410, CHANGE-3222). Data Center: use a username and an HTTP access token of that user; project and \
             repository tokens do not work with a username. If the token has expired, create a new one.",
        )
        .advise_with(|answer| {
            Some(if is_removed(answer) {
                app_password(answer)
            } else {
                git_credentials(answer)
            })
        }),
    ErrorRule::new("B10")
        .about("*_ref")
        .says("A secret of the connector no longer exists.")
        .example("No secret configured with identifier: bitbucket_token")
        .signs(&["no secret configured with identifier", "no secret exists with the id"])
        .at(|_, answer| any_reference(answer))
        .found("The secret no longer exists.")
        .on_page("Create the secret again with the same Id, or refer to another one.")
        .advise("Create it again with the same Id, or refer to another one."),
    ErrorRule::new("B05")
        .about("url")
        .says("Harness could not find the host in `url`.")
        .example("java.net.UnknownHostException: bb.acme.com")
        .signs(&["unknownhostexception", "unknown host", "delegate to git provider connectivity"])
        .on_page("Check the spelling of the host, and that the delegate's network can resolve it.")
        .advise_with(|answer| {
            let remedy = format!(
                "Harness could not find the host in `url` ({}). Check its spelling, and that the delegate's network can \
                 resolve it.",
                shown_url(answer)
            );
            Some(Advice::at("url", remedy))
        }),
    ErrorRule::new("B06")
        .about("url")
        .says("Nothing responds at the host and port in `url`.")
        .example("Git connection timed out")
        .signs(&["timed out", "timeout"])
        .on_page(
            "Check that the delegate can reach the host and port. Bitbucket Data Center usually serves SSH on port 7999. If \
             port 22 is blocked, Bitbucket Cloud offers `ssh://git@altssh.bitbucket.org:443/` (without API access).",
        )
        .advise_with(|answer| {
            let over_ssh = match (is_over_ssh(answer), is_cloud(answer)) {
                (false, _) => "",
                (true, true) => " If port 22 is blocked, use ssh://git@altssh.bitbucket.org:443/ (without API access).",
                (true, false) => " Bitbucket Data Center usually serves SSH on port 7999.",
            };
            let remedy = format!(
                "Nothing answered at `url` ({}). Check that the delegate can reach its host and port.{over_ssh}",
                shown_url(answer)
            );
            Some(Advice::at("url", remedy))
        }),
    ErrorRule::new("B07")
        .about("url")
        .says("Harness cannot tell project and repository apart in `url`.")
        .example("Provided bitbucket server repository url is invalid.")
        .signs(&["bitbucket server repository url is invalid"])
        .on_page("Write `https://<host>/scm/<PROJECT>/<repository>.git`, with at most one path segment before `/scm/`.")
        .found("Harness cannot tell project and repository apart in `url`.")
        .advise(
            "Write https://<host>/scm/<PROJECT>/<repository>.git, with at most one path segment before /scm/.",
        ),
    ErrorRule::new("R14")
        .about("test_repository, url")
        .says("Harness cannot read the repository used for the test.")
        .example("Couldn't connect to given repo")
        .signs(&["repo url is invalid", "couldn't connect to given repo", "valid git repository url"])
        .on_page(
            "Check that the repository exists at exactly the address in the message, and that the credentials may read it. \
             Fix `test_repository`, or `url` if that names the repository.",
        )
        .advise_with(|answer| Some(unreadable_repository(answer))),
    ErrorRule::new("B08")
        .says("The delegate cannot call Bitbucket's API.")
        .example("SCM service running with delegate has error")
        .signs(&["scm service running with delegate"])
        .found("The delegate could not call Bitbucket's API.")
        .advise("Check the delegate's outbound network and its log."),
    ErrorRule::new("B11")
        .about("credentials")
        .says("Harness reports an unexpected error, most often because of a secret of the wrong type.")
        .example("Unexpected Error")
        .signs(&["unexpected error"])
        .on_page(
            "Check the types of the secrets: `ssh_key_ref` must refer to an SSH credential, and every other reference to a \
             text secret. Harness does not check this when it saves a connector.",
        )
        .advise_with(|answer| {
            let settings = answer.about.settings;
            let remedy = match settings.map(|connector| &connector.spec.authentication) {
                Some(Authentication::Ssh { .. }) => {
                    "Harness does not say why. Most often, `ssh_key_ref` refers to a text or file secret instead of an SSH \
                     credential, which Harness does not check when it saves a connector. Check the type of the secret."
                }
                _ => {
                    "Harness does not say why. Most often, a secret has the wrong type, which Harness does not check when it \
                     saves a connector. Check that usernames and tokens are text secrets."
                }
            };
            Some(Advice::at(field_path::git_secret(settings), remedy))
        }),
    ErrorRule::new("B12")
        .says("Harness cannot read the stored connector.")
        .example("Invalid Yaml")
        .signs(&["invalid yaml"])
        .found("Harness cannot read the stored connector.")
        .advise(
            "Change any argument and apply, so that Harness saves it again. If the error persists, give Harness support the \
             correlation id.",
        ),
    ErrorRule::new("M05")
        .says("The connection test failed for another reason, or could not be run.")
        .example("Something new")
        .when(|_| true)
        .on_page(
            "The message repeats what Harness says. To run the test again and see its steps, open the connector's page in \
             Harness.",
        )
        .words_first()
        .advise("To run the test again and see its steps, open the connector's page in Harness (Test)."),
];

const SSH_KEY_REF: &str = "credentials.ssh.ssh_key_ref";

/// Returns `url`, in quotes.
fn shown_url(answer: &ErrorAnswer<'_>) -> String {
    let url = answer.about.settings.map_or("", |c| c.spec.url.as_str());
    hcl(url)
}

/// Returns the repository that the connection test reads: `url`, joined with the test repository as Harness does.
fn tested_url(connector: &BitbucketConnector) -> String {
    let spec = &connector.spec;
    match &spec.validation_repo {
        Some(repository) if spec.url_type != UrlType::Repo => url::join(&spec.url, repository),
        _ => spec.url.clone(),
    }
}

/// Returns whether Harness treats the server as Bitbucket Cloud.
fn is_cloud(answer: &ErrorAnswer<'_>) -> bool {
    answer
        .about
        .settings
        .is_some_and(|connector| url::seen_by_harness(&connector.spec.url) == Deployment::Cloud)
}

/// Returns whether Git or the API refused the credentials.
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

/// Returns whether Bitbucket's API refused, rather than Git.
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

/// Returns whether Bitbucket Cloud refuses an app password because it no longer supports them: it says so, or responds
/// with 410 where an app password may have been sent. Its API responds with 410 to other kinds of access for other
/// reasons.
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

/// Returns whether the response is HTTP 410.
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

/// Returns whether Harness says that the token has expired, or may have.
fn is_expired(answer: &ErrorAnswer<'_>) -> bool {
    let about_token = answer.says(&["token", "credential", "password"]);
    about_token && answer.says(&["expired", "expiration", "has expired", "expiry"])
}

/// Returns the argument with a reference that the response names.
fn any_reference(answer: &ErrorAnswer<'_>) -> Option<Path> {
    answer.reference(None).map(|(argument, _)| at(argument))
}

/// Returns how the connector authenticates with Bitbucket's API.
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
    let wanted = match selectors.as_slice() {
        [] => {
            return Advice::at(
                "connectivity_mode",
                "No connected delegate could run the test. Start one, or set `connectivity_mode = \"Platform\"` if \
                 Harness can reach Bitbucket from its own cloud.",
            );
        }
        [tag] => format!("the tag {tag}"),
        tags => format!(
            "all of the tags {} (one delegate must have them all)",
            joined(tags, "and")
        ),
    };
    Advice::at(
        "delegate_selectors",
        format!(
            "No connected delegate with {wanted} could run the test. Fix `delegate_selectors`, or start such a delegate."
        ),
    )
}

fn git_credentials(answer: &ErrorAnswer<'_>) -> Advice {
    let settings = answer.about.settings;
    let user = field_path::usernames(settings).0.and_then(TextOrRef::plain);
    let is_email = user.is_some_and(|user| user.contains('@'));
    if is_cloud(answer) && is_email && !is_expired(answer) {
        return Advice::at(
            "credentials.http.username",
            "Bitbucket refused the credentials, and `username` is an email address. With an API token, write \
             `username = \"x-bitbucket-api-token-auth\"` or the Bitbucket username; with an access token, \
             `username = \"x-token-auth\"`.",
        );
    }
    let found = "Bitbucket refused the username or the token.";
    let remedy = if is_cloud(answer) {
        "with an API token, `username` must be `x-bitbucket-api-token-auth` or the Bitbucket username (not the email address); \
         with an access token, `x-token-auth`. App passwords no longer work."
    } else {
        "use a username and an HTTP access token of that user; project and repository tokens do not work with a username."
    };
    let argument = field_path::git_secret(settings);
    Advice::at(argument, with_expiry(answer, argument, found, remedy))
}

/// Returns what was found and what to do about it, which begins with a small letter. Where Harness names an expired
/// token, that is the likeliest cause and comes first, with the secret to which an argument refers.
fn with_expiry(answer: &ErrorAnswer<'_>, argument: &str, found: &str, remedy: &str) -> String {
    if !is_expired(answer) {
        return format!("{found} {}", capitalized(remedy));
    }
    let references = field_path::references(answer.about.settings);
    let secret = references
        .iter()
        .find(|(_, of, _)| *of == argument)
        .map(|(.., text)| format!(" in the secret {}", hcl(text)));
    format!(
        "The token{} has probably expired. Check its expiry date in Bitbucket, and store a new token in the same secret. If \
         it is still valid, {remedy}",
        secret.unwrap_or_default()
    )
}

/// Returns the advice about an app password, at the argument that contains it.
fn app_password(answer: &ErrorAnswer<'_>) -> Advice {
    let settings = answer.about.settings;
    let is_of_api = matches!(api_access(answer), Some(ApiAccess::UsernameToken { .. }))
        && (speaks_of_api(answer) || is_over_ssh(answer));
    if is_of_api {
        return Advice::at(
            field_path::token_ref(settings).unwrap_or("api_access"),
            "The token in `api_access` is an app password, and Bitbucket Cloud removed those on July 28, 2026. Create an API \
             token with Bitbucket scopes, store it in a Harness secret, and use `email_and_api_token`; or use an access token \
             with `access_token`.",
        );
    }
    if is_over_ssh(answer) {
        return Advice::whole(
            "A secret of this connector holds an app password, and Bitbucket Cloud removed those on July 28, 2026. Create an \
             API token with Bitbucket scopes, and use `email_and_api_token` in `api_access`.",
        );
    }
    Advice::at(
        field_path::git_secret(settings),
        "This secret holds an app password, and Bitbucket Cloud removed those on July 28, 2026. Store an API token with \
         Bitbucket scopes in it, and set `username` to the Bitbucket username (not the email address) or \
         `x-bitbucket-api-token-auth`; with an access token, to `x-token-auth`.",
    )
}

/// Returns the advice about the API across workspaces, which is called if `url` has no workspace.
fn across_workspaces(answer: &ErrorAnswer<'_>) -> Advice {
    let has_workspace = answer.about.settings.is_some_and(|connector| {
        BitbucketUrl::parse(&connector.spec.url).is_ok_and(|url| url.workspace().is_some())
    });
    let remedy = if has_workspace {
        "The delegate called Bitbucket Cloud's cross-workspace API, which was removed on February 27, 2026, although `url` \
         has the workspace. Update the delegate."
    } else {
        "Bitbucket Cloud removed its cross-workspace API on February 27, 2026. Write the workspace into `url` \
         (https://bitbucket.org/<workspace>/), and remove it from `test_repository`."
    };
    Advice::at("url", remedy)
}

fn api_credentials(answer: &ErrorAnswer<'_>) -> Advice {
    let settings = answer.about.settings;
    let (found, remedy) = match api_access(answer) {
        Some(ApiAccess::EmailAndApiToken { .. }) => (
            "Bitbucket's API refused the email address or the API token.",
            "use the email address of the Atlassian account, an API token with Bitbucket scopes (including \
             read:workspace:bitbucket), and delegate 26.02.88600 or later.",
        ),
        Some(ApiAccess::UsernameToken { .. }) if is_cloud(answer) => (
            "Bitbucket's API refused the username or the token.",
            "use `email_and_api_token` or `access_token`: Bitbucket Cloud removed app passwords on July 28, 2026.",
        ),
        _ => (
            "Bitbucket's API refused the credentials in `api_access`.",
            "check the permissions and the expiry date of the token.",
        ),
    };
    let argument = field_path::token_ref(settings).unwrap_or("api_access");
    Advice::at(argument, with_expiry(answer, argument, found, remedy))
}

fn unsupported(answer: &ErrorAnswer<'_>) -> Advice {
    let settings = answer.about.settings;
    let is_ssh = is_over_ssh(answer);
    let is_email = matches!(api_access(answer), Some(ApiAccess::EmailAndApiToken { .. }));
    let key = "`ssh_key_ref` must refer to an SSH credential with a key: neither Kerberos nor a password works with \
               Bitbucket.";
    let delegate =
        "`email_and_api_token` needs delegate 26.02.88600 or later, and Bitbucket Cloud.";
    match (is_ssh, is_email) {
        (true, true) => Advice::at(SSH_KEY_REF, format!("{key} Also, {delegate}")),
        (true, false) => Advice::at(SSH_KEY_REF, key),
        (false, true) => Advice::at(field_path::api_block(settings), delegate),
        (false, false) => Advice::at(
            field_path::git_block(settings),
            "Bitbucket does not support this authentication method. Over HTTP, use a username and a token.",
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
            "Harness could not read the repository {}. Check that it exists at exactly this address and that the \
             credentials may read it; {fix}.",
            hcl(&tested_url(connector))
        ),
    )
}
