use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::inventory::policies;
use crate::app::{AppError, Ports, ShopConfig};
use crate::domain::cart::CartLine;
use crate::domain::catalog::{Variant, pick};
use crate::domain::inventory::StockItem;
use crate::domain::pricing::{
    Basket, BasketLine, Destination, PricedBasket, PricingError, PricingRules, price,
};
use crate::domain::shared::{
    Address, CouponCode, Currency, Money, ShippingCode, Sku, StockPolicy, Timestamp,
};
use crate::ports::cart::{CartLineView, LineProblem};
use crate::ports::catalog::{CatalogQueries, ProductView, ReadContext};
use crate::ports::pricing::ShownRules;

/// What is to be priced.
pub(in crate::app) struct BasketSpec<'a> {
    /// Where products are looked up: as they are for an order, as they are shown for a cart.
    pub catalog: &'a dyn CatalogQueries,
    /// Where the rules of prices are, likewise.
    pub rules: &'a dyn ShownRules,
    /// What it is paid in.
    pub currency: Currency,
    /// What is bought.
    pub lines: &'a [CartLine],
    /// Codes given.
    pub coupons: &'a [CouponCode],
    /// Where it goes, if that is known.
    pub address: Option<&'a Address>,
    /// How it goes, if that was chosen.
    pub shipping: Option<&'a ShippingCode>,
    /// What "per customer" counts by, if that is known.
    pub customer_key: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// What the lines of a basket are today, and what they cost.
pub(in crate::app) struct Quote {
    /// The lines as they are shown, in order.
    pub lines: Vec<CartLineView>,
    /// The variant of each line, where it is sold.
    pub variants: Vec<Option<Variant>>,
    /// The stock of every tracked SKU that the lines take, with the units they need of it.
    pub needs: BTreeMap<Sku, Need>,
    /// What was priced.
    pub basket: Basket,
    /// The rules it was priced by.
    pub rules: Arc<PricingRules>,
    /// What it costs.
    pub priced: PricedBasket,
}

/// Units of a SKU that a basket needs, and what there is.
#[derive(Default)]
pub(in crate::app) struct Need {
    /// Units needed by all lines together.
    pub units: i64,
    /// The SKU's stock at every location.
    pub stock: Vec<StockItem>,
}

impl Need {
    fn available(&self) -> i64 {
        self.stock.iter().fold(0_i64, |sum, item| sum.saturating_add(item.available()))
    }
}

/// Looks up what the lines are today and prices them.
pub(in crate::app) async fn quote(
    ports: &Ports,
    config: &ShopConfig,
    spec: &BasketSpec<'_>,
) -> Result<Quote, AppError> {
    let context = ReadContext { currency: spec.currency, ..config.read_context(spec.at) };
    let ids: Vec<_> = spec.lines.iter().map(|line| line.variant).collect();
    let views = spec.catalog.by_variants(&ids).await?;
    let sold: Vec<Sold> = spec
        .lines
        .iter()
        .zip(&views)
        .map(|(line, view)| Sold::find(line, view.as_deref(), &context))
        .collect();
    let needs = needs(ports, spec.lines, &sold).await?;
    let (basket, rules) = basket(ports, config, spec, &sold, &views).await?;
    let priced = price(&basket, &rules).map_err(too_large)?;
    let lines = spec
        .lines
        .iter()
        .zip(&sold)
        .zip(&views)
        .map(|((line, sold), view)| show(line, sold, view.as_deref(), &needs, &priced))
        .collect();
    let variants =
        sold.into_iter().map(|sold| sold.found.ok().map(|(variant, _)| variant)).collect();
    Ok(Quote { lines, variants, needs, basket, rules, priced })
}

/// A line's variant and its price today, or why it cannot be bought.
struct Sold {
    found: Result<(Variant, Money), LineProblem>,
}

impl Sold {
    fn find(line: &CartLine, view: Option<&ProductView>, context: &ReadContext) -> Self {
        let published = view.filter(|view| view.product.is_published());
        let variant = published.and_then(|view| view.product.variant(line.variant));
        let Some(variant) = variant else {
            return Self { found: Err(LineProblem::Unavailable) };
        };
        let row = pick(&variant.prices, &context.price_of(line.quantity.units()));
        let found = row.map(|row| (variant.clone(), row.amount())).ok_or(LineProblem::NoPrice);
        Self { found }
    }
}

