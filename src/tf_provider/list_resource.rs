//! The trait for list resources, which list the existing objects of a resource type for `terraform query`.

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::diagnostic::Diagnostics;
use super::resource::Context;
use super::schema::Schema;
use super::value::Value;

/// A list resource. It has the same name as the resource type that it lists.
#[async_trait]
pub trait ListResource: Send + Sync {
    /// Returns the declaration of the arguments inside `config`.
    fn schema(&self) -> &Schema;

    /// Validates a configuration offline. Values may be unknown, and unknown values are not checked.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Sends the objects one at a time, up to the request's limit. Sending fails once the receiver is closed, and the
    /// listing then ends.
    async fn list(&self, request: ListRequest, found: mpsc::Sender<Listed>, context: &Context);
}

/// Input of [`ListResource::list`].
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// The configuration as written; every value is known.
    pub config: Value,
    /// Whether each event includes the resource itself.
    pub include_resource: bool,
    /// The maximum number of objects, or `None` for no limit.
    pub limit: Option<u64>,
}

/// One object, or only diagnostics.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The object, or `None` if there are only diagnostics.
    pub object: Option<ListedObject>,
    /// Diagnostics about the object, or about the listing.
    pub diagnostics: Diagnostics,
}

impl Listed {
    /// Creates an entry for an object, with the diagnostics about it.
    pub fn object(object: ListedObject, diagnostics: Diagnostics) -> Self {
        Self {
            object: Some(object),
            diagnostics,
        }
    }

    /// Creates an entry that has only diagnostics.
    pub fn findings(diagnostics: Diagnostics) -> Self {
        Self {
            object: None,
            diagnostics,
        }
    }

    /// Sends the entry. Returns false if the receiver is closed.
    pub async fn send(self, found: &mpsc::Sender<Self>) -> bool {
        found.send(self).await.is_ok()
    }
}

/// A listed object.
#[derive(Clone, Debug)]
pub struct ListedObject {
    /// Its identity, of the type of the resource's identity schema.
    pub identity: Value,
    /// The name to show to users.
    pub display_name: String,
    /// The resource itself, if requested: a value of the resource's schema.
    pub resource: Option<Value>,
}
