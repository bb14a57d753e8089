//! What a list resource has to offer: the objects that exist of a resource type, for `terraform query`.

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::diagnostic::Diagnostics;
use super::resource::Context;
use super::schema::Schema;
use super::value::Value;

/// A list resource. It has the name of the resource type whose objects it lists.
#[async_trait]
pub trait ListResource: Send + Sync {
    /// The declaration of the arguments inside `config`.
    fn schema(&self) -> &Schema;

    /// Judges a configuration without asking anybody. Values may be unknown: no opinion on those.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Sends what is found, one object at a time, and no more of them than the request's limit. When nobody listens any
    /// more, sending fails, and the listing ends.
    async fn list(&self, request: ListRequest, found: mpsc::Sender<Listed>, context: &Context);
}

/// Input of [`ListResource::list`].
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// As written; everything is known.
    pub config: Value,
    /// Whether each event is to carry the resource itself.
    pub include_resource: bool,
    /// No more objects than this; `None` if there is no limit.
    pub limit: Option<u64>,
}

/// One object, or findings alone.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The object; `None` when only the findings matter.
    pub object: Option<ListedObject>,
    /// Findings about it, or about the listing.
    pub diagnostics: Diagnostics,
}

impl Listed {
    /// An object with the findings about it.
    pub fn object(object: ListedObject, diagnostics: Diagnostics) -> Self {
        Self {
            object: Some(object),
            diagnostics,
        }
    }

    /// Findings alone.
    pub fn findings(diagnostics: Diagnostics) -> Self {
        Self {
            object: None,
            diagnostics,
        }
    }

    /// Sends it; false if nobody listens any more.
    pub async fn send(self, found: &mpsc::Sender<Self>) -> bool {
        found.send(self).await.is_ok()
    }
}

/// An object that was found.
#[derive(Clone, Debug)]
pub struct ListedObject {
    /// Its identity, of the type of the resource's identity schema.
    pub identity: Value,
    /// How to call it before a person.
    pub display_name: String,
    /// The resource itself, where it was asked for: a value of the resource's schema.
    pub resource: Option<Value>,
}