/// Sums what the lines take from stock per SKU, over all lines, and reads that stock once.
async fn needs(
    ports: &Ports,
    lines: &[CartLine],
    sold: &[Sold],
) -> Result<BTreeMap<Sku, Need>, AppError> {
    let variants = sold.iter().filter_map(|sold| Some(&sold.found.as_ref().ok()?.0));
    let policies = policies(ports, variants).await?;
    let mut needs: BTreeMap<Sku, Need> = BTreeMap::new();
    for (line, sold) in lines.iter().zip(sold) {
        let Ok((variant, _)) = &sold.found else { continue };
        for component in variant.stocked() {
            if policies.get(&component.sku) == Some(&StockPolicy::Untracked) {
                continue;
            }
            let units = i64::from(component.quantity.units())
                .saturating_mul(i64::from(line.quantity.units()));
            let need = needs.entry(component.sku).or_default();
            need.units = need.units.saturating_add(units);
        }
    }
    let skus: Vec<Sku> = needs.keys().cloned().collect();
    let stock = ports.stock.stock(&skus).await?;
    for ((sku, need), stock) in needs.iter_mut().zip(stock) {
        // What no product sells any more cannot be had, whatever is left of it.
        if policies.contains_key(sku) {
            need.stock = stock;
        }
    }
    Ok(needs)
}

async fn basket(
    ports: &Ports,
    config: &ShopConfig,
    spec: &BasketSpec<'_>,
    sold: &[Sold],
    views: &[Option<Arc<ProductView>>],
) -> Result<(Basket, Arc<PricingRules>), AppError> {
    let destination = match spec.address {
        Some(address) => Destination::from(address),
        None => Destination { country: config.country, region: None },
    };
    let mut basket = Basket::empty(spec.currency, destination, spec.at);
    basket.estimated = spec.address.is_none();
    basket.coupons = spec.coupons.to_vec();
    basket.shipping_option = spec.shipping.cloned();
    for ((line, sold), view) in spec.lines.iter().zip(sold).zip(views) {
        if let (Ok((variant, unit_price)), Some(view)) = (&sold.found, view) {
            basket.lines.push(BasketLine {
                line: line.id,
                product: line.product,
                sku: variant.sku.clone(),
                quantity: line.quantity,
                unit_price: *unit_price,
                categories: view.categories.clone(),
                tax_category: variant.tax_category.clone(),
                weight_grams: variant.weight_grams,
                requires_shipping: variant.requires_shipping,
            });
        }
    }
    let rules = spec.rules.shown_rules(spec.coupons).await?;
    for promotion in &rules.promotions {
        if promotion.limits().is_limited() {
            let uses = ports.pricing.uses(promotion.id(), spec.customer_key).await?;
            basket.uses.insert(promotion.id(), uses);
        }
    }
    Ok((basket, rules))
}

fn show(
    line: &CartLine,
    sold: &Sold,
    view: Option<&ProductView>,
    needs: &BTreeMap<Sku, Need>,
    priced: &PricedBasket,
) -> CartLineView {
    let mut line = line.clone();
    let (variant, _) = match &sold.found {
        Ok(found) => found,
        Err(problem) => return CartLineView { line, priced: None, problem: Some(*problem) },
    };
    line.sku = variant.sku.clone();
    if let Some(view) = view {
        line.title = view.product.content().name.as_str().to_owned();
    }
    let short = variant.stocked().into_iter().find_map(|component| {
        let need = needs.get(&component.sku)?;
        let available = need.available();
        let per_unit = i64::from(component.quantity.units());
        (need.units > available).then_some(available / per_unit)
    });
    let problem = short.map(|available| LineProblem::InsufficientStock { available });
    let priced = priced.lines().iter().find(|priced| priced.line == line.id).cloned();
    CartLineView { line, priced, problem }
}

pub(in crate::app) fn too_large(error: PricingError) -> AppError {
    AppError::invalid("", format!("The basket cannot be priced: {error}."))
}
