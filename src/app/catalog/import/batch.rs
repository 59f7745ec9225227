//! Lines that go in together: what is known of them, what they come to, and the unit that saves it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::apply::{Applied, Before, Names, apply, names};
use super::stock::StockPlan;
use super::{ImportLine, ImportOptions};
use crate::app::catalog::fields;
use crate::app::catalog::naming::SlugMaker;
use crate::app::catalog::tree::TreePlan;
use crate::app::{Ports, ShopConfig};
use crate::domain::catalog::{Product, ProductContent, ProductError};
use crate::domain::shared::{CategoryId, ProductId, Sku, Slug, Text, Timestamp};
use crate::ports::PortError;
use crate::ports::catalog::ProductView;
use crate::ports::store::{UnitOfWork, Write};

/// What a line came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineOutcome {
    /// It made a variant, perhaps with its product.
    Created,
    /// It changed something.
    Updated,
    /// It said what was so already.
    Unchanged,
}

/// What an import remembers from one batch to the next.
#[derive(Default)]
pub(super) struct Memory {
    /// The products of the groups whose first line was taken.
    pub groups: HashMap<Box<str>, ProductId>,
    /// Slugs that are taken.
    pub slugs: SlugMaker,
}

/// A product that lines of the batch are about.
struct Planned {
    id: ProductId,
    /// The product as it is kept; none for a new one.
    base: Option<Arc<Product>>,
    content: ProductContent,
    key: Option<Text<128>>,
    popularity: u64,
    /// The product to be saved, once something changed.
    product: Option<Arc<Product>>,
}

impl Planned {
    /// The product with `content` and `key`, where the rules of a product allow it.
    fn with(
        &self,
        content: ProductContent,
        key: Option<Text<128>>,
        at: Timestamp,
    ) -> Result<Product, ProductError> {
        let product = match &self.base {
            None => Product::try_new(self.id, content, at),
            Some(base) => Product::clone(base).revise(content, at),
        };
        product.map(|product| product.imported(key, self.popularity))
    }
}

/// Lines that go in together.
pub(super) struct Batch<'a> {
    ports: &'a Ports,
    config: &'a ShopConfig,
    memory: &'a mut Memory,
    at: Timestamp,
    tree: TreePlan<'a>,
    stock: StockPlan,
    products: Vec<Planned>,
    by_id: HashMap<ProductId, usize>,
    by_sku: HashMap<Sku, usize>,
    by_key: HashMap<Box<str>, usize>,
    /// Groups whose first line is in this batch.
    opened: HashSet<Box<str>>,
}

impl<'a> Batch<'a> {
    /// A batch that knows what is kept of the products that `lines` are about.
    pub async fn load(
        lines: &[&ImportLine],
        options: ImportOptions,
        (ports, config): (&'a Ports, &'a ShopConfig),
        memory: &'a mut Memory,
    ) -> Result<Self, PortError> {
        let skus: Vec<Sku> = lines.iter().filter_map(|line| Sku::try_new(&line.sku).ok()).collect();
        let owners = ports.catalog.by_skus(&skus).await?;
        let stock = ports.stock.stock(&skus).await?;
        let mut batch = Self {
            ports,
            config,
            at: ports.clock.now(),
            tree: TreePlan::new(&*ports.catalog, &*ports.ids),
            stock: StockPlan::new(config.location.clone(), options.set_stock, stock),
            products: Vec::new(),
            by_id: HashMap::new(),
            by_sku: HashMap::new(),
            by_key: HashMap::new(),
            opened: HashSet::new(),
            memory,
        };
        for view in owners.iter().flatten() {
            batch.know(view);
        }
        let keys: HashSet<&str> =
            lines.iter().filter_map(|line| line.product_key.as_deref()).map(str::trim).collect();
        for key in keys {
            batch.know_group(key).await?;
        }
        Ok(batch)
    }

    async fn know_group(&mut self, key: &str) -> Result<(), PortError> {
        let view = match self.memory.groups.get(key) {
            Some(id) => self.ports.catalog.product(*id).await?,
            None => self.ports.catalog.by_import_key(key).await?,
        };
        if let Some(view) = view {
            let index = self.know(&view);
            self.by_key.insert(key.into(), index);
        }
        Ok(())
    }

