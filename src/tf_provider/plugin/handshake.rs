//! The handshake line that a plugin prints for the host.
//!
//! ```text
//! line    = "1|5|" network "|" address "|grpc|" certificate [ "|" multiplexing ] LF
//! network = "unix" | "tcp"
//! certificate  = the server's certificate, DER in base64 without padding; empty without TLS
//! multiplexing = "false", present only if PLUGIN_MULTIPLEX_GRPC is set: older hosts know six fields
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::environment::PROTOCOL_VERSION;
use super::listener::Address;

/// The version of go-plugin's own protocol: the handshake line and the services next to the provider.
const CORE_PROTOCOL_VERSION: u32 = 1;

/// Returns the line that tells the host where and how the plugin is served, with its newline.
///
/// `certificate` is the server's, or `None` without TLS. Multiplexing several services over one connection is not
/// supported; if `multiplexing_field` is set, the line says so.
pub fn handshake_line(
    address: &Address,
    certificate: Option<&CertificateDer<'_>>,
    multiplexing_field: bool,
) -> String {
    let network = address.network();
    let certificate = certificate.map_or_else(String::new, |der| STANDARD_NO_PAD.encode(der));
    let multiplexing = if multiplexing_field { "|false" } else { "" };
    format!(
        "{CORE_PROTOCOL_VERSION}|{PROTOCOL_VERSION}|{network}|{address}|grpc|{certificate}{multiplexing}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_six_fields_and_a_seventh_for_hosts_that_know_of_it() {
        let unix = Address::Unix("/tmp/tfp-a/plugin".into());
        let tcp = Address::Tcp(([127, 0, 0, 1], 10_000).into());
        let certificate = CertificateDer::from(vec![1, 2, 3, 4]);
        assert_eq!(
            handshake_line(&unix, Some(&certificate), false),
            "1|5|unix|/tmp/tfp-a/plugin|grpc|AQIDBA\n"
        );
        assert_eq!(
            handshake_line(&tcp, Some(&certificate), true),
            "1|5|tcp|127.0.0.1:10000|grpc|AQIDBA|false\n"
        );
        assert_eq!(
            handshake_line(&unix, None, false),
            "1|5|unix|/tmp/tfp-a/plugin|grpc|\n"
        );
    }
}
