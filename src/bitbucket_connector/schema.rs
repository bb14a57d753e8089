//! The declaration of `harness_bitbucket_connector`: every setting of Harness's Bitbucket connector settings reference,
//! with what a user needs to know about it.

use crate::tf_provider::schema::{Attribute, Block, Computed, Mode, NestedBlock, Schema};
use crate::tf_provider::value::{Type, Value};

/// The values of `url_type`: an account with all its repositories, or one repository.
pub(super) const URL_TYPES: [&str; 2] = ["Account", "Repository"];
/// The values of `connection_type`.
pub(super) const CONNECTION_TYPES: [&str; 2] = ["HTTP", "SSH"];
/// The values of `connectivity_mode`; the first is the default.
pub(super) const CONNECTIVITY_MODES: [&str; 2] = ["Delegate", "Platform"];

/// The schema, version 0.
pub(super) fn schema() -> Schema {
    Schema {
        version: 0,
        block: Block {
            description: "A Harness connector to a Bitbucket account or repository, on Bitbucket Cloud or Bitbucket Data \
                          Center. Credentials are always *references* to Harness secrets (`id`, `org.id` or \
                          `account.id`), never values.",
            attributes: [
                overview(),
                details(),
                connectivity(),
                behaviour(),
                results(),
            ]
            .concat(),
            blocks: vec![credentials(), api_access(), timeouts()],
        },
    }
}

fn text(name: &'static str, mode: Mode, description: &'static str) -> Attribute {
    Attribute::new(name, Type::String, mode, description)
}

fn overview() -> Vec<Attribute> {
    vec![
        text(
            "name",
            Mode::Required,
            "Name of the connector, as the Harness UI shows it. At most 128 characters: letters, digits, spaces and \
             `-`, `_`, `.`, `/`. Names need not be unique. Example: `\"Bitbucket Cloud\"`.",
        ),
        text(
            "identifier",
            Mode::OptionalComputed(Computed::AtCreation),
            "Id of the connector, unique in its scope: a letter or `_`, then letters, digits, `_` or `$`, at most 128 \
             characters. Left out, it is derived from `name` when the connector is created (`\"Bitbucket Cloud\"` \
             gives `Bitbucket_Cloud`). Harness locks it after creation: another `name` keeps it, another \
             `identifier` replaces the connector, and pipelines that refer to the old one lose it.",
        )
        .requires_replace(),
        text(
            "description",
            Mode::Optional,
            "Free text for the people who read the connector in Harness.",
        ),
        Attribute::new(
            "tags",
            Type::Map(Box::new(Type::String)),
            Mode::Optional,
            "Labels by which connectors can be filtered, at most 128. A tag without a value has the value `\"\"`. \
             Example: `{ team = \"payments\" }`.",
        ),
        text(
            "org_id",
            Mode::Optional,
            "Id (not name) of the organization in which the connector lives. Left out, it belongs to the account. A \
             change replaces the connector.",
        )
        .requires_replace(),
        text(
            "project_id",
            Mode::Optional,
            "Id (not name) of the project in which the connector lives; needs `org_id`. Left out, it belongs to the \
             organization, or to the account. A change replaces the connector.",
        )
        .requires_replace(),
    ]
}

fn details() -> Vec<Attribute> {
    vec![
        text(
            "url_type",
            Mode::Required,
            "*URL Type* in Harness: `Account` for all repositories of a Bitbucket account (workspace), or `Repository` \
             for a single one.",
        ),
        text(
            "connection_type",
            Mode::Required,
            "*Connection Type* in Harness: `HTTP` or `SSH`. Decides the form of `url` and the block inside \
             `credentials`.",
        ),
        text(
            "url",
            Mode::Required,
            "Where Bitbucket is. `Account`: `https://bitbucket.org/<workspace>/` or `git@bitbucket.org:<workspace>/` on \
             Bitbucket Cloud, `https://<host>/scm/` or `ssh://git@<host>:7999/` on Data Center. `Repository`: the clone \
             URL, such as `https://bitbucket.org/<workspace>/<repository>.git` or \
             `https://<host>/scm/<PROJECT>/<repository>.git`.",
        ),
        text(
            "test_repository",
            Mode::Optional,
            "A repository of the account that Harness reads to test the connection; required when `url_type` is \
             `Account`, unused otherwise. It is the part that follows `url`: `<repository>.git` on Bitbucket Cloud, \
             `<PROJECT>/<repository>.git` on Data Center.",
        ),
    ]
}

fn connectivity() -> Vec<Attribute> {
    vec![
        text(
            "connectivity_mode",
            Mode::Default(Value::string("Delegate")),
            "Who connects to Bitbucket: a Harness `Delegate` in your network (the default), or the Harness `Platform` \
             itself, which Harness Cloud builds require.",
        ),
        Attribute::new(
            "delegate_selectors",
            Type::Set(Box::new(Type::String)),
            Mode::Optional,
            "Tags of the delegate to use; it must have all of them. Left out or empty, any delegate may be used.",
        ),
    ]
}