    fn know(&mut self, view: &ProductView) -> usize {
        let product = &view.product;
        if let Some(index) = self.by_id.get(&product.id()) {
            return *index;
        }
        let index = self.add(Planned {
            id: product.id(),
            base: Some(product.clone()),
            content: product.content().clone(),
            key: product.import_key().and_then(|key| Text::try_new("product_key", key).ok()),
            popularity: product.starting_popularity(),
            product: None,
        });
        for variant in &product.content().variants {
            self.by_sku.insert(variant.sku.clone(), index);
        }
        index
    }

    fn add(&mut self, planned: Planned) -> usize {
        let index = self.products.len();
        self.by_id.insert(planned.id, index);
        self.products.push(planned);
        index
    }

    /// Takes a line into the plan, or says why it cannot be taken; then the plan is as before.
    pub async fn take(
        &mut self,
        line: &ImportLine,
    ) -> Result<Result<LineOutcome, String>, PortError> {
        let names = match names(line) {
            Ok(names) => names,
            Err(reason) => return Ok(Err(reason)),
        };
        let target = match self.target(&names) {
            Ok(target) => target,
            Err(reason) => return Ok(Err(reason)),
        };
        let known = target.and_then(|index| self.products.get(index));
        let before = Before {
            content: known.map(|planned| &planned.content),
            shared: self.speaks_for_product(&names),
            currency: self.config.currency,
        };
        let applied = match apply(line, &names.sku, &before, self.ports) {
            Ok(applied) => applied,
            Err(reason) => return Ok(Err(reason)),
        };
        let mark = self.tree.mark();
        let settled = self.settle(line, names, target, applied).await?;
        if settled.is_err() {
            self.tree.rewind(mark);
        }
        Ok(settled)
    }

    /// The product that a line is about; none for a new one.
    fn target(&self, names: &Names) -> Result<Option<usize>, String> {
        let by_sku = self.by_sku.get(&names.sku).copied();
        let Some(key) = &names.key else { return Ok(by_sku) };
        let by_key = self.by_key.get(key.as_str()).copied();
        let (Some(owner), sku) = (by_sku, &names.sku) else { return Ok(by_key) };
        match by_key {
            Some(group) if group != owner => {
                Err(format!("sku {sku} belongs to another product than product_key {key}"))
            }
            Some(group) => Ok(Some(group)),
            None => {
                let other = self.products.get(owner).and_then(|planned| planned.key.as_ref());
                match other {
                    Some(other) => Err(format!("sku {sku} belongs to product_key {other}")),
                    None => Ok(Some(owner)),
                }
            }
        }
    }

    /// Whether a line tells what all variants share: the first of its group does, and one without a
    /// group.
    fn speaks_for_product(&self, names: &Names) -> bool {
        names.key.as_ref().is_none_or(|key| {
            let key = key.as_str();
            !self.memory.groups.contains_key(key) && !self.opened.contains(key)
        })
    }

    /// Settles slug and categories, checks the rules of a product, and keeps the result. Where that
    /// fails, only categories that were planned on the way are left to be given up.
    async fn settle(
        &mut self,
        line: &ImportLine,
        names: Names,
        target: Option<usize>,
        applied: Applied,
    ) -> Result<Result<LineOutcome, String>, PortError> {
        let Applied { mut content, slug, path, new_sku } = applied;
        let known = target.and_then(|index| self.products.get(index));
        let id = known.map_or_else(|| ProductId::new(self.ports.ids.next()), |planned| planned.id);
        let is_new = known.is_none();
        if let Some(path) = path {
            let leaf = self.tree.resolve(&path).await?;
            content.categories = placed(leaf, &content.categories);
        }
        let fresh_slug = match self.slug(id, is_new, slug, &content).await? {
            Ok(slug) => slug,
            Err(reason) => return Ok(Err(reason)),
        };
        if let Some(slug) = &fresh_slug {
            content.slug = slug.clone();
        }
        let given = fresh_slug.map(|slug| (slug, content.name.clone()));
        let index = match target {
            Some(index) => index,
            None => self.add(Planned {
                id,
                base: None,
                content: content.clone(),
                key: None,
                popularity: line.popularity.unwrap_or(0),
                product: None,
            }),
        };
        let revised = self.revise(index, content, &names, is_new);
        if let Err(error) = revised {
            if let Some((slug, name)) = &given {
                self.memory.slugs.take_back(slug, name.as_str());
            }
            if is_new {
                self.products.pop();
                self.by_id.remove(&id);
            }
            return Ok(Err(of_rule(&error)));
        }
        self.remember(index, names.key);
        self.by_sku.insert(names.sku.clone(), index);
        let moved = self.stock.tell(index, &names.sku, new_sku, line.stock);
        Ok(Ok(match (new_sku, revised == Ok(true) || moved) {
            (true, _) => LineOutcome::Created,
            (false, true) => LineOutcome::Updated,
            (false, false) => LineOutcome::Unchanged,
        }))
    }

