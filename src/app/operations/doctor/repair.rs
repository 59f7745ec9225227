//! Mending what the facts prove.

use std::collections::BTreeMap;

use super::{Doctor, Finding, Progress, Report};
use crate::app::AppError;
use crate::ports::store::{CommitError, Conflict, UnitOfWork};

/// Told of every finding that was mended.
pub type Mended<'a> = &'a mut (dyn FnMut(&Finding) + Send);

/// How mending went.
#[derive(Debug)]
pub struct Repaired {
    /// What was found before anything was mended.
    pub before: Report,
    /// What is found now.
    pub after: Report,
    /// How much was mended.
    pub mended: u64,
    /// Why what is left was not mended though it could be, by what it is of: the shop moved, or the
    /// store failed.
    pub refused: BTreeMap<String, CommitError>,
}

/// What became of the cures of one report.
#[derive(Default)]
struct Round {
    mended: u64,
    refused: BTreeMap<String, CommitError>,
}

impl Doctor {
    /// The most rounds of looking and mending. Each mends as many findings as a report tells.
    const MAX_ROUNDS: usize = 100;
    /// How many rounds may mend nothing, before what is left is a person's to look at.
    const FRUITLESS: usize = 3;

    /// Mends what the facts prove, and examines the shop until nothing more can be. A repair applies
    /// only where what it mends is as it was found and the facts still tell the same; where the shop
    /// moved meanwhile it is refused, and looked at anew. One that the store fails at holds up no
    /// other. An error says that the store could not be read: what was mended by then stays so.
    pub async fn repair(
        &self,
        progress: Progress<'_>,
        told: Mended<'_>,
    ) -> Result<Repaired, AppError> {
        let before = self.examine(progress).await?;
        let (mut after, mut mended, mut fruitless) = (before.clone(), 0_u64, 0);
        let mut refused = BTreeMap::new();
        for _ in 0..Self::MAX_ROUNDS {
            let round = self.mend(&after, told).await;
            mended = mended.saturating_add(round.mended);
            fruitless = if round.mended == 0 { fruitless + 1 } else { 0 };
            let moved = |why: &CommitError| matches!(why, CommitError::Refused(Conflict::Stale(_)));
            let hopeless = round.mended == 0 && !round.refused.values().any(moved);
            refused = round.refused;
            if hopeless || fruitless >= Self::FRUITLESS {
                break;
            }
            after = self.examine(progress).await?;
        }
        Ok(Repaired { before, after, mended, refused })
    }

    /// Applies the cures of a report.
    async fn mend(&self, report: &Report, told: Mended<'_>) -> Round {
        let mut round = Round::default();
        for finding in &report.findings {
            let Some(cure) = &finding.cure else { continue };
            let mut applied = false;
            for write in cure.0.iter() {
                let unit = UnitOfWork::of(self.ports.clock.now(), write.clone());
                match self.ports.store.commit(unit).await {
                    Ok(()) => applied = true,
                    Err(why) => {
                        if let CommitError::Port(error) = &why {
                            let what = &finding.what;
                            tracing::error!(what, %error, "the store failed at a repair");
                        }
                        round.refused.insert(finding.what.clone(), why);
                    }
                }
            }
            if applied {
                let Finding { what, expected, found, .. } = finding;
                tracing::warn!(what, found, expected, "the doctor mended what the facts prove");
                round.mended = round.mended.saturating_add(1);
                told(finding);
            }
        }
        round
    }
}
