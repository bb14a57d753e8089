//! The log: `tracing` events as JSON lines on standard error, in the hclog format that the host reads.
//!
//! ```text
//! {"@level":"debug","@message":"…","@module":"cloud.api","@timestamp":"2026-01-02T03:04:05.678901Z","key":…}
//! ```
//!
//! The fields of the event and of the spans around it are additional members; if a name occurs more than once, the
//! innermost is used. Their names never begin with `@`: the host stops at an `@level` or `@message` that is not a
//! string.
//!
//! Only events of this crate and of those that the provider names are written, at any level. What other crates log at
//! trace level (headers, bodies) is not redacted. Long texts are cut, because the host reads lines of at most 64 KiB.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::description::Plugin;

/// The maximum length of a member's text, in bytes.
const MAX_TEXT: usize = 16 << 10;

/// A timestamp with exactly six fractional digits, as hclog reads it.
const TIMESTAMP: &str = "%Y-%m-%dT%H:%M:%S.%6fZ";

/// Writes events as hclog lines. `write` receives one line at a time, with its newline.
pub(super) struct HclogLayer<W> {
    plugin: Plugin,
    level: LevelFilter,
    write: W,
}

/// Starts to log the events of this crate and of the provider's crates to standard error, at the level that the
/// environment sets.
pub(super) fn install(plugin: &Plugin) {
    let level = level_from_vars(plugin.name, |name| {
        // A value that is not valid Unicode is not a level.
        std::env::var_os(name).map(|level| level.to_string_lossy().into_owned())
    });
    if level == LevelFilter::OFF {
        return;
    }
    let layer = HclogLayer::new(*plugin, level, write_to_stderr);
    // A subscriber set earlier by a program that embeds the plugin stays in place.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).ok();
}

/// Writes panics to the log as one line, at any level: the location, and the text if it is a literal in the program.
///
/// A text that was formatted at run time may contain a user's value, and is left out, as is the backtrace.
pub(super) fn install_panic_hook(plugin_name: &'static str) {
    std::panic::set_hook(Box::new(move |panic| {
        let literal = panic.payload().downcast_ref::<&'static str>();
        let mut members = Map::new();
        if let Some(location) = panic.location() {
            members.insert("location".to_owned(), Value::String(location.to_string()));
        }
        let message = match literal {
            Some(text) => format!("internal error: {text}"),
            None => "internal error".to_owned(),
        };
        write_to_stderr(&line("error", &message, plugin_name, members));
    }));
}

/// Returns the log level for the provider of this name. The provider's own variable takes precedence over the one for
/// all providers, which takes precedence over Terraform's.
///
/// As in Terraform, an invalid level means trace, and so does `JSON`. If nothing is set, errors are written: Terraform
/// hides them unless asked, but another host may show them.
pub(super) fn level_from_vars(
    plugin_name: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> LevelFilter {
    let own = format!(
        "TF_LOG_PROVIDER_{}",
        plugin_name.to_uppercase().replace('-', "_")
    );
    let level = [own.as_str(), "TF_LOG_PROVIDER", "TF_LOG"]
        .into_iter()
        .filter_map(variable)
        .find(|level| !level.is_empty());
    match level.map(|level| level.to_uppercase()).as_deref() {
        Some("OFF") => LevelFilter::OFF,
        None | Some("ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some(_) => LevelFilter::TRACE,
    }
}

impl<W: Fn(&str)> HclogLayer<W> {
    pub(super) const fn new(plugin: Plugin, level: LevelFilter, write: W) -> Self {
        Self {
            plugin,
            level,
            write,
        }
    }

    /// Returns a module's name in the log, as in `cloud.api.client`, or `None` for modules of other crates.
    fn module(&self, target: &str) -> Option<String> {
        let own = module_path!().split("::").next()?;
        let logged = std::iter::once((own, Some(own))).chain(self.plugin.logged.iter().copied());
        let (below, name) = logged
            .filter_map(|(module, name)| Some((target.strip_prefix(module)?, name)))
            .find(|(below, _)| below.is_empty() || below.starts_with("::"))?;
        let name = name.map_or(String::new(), |name| format!(".{name}"));
        Some(format!(
            "{}{name}{}",
            self.plugin.name,
            below.replace("::", ".")
        ))
    }

    fn is_enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level && self.module(metadata.target()).is_some()
    }
}

impl<S, W> Layer<S> for HclogLayer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + 'static,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.is_enabled(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.is_enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut members = Members::default();
        attributes.record(&mut members);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(members);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(members) = span.extensions_mut().get_mut::<Members>()
        {
            values.record(members);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut members = Map::new();
        let outermost_first = context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root);
        for span in outermost_first {
            if let Some(of_span) = span.extensions().get::<Members>() {
                members.extend(of_span.fields.clone());
            }
        }
        let mut of_event = Members::default();
        event.record(&mut of_event);
        members.extend(of_event.fields);

        let metadata = event.metadata();
        let module = self.module(metadata.target()).unwrap_or_default();
        (self.write)(&line(
            level_name(*metadata.level()),
            &of_event.message,
            &module,
            members,
        ));
    }
}

