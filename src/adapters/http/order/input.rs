use serde::Deserialize;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::adapters::http::input::{
    CartIdIn, EmailIn, Int, Line, List, QuantityIn, Reason, ShippingCodeIn, ShortText, SkuIn, some,
    text_schema,
};
use crate::adapters::http::problem::Problem;
use crate::adapters::http::values::{AddressInput, MoneyInput, PositiveMoneyInput};
use crate::app::order::{BasketSource, PlaceOrderCommand, UnitsBySku};
use crate::domain::cart::Cart;
use crate::domain::order::{PaymentMethod, Resolution};
use crate::domain::shared::{Quantity, Sku, Version};

type Lines = List<LineInput, 1, { Cart::MAX_LINES }>;
type CartVersion = Int<1, { i64::MAX }>;
type Token = Line<200>;
type NoteText = Line<2_000>;

/// An order to be placed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderInput {
    #[serde(default, deserialize_with = "some")]
    cart_id: Option<CartIdIn>,
    #[serde(default, deserialize_with = "some")]
    lines: Option<Lines>,
    cart_version: Option<CartVersion>,
    expected_total: Option<MoneyInput>,
    email: EmailIn,
    shipping_address: Option<AddressInput>,
    billing_address: Option<AddressInput>,
    shipping_option: Option<ShippingCodeIn>,
    payment: PaymentInput,
}

/// How an order is paid.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentInput {
    method: MethodInput,
    #[serde(default, deserialize_with = "some")]
    token: Option<Token>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum MethodInput {
    Card,
    Invoice,
}

/// Some units of a SKU.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LineInput)]
pub struct LineInput {
    sku: SkuIn,
    #[schema(example = 1)]
    quantity: QuantityIn,
}

/// Why an order is called off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CancelInput)]
pub struct CancelInput {
    #[schema(example = "changed my mind")]
    pub reason: Reason,
}

/// What is sent back, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReturnInput)]
pub struct ReturnInput {
    #[schema(example = "too bright")]
    pub reason: Reason,
    /// All that was shipped where absent.
    pub lines: Option<Lines>,
}

/// What is handed to a carrier.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShipmentInput)]
pub struct ShipmentInput {
    /// All that is left where absent.
    pub lines: Option<Lines>,
    #[schema(example = "DHL")]
    pub carrier: Option<ShortText>,
    /// What the parcel is followed by.
    pub tracking: Option<ShortText>,
}

/// How a return is taken in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReceiveReturnInput)]
pub struct ReceiveReturnInput {
    /// Whether its units go back on sale; true where absent.
    pub restock: Option<bool>,
}

/// Money to pay back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RefundInput)]
pub struct RefundInput {
    pub amount: PositiveMoneyInput,
    pub reason: Option<Reason>,
}

/// What to do about a refund that the provider refuses.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResolveRefundInput)]
pub struct ResolveRefundInput {
    pub resolution: ResolutionInput,
}

/// How.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RefundResolution)]
pub enum ResolutionInput {
    /// The provider is asked again.
    Retry,
    /// The money went back by another way, as by bank transfer.
    Paid,
    /// Nothing goes back. Refused for an order that never stood: its money is not the shop's to
    /// keep.
    Dropped,
}

impl From<ResolutionInput> for Resolution {
    fn from(input: ResolutionInput) -> Self {
        match input {
            ResolutionInput::Retry => Self::Retry,
            ResolutionInput::Paid => Self::Paid,
            ResolutionInput::Dropped => Self::Drop,
        }
    }
}

/// Something to write down.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoteInput)]
pub struct NoteInput {
    #[schema(example = "Asked for gift wrapping.")]
    pub text: NoteText,
}

/// A body that says nothing, for operations that need nothing said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Empty)]
pub struct EmptyInput {}

impl TryFrom<OrderInput> for PlaceOrderCommand {
    type Error = Problem;

    fn try_from(input: OrderInput) -> Result<Self, Problem> {
        let source = match (input.cart_id, input.lines, input.cart_version) {
            (Some(cart), None, version) => BasketSource::Cart {
                id: cart.0,
                version: version.and_then(|v| u64::try_from(v.0).ok()).map(Version::new),
            },
            (None, Some(lines), None) => BasketSource::Lines(units(lines, "/lines")?),
            (None, Some(_), Some(_)) => {
                return Err(Problem::at("/cart_version", "must be absent without a cart_id"));
            }
            _ => return Err(Problem::at("", "must have a cart_id or lines, and not both")),
        };
        let address = |given: Option<AddressInput>, pointer: &str| {
            given.map(|address| address.address(pointer)).transpose()
        };
        Ok(Self {
            source,
            expected_total: input.expected_total.as_ref().map(MoneyInput::money),
            email: input.email.0,
            shipping_address: address(input.shipping_address, "/shipping_address")?,
            billing_address: address(input.billing_address, "/billing_address")?,
            shipping_option: input.shipping_option.map(|code| code.0),
            method: input.payment.try_into()?,
            customer: None,
        })
    }
}

