use std::collections::BTreeSet;

use super::{BasketLine, Percent, UsageLimits};
use crate::domain::shared::{
    CategoryId, CouponCode, Currency, Invalid, Money, ProductId, PromotionId, Quantity, Text,
    Timestamp, Version,
};

/// What a promotion gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromotionKind {
    /// A percentage of what is left to pay in its scope, rounded once half away from zero, shared
    /// among the lines by what is left on each.
    Percentage(Percent),
    /// An amount off, at most what is left in its scope, shared likewise. Only baskets of its
    /// currency get it.
    FixedAmount(Money),
    /// For every whole set of `buy + get` units in its scope `get` units have `percent` off: the
    /// cheapest of all. Units that cost nothing do not count.
    BuyXGetY {
        /// Units at full price in a set.
        buy: Quantity,
        /// Units of the set that have something off.
        get: Quantity,
        /// What each of those has off.
        percent: Percent,
    },
    /// Whatever shipping option is chosen costs nothing. A scope means that the basket must hold
    /// something of it.
    FreeShipping,
}

/// Which lines of a basket a promotion is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    WholeOrder,
    /// Those with a product in one of these categories or below.
    Categories(BTreeSet<CategoryId>),
    /// Those of these products.
    Products(BTreeSet<ProductId>),
}

impl Scope {
    /// Whether the promotion is about `line`.
    pub fn covers(&self, line: &BasketLine) -> bool {
        match self {
            Self::WholeOrder => true,
            Self::Categories(wanted) => line.categories.iter().any(|id| wanted.contains(id)),
            Self::Products(wanted) => wanted.contains(&line.product),
        }
    }
}

/// How a promotion gets along with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stacking {
    /// Applies beside any other combinable one.
    Combinable,
    /// Applies alone. Of several that would take something off, the highest priority wins; at equal
    /// priority a coupon beats an automatic one, then the older wins. No other promotion applies
    /// beside it, however good.
    Exclusive {
        /// The higher wins.
        priority: i32,
    },
}

/// The parts of a promotion before they are checked together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromotionParts {
    /// Its id.
    pub id: PromotionId,
    /// What shoppers see on cart and order, up to 200 characters.
    pub name: String,
    /// What shoppers type to get it; without a code it is automatic.
    pub code: Option<CouponCode>,
    /// What it gives.
    pub kind: PromotionKind,
    /// Which lines it is about.
    pub scope: Scope,
    /// The least that the whole basket must come to before any promotion; its currency binds.
    pub minimum_subtotal: Option<Money>,
    /// How many orders may use it, 1 or more.
    pub usage_limit: Option<u32>,
    /// How many orders of one customer may use it, 1 or more.
    pub usage_limit_per_customer: Option<u32>,
    /// The first moment it applies.
    pub starts_at: Option<Timestamp>,
    /// The first moment it no longer applies.
    pub ends_at: Option<Timestamp>,
    /// How it gets along with others.
    pub stacking: Stacking,
    /// Whether it is switched on. A coupon that is off is as good as unknown.
    pub active: bool,
    /// How often it was saved.
    pub version: Version,
}

impl PromotionParts {
    /// A promotion as it is when nobody says more: automatic, on the whole order, without limits,
    /// combinable and switched on.
    pub fn new(id: PromotionId, name: impl Into<String>, kind: PromotionKind) -> Self {
        Self {
            id,
            name: name.into(),
            code: None,
            kind,
            scope: Scope::WholeOrder,
            minimum_subtotal: None,
            usage_limit: None,
            usage_limit_per_customer: None,
            starts_at: None,
            ends_at: None,
            stacking: Stacking::Combinable,
            active: true,
            version: Version::FIRST,
        }
    }
}

/// Something off: for everyone, or for who gives a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    parts: PromotionParts,
}

/// The steps in which promotions apply, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    BuyXGetY,
    ItemPercentage,
    ItemAmount,
    OrderPercentage,
    OrderAmount,
    Shipping,
}

