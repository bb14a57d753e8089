//! `POST /v2/secrets/files` and `PUT /v2/secrets/files/{identifier}`: a form with the secret as JSON in the part `spec`
//! and the contents in the part `file`.

use axum::extract::{FromRequest, Multipart, Path, Request, State};
use serde_json::Value;

use super::secret::{self, Draft};
use crate::call::Call;
use crate::platform::Platform;
use crate::reply::{Reply, Violation};

pub(super) async fn create(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    let form = Form::read(&call).await?;
    let Some(contents) = form.contents else {
        let violation = Violation::new("file", "must not be null");
        return Err(Reply::violations(&[violation]));
    };
    let draft = Draft::read(&call, &form.spec)?;
    must_be_file(&draft)?;
    secret::new(&platform, &call, draft.with_contents(contents))
}

pub(super) async fn update(
    State(platform): State<Platform>,
    Path(identifier): Path<String>,
    call: Call,
) -> Result<Reply, Reply> {
    let form = Form::read(&call).await?;
    let draft = Draft::read(&call, &form.spec)?;
    must_be_file(&draft)?;
    let draft = match form.contents {
        Some(contents) => draft.with_contents(contents),
        None => draft,
    };
    secret::replace(&platform, &call, &identifier, draft)
}

/// Checks the type, which is a failing cast on the platform.
fn must_be_file(draft: &Draft) -> Result<(), Reply> {
    if draft.is_file() {
        return Ok(());
    }
    Err(Reply::unknown_error())
}

struct Form {
    spec: Value,
    contents: Option<String>,
}

impl Form {
    async fn read(call: &Call) -> Result<Self, Reply> {
        let unreadable = |error: &dyn ToString| Reply::unprocessable(&error.to_string());
        let mut request = Request::new(call.body.clone().into());
        *request.headers_mut() = call.headers().clone();
        let mut parts = Multipart::from_request(request, &())
            .await
            .map_err(|error| unreadable(&error))?;
        let (mut spec, mut contents) = (None, None);
        while let Some(part) = parts
            .next_field()
            .await
            .map_err(|error| unreadable(&error))?
        {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|error| unreadable(&error))?;
            match name.as_str() {
                "spec" => spec = Some(bytes),
                "file" => contents = Some(String::from_utf8_lossy(&bytes).into_owned()),
                _ => {}
            }
        }
        let spec = spec.unwrap_or_default();
        let spec = serde_json::from_slice(&spec).map_err(|error| unreadable(&error))?;
        Ok(Self { spec, contents })
    }
}
