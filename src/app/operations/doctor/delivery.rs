//! Whether everyone hears of every event: the end of the log, events without a place in it, and its
//! consumers.

use super::look::{Subject, Suspects};
use super::report::Cure;
use super::{Doctor, Finding, Progress, Report, count};
use crate::app::AppError;
use crate::ports::PortError;
use crate::ports::events::Consumer;
use crate::ports::store::Write;
use crate::ports::upkeep::{Leased, LogEnd, Repair};

/// How many events are looked at at once: each takes two looks into an index, and none is read.
const EVENTS: usize = 2_000;

const MEND_END: &str = "no event gets a position, so that nobody hears of any: set it to that";
const MEND_LOST: &str = "nobody ever hears of them: put them into the outbox";
const MEND_POSITION: &str = "it hears of nothing until the log is that long: set it back";
const MEND_LEASE: &str = "it hears of nothing until then: end its lease";

impl Doctor {
    /// Looks whether events get positions, whether each has one or waits for it, and who hears of
    /// them; whether any is lost. What a consumer passed over cannot be told; counts that follow
    /// from it are held against the facts like all others.
    pub(super) async fn delivery(
        &self,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<bool, AppError> {
        let mut suspects = Suspects::default();
        suspects.add(Subject::LogEnd, self.look_at_log_end().await?);
        suspects.add(Subject::Consumers, self.look_at_consumers().await?);
        self.confirm(suspects, report).await?;
        self.events_of_log(report, progress).await
    }

    pub(super) async fn look_at_log_end(&self) -> Result<Option<Finding>, PortError> {
        let end = self.ports.upkeep.log_end().await?;
        Ok(behind(end))
    }

    pub(super) async fn look_at_consumers(&self) -> Result<Vec<Finding>, PortError> {
        let stuck = self.ports.upkeep.stuck_consumers(self.ports.clock.now()).await?;
        // The log only grows, so that none is before its end that was read later.
        let consumers = self.ports.events.consumers().await?;
        let end = self.ports.upkeep.log_end().await?.position();
        let beyond = consumers.into_iter().filter(|consumer| consumer.position > end);
        let beyond = beyond.map(|consumer| set_back(consumer, end));
        Ok(beyond.chain(stuck.into_iter().map(freed)).collect())
    }

    async fn events_of_log(
        &self,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<bool, AppError> {
        let (mut any, mut looked, mut after) = (false, 0, None);
        loop {
            let page = self.ports.upkeep.lost_events(after, EVENTS).await?;
            any |= !page.lost.is_empty();
            let mut suspects = Suspects::default();
            suspects.add(Subject::Events(after), unheard(page.lost));
            self.confirm(suspects, report).await?;
            count(&mut looked, page.events);
            progress("events", looked);
            after = page.next;
            if after.is_none() {
                return Ok(any);
            }
        }
    }

    /// Looks again at the events behind a number.
    pub(super) async fn look_at_events(
        &self,
        after: Option<u64>,
    ) -> Result<Option<Finding>, PortError> {
        Ok(unheard(self.ports.upkeep.lost_events(after, EVENTS).await?.lost))
    }
}

/// An end of the log before its last event. One behind it is right: events may have been dropped.
pub(super) fn behind(end: LogEnd) -> Option<Finding> {
    end.is_behind().then(|| {
        let LogEnd { head, last } = end;
        let expected = format!("{last}, the position of the last event");
        let cure = Cure::of(Repair::Head { found: head, told: last });
        Finding::new("end of the log", expected, head, MEND_END).mended_by(cure)
    })
}

/// Events of one look that nobody would ever hear of.
pub(super) fn unheard(lost: Vec<u64>) -> Option<Finding> {
    let (first, last) = (*lost.first()?, *lost.last()?);
    let what = match lost.len() {
        1 => format!("delivery of event {first}"),
        _ => format!("delivery of events from {first} to {last}"),
    };
    let found = format!("{} with neither", lost.len());
    let cure = Cure::of(Repair::Events { lost });
    let expected = "each with a position, or waiting for one";
    Some(Finding::new(what, expected, found, MEND_LOST).mended_by(cure))
}

/// A consumer beyond the end of the log.
fn set_back(consumer: Consumer, end: u64) -> Finding {
    let Consumer { name: consumer, position: from } = consumer;
    let what = format!("position of the consumer {consumer}");
    let expected = format!("at most {end}, the last event");
    let back = Write::AdvanceConsumer { consumer, from, to: end, park: Vec::new() };
    Finding::new(what, expected, from, MEND_POSITION).mended_by(Cure::by(back))
}

/// A consumer that nobody may serve for days, but who has it.
fn freed(consumer: String) -> Finding {
    let what = format!("lease of the consumer {consumer}");
    let cure = Cure::of(Repair::Lease { of: Leased::Consumer(consumer) });
    Finding::new(what, "one for seconds", "one for days", MEND_LEASE).mended_by(cure)
}
