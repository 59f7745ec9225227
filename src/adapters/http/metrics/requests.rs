use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::{Method, StatusCode};

use super::text::{Kind, Text};
use crate::adapters::http::access::{Route, Table};

/// The bounds of the histogram, in microseconds, and as they are told.
const BOUNDS: [(u64, &str); 6] = [
    (1_000, "0.001"),
    (5_000, "0.005"),
    (25_000, "0.025"),
    (100_000, "0.1"),
    (500_000, "0.5"),
    (2_500_000, "2.5"),
];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// How many requests there were and how long they took, by operation and class of status. A request
/// costs two additions.
pub struct Requests {
    /// One of each operation of the table, by its number, behind one of what is none.
    operations: Vec<[Slot; 5]>,
    limited: AtomicU64,
}

#[derive(Default)]
struct Slot {
    /// One for each bound, and one beyond the last.
    counts: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Requests {
    /// None yet, of the operations of `table`.
    pub fn of(table: &Table) -> Self {
        let operations = (0..=table.operations()).map(|_| <[Slot; 5]>::default()).collect();
        Self { operations, limited: AtomicU64::new(0) }
    }

    /// Counts a request that was answered.
    pub fn count(
        &self,
        (route, method): (Option<&Route>, &Method),
        status: StatusCode,
        took: Duration,
    ) {
        // The front asks for HEAD what it asks for GET.
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        let operation = route.and_then(|route| route.operation(method));
        let number = operation.map_or(0, |operation| operation.number + 1);
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        let slot = self.operations.get(number).and_then(|classes| classes.get(class));
        let Some(slot) = slot else { return };
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|(most, _)| micros <= *most).unwrap_or(BOUNDS.len());
        slot.counts[bucket].fetch_add(1, Ordering::Relaxed);
        slot.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Counts a request that was refused because its client asks too often.
    pub fn count_limited(&self) {
        self.limited.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells all, but for what never happened.
    pub fn write(&self, table: &Table, text: &mut Text) {
        let name = "ecicomm_rate_limited_requests_total";
        text.family(name, Kind::Counter, "Requests refused because their client asks too often.");
        text.sample(name, &[], self.limited.load(Ordering::Relaxed));
        let name = "ecicomm_http_request_duration_seconds";
        text.family(name, Kind::Histogram, "How long requests took until their answer began.");
        let nothing = ("other", "unknown");
        for (number, classes) in self.operations.iter().enumerate() {
            let operation = number.checked_sub(1).and_then(|number| table.operation(number));
            let (method, route) = operation.unwrap_or(nothing);
            for (slot, class) in classes.iter().zip(CLASSES) {
                slot.write(&[("method", method), ("route", route), ("status", class)], text);
            }
        }
    }
}

impl Slot {
    fn write(&self, labels: &[(&str, &str); 3], text: &mut Text) {
        let counts = self.counts.each_ref().map(|count| count.load(Ordering::Relaxed));
        if counts.iter().all(|count| *count == 0) {
            return;
        }
        let [method, route, status] = *labels;
        let bounds = BOUNDS.iter().map(|(_, bound)| *bound).chain(["+Inf"]);
        let mut sum = 0_u64;
        for (count, bound) in counts.iter().zip(bounds) {
            sum = sum.saturating_add(*count);
            let labels = [method, route, status, ("le", bound)];
            text.sample("ecicomm_http_request_duration_seconds_bucket", &labels, sum);
        }
        let micros = self.micros.load(Ordering::Relaxed);
        let seconds = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        text.sample("ecicomm_http_request_duration_seconds_sum", labels, seconds);
        text.sample("ecicomm_http_request_duration_seconds_count", labels, sum);
    }
}
