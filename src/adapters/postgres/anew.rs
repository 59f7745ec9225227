use uuid::Uuid;

use crate::domain::shared::ProductId;
use crate::ports::PortError;

/// What a transaction showed anew.
#[derive(Debug, PartialEq, Eq)]
pub enum Anew {
    /// These products.
    Products(Vec<ProductId>),
    /// So many that they are not told one by one, or categories, or rules of prices.
    All,
}

impl Default for Anew {
    fn default() -> Self {
        Self::Products(Vec::new())
    }
}

impl Anew {
    /// As `tell_shown` in `migrations/` tells it.
    pub fn told(text: Option<&str>) -> Result<Self, PortError> {
        match text.unwrap_or_default() {
            "" => Ok(Self::default()),
            "all" => Ok(Self::All),
            ids => {
                let id = |text| Uuid::parse_str(text).map(ProductId::new);
                let ids: Result<_, _> = ids.split(',').map(id).collect();
                ids.map(Self::Products).map_err(PortError::corrupt)
            }
        }
    }
}
