//! What the pages say beside declarations and examples.

use crate::bitbucket_connector::checks::offline::details::url_forms;

/// The guides in the order in which somebody reads them; others follow.
pub(super) const GUIDES: [&str; 9] = [
    "getting-started.md",
    "bitbucket-cloud-after-app-passwords.md",
    "bitbucket-data-center.md",
    "reviewing-a-plan.md",
    "watching-for-drift.md",
    "moving-from-the-official-provider.md",
    "troubleshooting.md",
    "validation-rules.md",
    "what-you-can-rely-on.md",
];

pub(super) const INDEX: &str = "This provider manages the connectors through which \
[Harness](https://www.harness.io) reaches Git repositories
on Bitbucket Cloud and Bitbucket Data Center: it creates, changes, imports and deletes them, tests them, and shows in every
plan what somebody has changed outside. Mistakes are found when the plan is made, with the text to write instead.

Secrets stay in Harness. A configuration names them, and Terraform never sees what is in them.

[Getting started](guides/getting-started.md) leads from nothing to a first plan, on your own machine if you like. The
[resource](resources/bitbucket_connector.md) has every setting, with examples to copy.

";

pub(super) const ACCESS: &str = "## Access to Harness

The provider needs an API key: a personal access token, or better the token of a service account. Give it in the
environment, where it is in no file:

```shell
export HARNESS_PLATFORM_API_KEY=...  # pat.… or sat.…
export HARNESS_ACCOUNT_ID=...        # not needed with a key of four parts
export HARNESS_ENDPOINT=...          # for accounts that are not on app.harness.io
```