impl TryFrom<PaymentInput> for PaymentMethod {
    type Error = Problem;

    fn try_from(input: PaymentInput) -> Result<Self, Problem> {
        match (input.method, input.token) {
            (MethodInput::Card, Some(token)) => Ok(Self::Card { token: token.0 }),
            (MethodInput::Card, None) => {
                Err(Problem::at("/payment/token", "must be there to pay by card"))
            }
            (MethodInput::Invoice, None) => Ok(Self::Invoice),
            (MethodInput::Invoice, Some(_)) => {
                Err(Problem::at("/payment/token", "must be absent to pay on an invoice"))
            }
        }
    }
}

/// The units of several lines.
pub fn units(lines: Lines, pointer: &str) -> Result<UnitsBySku, Problem> {
    let unit = |(index, line): (usize, LineInput)| -> Result<(Sku, Quantity), Problem> {
        let quantity = Quantity::try_new(line.quantity.0).map_err(|error| {
            Problem::at(format!("{pointer}/{index}/quantity"), error.to_string())
        })?;
        Ok((line.sku.0, quantity))
    };
    lines.0.into_iter().enumerate().map(unit).collect()
}

/// How the document describes an order to be placed: from a cart, or from lines.
pub struct OrderSchema;

impl PartialSchema for OrderSchema {
    fn schema() -> RefOr<Schema> {
        let from_cart = common()
            .property("cart_id", CartIdIn::schema())
            .property("cart_version", nullable(CartVersion::schema()))
            .required("cart_id");
        let from_lines = common().property("lines", Lines::schema()).required("lines");
        let either = OneOfBuilder::new()
            .item(from_cart)
            .item(from_lines)
            .description(Some(
                "An order to be placed, from a cart or from lines. `expected_total` and \
                 `cart_version` say what the buyer saw: where the order would differ it is refused \
                 as `cart_changed`. Without addresses and option the cart's count.",
            ))
            .examples([example()]);
        RefOr::T(Schema::OneOf(either.build()))
    }
}

impl ToSchema for OrderSchema {
    fn name() -> std::borrow::Cow<'static, str> {
        "OrderInput".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        LineInput::schemas(schemas);
        MoneyInput::schemas(schemas);
        AddressInput::schemas(schemas);
        schemas.push((LineInput::name().into_owned(), LineInput::schema()));
        schemas.push((MoneyInput::name().into_owned(), MoneyInput::schema()));
        schemas.push((AddressInput::name().into_owned(), AddressInput::schema()));
    }
}

fn common() -> ObjectBuilder {
    let reference = |name: &str| RefOr::Ref(Ref::from_schema_name(name));
    ObjectBuilder::new()
        .property("expected_total", nullable(reference("MoneyInput")))
        .property("email", EmailIn::schema())
        .property("shipping_address", nullable(reference("AddressInput")))
        .property("billing_address", nullable(reference("AddressInput")))
        .property("shipping_option", nullable(ShippingCodeIn::schema()))
        .property("payment", payment())
        .required("email")
        .required("payment")
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
}

fn payment() -> RefOr<Schema> {
    let method = |name: &str| {
        let method = text_schema().enum_values(Some([name]));
        let object = ObjectBuilder::new().property("method", method).required("method");
        object.additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
    };
    let card = method("card").property("token", Token::schema()).required("token");
    let either = OneOfBuilder::new().item(card).item(method("invoice"));
    RefOr::T(Schema::OneOf(either.build()))
}

fn nullable(schema: RefOr<Schema>) -> RefOr<Schema> {
    let null = ObjectBuilder::new().schema_type(utoipa::openapi::Type::Null);
    RefOr::T(Schema::OneOf(OneOfBuilder::new().item(null).item(schema).build()))
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "lines": [{"sku": "LAMP-1", "quantity": 1}],
        "email": "ada@example.com",
        "shipping_address": {
            "name": "Ada Buyer", "line1": "1 Main Street", "city": "Springfield", "region": "IL",
            "postal_code": "62701", "country": "US",
        },
        "payment": {"method": "card", "token": "pm_card_visa"},
    })
}