/// The fields of an event or a span.
#[derive(Default)]
struct Members {
    /// The text of the event.
    message: String,
    fields: Map<String, Value>,
}

impl Members {
    fn insert(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            ("message", value) => self.message = value.to_string(),
            (name, value) => {
                let name = match name.trim_start_matches('@') {
                    "" => "field",
                    name => name,
                };
                self.fields.insert(name.to_owned(), value);
            }
        }
    }
}

impl Visit for Members {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, cut(value.to_owned()).into());
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            // Writing to a string cannot fail.
            write!(text, ": {cause}").ok();
            source = cause.source();
        }
        self.insert(field, cut(text).into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, cut(format!("{value:?}")).into());
    }
}

/// Formats one line, with its newline. `members` has none of the four names that begin with `@`.
fn line(level: &str, message: &str, module: &str, mut members: Map<String, Value>) -> String {
    for (name, text) in [
        ("@level", level.to_owned()),
        ("@message", message.to_owned()),
        ("@module", module.to_owned()),
        (
            "@timestamp",
            jiff::Timestamp::now().strftime(TIMESTAMP).to_string(),
        ),
    ] {
        members.insert(name.to_owned(), Value::String(text));
    }
    let mut line = Value::Object(members).to_string();
    line.push('\n');
    line
}

/// Writes the line in one call, so that lines of several threads do not mix. A line that cannot be written is lost.
fn write_to_stderr(line: &str) {
    io::stderr().lock().write_all(line.as_bytes()).ok();
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        let end = text.floor_char_boundary(MAX_TEXT);
        let rest = text.len().saturating_sub(end);
        text.truncate(end);
        // Writing to a string cannot fail.
        write!(text, "… ({rest} bytes more)").ok();
    }
    text
}

