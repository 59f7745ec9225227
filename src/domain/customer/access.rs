use crate::domain::shared::{CustomerId, StaffId};

/// Something that a member of staff may be allowed to do. Every staff operation of the API names
/// exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// See drafts, archived products, set-up.
    CatalogRead,
    /// Write products, categories, images.
    CatalogWrite,
    /// Import and export catalogue files.
    CatalogImport,
    /// Write promotions, tax rates and shipping methods.
    PricingWrite,
    /// See exact stock and its history.
    InventoryRead,
    /// Receive and adjust stock.
    InventoryWrite,
    /// See all orders.
    OrderRead,
    /// Cancel, note, approve returns.
    OrderWrite,
    /// Ship, deliver, receive returns.
    OrderFulfil,
    /// Move money: refund, capture, void.
    PaymentWrite,
    /// See the payment provider's ledger.
    PaymentRead,
    /// Rebuild the search index, see jobs and dead letters, replay them.
    OperationsWrite,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 12] = [
        Self::CatalogRead,
        Self::CatalogWrite,
        Self::CatalogImport,
        Self::PricingWrite,
        Self::InventoryRead,
        Self::InventoryWrite,
        Self::OrderRead,
        Self::OrderWrite,
        Self::OrderFulfil,
        Self::PaymentWrite,
        Self::PaymentRead,
        Self::OperationsWrite,
    ];

    /// The name that the API document shows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CatalogRead => "catalog:read",
            Self::CatalogWrite => "catalog:write",
            Self::CatalogImport => "catalog:import",
            Self::PricingWrite => "pricing:write",
            Self::InventoryRead => "inventory:read",
            Self::InventoryWrite => "inventory:write",
            Self::OrderRead => "order:read",
            Self::OrderWrite => "order:write",
            Self::OrderFulfil => "order:fulfil",
            Self::PaymentWrite => "payment:write",
            Self::PaymentRead => "payment:read",
            Self::OperationsWrite => "operations:write",
        }
    }

    /// The permission of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == name)
    }
}

/// A set of permissions with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// May do everything.
    Administrator,
}

impl Role {
    /// Whether the role includes the permission.
    pub const fn allows(self, _permission: Permission) -> bool {
        match self {
            Self::Administrator => true,
        }
    }

    /// The name that tokens and lists show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        (name == Self::Administrator.as_str()).then_some(Self::Administrator)
    }
}

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody that signed in.
    Anonymous,
    /// A customer.
    Customer(CustomerId),
    /// A member of staff.
    Staff {
        /// Who.
        id: StaffId,
        /// What they are.
        role: Role,
    },
    /// The shop itself: imports from the command line, demo data, background work.
    System,
}

/// What an operation asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone may.
    Public,
    /// Staff with this permission.
    Staff(Permission),
}

impl Access {
    /// Whether `actor` passes.
    pub fn admits(self, actor: &Actor) -> bool {
        match (self, actor) {
            (Self::Public, _) | (_, Actor::System) => true,
            (Self::Staff(permission), Actor::Staff { role, .. }) => role.allows(permission),
            (Self::Staff(_), Actor::Anonymous | Actor::Customer(_)) => false,
        }
    }
}
