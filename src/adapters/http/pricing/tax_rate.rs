use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::adapters::http::cart::percent;
use crate::adapters::http::input::{CountryIn, Decimal, In, Line, ShortText, TaxCategoryIn};
use crate::adapters::http::merge::Patchable;
use crate::app::pricing::TaxRateDraft;
use crate::domain::pricing::TaxRate;

type Rate = Decimal<4, false>;

/// A tax rate as staff write it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TaxRateInput)]
pub struct TaxRateInput {
    /// What shoppers see.
    #[schema(example = "Sales tax")]
    name: ShortText,
    /// Where it is due.
    #[schema(example = "US")]
    country: CountryIn,
    /// The one state or province where it is due; without it in the whole country.
    #[schema(example = "IL")]
    region: Option<ShortText>,
    /// The goods that it is due on; `standard` where absent.
    tax_category: Option<TaxCategoryIn>,
    /// Percent, with at most four decimal digits.
    #[schema(example = 8.875)]
    rate: Rate,
}

impl Patchable for TaxRateInput {}

impl From<TaxRateInput> for TaxRateDraft {
    fn from(input: TaxRateInput) -> Self {
        Self {
            name: input.name.0,
            country: input.country.0.as_str().to_owned(),
            region: input.region.map(|region| region.0),
            tax_category: input.tax_category.map(|category| category.0.as_str().to_owned()),
            rate: input.rate.0,
        }
    }
}

impl From<&TaxRate> for TaxRateInput {
    fn from(rate: &TaxRate) -> Self {
        let parts = rate.parts();
        Self {
            name: Line(parts.name.clone()),
            country: In(parts.country),
            region: parts.region.clone().map(Line),
            tax_category: Some(In(parts.category.clone())),
            rate: Decimal(parts.rate.to_string()),
        }
    }
}

/// A tax rate.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminTaxRate)]
pub struct AdminTaxRateBody<'a> {
    id: Uuid,
    /// How often it was saved.
    version: u64,
    name: &'a str,
    country: String,
    region: Option<&'a str>,
    tax_category: &'a str,
    /// Percent.
    rate: f64,
}

impl<'a> From<&'a TaxRate> for AdminTaxRateBody<'a> {
    fn from(rate: &'a TaxRate) -> Self {
        let parts = rate.parts();
        Self {
            id: rate.id().uuid(),
            version: rate.version().number(),
            name: &parts.name,
            country: parts.country.to_string(),
            region: parts.region.as_deref(),
            tax_category: parts.category.as_str(),
            rate: percent(parts.rate.millionths()),
        }
    }
}
