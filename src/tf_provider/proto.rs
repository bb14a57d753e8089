//! The wire format: Terraform's plugin protocol 5.11 and go-plugin's services, generated from `proto/`.
//!
//! These types stay at the boundary. `rpc` converts them to domain types and back, and `plugin` serves go-plugin's
//! services. Messages that can contain secrets do not show their bytes in `Debug`.

use std::fmt;

/// Declares a module with the code generated from a protobuf package.
macro_rules! generated {
    ($(#[$documentation:meta])+ $module:ident from $package:literal) => {
        $(#[$documentation])+
        #[allow(
            missing_docs,
            unreachable_pub,
            unused_qualifications,
            clippy::all,
            clippy::pedantic,
            clippy::restriction,
            reason = "generated; the files in proto/ have the documentation"
        )]
        pub mod $module {
            tonic::include_proto!($package);
        }
    };
}

generated! {
    /// Terraform's plugin protocol, major version 5, minor version 11.
    tfplugin5 from "tfplugin5"
}

generated! {
    /// The services that go-plugin expects from every plugin: broker, controller, and standard streams.
    go_plugin from "plugin"
}

impl fmt::Debug for tfplugin5::DynamicValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "DynamicValue(msgpack: {} bytes, json: {} bytes)",
            self.msgpack.len(),
            self.json.len()
        )
    }
}

impl fmt::Debug for tfplugin5::RawState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RawState(json: {} bytes, flatmap: {} entries)",
            self.json.len(),
            self.flatmap.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::field_descriptor_proto::{Label, Type};
    use prost_types::{
        DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
        FileDescriptorSet, ServiceDescriptorProto,
    };

    use super::tfplugin5::{DynamicValue, RawState};

    const COMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/protocol.bin"));
    const EXPECTED: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/protocol-5.11.txt"
    ));

    #[test]
    fn every_name_number_and_type_is_that_of_protocol_5_11() {
        let set = FileDescriptorSet::decode(COMPILED).unwrap();
        let mut found = Vec::new();
        for file in &set.file {
            if !file.package().starts_with("google.") {
                declarations(file, &mut found);
            }
        }
        found.sort_unstable();

        let mut expected: Vec<String> = EXPECTED
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect();
        expected.sort_unstable();

        let missing: Vec<_> = expected.iter().filter(|e| !found.contains(e)).collect();
        let surplus: Vec<_> = found.iter().filter(|f| !expected.contains(f)).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "missing: {missing:#?}\nsurplus: {surplus:#?}"
        );
        assert_eq!(found.len(), expected.len(), "a line occurs twice");
    }

    #[test]
    fn debug_output_of_values_and_state_has_lengths_and_no_content() {
        let value = DynamicValue {
            msgpack: b"pat.secret".to_vec(),
            json: Vec::new(),
        };
        assert_eq!(
            format!("{value:?}"),
            "DynamicValue(msgpack: 10 bytes, json: 0 bytes)"
        );
        let state = RawState {
            json: b"pat.secret".to_vec(),
            flatmap: [("token".to_owned(), "pat.secret".to_owned())].into(),
        };
        assert_eq!(
            format!("{state:?}"),
            "RawState(json: 10 bytes, flatmap: 1 entries)"
        );
    }

    /// Adds one line for each message, field, reserved number, enum value, and RPC of a file.
    fn declarations(file: &FileDescriptorProto, lines: &mut Vec<String>) {
        assert_eq!(file.syntax(), "proto3");
        for message in &file.message_type {
            message_lines(file.package(), message, lines);
        }
        for enumeration in &file.enum_type {
            enum_lines(file.package(), enumeration, lines);
        }
        for service in &file.service {
            service_lines(file.package(), service, lines);
        }
    }

    fn message_lines(scope: &str, message: &DescriptorProto, lines: &mut Vec<String>) {
        let name = format!("{scope}.{}", message.name());
        if message
            .options
            .as_ref()
            .is_some_and(prost_types::MessageOptions::map_entry)
        {
            return;
        }
        lines.push(format!("message {name}"));
        for field in &message.field {
            let number = field.number();
            let oneof = field
                .oneof_index
                .filter(|_| !field.proto3_optional())
                .map(|index| message.oneof_decl[usize::try_from(index).unwrap()].name())
                .map(|oneof| format!(" oneof {oneof}"))
                .unwrap_or_default();
            let field_type = field_type(message, field);
            let field_name = field.name();
            lines.push(format!(
                "field {name}.{field_name} {number} {field_type}{oneof}"
            ));
        }
        for range in &message.reserved_range {
            for number in range.start()..range.end() {
                lines.push(format!("reserved {name} {number}"));
            }
        }
        for nested in &message.nested_type {
            message_lines(&name, nested, lines);
        }
        for enumeration in &message.enum_type {
            enum_lines(&name, enumeration, lines);
        }
    }

    fn enum_lines(scope: &str, enumeration: &EnumDescriptorProto, lines: &mut Vec<String>) {
        let name = enumeration.name();
        for value in &enumeration.value {
            lines.push(format!(
                "value {scope}.{name}.{} {}",
                value.name(),
                value.number()
            ));
        }
    }

    fn service_lines(package: &str, service: &ServiceDescriptorProto, lines: &mut Vec<String>) {
        for method in &service.method {
            let stream = |streams: bool| if streams { "stream " } else { "" };
            lines.push(format!(
                "rpc {package}.{}/{} {}{} -> {}{}",
                service.name(),
                method.name(),
                stream(method.client_streaming()),
                method.input_type().trim_start_matches('.'),
                stream(method.server_streaming()),
                method.output_type().trim_start_matches('.'),
            ));
        }
    }

    fn field_type(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
        let entry = message.nested_type.iter().find(|nested| {
            nested
                .options
                .as_ref()
                .is_some_and(prost_types::MessageOptions::map_entry)
                && field.type_name().ends_with(&format!(".{}", nested.name()))
        });
        if let Some(entry) = entry {
            let key = scalar_or_name(&entry.field[0]);
            let value = scalar_or_name(&entry.field[1]);
            return format!("map<{key},{value}>");
        }
        let name = scalar_or_name(field);
        match field.label() {
            Label::Repeated => format!("repeated {name}"),
            _ if field.proto3_optional() => format!("optional {name}"),
            _ => name,
        }
    }

    fn scalar_or_name(field: &FieldDescriptorProto) -> String {
        match field.r#type() {
            Type::Message | Type::Enum => field.type_name().trim_start_matches('.').to_owned(),
            scalar => scalar
                .as_str_name()
                .trim_start_matches("TYPE_")
                .to_lowercase(),
        }
    }
}
