//! What the shop of a run sells.

use std::fmt::Write as _;

use serde_json::json;

use crate::simulation::rng::Rng;

/// How many orders may use the code.
pub const COUPON_LIMIT: u64 = 40;
/// The code.
pub const COUPON: &str = "CHAOS-TENTH";

/// A thing on sale.
#[derive(Clone, Debug)]
pub struct Ware {
    pub sku: String,
    pub price: i64,
    /// What the shop begins with.
    pub stock: i64,
}

/// All of them; the first tenth is hot: it gets nine tenths of the orders.
#[derive(Clone, Debug)]
pub struct Goods(pub Vec<Ware>);

impl Goods {
    /// A hundred things, with few of the hot ones, so that they run out.
    pub fn hot_and_cold() -> Self {
        let ware = |number: i64| Ware {
            sku: format!("CHAOS-{number:03}"),
            price: 500 + 37 * number,
            stock: if number < 10 { 300 } else { 10_000 },
        };
        Self((0..100).map(ware).collect())
    }

    /// One thing, of which there are so many.
    pub fn one(stock: i64) -> Self {
        Self(vec![Ware { sku: "CHAOS-SALE".to_owned(), price: 4_900, stock }])
    }

    /// The hot ones.
    pub fn hot(&self) -> &[Ware] {
        &self.0[..self.0.len().div_ceil(10)]
    }

    /// One as buyers choose.
    pub fn pick(&self, rng: &mut Rng) -> &Ware {
        if rng.percent(90) { rng.pick(self.hot()) } else { rng.pick(&self.0) }
    }

    /// The catalogue file.
    pub fn catalogue(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, ware| {
            let line = json!({
                "sku": ware.sku, "name": format!("Ware {}", ware.sku),
                "price": ware.price, "stock": ware.stock,
            });
            writeln!(text, "{line}").unwrap();
            text
        })
    }
}
