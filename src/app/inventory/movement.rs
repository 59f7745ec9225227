use super::InventoryService;
use crate::app::idempotency::{after_doubt, remember, replay};
use crate::app::{Answered, AppError, FieldError};
use crate::domain::inventory::{StockEvent, StockEventKind, StockItem};
use crate::domain::shared::{Location, Sku, Timestamp, Version};
use crate::ports::idempotency::{KeyClaim, Outcome, Refusal};
use crate::ports::store::{CommitError, Conflict, StockMovement, UnitOfWork, Write};

/// Units that staff move by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveStockCommand {
    /// What moves.
    pub sku: Sku,
    /// How many units; negative only for an adjustment, never 0.
    pub quantity: i64,
    /// Why.
    pub reason: Option<String>,
    /// Where; the shop's first location where absent.
    pub location: Option<Location>,
    /// The version the stock must still have.
    pub expected: Option<Version>,
}

impl InventoryService {
    /// The most units of one movement.
    pub const MAX_UNITS: i64 = 1_000_000_000;

    /// Units came in.
    pub async fn receive(
        &self,
        command: MoveStockCommand,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        if command.quantity < 1 {
            return Err(AppError::invalid("/quantity", "A receipt has at least one unit."));
        }
        self.move_stock(command, StockEventKind::Received, key).await
    }

    /// Someone counted.
    pub async fn adjust(
        &self,
        command: MoveStockCommand,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        if command.quantity == 0 {
            return Err(AppError::invalid("/quantity", "An adjustment moves at least one unit."));
        }
        self.move_stock(command, StockEventKind::Adjusted, key).await
    }

    async fn move_stock(
        &self,
        command: MoveStockCommand,
        kind: StockEventKind,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        let now = self.ports.clock.now();
        if let Some(answered) = replay(&self.ports, &key, now).await? {
            return Ok(answered);
        }
        if command.quantity.saturating_abs() > Self::MAX_UNITS {
            let detail = format!("At most {} units move at once.", Self::MAX_UNITS);
            return Err(AppError::invalid("/quantity", detail));
        }
        for _ in 0..self.config.max_retries {
            let levels = self.levels(&command.sku).await?;
            self.check_location(&command, &levels)?;
            match self.try_move(&command, kind, levels, &key, now).await {
                Ok(answered) => return Ok(answered),
                Err(CommitError::Refused(Conflict::Stale(_))) if command.expected.is_none() => {}
                // The version may be gone because the same request was here a moment ago.
                Err(CommitError::Refused(Conflict::Stale(_))) => {
                    let replayed = replay(&self.ports, &key, now).await?;
                    return replayed.ok_or(AppError::PreconditionFailed);
                }
                Err(CommitError::Refused(Conflict::KeyTaken)) => {
                    return replay(&self.ports, &key, now).await?.ok_or(AppError::InProgress);
                }
                Err(CommitError::Refused(Conflict::BelowZero { sku })) => {
                    let refusal = Refusal::StockBelowZero { sku: sku.as_str().to_owned() };
                    return remember(&self.ports, key, refusal, now).await;
                }
                Err(error) => return after_doubt(&self.ports, &key, error, now).await,
            }
        }
        Err(AppError::Contended("stock"))
    }

    /// Refuses a location that the shop does not have: what is mistyped would sell from nowhere.
    /// Where the SKU lies already, it can always be moved.
    fn check_location(
        &self,
        command: &MoveStockCommand,
        levels: &[StockItem],
    ) -> Result<(), AppError> {
        let Some(location) = &command.location else { return Ok(()) };
        let lies_there = levels.iter().any(|item| item.location() == location);
        if lies_there || self.config.locations().any(|known| known == location) {
            return Ok(());
        }
        let known: Vec<&str> = self.config.locations().map(Location::as_str).collect();
        let (code, known) = (location.as_str(), known.join(", "));
        let detail = format!("the shop has no location {code}; it has {known}");
        Err(AppError::Unknown(vec![FieldError::new("/location", detail)]))
    }

    /// Commits the movement on the stock as it was just read, so that the stored answer shows the
    /// very figures that the movement made.
    async fn try_move(
        &self,
        command: &MoveStockCommand,
        kind: StockEventKind,
        levels: Vec<StockItem>,
        key: &KeyClaim,
        now: Timestamp,
    ) -> Result<Answered, CommitError> {
        let location = command.location.clone().unwrap_or_else(|| self.config.location.clone());
        let at_location = levels.iter().find(|item| *item.location() == location);
        let seen = at_location.map(StockItem::version);
        if command.expected.is_some() && command.expected != seen {
            return Err(Conflict::Stale("stock").into());
        }
        let movement = StockMovement {
            sku: command.sku.clone(),
            location: location.clone(),
            kind,
            quantity: command.quantity,
            reason: command.reason.clone(),
            expected: Some(seen.unwrap_or(Version::FIRST)),
        };
        let after = moved(levels, &movement, now)
            .map_err(|_| Conflict::BelowZero { sku: command.sku.clone() })?;
        let outcome = Outcome::Stock(after);
        let writes = vec![
            Write::MoveStock(movement),
            Write::FinishKey { claim: key.clone(), outcome: outcome.clone() },
        ];
        self.ports.store.commit(UnitOfWork { at: now, writes }).await?;
        Ok(Answered::fresh(outcome))
    }
}

/// The levels after a movement; a location that is new to the SKU is added behind the others.
fn moved(
    levels: Vec<StockItem>,
    movement: &StockMovement,
    at: Timestamp,
) -> Result<Vec<StockItem>, crate::domain::inventory::StockError> {
    let event = StockEvent {
        sku: movement.sku.clone(),
        location: movement.location.clone(),
        kind: movement.kind,
        quantity: movement.quantity,
        order: None,
        reason: movement.reason.clone(),
        at,
    };
    let policy = levels.first().map(StockItem::policy).unwrap_or_default();
    let known = levels.iter().any(|item| *item.location() == movement.location);
    let mut after = Vec::with_capacity(levels.len() + 1);
    for item in levels {
        let here = *item.location() == movement.location;
        after.push(if here { item.book(&event)? } else { item });
    }
    if !known {
        let fresh = StockItem::new(movement.sku.clone(), movement.location.clone(), policy);
        after.push(fresh.book(&event)?);
    }
    Ok(after)
}
