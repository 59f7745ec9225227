//! The stock that lines bring.

use std::collections::HashMap;

use crate::domain::inventory::{StockEventKind, StockItem};
use crate::domain::shared::{Location, Sku, Version};
use crate::ports::store::StockMovement;

/// Movements of stock, and what they leave on hand. Each SKU is told at one location.
pub(super) struct StockPlan {
    location: Location,
    /// Whether known SKUs are set to what the lines say.
    set: bool,
    on_hand: HashMap<Sku, (i64, Option<Version>)>,
    movements: HashMap<usize, Vec<StockMovement>>,
}

impl StockPlan {
    /// A plan over the stock that is known at `location`.
    pub fn new(location: Location, set: bool, known: Vec<Vec<StockItem>>) -> Self {
        let here = known.into_iter().flatten().filter(|item| *item.location() == location);
        let on_hand =
            here.map(|item| (item.sku().clone(), (item.on_hand(), Some(item.version())))).collect();
        Self { location, set, on_hand, movements: HashMap::new() }
    }

    /// What a line says of the stock of `sku`, of the product that is planned at `index`; whether
    /// anything moves.
    pub fn tell(&mut self, index: usize, sku: &Sku, new_sku: bool, units: Option<i64>) -> bool {
        let Some(units) = units else { return false };
        if !new_sku && !self.set {
            return false;
        }
        let (on_hand, expected) =
            self.on_hand.get(sku).copied().unwrap_or((0, Some(Version::FIRST)));
        let delta = units.saturating_sub(on_hand);
        if delta == 0 {
            return false;
        }
        let kind =
            if new_sku && delta > 0 { StockEventKind::Received } else { StockEventKind::Adjusted };
        self.movements.entry(index).or_default().push(StockMovement {
            sku: sku.clone(),
            location: self.location.clone(),
            kind,
            quantity: delta,
            reason: Some("import".to_owned()),
            expected,
        });
        self.on_hand.insert(sku.clone(), (units, None));
        true
    }

    /// Takes the movements of the product that is planned at `index`, in the order they were told.
    pub fn take(&mut self, index: usize) -> Vec<StockMovement> {
        self.movements.remove(&index).unwrap_or_default()
    }
}
