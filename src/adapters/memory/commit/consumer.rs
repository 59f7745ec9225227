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
            self.state.log.put_parked(&consumer, parked);
        }
        self.state.log.put_consumer(consumer, row);
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
        log.remove_parked(&id);
        let settled = match outcome {
            ParkedOutcome::Done => return Ok(()),
            ParkedOutcome::Retry { attempts, due, reason } => {
                ParkedEvent { attempts, due, reason, dead: false, ..parked }
            }
            ParkedOutcome::Dead { attempts, reason } => {
                ParkedEvent { attempts, reason, dead: true, ..parked }
            }
            ParkedOutcome::Replay => {
                ParkedEvent { attempts: 0, due: self.at(), dead: false, ..parked }
            }
        };
        self.state.log.put_parked(&id.0, settled);
        Ok(())
    }
}
