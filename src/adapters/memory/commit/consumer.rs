use super::{Draft, unchanged};
use crate::adapters::memory::state::ConsumerRow;
use crate::domain::shared::Version;
use crate::ports::events::ParkedEvent;
use crate::ports::store::{Conflict, ParkedOutcome};

impl Draft<'_> {
    pub(super) fn advance_consumer(
        &mut self,
        consumer: String,
        (from, to): (u64, u64),
        park: Vec<ParkedEvent>,
    ) -> Result<(), Conflict> {
        let row = self.state.log.consumers.get(&consumer).cloned();
        let here = row.as_ref().map(|row| Version::new(row.position));
        unchanged("consumer", here, Some(Version::new(from)))?;
        let row = ConsumerRow { position: to, lease: row.and_then(|row| row.lease) };
        for parked in park {
            self.keep_parked(&consumer, parked);
        }
        self.state.log.consumers.insert_mut(consumer, row);
        Ok(())
    }

    pub(super) fn settle_parked(
        &mut self,
        consumer: String,
        position: u64,
        outcome: ParkedOutcome,
    ) -> Result<(), Conflict> {
        let (log, id) = (&mut self.state.log, (consumer, position));
        let Some(parked) = log.parked.get(&id).or_else(|| log.dead.get(&id)).cloned() else {
            return Err(Conflict::Stale("parked event"));
        };
        log.parked.remove_mut(&id);
        log.dead.remove_mut(&id);
        let settled = match outcome {
            ParkedOutcome::Done => return Ok(()),
            ParkedOutcome::Retry { attempts, due, reason } => {
                ParkedEvent { attempts, due, reason, dead: false, ..parked }
            }
            ParkedOutcome::Dead { reason } => ParkedEvent { reason, dead: true, ..parked },
            ParkedOutcome::Replay => {
                ParkedEvent { attempts: 0, due: self.at(), dead: false, ..parked }
            }
        };
        self.keep_parked(&id.0, settled);
        Ok(())
    }

    fn keep_parked(&mut self, consumer: &str, parked: ParkedEvent) {
        let id = (consumer.to_owned(), parked.event.position);
        let log = &mut self.state.log;
        let kept = if parked.dead { &mut log.dead } else { &mut log.parked };
        kept.insert_mut(id, parked);
    }
}
