//! Reading responses: the platform's JSON and its families of errors, pages from elsewhere, and sanitized texts.

pub(crate) mod answer;
pub(crate) mod governance;
pub(crate) mod items;
pub(crate) mod json;
pub(crate) mod redact;
pub(crate) mod refusal;
pub(crate) mod text;