An argument of the provider block counts before its variable. Nothing is asked of Harness before something needs it, so that
`terraform validate` works without a key. What the key has to be allowed to do is in [Getting
started](guides/getting-started.md#1-a-key).

`terraform-provider-harness doctor` checks all of this, and the network below, [step by
step](guides/troubleshooting.md#reaching-harness).

### Proxies

The provider reads the variables that most programs read. Upper case takes precedence over lower case, and an empty variable
counts as not set.

| Variable | Meaning |
|---|---|
| `HTTPS_PROXY`, `https_proxy` | the proxy for an endpoint with `https://` |
| `HTTP_PROXY`, `http_proxy` | the proxy for an endpoint with `http://` |
| `ALL_PROXY`, `all_proxy` | the proxy for both, where the variable above is not set |
| `NO_PROXY`, `no_proxy` | endpoints that need no proxy: `harness.example.com` or `.example.com` (with everything below it), \
`harness.example.com:8443`, `10.1.2.3`, `10.0.0.0/8`, `*`; separated by commas or blanks |

- Write a proxy as `http://user:password@proxy.example.com:3128`; scheme, user and password are optional. Percent-encode
  special characters in a password, such as `%40` for `@`. With `https://` the connection to the proxy itself uses TLS.
- SOCKS proxies are not supported.
- A proxy variable that the provider cannot read is an error. Requests never go around a proxy that somebody meant to set.
- An endpoint on this machine (`localhost`, `127.0.0.1`) is always reached without a proxy.
- Where no variable is set, the proxy settings of macOS and Windows apply.
- After a proxy has refused its user or password, the process sends nothing through it any more, so that no account gets
  locked.

### Certificates

The provider trusts the authorities of the system, and on Linux those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
`ca_certificate_file` adds more: your company's authority, that of a proxy that opens TLS, or the certificate of a server
that signed it itself. The file may contain several certificates:

- The certificate of an authority (`basicConstraints` with `CA:TRUE`) is trusted to sign certificates of servers while it is
  valid. Its `keyUsage` must include `keyCertSign` and its `extendedKeyUsage` `serverAuth`, if it has them. Authorities in the
  file that have expired are ignored.
- Any certificate in the file is trusted as the certificate of a server that sends exactly this certificate. It does not make
  other certificates trusted unless it is an authority's.

The certificate of a server must be of X.509 version 3, must be valid today, must include `serverAuth` if it has an
`extendedKeyUsage`, and must name the host in its `subjectAltName`; a common name does not count. This makes one for a server
of your own:

```shell
openssl req -x509 -newkey rsa:2048 -nodes -days 365 -keyout key.pem -out cert.pem \\
  -subj /CN=harness -addext subjectAltName=DNS:harness.example.com
```

";

/// What there is to know of the resource, between its examples and its schema.
pub(super) fn of_resource() -> String {
    format!(
        "## Forms of `url`\n\n{}\n{URLS}{TOKENS}{SCHEMA}",
        url_forms::table()
    )
}

const URLS: &str =
    "A path behind the repository, as the address in a browser has it, is none of these; the finding says which one \
is meant. Ports, context paths
and [certificates](../guides/bitbucket-data-center.md#certificates) of a server: [Bitbucket Data
Center](../guides/bitbucket-data-center.md#urls).

";

const TOKENS: &str = "## Which token, with which user name

| | `credentials.http` | `api_access` |
|---|---|---|
| Bitbucket Cloud, API token | user name `x-bitbucket-api-token-auth`, or the Bitbucket username | `email_and_api_token` |
| Bitbucket Cloud, access token of the workspace | user name `x-token-auth` | `access_token` |
| Bitbucket Data Center, HTTP access token of a user | the name of that user | `access_token` |

More on the tokens, and what they have to be allowed to do: [Bitbucket Cloud after app
passwords](../guides/bitbucket-cloud-after-app-passwords.md), [Bitbucket Data
Center](../guides/bitbucket-data-center.md#credentials).

";

const SCHEMA: &str =
    "In the schema, what Harness's screens call a setting stands in *italics*. An argument whose name ends in `_ref` \
takes the Id of a secret in Harness: `account.<id>`, `org.<id>`, or `<id>` for one of the connector's own project. *Rules* \
are the mistakes that are found in an argument.

";

pub(super) const MADE_BLOCKS: &str = "### Many connectors with `for_each` and `dynamic` blocks

The blocks inside `credentials` and `api_access`, `api_access` itself and `timeouts` can all be `dynamic`. A mistake in a \
block is reported as soon as Terraform knows whether the block is there, at the latest in the plan.

";

pub(super) const UNDECIDED_BLOCKS: &str = "A `for_each` that depends on another resource can be unknown until the apply. \
The plan then shows the block, and the apply succeeds if the block turns out to be there. If it turns out to be absent, \
Terraform itself stops the apply of that connector (`block ... was present, but now absent`), and no provider can change \
that: let a variable or a local value decide, or split the apply with `-target`.

";

pub(super) const IMPORT: &str = "
## Import

A connector that exists already is imported by its id, which is `identifier`, `org_id/identifier` or
`org_id/project_id/identifier`:

";

pub(super) const IMPORT_BLOCK: &str =
    "With an `import` block (Terraform 1.5 or later, OpenTofu 1.6 or later) the plan shows \
first what differs; `terraform plan -generate-config-out=FILE` also writes the configuration:

";

pub(super) const IMPORT_BY_IDENTITY: &str =
    "Terraform 1.12 or later can name a connector by its identity instead:

";

pub(super) const AFTER_IMPORT: &str = "
`connection_test`, `force_delete` and `timeouts` are not stored in Harness: where the configuration sets them, the first plan
after an import adds them, which changes nothing in Harness.

To find what there is to import, list it with the [list resource](../list-resources/bitbucket_connector.md) or the [data
source](../data-sources/bitbucket_connectors.md). Connectors of `harness/harness` are taken over by a `moved` block: [Moving
from the official provider](../guides/moving-from-the-official-provider.md).
";

pub(super) const FUNCTIONS: &str =
    "Needs Terraform 1.8 or later, or OpenTofu 1.7 or later; no account and no key.

";

/// What there is to know of everything else, between its examples and its schema.
pub(super) fn of(name: &str, kind: &str) -> &'static str {
    match (kind, name) {
        ("Data Source", "harness_bitbucket_connector") => {
            "What the connector does not have is null; `tags` and `delegate_selectors` are empty instead, so that `for` \
             expressions need no condition. Credentials are references to secrets, never their values.\n\n"
        }
        ("Data Source", "harness_bitbucket_connectors") => {
            "No connector found is an empty list, not an error. To import what is found, the [list \
             resource](../list-resources/bitbucket_connector.md) also writes configuration.\n\n"
        }
        ("Data Source", "harness_bitbucket_connection_test") => {
            "In a [`check` block](../guides/watching-for-drift.md#does-it-still-work) a failed test becomes a warning of every \
             plan. The test of a connector that is made in the same run waits for it with `depends_on`.\n\n"
        }
        ("Action", _) => {
            "Needs Terraform 1.14 or later. An action runs when it is invoked, as above, or when a resource triggers it; no \
             state remembers it. The key needs `core_secret_access` on the secrets of the connector. The arguments stand in `config`.\n\n"
        }
        ("List Resource", _) => {
            "Needs Terraform 1.14 or later, and a file whose name ends in `.tfquery.hcl`. Without `include_resource`, identities \
             and names are listed alone. The arguments stand in `config`.\n\n"
        }
        _ => panic!("nothing is said of the {kind} {name}"),
    }
}
