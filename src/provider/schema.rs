//! The declaration of the provider block.

use super::{ACCOUNT_ID, API_KEY, ENDPOINT};
use crate::tf_provider::schema::{Attribute, Block, Mode, Schema};
use crate::tf_provider::value::Type;

/// Everything that the block accepts; all of it is optional.
pub(super) fn schema() -> Schema {
    let text = |name, description| Attribute::new(name, Type::String, Mode::Optional, description);
    let flag = |name, description| Attribute::new(name, Type::Bool, Mode::Optional, description);
    Schema {
        version: 0,
        block: Block {
            description: "Manages Harness Bitbucket connectors. Every argument is optional; key, account and endpoint \
                          can come from the environment.",
            attributes: vec![
                text(
                    ENDPOINT.0,
                    "Base URL of Harness, with or without a trailing slash, with or without `/gateway`. Environment: \
                     `HARNESS_ENDPOINT`. Default: `https://app.harness.io/gateway`.",
                ),
                text(
                    ACCOUNT_ID.0,
                    "Id of the Harness account. Environment: `HARNESS_ACCOUNT_ID`. Default: the second part of an API \
                     key of four parts.",
                ),
                text(
                    API_KEY.0,
                    "Personal access token (`pat.…`) or service account token (`sat.…`). Environment: \
                     `HARNESS_PLATFORM_API_KEY`, which keeps it out of the configuration.",
                )
                .sensitive(),
                flag(
                    "plan_checks",
                    "Whether to look at Harness while planning, beyond the refresh: whether the secrets, delegates, \
                     organizations and projects that a new or changed connector needs exist and are of the right kind, \
                     whether its identifier is free, and who uses a connector that is destroyed or replaced. What may be \
                     made in the same run is a warning, and look-ups that fail never fail a plan. Default: `true`.",
                ),
                flag(
                    "strict",
                    "Whether findings that are likely mistakes are errors instead of warnings. Default: `false`.",
                ),
                text(
                    "connection_test",
                    "Default of the resources' `connection_test`: `off`, `warn` or `require`. Default: `warn`.",
                ),
                text(
                    "request_timeout",
                    "How long one HTTP request may take, as a Go duration; the connection test has 150 seconds of its \
                     own. Default: `30s`.",
                ),
                text(
                    "retry_timeout",
                    "How long one operation may keep trying, as a Go duration. Default: `2m`.",
                ),
                Attribute::new(
                    "max_requests_per_minute",
                    Type::Number,
                    Mode::Optional,
                    "A fixed cap on requests for the whole process. Default: none; the provider slows down by itself \
                     when Harness asks it to.",
                ),
                text(
                    "ca_certificate_file",
                    "File with certificates (PEM) to trust beside those of the system.",
                ),
            ],
            blocks: Vec::new(),
        },
    }
}