impl Promotion {
    /// Checks the parts against each other; the errors name the field. For one that is new and for
    /// one that is read back or edited alike.
    pub fn try_new(parts: PromotionParts) -> Result<Self, Vec<(&'static str, Invalid)>> {
        let mut errors = Vec::new();
        let name = Text::<200>::try_new("name", &parts.name);
        if let Err(error) = &name {
            errors.push(("name", error.clone()));
        }
        errors.extend(amounts(&parts));
        errors.extend(limits(&parts));
        if let (Some(starts_at), Some(ends_at)) = (parts.starts_at, parts.ends_at)
            && starts_at >= ends_at
        {
            errors.push(("ends_at", Invalid::new("end", "must be after the start")));
        }
        let nothing = match &parts.scope {
            Scope::WholeOrder => false,
            Scope::Categories(ids) => ids.is_empty(),
            Scope::Products(ids) => ids.is_empty(),
        };
        if nothing {
            errors.push(("scope", Invalid::new("scope", "must name at least one")));
        }
        match name {
            Ok(name) if errors.is_empty() => {
                Ok(Self { parts: PromotionParts { name: name.as_str().to_owned(), ..parts } })
            }
            _ => Err(errors),
        }
    }

    /// The checked parts. To edit a promotion, clone and change them and call
    /// [`Promotion::try_new`] again.
    pub fn parts(&self) -> &PromotionParts {
        &self.parts
    }

    /// Its id.
    pub fn id(&self) -> PromotionId {
        self.parts.id
    }

    /// What shoppers see.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// What shoppers type to get it; `None` for one that is automatic.
    pub fn code(&self) -> Option<&CouponCode> {
        self.parts.code.as_ref()
    }

    /// How often it was saved.
    pub fn version(&self) -> Version {
        self.parts.version
    }

    /// How often it may be used.
    pub fn limits(&self) -> UsageLimits {
        UsageLimits {
            total: self.parts.usage_limit,
            per_customer: self.parts.usage_limit_per_customer,
        }
    }

    /// Whether it is switched on and `at` lies between its start and its end.
    pub fn runs_at(&self, at: Timestamp) -> bool {
        self.parts.active
            && self.parts.starts_at.is_none_or(|starts_at| starts_at <= at)
            && self.parts.ends_at.is_none_or(|ends_at| at < ends_at)
    }

    /// The one currency it can apply in, or `None` for one that applies in any.
    pub fn currency(&self) -> Option<Currency> {
        match (&self.parts.kind, &self.parts.minimum_subtotal) {
            (PromotionKind::FixedAmount(amount), _) | (_, Some(amount)) => Some(amount.currency()),
            _ => None,
        }
    }

    pub(super) fn step(&self) -> Step {
        let whole = self.parts.scope == Scope::WholeOrder;
        match &self.parts.kind {
            PromotionKind::BuyXGetY { .. } => Step::BuyXGetY,
            PromotionKind::Percentage(_) if whole => Step::OrderPercentage,
            PromotionKind::Percentage(_) => Step::ItemPercentage,
            PromotionKind::FixedAmount(_) if whole => Step::OrderAmount,
            PromotionKind::FixedAmount(_) => Step::ItemAmount,
            PromotionKind::FreeShipping => Step::Shipping,
        }
    }
}

fn amounts(parts: &PromotionParts) -> Vec<(&'static str, Invalid)> {
    let mut errors = Vec::new();
    let minimum = parts.minimum_subtotal;
    if minimum.is_some_and(Money::is_negative) {
        errors.push(("minimum_subtotal", Invalid::new("minimum", "must not be negative")));
    }
    if let PromotionKind::FixedAmount(amount) = parts.kind {
        if amount.amount() <= 0 {
            errors.push(("amount", Invalid::new("amount", "must be more than 0")));
        }
        if minimum.is_some_and(|minimum| minimum.currency() != amount.currency()) {
            let error = Invalid::new("minimum", "must be in the currency of the amount");
            errors.push(("minimum_subtotal", error));
        }
    }
    errors
}

fn limits(parts: &PromotionParts) -> Vec<(&'static str, Invalid)> {
    [
        ("usage_limit", parts.usage_limit),
        ("usage_limit_per_customer", parts.usage_limit_per_customer),
    ]
    .into_iter()
    .filter(|(_, limit)| *limit == Some(0))
    .map(|(field, _)| (field, Invalid::new("limit", "must be at least 1")))
    .collect()
}
