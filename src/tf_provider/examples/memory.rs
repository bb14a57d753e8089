//! A provider that keeps notes in the memory of its process: a resource, a data source, and a function.
//!
//! Start it with `cargo run -p tf-provider --example memory -- --debug`. It prints the environment variable that points
//! Terraform to it. The notes are lost when the process ends.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tf_provider::data_source::Reading;
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::function::{Function, FunctionError, Parameter, Signature};
use tf_provider::model;
use tf_provider::plugin::{self, Plugin};
use tf_provider::provider::{Offers, Provider};
use tf_provider::resource::{ApplyRequest, Context, NewState, PlanRequest, Resource};
use tf_provider::rpc::Server;
use tf_provider::schema::{Attribute, Computed, Mode, Schema};
use tf_provider::typed::{self, Arguments, Typed, TypedDataSource};
use tf_provider::value::{Path, Type, Value};

const PLUGIN: Plugin = Plugin {
    name: "memory",
    version: env!("CARGO_PKG_VERSION"),
    source_address: "registry.terraform.io/example/memory",
    repository: "https://example.com/memory",
    logged: &[(env!("CARGO_CRATE_NAME"), None)],
};

fn main() -> ExitCode {
    plugin::run(PLUGIN, &[], || Server::new(Memory::new()))
}

/// The text of each note, by title.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<BTreeMap<String, String>>>);

impl Notes {
    /// Locks the notes. A panic in another thread leaves them consistent, because each change is a single step.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Memory {
    schema: Schema,
    offers: Offers,
}

impl Memory {
    fn new() -> Self {
        let notes = Notes::default();
        // Created outside Terraform, and not managed yet.
        let (title, text) = ("welcome", "Hello.");
        notes.lock().insert(title.to_owned(), text.to_owned());

        let mut offers = Offers::default();
        offers
            .resources
            .insert("memory_note", Box::new(NoteResource::new(&notes)));
        offers
            .data_sources
            .insert("memory_note", Box::new(NoteDataSource::typed(&notes)));
        offers
            .functions
            .insert("title", Box::new(TitleFunction::new()));
        Self {
            schema: Schema::new("Keeps notes in memory.", Vec::new()),
            offers,
        }
    }
}

#[async_trait]
impl Provider for Memory {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    async fn configure(&self, _config: Value, _terraform_version: &str) -> Diagnostics {
        Diagnostics::new()
    }

    fn offers(&self) -> &Offers {
        &self.offers
    }
}

/// Returns the state of a note.
fn note(title: &str, text: &str) -> Value {
    Value::object([
        ("title", Value::string(title)),
        ("text", Value::string(text)),
        ("length", Value::number(length(text))),
    ])
}

fn length(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}

/// Returns an attribute's text, or an empty string if it is null or unknown.
fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

model! {
    /// The title that identifies a note.
    struct Title {
        title: String;
    }
}

impl Arguments for Title {
    fn check(&self) -> Diagnostics {
        if self.title.text().is_some_and(str::is_empty) {
            let finding =
                Diagnostic::error("Empty title", "Write a title of at least one character.");
            return finding.at(Path::root().attribute("title")).into();
        }
        Diagnostics::new()
    }
}

/// `resource "memory_note"`.
struct NoteResource {
    schema: Schema,
    notes: Notes,
}

impl NoteResource {
    fn new(notes: &Notes) -> Self {
        let attributes = vec![
            Attribute::new("title", Type::String, Mode::Required, "The note's title.")
                .requires_replace(),
            Attribute::new("text", Type::String, Mode::Required, "The note's text."),
            Attribute::new(
                "length",
                Type::Number,
                Mode::Computed(Computed::AtEveryChange),
                "The number of characters of the text.",
            ),
        ];
        Self {
            schema: Schema::new("A note.", attributes),
            notes: notes.clone(),
        }
    }

