use std::sync::Arc;

use super::CartService;
use super::change::refused;
use crate::app::AppError;
use crate::domain::cart::{Cart, CartLine};
use crate::domain::shared::{CartId, LineId, Quantity, Sku, VariantId, Version};
use crate::ports::cart::{CartView, LineProblem};
use crate::ports::catalog::ProductView;
use crate::ports::idempotency::Refusal;

/// What is put into a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemRef {
    /// By its SKU.
    Sku(Sku),
    /// By its variant.
    Variant(VariantId),
}

/// Units put into a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddItem {
    /// What.
    pub what: ItemRef,
    /// How many.
    pub quantity: Quantity,
}

impl CartService {
    /// Puts units in; a line that has the variant is raised. Refused where the whole quantity of
    /// the SKU in the cart cannot be had.
    pub async fn add(
        &self,
        id: CartId,
        item: AddItem,
        expected: Option<Version>,
    ) -> Result<Arc<CartView>, AppError> {
        let line = self.line_of(item).await?;
        let variant = line.variant;
        self.change(
            id,
            expected,
            |cart, now| cart.add(line.clone(), now).map_err(refused),
            |_, view, _| buyable(view, variant),
        )
        .await
    }

    /// Sets a line's units. Raising them is refused where they cannot be had; lowering never is.
    pub async fn set_quantity(
        &self,
        id: CartId,
        variant: VariantId,
        quantity: Quantity,
        expected: Option<Version>,
    ) -> Result<Arc<CartView>, AppError> {
        let line = LineId::new(variant.uuid());
        self.change(
            id,
            expected,
            |cart, now| cart.set_quantity(line, quantity, now).map_err(refused),
            |before, view, _| {
                if raises(before, variant, quantity) { buyable(view, variant) } else { Ok(()) }
            },
        )
        .await
    }

    /// Takes a line out.
    pub async fn remove(
        &self,
        id: CartId,
        variant: VariantId,
        expected: Option<Version>,
    ) -> Result<Arc<CartView>, AppError> {
        let line = LineId::new(variant.uuid());
        self.change(
            id,
            expected,
            |cart, now| cart.remove(line, now).map_err(refused),
            |_, _, _| Ok(()),
        )
        .await
    }

    async fn line_of(&self, item: AddItem) -> Result<CartLine, AppError> {
        let (named, found) = match &item.what {
            ItemRef::Sku(sku) => {
                let views = self.ports.storefront.by_skus(std::slice::from_ref(sku)).await?;
                (sku.as_str().to_owned(), views.into_iter().next().flatten())
            }
            ItemRef::Variant(id) => {
                let views = self.ports.storefront.by_variants(&[*id]).await?;
                (id.to_string(), views.into_iter().next().flatten())
            }
        };
        let line = found.and_then(|view| line_in(&view, &item));
        line.ok_or_else(|| AppError::refused(Refusal::ProductUnavailable { sku: named }))
    }
}

fn line_in(view: &ProductView, item: &AddItem) -> Option<CartLine> {
    let product = &view.product;
    let variant = match &item.what {
        ItemRef::Sku(sku) => product.variant_by_sku(sku)?,
        ItemRef::Variant(id) => product.variant(*id)?,
    };
    Some(CartLine {
        id: LineId::new(variant.id.uuid()),
        variant: variant.id,
        product: product.id(),
        sku: variant.sku.clone(),
        title: product.content().name.as_str().to_owned(),
        quantity: item.quantity,
    })
}

fn raises(before: &Cart, variant: VariantId, quantity: Quantity) -> bool {
    before.line(variant).is_some_and(|line| quantity > line.quantity)
}

fn buyable(view: &CartView, variant: VariantId) -> Result<(), AppError> {
    let Some(line) = view.lines.iter().find(|line| line.line.variant == variant) else {
        return Ok(());
    };
    line.problem.map_or(Ok(()), |problem| {
        Err(AppError::refused(refusal_of(line.line.sku.as_str(), problem)))
    })
}

/// What a line's problem means for who wants to buy it.
pub(in crate::app) fn refusal_of(sku: &str, problem: LineProblem) -> Refusal {
    let sku = sku.to_owned();
    match problem {
        LineProblem::InsufficientStock { available } => {
            Refusal::InsufficientStock { sku, available }
        }
        LineProblem::Unavailable | LineProblem::NoPrice => Refusal::ProductUnavailable { sku },
    }
}
