//! Calls of functions. A function only receives known arguments of its types. A malformed or null argument is an error
//! that names the argument, and an unknown argument makes the result unknown.

use super::offered;
use crate::function::{Parameter, Signature};
use crate::proto::tfplugin5 as proto;
use crate::provider::Provider;
use crate::rpc::answer::Answer;
use crate::rpc::convert::{self, decode_message, encode};
use crate::value::Value;

pub(crate) fn call(
    provider: &dyn Provider,
    request: proto::call_function::Request,
) -> Answer<proto::call_function::Response> {
    let functions = &provider.offers().functions;
    let Some(function) = functions.get(request.name.as_str()) else {
        return Err(offered::none(
            "function",
            &request.name,
            functions.keys().copied(),
        ));
    };
    let signature = function.signature();
    let arguments = match arguments(&request, signature) {
        Ok(arguments) => arguments,
        Err(refused) => return Ok(failed(refused.text, refused.argument)),
    };
    let result = if arguments.iter().all(Value::is_wholly_known) {
        match function.call(&arguments) {
            Ok(result) => result,
            Err(error) => {
                let argument = error
                    .argument
                    .and_then(|position| usize::try_from(position).ok())
                    .filter(|position| *position < arguments.len());
                return Ok(failed(error.text, argument));
            }
        }
    } else {
        Value::unknown()
    };
    Ok(proto::call_function::Response {
        result: Some(encode(&result, &signature.returns)?),
        error: None,
    })
}

/// A call that does not reach the function.
struct Refused {
    text: String,
    argument: Option<usize>,
}

fn arguments(
    request: &proto::call_function::Request,
    signature: &Signature,
) -> Result<Vec<Value>, Refused> {
    let (given, wanted) = (request.arguments.len(), signature.parameters.len());
    if given != wanted {
        let names: Vec<_> = signature.parameters.iter().map(|it| it.name).collect();
        return Err(Refused {
            text: format!(
                "The function has {given} arguments instead of {wanted}. Write {}({}).",
                request.name,
                names.join(", ")
            ),
            argument: None,
        });
    }
    let pairs = request.arguments.iter().zip(&signature.parameters);
    pairs
        .enumerate()
        .map(|(position, (argument, parameter))| {
            decode(argument, parameter).map_err(|text| Refused {
                text,
                argument: Some(position),
            })
        })
        .collect()
}

fn decode(argument: &proto::DynamicValue, parameter: &Parameter) -> Result<Value, String> {
    let name = parameter.name;
    match decode_message(argument, &parameter.ty) {
        Err(error) => Err(format!("The argument `{name}` cannot be read: {error}.")),
        Ok(value) if value.is_null() => Err(format!(
            "The argument `{name}` is null; write a value of type {}.",
            parameter.ty
        )),
        Ok(value) => Ok(value),
    }
}

/// Returns the response to a failed call; the argument is counted from 0.
pub(crate) fn failed(
    text: impl AsRef<str>,
    argument: Option<usize>,
) -> proto::call_function::Response {
    proto::call_function::Response {
        result: None,
        error: Some(proto::FunctionError {
            text: convert::shown(text.as_ref()),
            function_argument: argument.and_then(|position| i64::try_from(position).ok()),
        }),
    }
}
