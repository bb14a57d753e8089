//! Ephemeral resources, which no provider of this framework has. Terraform does not call these RPCs as long as the
//! schema declares none. They still return a diagnostic, so that a newer host or a test gets a sentence instead of a
//! gRPC status.

use super::offered;
use crate::proto::tfplugin5 as proto;
use crate::provider::Provider;
use crate::rpc::answer::Answer;

macro_rules! refused {
    ($($function:ident => $rpc:ident;)+) => {
        $(pub(crate) fn $function(
            _provider: &dyn Provider,
            request: proto::$rpc::Request,
        ) -> Answer<proto::$rpc::Response> {
            Err(offered::none("ephemeral resource", &request.type_name, std::iter::empty()))
        })+
    };
}

refused! {
    validate => validate_ephemeral_resource_config;
    open => open_ephemeral_resource;
    renew => renew_ephemeral_resource;
    close => close_ephemeral_resource;
}