fn behaviour() -> Vec<Attribute> {
    vec![
        text(
            "connection_test",
            Mode::Optional,
            "What happens with Harness's connection test after the connector was created or updated. `warn`: a failed \
             test is a warning with its cause. `require`: a failed test is an error, and the change is undone (the new \
             connector deleted, the former settings put back). `off`: no test. Left out, the provider's \
             `connection_test` decides. Not sent to Harness.",
        ),
        Attribute::new(
            "force_delete",
            Type::Bool,
            Mode::Optional,
            "Delete the connector even while pipelines or other entities refer to it. Takes effect only where the \
             account setting *Enable Force Delete* is on. `false` when left out. Used when the connector is destroyed, \
             and to be applied before that.",
        ),
    ]
}

fn results() -> Vec<Attribute> {
    vec![
        text(
            "id",
            Mode::Computed(Computed::AtCreation),
            "The import id: `identifier`, `org_id/identifier` or `org_id/project_id/identifier`.",
        ),
        text(
            "ref",
            Mode::Computed(Computed::AtCreation),
            "How a pipeline refers to the connector (`connectorRef`): `account.<identifier>`, `org.<identifier>`, or \
             `<identifier>` for a connector of a project.",
        ),
    ]
}

fn credentials() -> NestedBlock {
    NestedBlock {
        name: "credentials",
        block: Block {
            description: "How Git authenticates. Exactly one of `http` and `ssh`, as `connection_type` says.",
            attributes: Vec::new(),
            blocks: vec![
                NestedBlock {
                    name: "http",
                    block: Block {
                        description: "User name and password or token, for `connection_type = \"HTTP\"`. Give exactly \
                                      one of `username` and `username_ref`.",
                        attributes: vec![
                            text(
                                "username",
                                Mode::Optional,
                                "The user name in plain text: on Bitbucket Cloud the Bitbucket username (not the \
                                 e-mail address), or `x-bitbucket-api-token-auth` with an API token, or `x-token-auth` \
                                 with an access token; on Data Center the user's name.",
                            ),
                            text(
                                "username_ref",
                                Mode::Optional,
                                "Reference to a text secret with the user name.",
                            ),
                            text(
                                "password_ref",
                                Mode::Required,
                                "Reference to a text secret with the API token or access token (Bitbucket Cloud), or \
                                 the user's HTTP access token (Data Center). Example: \
                                 `\"account.bitbucket_token\"`.",
                            ),
                        ],
                        blocks: Vec::new(),
                    },
                },
                NestedBlock {
                    name: "ssh",
                    block: Block {
                        description: "SSH key, for `connection_type = \"SSH\"`.",
                        attributes: vec![text(
                            "ssh_key_ref",
                            Mode::Required,
                            "Reference to an SSH credential in Harness with the user name `git` and a key in PEM form.",
                        )],
                        blocks: Vec::new(),
                    },
                },
            ],
        },
    }
}

fn api_access() -> NestedBlock {
    let token = |description| vec![text("token_ref", Mode::Required, description)];
    NestedBlock {
        name: "api_access",
        block: Block {
            description: "Access to Bitbucket's API: needed for Git triggers, webhooks, build statuses and the Harness \
                          Git Experience. Exactly one inner block.",
            attributes: Vec::new(),
            blocks: vec![
                NestedBlock {
                    name: "username_token",
                    block: Block {
                        description: "User name and personal access token. On Bitbucket Cloud these were app \
                                      passwords, which Atlassian removed on July 28, 2026; use `email_and_api_token` \
                                      or `access_token` there. Give exactly one of `username` and `username_ref`.",
                        attributes: [
                            vec![
                                text("username", Mode::Optional, "The user name in plain text."),
                                text(
                                    "username_ref",
                                    Mode::Optional,
                                    "Reference to a text secret with the user name. With HTTP credentials, both user \
                                     names must be plain or both references.",
                                ),
                            ],
                            token("Reference to a text secret with the token."),
                        ]
                        .concat(),
                        blocks: Vec::new(),
                    },
                },
                NestedBlock {
                    name: "email_and_api_token",
                    block: Block {
                        description: "E-mail address of the Atlassian account and API token, for Bitbucket Cloud; needs \
                                      delegate 26.02.88600 or later. Give exactly one of `email` and `email_ref`.",
                        attributes: [
                            vec![
                                text(
                                    "email",
                                    Mode::Optional,
                                    "The e-mail address of the Atlassian account, in plain text.",
                                ),
                                text(
                                    "email_ref",
                                    Mode::Optional,
                                    "Reference to a text secret with the e-mail address.",
                                ),
                            ],
                            token("Reference to a text secret with the API token."),
                        ]
                        .concat(),
                        blocks: Vec::new(),
                    },
                },
                NestedBlock {
                    name: "access_token",
                    block: Block {
                        description: "An access token: of the workspace on Bitbucket Cloud, an HTTP access token on \
                                      Data Center.",
                        attributes: token("Reference to a text secret with the access token."),
                        blocks: Vec::new(),
                    },
                },
            ],
        },
    }
}

fn timeouts() -> NestedBlock {
    let limit = |name, description| text(name, Mode::Optional, description);
    NestedBlock {
        name: "timeouts",
        block: Block {
            description: "How long each operation may take with all its retries, as Go durations such as `30s` or \
                          `5m`. Left out, the provider's `retry_timeout` applies.",
            attributes: vec![
                limit(
                    "create",
                    "Limit of the creation, its connection test aside.",
                ),
                limit("read", "Limit of the refresh."),
                limit("update", "Limit of an update, its connection test aside."),
                limit("delete", "Limit of the destruction."),
            ],
            blocks: Vec::new(),
        },
    }
}
