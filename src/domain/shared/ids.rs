use std::fmt;
use uuid::Uuid;

use super::Invalid;

/// Makes a newtype over a UUID, so that an order's id is never taken for a product's.
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a UUID for an id of this kind.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// Reads the hyphenated form, in either case.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                if text.len() != 36 {
                    return Err(Invalid::new($what, "must be a UUID"));
                }
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| Invalid::new($what, "must be a UUID"))
            }

            /// The UUID itself.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}

id! {
    /// A product; UUID version 7.
    ProductId = "product id";
    /// A variant of a product: what has a SKU, a price and stock.
    VariantId = "variant id";
    /// A category of the tree.
    CategoryId = "category id";
    /// A product image.
    ImageId = "image id";
    /// A promotion, with or without a coupon code.
    PromotionId = "promotion id";
    /// A tax rate.
    TaxRateId = "tax rate id";
    /// A shipping method.
    ShippingMethodId = "shipping method id";
    /// A line of a cart; equal to its variant's id while the line has no properties.
    LineId = "line id";
    /// An order.
    OrderId = "order id";
    /// One payment of an order.
    PaymentId = "payment id";
    /// One shipment of an order.
    ShipmentId = "shipment id";
    /// One return of an order.
    ReturnId = "return id";
    /// One refund of an order.
    RefundId = "refund id";
    /// A customer.
    CustomerId = "customer id";
    /// A member of staff.
    StaffId = "staff id";
    /// An import of a catalogue file.
    ImportId = "import id";
}

/// A cart. Whoever knows it holds the cart, so it is a secret (UUID version 4): `Debug` hides it
/// and it is never logged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CartId(Uuid);

impl CartId {
    /// Takes a UUID for a cart's id.
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// Reads the hyphenated form, in either case.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() != 36 {
            return Err(Invalid::new("cart id", "must be a UUID"));
        }
        Uuid::try_parse(text).map(Self).map_err(|_| Invalid::new("cart id", "must be a UUID"))
    }

    /// The UUID itself.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Debug for CartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CartId(..)")
    }
}
