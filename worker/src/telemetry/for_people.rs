//! The fields of spans and events as people read them.

use std::{error::Error, fmt};

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::{MakeVisitor, VisitFmt, VisitOutput},
    fmt::format::{DefaultFields, DefaultVisitor, Writer},
};

use crate::trace::FOR_TRACES;

/// Writes fields as usual, but for those that are for OpenTelemetry alone.
#[derive(Debug, Default)]
pub(super) struct ForPeople(DefaultFields);

#[derive(Debug)]
pub(super) struct Visitor<'a>(DefaultVisitor<'a>);

impl<'a> MakeVisitor<Writer<'a>> for ForPeople {
    type Visitor = Visitor<'a>;

    fn make_visitor(&self, target: Writer<'a>) -> Visitor<'a> {
        Visitor(self.0.make_visitor(target))
    }
}

fn is_for_people(field: &Field) -> bool {
    let name = field.name();
    !FOR_TRACES.iter().any(|prefix| name.starts_with(prefix))
}

impl Visit for Visitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if is_for_people(field) {
            self.0.record_debug(field, value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if is_for_people(field) {
            self.0.record_str(field, value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        if is_for_people(field) {
            self.0.record_error(field, value);
        }
    }
}

impl VisitOutput<fmt::Result> for Visitor<'_> {
    fn finish(self) -> fmt::Result {
        self.0.finish()
    }
}

impl VisitFmt for Visitor<'_> {
    fn writer(&mut self) -> &mut dyn fmt::Write {
        self.0.writer()
    }
}
