use crate::domain::shared::{LineId, ProductId, Quantity, Sku, VariantId};

/// One line of a cart: a variant and how many of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartLine {
    /// Its id, equal to the variant's while lines have no properties.
    pub id: LineId,
    /// What is bought.
    pub variant: VariantId,
    /// The product it belongs to.
    pub product: ProductId,
    /// The SKU when it was added.
    pub sku: Sku,
    /// The title when it was added: what the line is called where the product is gone.
    pub title: String,
    /// How many units.
    pub quantity: Quantity,
}
