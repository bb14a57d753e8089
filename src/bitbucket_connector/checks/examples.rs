//! The parts of the rules' examples: arguments in HCL. They are macros because `concat!` only joins literals.

/// HTTP credentials with this reference to the password, in HCL.
macro_rules! http_with {
    ($password_ref:literal) => {
        concat!(
            "credentials {\n  http {\n    username     = \"jdoe\"\n    password_ref = ",
            $password_ref,
            "\n  }\n}"
        )
    };
}

/// A connector to Bitbucket Cloud over SSH with this reference to the key, in HCL.
macro_rules! ssh_with {
    ($ssh_key_ref:literal) => {
        concat!(
            "connection_type = \"SSH\"\nurl             = \"git@bitbucket.org:acme/\"\n",
            "credentials {\n  ssh {\n    ssh_key_ref = ",
            $ssh_key_ref,
            "\n  }\n}"
        )
    };
}

/// The arguments of a connector over SSH with this URL; with a test repository if the URL is Data Center's.
macro_rules! ssh {
    ($url:literal) => {
        ssh!($url, "\ntest_repository = \"WEB/shop.git\"")
    };
    ($url:literal, $more:literal) => {
        concat!(
            "connection_type = \"SSH\"\nurl             = \"",
            $url,
            "\"",
            $more,
            "\ncredentials {\n  ssh {\n    ssh_key_ref = \"account.bitbucket_ssh\"\n  }\n}"
        )
    };
}

/// Arguments with access to the API by an access token.
macro_rules! with_api {
    ($arguments:expr) => {
        concat!(
            $arguments,
            "\napi_access {\n  access_token {\n    token_ref = \"account.bitbucket_access_token\"\n  }\n}"
        )
    };
}
pub(super) use {http_with, ssh, ssh_with, with_api};

/// Valid HTTP credentials.
pub(super) const HTTP: &str = http_with!(r#""account.bitbucket_api_token""#);

/// A valid connector over SSH.
pub(super) const SSH: &str = ssh_with!(r#""account.bitbucket_ssh""#);
