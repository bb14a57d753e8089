//! The declaration of the provider block.

use tf_provider::schema::{Attribute, Mode, Schema};
use tf_provider::value::Type;

use super::settings::{ACCOUNT_ID, API_KEY, ENDPOINT};
use crate::harness::provider_data::ConnectionTestMode;

/// Everything that the block accepts; all of it is optional.
pub(super) fn schema() -> Schema {
    let text = |name, description| Attribute::new(name, Type::String, Mode::Optional, description);
    let flag = |name, description| Attribute::new(name, Type::Bool, Mode::Optional, description);
    let attributes = vec![
        // The way to Harness.
        text(
            ENDPOINT.0,
            "Base URL of Harness, with or without a trailing slash, with or without `/gateway`. Environment: \
             `HARNESS_ENDPOINT`.",
        )
        .fallback("`https://app.harness.io/gateway`")
        .example("\"https://harness.example.com/gateway\""),
        text(
            ACCOUNT_ID.0,
            "Id of the Harness account. Environment: `HARNESS_ACCOUNT_ID`.",
        )
        .fallback("the second part of an API key of four parts")
        .example("\"aBcDeFgHiJkLmNoPqRsTuV\""),
        text(
            API_KEY.0,
            "Personal access token (`pat.…`) or service account token (`sat.…`). Environment: \
             `HARNESS_PLATFORM_API_KEY`, which keeps it out of the configuration.",
        )
        .example("var.harness_key")
        .sensitive(),
        // How strictly connectors are checked.
        flag(
            "plan_checks",
            "Whether to look at Harness while planning, beyond the refresh: whether the secrets, delegates, \
             organizations and projects that a new or changed connector needs exist and are of the right kind, \
             whether its identifier is free, who uses a connector that is destroyed, replaced or changed in what its \
             users rely on, and who made a change that the refresh has found. What may be made in the same run is a \
             warning, and so is a lookup that fails. If there is no API key, or Harness \
             answers nothing, one warning says that the plan was checked offline only; with `strict` it is an error.",
        )
        .fallback("`true`")
        .example("false"),
        flag(
            "strict",
            "Whether warnings about likely mistakes, and about what Bitbucket refuses for certain, are errors, in \
             the plan and in the apply. The validation rules say which. A failed connection test is then an error \
             under `connection_test = \"warn\"` too. Nothing is undone: Terraform marks a new connector as \
             tainted, so that the next apply replaces it, and an updated one keeps its new settings. \
             `connection_test = \"require\"` is an error and undoes the change with or without `strict`; `off` \
             runs no test.",
        )
        .advice("Takes effect when the plan is made: `terraform validate` does not see it.")
        .fallback("`false`")
        .example("true"),
        text(
            "connection_test",
            "What the resources' `connection_test` is where they leave it out. With `strict`, `warn` reports a \
             failed test as an error.",
        )
        .values(&ConnectionTestMode::NAMES)
        .fallback("`warn`")
        .example("\"require\""),
        // How requests are sent.
        text(
            "request_timeout",
            "How long one HTTP request may take, as a Go duration; the connection test has 150 seconds of its \
             own. Connecting may take at most 10 seconds of it, and at most half of it.",
        )
        .fallback("`30s`")
        .example("\"1m\""),
        text(
            "retry_timeout",
            "How long one operation may keep trying, as a Go duration. The resources' `timeouts` count instead \
             where they are given.",
        )
        .fallback("`2m`")
        .example("\"10m\""),
        Attribute::new(
            "max_requests_per_minute",
            Type::Number,
            Mode::Optional,
            "A fixed cap on requests for the whole process.",
        )
        .fallback("none, the provider slows down by itself when Harness asks it to")
        .example("300"),
        text(
            "ca_certificate_file",
            "File with certificates (PEM) to trust beside those of the system: of authorities, or of a server \
             that signed its own.",
        )
        .example("\"/etc/ssl/company-ca.pem\""),
    ];
    Schema::new(
        "Manages Harness Bitbucket connectors. Every argument is optional; key, account and endpoint \
         can come from the environment.",
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
