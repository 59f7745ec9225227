use super::Draft;
use crate::ports::idempotency::{KeyClaim, KeyId, KeyRow, KeyState, Outcome};
use crate::ports::store::Conflict;

impl Draft<'_> {
    pub(super) fn claim_key(&mut self, row: KeyRow) -> Result<(), Conflict> {
        if self.state.keys.live(&row.claim.id, self.at()).is_some() {
            return Err(Conflict::KeyTaken);
        }
        self.state.keys.put(row);
        Ok(())
    }

    pub(super) fn finish_key(&mut self, claim: KeyClaim, outcome: Outcome) -> Result<(), Conflict> {
        self.claim_key(KeyRow { claim, state: KeyState::Done(outcome), at: self.at() })
    }

    pub(super) fn prune_keys(&mut self, most: usize) {
        let now = self.at();
        let past: Vec<KeyId> = self.state.keys.expired(now).take(most).cloned().collect();
        for id in past {
            self.state.keys.remove(&id);
        }
    }
}
