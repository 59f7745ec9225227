//! A line's values by name, and what they come to.

use std::collections::BTreeMap;

use super::cell::{Cell, Wrong};
use crate::adapters::record::parse_rfc3339;
use crate::app::catalog::{Given, ImportLine};
use crate::domain::catalog::ProductStatus;
use crate::domain::shared::{StockPolicy, Timestamp};

/// The names that a line may use; CSV also has `attributes.NAME` and `options.NAME`.
pub const NAMES: [&str; 23] = [
    "sku",
    "product_key",
    "name",
    "slug",
    "description",
    "brand",
    "status",
    "category_path",
    "attributes",
    "options",
    "tags",
    "metadata",
    "image_urls",
    "price",
    "compare_at",
    "currency",
    "released_at",
    "weight_grams",
    "requires_shipping",
    "tax_category",
    "stock_policy",
    "stock",
    "popularity",
];

/// The values of a line by name, and what is wrong with them.
pub struct Row<'a> {
    cells: BTreeMap<&'a str, Cell<'a>>,
    wrong: Vec<String>,
}

impl<'a> Row<'a> {
    /// A line of these values, each name once.
    pub fn new(cells: impl IntoIterator<Item = (&'a str, Cell<'a>)>) -> Self {
        Self { cells: cells.into_iter().collect(), wrong: Vec::new() }
    }

    /// The line, or everything that is wrong with its shape.
    pub fn into_line(mut self) -> Result<ImportLine, String> {
        let (attributes, options) = (self.map("attributes"), self.map("options"));
        let line = ImportLine {
            sku: self.needed("sku", Cell::text).unwrap_or_default(),
            product_key: self.text("product_key").filter(|key| !key.is_empty()),
            name: self.needed("name", Cell::text).unwrap_or_default(),
            slug: self.text("slug"),
            description: self.text("description"),
            brand: self.text("brand"),
            status: self.take("status", status).flatten(),
            category_path: self.take("category_path", |cell| cell.list(&['>', '|'])),
            attributes,
            options,
            tags: self.take("tags", |cell| cell.list(&['|', ','])),
            metadata: self.take("metadata", Cell::map),
            image_urls: self.take("image_urls", |cell| cell.list(&['|'])),
            price: self.needed("price", number).unwrap_or_default(),
            compare_at: self.take("compare_at", Cell::whole).unwrap_or_default(),
            currency: self.text("currency").filter(|code| !code.is_empty()),
            released_at: self.take("released_at", moment).unwrap_or_default(),
            weight_grams: self.take("weight_grams", Cell::whole).map(|given| or(given, 0)),
            requires_shipping: self
                .take("requires_shipping", Cell::flag)
                .map(|is| is != Some(false)),
            tax_category: self.take("tax_category", tax_category),
            stock_policy: self.take("stock_policy", stock_policy),
            stock: self.take("stock", Cell::whole).and_then(|given| given.over(None)),
            popularity: self.take("popularity", Cell::whole).and_then(|given| given.over(None)),
        };
        self.wrong.extend(self.cells.keys().map(|name| format!("{name} is not known")));
        if self.wrong.is_empty() { Ok(line) } else { Err(self.wrong.join("; ")) }
    }

    /// Reads a value; none where it is absent or wrong, which is noted.
    fn take<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Cell<'a>) -> Result<T, Wrong>,
    ) -> Option<T> {
        match read(self.cells.remove(name)?) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong.push(format!("{name} {wrong}"));
                None
            }
        }
    }

    fn needed<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Cell<'a>) -> Result<T, Wrong>,
    ) -> Option<T> {
        if !self.cells.contains_key(name) {
            self.wrong.push(format!("{name} is missing"));
        }
        self.take(name, read)
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        self.take(name, Cell::text)
    }

    /// A map, with the values that CSV has in columns of their own.
    fn map(&mut self, name: &'static str) -> Option<BTreeMap<String, String>> {
        let mut map = self.take(name, Cell::map);
        let column = |key: &&'a str| {
            let rest = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
            rest.is_some_and(|rest| !rest.is_empty())
        };
        let columns: Vec<&'a str> = self.cells.keys().copied().filter(column).collect();
        for key in columns {
            if let Some(Cell::Text(value)) = self.cells.get(key).copied() {
                self.cells.remove(key);
                let inner = key.get(name.len() + 1..).unwrap_or_default().to_owned();
                map.get_or_insert_default().insert(inner, value.to_owned());
            }
        }
        map
    }
}

fn or<T>(given: Given<T>, default: T) -> T {
    given.over(None).unwrap_or(default)
}

fn number(cell: Cell<'_>) -> Result<i64, Wrong> {
    match cell.whole()? {
        Given::Value(number) => Ok(number),
        Given::Absent | Given::Empty => Err("is missing"),
    }
}

fn moment(cell: Cell<'_>) -> Result<Given<Timestamp>, Wrong> {
    const WRONG: Wrong = "must be a time such as 2024-05-01T00:00:00Z";
    let text = cell.text().map_err(|_| WRONG)?;
    if text.is_empty() {
        return Ok(Given::Empty);
    }
    parse_rfc3339(&text).map(Given::Value).map_err(|_| WRONG)
}

fn status(cell: Cell<'_>) -> Result<Option<ProductStatus>, Wrong> {
    match &*cell.text()? {
        "" => Ok(None),
        "draft" => Ok(Some(ProductStatus::Draft)),
        "active" => Ok(Some(ProductStatus::Active)),
        "archived" => Ok(Some(ProductStatus::Archived)),
        _ => Err("must be draft, active or archived"),
    }
}

fn tax_category(cell: Cell<'_>) -> Result<String, Wrong> {
    let text = cell.text()?;
    Ok(if text.is_empty() { "standard".to_owned() } else { text })
}

/// `tracked`, `untracked`, or `backorder:10` for ten units beyond what is on hand.
fn stock_policy(cell: Cell<'_>) -> Result<StockPolicy, Wrong> {
    let text = cell.text()?;
    match (&*text, text.strip_prefix("backorder:").map(str::parse)) {
        ("" | "tracked", _) => Ok(StockPolicy::Tracked),
        ("untracked", _) => Ok(StockPolicy::Untracked),
        (_, Some(Ok(limit))) => Ok(StockPolicy::Backorder { limit }),
        _ => Err("must be tracked, untracked or backorder:LIMIT"),
    }
}