const fn level_name(level: Level) -> &'static str {
    match level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;

    use super::*;

    const PLUGIN: Plugin = Plugin {
        name: "cloud",
        version: "1.0.0",
        source_address: "registry.terraform.io/example/cloud",
        repository: "https://example.com/cloud",
        logged: &[
            ("provider_cloud::parts::deep", Some("shallow")),
            ("provider_cloud", None),
            ("cloud_api", Some("api")),
        ],
    };

    /// Returns what is written while `log` runs, line by line.
    fn lines(level: LevelFilter, log: impl FnOnce()) -> Vec<Map<String, Value>> {
        let written = Arc::new(Mutex::new(String::new()));
        let sink = Arc::clone(&written);
        let layer = HclogLayer::new(PLUGIN, level, move |line: &str| {
            sink.lock().unwrap().push_str(line);
        });
        with_default(tracing_subscriber::registry().with(layer), log);
        let written = written.lock().unwrap();
        assert!(written.is_empty() || written.ends_with('\n'));
        written
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn a_log_line_has_the_hclog_members_and_the_fields() {
        let written = lines(LevelFilter::DEBUG, || {
            tracing::debug!(
                status = 404,
                took = 0.25,
                ok = false,
                big = u64::MAX,
                path = %"/ng/api",
                list = ?[1, 2],
                "answer \"received\"\n"
            );
        });
        let [line] = written.as_slice() else {
            panic!("{written:?}");
        };
        assert_eq!(line["@level"], "debug");
        assert_eq!(line["@message"], "answer \"received\"\n");
        let module = line["@module"].as_str().unwrap();
        assert_eq!(module, "cloud.tf_provider.plugin.log.tests");
        assert_eq!(line["status"], 404);
        assert_eq!(line["took"], 0.25);
        assert_eq!(line["ok"], false);
        assert_eq!(line["big"], u64::MAX);
        assert_eq!(line["path"], "/ng/api");
        assert_eq!(line["list"], "[1, 2]");
        assert_eq!(line.len(), 10);
    }

    #[test]
    fn the_modules_of_the_providers_crates_are_named_as_the_provider_says() {
        let written = lines(LevelFilter::INFO, || {
            tracing::info!(target: "provider_cloud", "");
            tracing::info!(target: "provider_cloud::widget::create", "");
            tracing::info!(target: "provider_cloud::parts::deep::bolt", "");
            tracing::info!(target: "provider_cloud::parts::deeper", "");
            tracing::info!(target: "cloud_api", "");
            tracing::info!(target: "cloud_api::client", "");
        });
        let modules: Vec<_> = written.iter().map(|line| &line["@module"]).collect();
        assert_eq!(
            modules,
            [
                "cloud",
                "cloud.widget.create",
                "cloud.shallow.bolt",
                "cloud.parts.deeper",
                "cloud.api",
                "cloud.api.client"
            ]
        );
    }

    #[test]
    fn the_timestamp_has_exactly_six_digits_of_a_second_and_an_offset() {
        for nanoseconds in [0, 1_000, 999_999_999] {
            let time = jiff::Timestamp::new(1_700_000_000, nanoseconds).unwrap();
            let text = time.strftime(TIMESTAMP).to_string();
            let fraction = text.strip_prefix("2023-11-14T22:13:20.").unwrap();
            let digits = fraction.strip_suffix('Z').unwrap();
            assert_eq!(digits.len(), 6, "{text}");
            assert_eq!(digits.parse(), Ok(nanoseconds / 1000), "{text}");
        }
    }

    #[test]
    fn fields_cannot_take_the_place_of_the_members_that_the_host_reads() {
        let written = lines(LevelFilter::INFO, || {
            let _span = tracing::info_span!("request", "@level" = 1, message = 2).entered();
            tracing::info!("@message" = 3, "@@timestamp" = "now", "@" = true, "text");
        });
        let line = &written[0];
        assert_eq!(line["@level"], "info");
        assert_eq!(line["@message"], "text");
        assert_eq!(line["level"], 1);
        assert_eq!(line["message"], 3);
        assert_eq!(line["timestamp"], "now");
        assert_eq!(line["field"], true);
        assert_ne!(line["@timestamp"], "now");
    }

    #[test]
    fn span_fields_are_merged_and_the_innermost_is_used() {
        let written = lines(LevelFilter::INFO, || {
            let outer = tracing::info_span!("rpc", rpc = "Plan", id = 1, at = "rpc");
            let _outer = outer.enter();
            let inner = tracing::info_span!(
                "request",
                id = 2,
                status = tracing::field::Empty,
                at = "request"
            );
            let _inner = inner.enter();
            inner.record("status", 200);
            tracing::info!(at = "event", "done");
        });
        let line = &written[0];
        assert_eq!(line["rpc"], "Plan");
        assert_eq!(line["id"], 2);
        assert_eq!(line["status"], 200);
        assert_eq!(line["at"], "event");
    }

    #[test]
    fn an_error_is_written_with_all_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot connect")]
        struct Outer(#[source] io::Error);
        let error: &(dyn Error + 'static) = &Outer(io::Error::other("refused"));
        let written = lines(LevelFilter::ERROR, || {
            tracing::error!(error, "failed");
        });
        assert_eq!(written[0]["error"], "cannot connect: refused");
    }

    #[test]
    fn long_texts_are_cut_at_a_character_and_say_how_much_is_missing() {
        let long = "ä".repeat(MAX_TEXT);
        let written = lines(LevelFilter::INFO, || {
            tracing::info!(body = %long, "{long}");
        });
        for member in ["body", "@message"] {
            let text = written[0][member].as_str().unwrap();
            assert!(text.len() < MAX_TEXT + 40);
            assert!(text.ends_with("ä… (16384 bytes more)"), "{member}");
        }
    }

    #[test]
    fn only_the_asked_levels_of_this_crate_are_written() {
        let log = || {
            tracing::error!("1");
            tracing::warn!("2");
            tracing::info!("3");
            tracing::debug!("4");
            tracing::trace!("5");
            tracing::error!(target: "h2::codec", "foreign");
            tracing::error!(target: concat!(env!("CARGO_CRATE_NAME"), "_other"), "foreign");
            tracing::error!(target: "cloud_api_other", "foreign");
        };
        for (level, expected) in [
            (LevelFilter::OFF, 0),
            (LevelFilter::ERROR, 1),
            (LevelFilter::WARN, 2),
            (LevelFilter::INFO, 3),
            (LevelFilter::DEBUG, 4),
            (LevelFilter::TRACE, 5),
        ] {
            let written = lines(level, log);
            let messages: Vec<_> = written.iter().map(|line| &line["@message"]).collect();
            assert_eq!(messages.len(), expected, "{level}: {messages:?}");
        }
    }

    #[test]
    fn the_most_particular_variable_decides_the_level() {
        type Vars = &'static [(&'static str, &'static str)];
        let rows: [(Vars, LevelFilter); 11] = [
            (&[], LevelFilter::ERROR),
            (&[("TF_LOG", "")], LevelFilter::ERROR),
            (&[("TF_LOG", "off")], LevelFilter::OFF),
            (&[("TF_LOG", "ERROR")], LevelFilter::ERROR),
            (&[("TF_LOG", "Warn")], LevelFilter::WARN),
            (&[("TF_LOG", "info")], LevelFilter::INFO),
            (&[("TF_LOG", "trace")], LevelFilter::TRACE),
            (&[("TF_LOG", "JSON")], LevelFilter::TRACE),
            (&[("TF_LOG", "loud")], LevelFilter::TRACE),
            (
                &[("TF_LOG", "trace"), ("TF_LOG_PROVIDER", "INFO")],
                LevelFilter::INFO,
            ),
            (
                &[
                    ("TF_LOG", "error"),
                    ("TF_LOG_PROVIDER", "INFO"),
                    ("TF_LOG_PROVIDER_MY_CLOUD", "debug"),
                ],
                LevelFilter::DEBUG,
            ),
        ];
        for (vars, expected) in rows {
            let variable = |name: &str| {
                let value = vars.iter().find(|(n, _)| *n == name);
                value.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(level_from_vars("my-cloud", variable), expected, "{vars:?}");
        }
    }
}
