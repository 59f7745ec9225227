//! Values that bodies of several contexts share: money and addresses, in and out.

use std::borrow::Cow;

use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat};
use utoipa::openapi::{RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::input::{CountryIn, CurrencyIn, In, Int, OptionalText, ShortText, text_schema};
use super::problem::{FieldProblem, Place, Problem};
use crate::domain::shared::{Address, AddressParts, Availability, Money};

/// An amount of money.
#[derive(Clone, Copy)]
pub struct MoneyBody(pub Money);

impl Serialize for MoneyBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Money", 2)?;
        object.serialize_field("amount", &self.0.amount())?;
        object.serialize_field("currency", self.0.currency().code())?;
        object.end()
    }
}

impl PartialSchema for MoneyBody {
    fn schema() -> RefOr<Schema> {
        let amount = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .description(Some("Minor units: cents, for dollars."));
        let currency = text_schema().description(Some("ISO 4217."));
        let object = ObjectBuilder::new()
            .property("amount", amount)
            .property("currency", currency)
            .required("amount")
            .required("currency")
            .description(Some("An amount of money."))
            .examples([serde_json::json!({"amount": 1999, "currency": "USD"})]);
        RefOr::T(Schema::Object(object.build()))
    }
}

impl ToSchema for MoneyBody {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Money")
    }
}

/// The largest amount that a request can name, in minor units: what numbers of JSON carry exactly
/// everywhere.
pub const MAX_AMOUNT: i64 = 9_007_199_254_740_991;

type AmountIn = Int<0, MAX_AMOUNT>;

/// An amount of money, not below zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MoneyInput)]
pub struct MoneyInput {
    /// Minor units: cents, for dollars.
    #[schema(example = 1999)]
    pub amount: AmountIn,
    /// ISO 4217.
    pub currency: CurrencyIn,
}

type PositiveAmount = Int<1, MAX_AMOUNT>;

/// An amount of money above zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PositiveMoneyInput)]
pub struct PositiveMoneyInput {
    /// Minor units: cents, for dollars.
    #[schema(example = 500)]
    pub amount: PositiveAmount,
    /// ISO 4217.
    pub currency: CurrencyIn,
}

impl PositiveMoneyInput {
    /// The amount.
    pub fn money(&self) -> Money {
        Money::new(self.amount.0, self.currency.0)
    }

    /// An amount as a request would name it.
    pub fn of(money: Money) -> Self {
        Self { amount: Int(money.amount()), currency: In(money.currency()) }
    }
}

impl MoneyInput {
    /// The amount.
    pub fn money(&self) -> Money {
        Money::new(self.amount.0, self.currency.0)
    }

    /// An amount as a request would name it.
    pub fn of(money: Money) -> Self {
        Self { amount: Int(money.amount()), currency: In(money.currency()) }
    }
}

/// Where something is sent or billed.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AddressInput)]
pub struct AddressInput {
    /// Who receives.
    #[schema(example = "Ada Buyer")]
    name: ShortText,
    /// The firm.
    company: Option<OptionalText>,
    /// Street and number.
    #[schema(example = "1 Main Street")]
    line1: ShortText,
    /// Flat, floor, building.
    line2: Option<OptionalText>,
    /// Town.
    #[schema(example = "Springfield")]
    city: ShortText,
    /// State or province.
    #[schema(example = "IL")]
    region: Option<OptionalText>,
    /// Empty in countries that have none.
    #[schema(example = "62701")]
    postal_code: OptionalText,
    /// ISO 3166.
    #[schema(example = "US")]
    country: CountryIn,
    /// For the carrier.
    phone: Option<OptionalText>,
}

impl AddressInput {
    /// The address; `pointer` is where it stands in the body.
    pub fn address(self, pointer: &str) -> Result<Address, Problem> {
        let parts = AddressParts {
            name: self.name.0,
            company: self.company.map(|text| text.0),
            line1: self.line1.0,
            line2: self.line2.map(|text| text.0),
            city: self.city.0,
            region: self.region.map(|text| text.0),
            postal_code: self.postal_code.0,
            country: self.country.0.as_str().to_owned(),
            phone: self.phone.map(|text| text.0),
        };
        Address::try_new(parts).map_err(|errors| {
            let place = |field: &str| Place::Body(format!("{pointer}/{field}"));
            Problem::invalid(
                errors
                    .into_iter()
                    .map(|(field, error)| FieldProblem {
                        place: place(field),
                        detail: error.to_string(),
                    })
                    .collect(),
            )
        })
    }
}

/// Where something is sent or billed.
#[derive(Serialize, ToSchema)]
#[schema(as = Address)]
pub struct AddressBody<'a> {
    name: &'a str,
    company: Option<&'a str>,
    line1: &'a str,
    line2: Option<&'a str>,
    city: &'a str,
    region: Option<&'a str>,
    postal_code: &'a str,
    country: &'a str,
    phone: Option<&'a str>,
}

impl<'a> From<&'a Address> for AddressBody<'a> {
    fn from(address: &'a Address) -> Self {
        let parts = address.parts();
        Self {
            name: &parts.name,
            company: parts.company.as_deref(),
            line1: &parts.line1,
            line2: parts.line2.as_deref(),
            city: &parts.city,
            region: parts.region.as_deref(),
            postal_code: &parts.postal_code,
            country: &parts.country,
            phone: parts.phone.as_deref(),
        }
    }
}

/// What a shopper is told of stock.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Availability)]
pub enum Band {
    /// Plenty.
    InStock,
    /// A few are left.
    LowStock,
    /// Can be bought; leaves when new stock comes.
    Backorder,
    /// None can be bought.
    OutOfStock,
}

impl From<Availability> for Band {
    fn from(availability: Availability) -> Self {
        match availability {
            Availability::InStock => Self::InStock,
            Availability::LowStock => Self::LowStock,
            Availability::Backorder => Self::Backorder,
            Availability::OutOfStock => Self::OutOfStock,
        }
    }
}
