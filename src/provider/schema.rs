//! The declaration of the provider block.

use tf_provider::schema::{Attribute, Mode, Schema};
use tf_provider::value::Type;

use super::settings::{ACCOUNT_ID, API_KEY, ENDPOINT};
use crate::harness::provider_data::ConnectionTestMode;

/// Returns everything that the block accepts; all of it is optional.
pub(super) fn schema() -> Schema {
    let text = |name, description| Attribute::new(name, Type::String, Mode::Optional, description);
    let flag = |name, description| Attribute::new(name, Type::Bool, Mode::Optional, description);
    let attributes = vec![
        // Access to Harness.
        text(
            ENDPOINT.0,
            "Base URL of Harness, with or without a trailing slash, with or without `/gateway`. Environment variable: \
             `HARNESS_ENDPOINT`.",
        )
        .fallback("`https://app.harness.io/gateway`")
        .example("\"https://harness.example.com/gateway\""),
        text(
            ACCOUNT_ID.0,
            "Identifier of the Harness account. Environment variable: `HARNESS_ACCOUNT_ID`.",
        )
        .fallback("the second part of a four-part API key")
        .example("\"aBcDeFgHiJkLmNoPqRsTuV\""),
        text(
            API_KEY.0,
            "API key: a personal access token (`pat.…`) or a service account token (`sat.…`). Environment variable: \
             `HARNESS_PLATFORM_API_KEY`, which keeps the key out of the configuration.",
        )
        .example("var.harness_key")
        .sensitive(),
        // How strictly connectors are checked.
        flag(
            "plan_checks",
            "Whether to query Harness during the plan, beyond the refresh: whether the secrets, delegates, organizations, \
             and projects of a new or changed connector exist and are of the right type, whether its identifier is free, \
             who uses a connector that is destroyed, replaced, or changed in a way that affects its users, and who made a \
             change that the refresh found. Missing objects and failed lookups are warnings. Without an API key, or if \
             Harness does not respond to any lookup, one warning says that the plan was checked offline only; with \
             `strict`, it is an error.",
        )
        .fallback("`true`")
        .example("false"),
        flag(
            "strict",
            "Whether to turn warnings about likely mistakes, and about what Bitbucket certainly refuses, into errors. The guide \
             *Validation rules* lists them. A failed connection test is then an error with `connection_test = \"warn\"` too, but nothing is \
             undone: Terraform marks a new connector as tainted, so the next apply replaces it, and an updated connector \
             keeps its new settings. `connection_test = \"require\"` always reports an error and undoes the change; `off` \
             runs no test.",
        )
        .advice("Takes effect in the plan and apply; `terraform validate` does not read the provider block.")
        .fallback("`false`")
        .example("true"),
        text(
            "connection_test",
            "Default for the `connection_test` argument of resources. With `strict`, `warn` reports a failed test as an \
             error.",
        )
        .values(&ConnectionTestMode::NAMES)
        .fallback("`warn`")
        .example("\"require\""),
        // How requests are sent.
        text(
            "request_timeout",
            "Timeout of one HTTP request, as a Go duration. Connecting may take at most 10 seconds, and at most half of this \
             time. The connection test has its own timeout of 150 seconds.",
        )
        .fallback("`30s`")
        .example("\"1m\""),
        text(
            "retry_timeout",
            "How long to retry one operation, as a Go duration. A resource's `timeouts` can end it \
             earlier.",
        )
        .fallback("`2m`")
        .example("\"10m\""),
        Attribute::new(
            "max_requests_per_minute",
            Type::Number,
            Mode::Optional,
            "Maximum number of requests per minute for the whole provider process.",
        )
        .fallback("no fixed limit; the provider slows down when Harness asks it to")
        .example("300"),
        text(
            "ca_certificate_file",
            "Path of a PEM file with certificates to trust in addition to those of the system: certificate authorities, or \
             the certificate of a self-signed server.",
        )
        .example("\"/etc/ssl/company-ca.pem\""),
    ];
    Schema::new(
        "Manages Harness Bitbucket connectors. All arguments are optional. The API key, account, and endpoint can come from \
         the environment.",
        attributes,
    )
}

#[cfg(test)]
mod tests {
    use harness_platform::Endpoint;
    use tf_provider::diagnostic::Diagnostics;
    use tf_provider::duration;

    use super::*;
    use crate::provider::{ProviderBlock, Settings};

    #[test]
    fn the_defaults_and_variables_that_it_names_are_those_that_count() {
        let block = schema().block;
        let named = |name: &str| {
            let mut attributes = block.attributes.iter();
            attributes.find(|attribute| attribute.name == name).unwrap()
        };
        let default = |name| named(name).fallback.trim_matches('`');
        let none = ProviderBlock::default();
        let settings = Settings::read(none, &|_| None, &mut Diagnostics::new());
        assert_eq!(default("endpoint"), Endpoint::DEFAULT);
        assert_eq!(default("plan_checks"), settings.plan_checks.to_string());
        assert_eq!(default("strict"), settings.strict.to_string());
        let mode = ConnectionTestMode::from_name(default("connection_test"));
        assert_eq!(mode, Some(settings.connection_test));
        let limit = |name| duration::parse(default(name)).unwrap();
        assert_eq!(limit("request_timeout"), settings.request_timeout);
        assert_eq!(limit("retry_timeout"), settings.retry_timeout);
        for part in [
            "`connection_test = \"warn\"`",
            "tainted",
            "`connection_test = \"require\"`",
        ] {
            assert!(named("strict").description.contains(part), "{part}");
        }
        for (name, variable) in [ENDPOINT, ACCOUNT_ID, API_KEY] {
            assert!(named(name).description.contains(variable), "{variable}");
        }
    }
}