    /// Gives a planned product its content; whether that is other than before.
    fn revise(
        &mut self,
        index: usize,
        content: ProductContent,
        names: &Names,
        is_new: bool,
    ) -> Result<bool, ProductError> {
        let at = self.at;
        let Some(planned) = self.products.get_mut(index) else { return Ok(false) };
        let key = planned.key.clone().or_else(|| names.key.clone());
        let changed = is_new || content != planned.content;
        if changed {
            planned.product = Some(Arc::new(planned.with(content.clone(), key.clone(), at)?));
            planned.content = content;
        }
        // A product that was not imported before gets its key with the next change it sees.
        planned.key = key;
        Ok(changed)
    }

    fn remember(&mut self, index: usize, key: Option<Text<128>>) {
        let Some(key) = key else { return };
        self.by_key.insert(key.as_str().into(), index);
        if !self.memory.groups.contains_key(key.as_str()) {
            self.opened.insert(key.as_str().into());
        }
    }

    /// The slug that a line gives its product, the one asked for or one of its name; none where the
    /// product keeps what it has.
    async fn slug(
        &mut self,
        id: ProductId,
        is_new: bool,
        asked: Option<Slug>,
        content: &ProductContent,
    ) -> Result<Result<Option<Slug>, String>, PortError> {
        let (catalog, secrets) = (&*self.ports.catalog, &*self.ports.secrets);
        match asked {
            Some(slug) if is_new || slug != content.slug => {
                if self.memory.slugs.claim(&slug, id, catalog).await? {
                    return Ok(Ok(Some(slug)));
                }
                Ok(Err(format!("slug {slug} is taken")))
            }
            None if is_new => {
                let name = content.name.as_str();
                let made = self.memory.slugs.make(name, None, catalog, secrets).await?;
                Ok(Ok(Some(made)))
            }
            _ => Ok(Ok(None)),
        }
    }

    /// The unit that saves what the lines changed, and the groups that it opens. Stock moves right
    /// behind its product, so that consumers see both at once.
    pub fn finish(self) -> (UnitOfWork, Vec<(Box<str>, ProductId)>) {
        let mut writes = self.tree.into_writes();
        let mut stock = self.stock;
        for (index, planned) in self.products.iter().enumerate() {
            let expected = planned.base.as_ref().map(|base| base.version());
            let save = |product| Write::SaveProduct { product, expected };
            writes.extend(planned.product.clone().map(save));
            writes.extend(stock.take(index).into_iter().map(Write::MoveStock));
        }
        let group = |key: Box<str>| {
            let planned = self.by_key.get(&key).and_then(|index| self.products.get(*index))?;
            Some((key, planned.id))
        };
        let groups = self.opened.into_iter().filter_map(group).collect();
        (UnitOfWork { at: self.at, writes }, groups)
    }
}

/// The categories of a product whose path leads to `leaf`: that is the main one, further ones stay.
fn placed(leaf: Option<CategoryId>, known: &[CategoryId]) -> Vec<CategoryId> {
    let Some(leaf) = leaf else { return Vec::new() };
    let further = known.iter().skip(1).copied();
    fields::without_repeats(std::iter::once(leaf).chain(further))
}

fn of_rule(error: &ProductError) -> String {
    match error {
        ProductError::RepeatedOptions(_) => {
            "options are those of another variant of the product".to_owned()
        }
        other => other.to_string(),
    }
}
