//! Structured logs: text on a terminal, JSON lines otherwise; spans go to an
//! OTLP collector when one is configured.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, WithExportConfig as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use std::io::IsTerminal as _;
use tracing_subscriber::{
    EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// Holds what must be flushed when the daemon ends.
#[derive(Debug, Default)]
pub struct Logs {
    provider: Option<SdkTracerProvider>,
}

/// Starts logging to standard error.
///
/// `filter` is in the syntax of `RUST_LOG` (`info,channelhub=debug`).
/// `otlp_endpoint` is a collector's HTTP base, `http://127.0.0.1:4318`.
///
/// # Errors
///
/// A text when the exporter cannot be built from `otlp_endpoint`.
pub fn start(filter: &str, otlp_endpoint: Option<&str>) -> Result<Logs, String> {
    let filter = EnvFilter::try_new(filter).map_err(|fault| format!("log filter: {fault}"))?;
    let provider = otlp_endpoint.map(exporter).transpose()?;
    let spans = provider
        .as_ref()
        .map(|it| tracing_opentelemetry::layer().with_tracer(it.tracer("channelhub")));
    let lines = if std::io::stderr().is_terminal() {
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).boxed()
    } else {
        tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(std::io::stderr)
            .boxed()
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(spans)
        .with(lines)
        .try_init()
        .map_err(|fault| fault.to_string())?;
    Ok(Logs { provider })
}

fn exporter(endpoint: &str) -> Result<SdkTracerProvider, String> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpJson)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .map_err(|fault| format!("OTLP exporter: {fault}"))?;
    let resource = Resource::builder().with_service_name("channelhub").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

impl Drop for Logs {
    fn drop(&mut self) {
        if let Some(provider) = self.provider.take()
            && let Err(fault) = provider.shutdown()
        {
            eprintln!("channelhub: last spans were not exported: {fault}");
        }
    }
}

/// Makes `span` a child of the caller's span, when it sent a `traceparent`
/// (W3C Trace Context).
pub fn follow(span: &tracing::Span, traceparent: Option<&str>) {
    use opentelemetry::trace::TraceContextExt as _;
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;
    let Some(context) = traceparent.and_then(parse_traceparent) else { return };
    let parent = opentelemetry::Context::new().with_remote_span_context(context);
    // Without an OTLP layer there is nothing that could follow; the header
    // itself is passed on with the event in any case.
    let _without_layer = span.set_parent(parent);
}

/// `00-{32 hex}-{16 hex}-{2 hex}`; anything else is no context.
fn parse_traceparent(text: &str) -> Option<opentelemetry::trace::SpanContext> {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
    let mut parts = text.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version != "00" || parts.next().is_some() || trace.len() != 32 || span.len() != 16 {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(flags),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}