    /// Stores the planned note and returns its state.
    fn store(&self, planned: &Value) -> NewState {
        let (title, text) = (text(planned, "title"), text(planned, "text"));
        self.notes.lock().insert(title.to_owned(), text.to_owned());
        NewState::of(note(title, text), Vec::new())
    }
}

#[async_trait]
impl Resource for NoteResource {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        typed::check::<Title>(config)
    }

    /// The schema's planning steps leave the length unknown; it can be computed once the text is known.
    async fn plan(&self, request: PlanRequest, _context: &Context) -> NewState {
        let length = request
            .planned
            .get("text")
            .and_then(Value::as_str)
            .map(length);
        let planned = match length {
            Some(length) => request.planned.with("length", Value::number(length)),
            None => request.planned,
        };
        NewState::of(planned, request.private)
    }

    async fn create(&self, request: ApplyRequest, _context: &Context) -> NewState {
        let title = text(&request.planned, "title");
        if self.notes.lock().contains_key(title) {
            let finding = Diagnostic::error(
                "Note exists already",
                format!("There is a note \"{title}\". Import it, or choose another title."),
            );
            return NewState::gone().with([finding.at(Path::root().attribute("title"))]);
        }
        self.store(&request.planned)
    }

    async fn read(&self, current: Value, private: Vec<u8>, _context: &Context) -> NewState {
        let title = text(&current, "title");
        match self.notes.lock().get(title) {
            Some(text) => NewState::of(note(title, text), private),
            None => NewState::gone(),
        }
    }

    async fn update(&self, request: ApplyRequest, _context: &Context) -> NewState {
        self.store(&request.planned)
    }

    async fn delete(&self, prior: Value, _private: Vec<u8>, _context: &Context) -> NewState {
        self.notes.lock().remove(text(&prior, "title"));
        NewState::gone()
    }

    async fn import(&self, id: &str, _context: &Context) -> Result<NewState, Diagnostics> {
        // Terraform then reads the note, which fills in the text.
        Ok(NewState::of(note(id, ""), Vec::new()))
    }
}

/// `data "memory_note"`.
struct NoteDataSource(Notes);

impl NoteDataSource {
    fn typed(notes: &Notes) -> Typed<Self> {
        let result = Mode::Computed(Computed::AtEveryChange);
        let attributes = vec![
            Attribute::new("title", Type::String, Mode::Required, "The note's title."),
            Attribute::new("text", Type::String, result.clone(), "The note's text."),
            Attribute::new(
                "length",
                Type::Number,
                result,
                "The number of characters of the text.",
            ),
        ];
        let schema = Schema::new("Looks up a note.", attributes);
        Typed::new(schema, Self(notes.clone()))
    }
}

impl TypedDataSource for NoteDataSource {
    type Arguments = Title;

    async fn read(&self, arguments: Title, _context: &Context) -> Result<Reading, Diagnostics> {
        let title = arguments.title.text().unwrap_or_default();
        match self.0.lock().get(title) {
            Some(text) => Ok(Reading::of(note(title, text))),
            None => Err(Diagnostic::error(
                "Note not found",
                format!("There is no note \"{title}\"."),
            )
            .into()),
        }
    }
}

/// `provider::memory::title`.
struct TitleFunction(Signature);

impl TitleFunction {
    fn new() -> Self {
        Self(Signature {
            summary: "The title for a text",
            description: "Returns the first line of a text.",
            parameters: vec![Parameter {
                name: "text",
                ty: Type::String,
                description: "The text.",
            }],
            returns: Type::String,
        })
    }
}

impl Function for TitleFunction {
    fn signature(&self) -> &Signature {
        &self.0
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError> {
        let first_line = arguments
            .first()
            .and_then(Value::as_str)
            .and_then(|text| text.lines().next())
            .filter(|line| !line.is_empty());
        first_line.map(Value::string).ok_or_else(|| FunctionError {
            text: "The text has no first line. Write at least one character.".to_owned(),
            argument: Some(0),
        })
    }
}
