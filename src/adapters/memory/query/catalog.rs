use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use crate::adapters::memory::MemoryStore;
use crate::adapters::memory::map::{after, page};
use crate::adapters::memory::state::{CatalogState, ListOrder, ListPlace, State};
use crate::domain::catalog::{Category, ProductStatus};
use crate::domain::shared::{CategoryId, ProductId, Sku, Slug, VariantId};
use crate::ports::PortError;
use crate::ports::catalog::{
    CatalogQueries, CategoryNode, ListMark, ListQuery, ListSort, Page, ProductView, SlugTarget,
};

type View = Arc<ProductView>;

#[async_trait]
impl CatalogQueries for MemoryStore {
    async fn product(&self, id: ProductId) -> Result<Option<View>, PortError> {
        Ok(self.snapshot().catalog.view(id))
    }

    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Option<View>>, PortError> {
        let state = self.snapshot();
        Ok(ids.iter().map(|id| state.catalog.view(*id)).collect())
    }

    async fn by_slug(&self, slug: &Slug) -> Result<Option<SlugTarget>, PortError> {
        let catalog = &self.snapshot().catalog;
        if let Some(id) = catalog.slugs.get(slug) {
            return Ok(catalog.view(*id).map(SlugTarget::Current));
        }
        let end = (slug.clone(), ProductId::new(Uuid::max()));
        let former = catalog.former_slugs.range(..end).next_back();
        let former = former.filter(|(had, _)| had == slug);
        Ok(former.and_then(|(_, id)| catalog.view(*id)).map(SlugTarget::Former))
    }

    async fn by_variants(&self, ids: &[VariantId]) -> Result<Vec<Option<View>>, PortError> {
        let catalog = &self.snapshot().catalog;
        Ok(ids.iter().map(|id| catalog.view(*catalog.variants.get(id)?)).collect())
    }

    async fn by_skus(&self, skus: &[Sku]) -> Result<Vec<Option<View>>, PortError> {
        let catalog = &self.snapshot().catalog;
        Ok(skus.iter().map(|sku| catalog.view(catalog.skus.get(sku)?.product)).collect())
    }

    async fn by_import_key(&self, key: &str) -> Result<Option<View>, PortError> {
        let catalog = &self.snapshot().catalog;
        Ok(catalog.import_keys.get(key).and_then(|id| catalog.view(*id)))
    }

    async fn list(&self, query: &ListQuery) -> Result<Page<View, ListMark>, PortError> {
        Ok(list(&self.snapshot(), query))
    }

    async fn scan(
        &self,
        status: Option<ProductStatus>,
        mark: Option<ProductId>,
        limit: usize,
    ) -> Result<Page<View, ProductId>, PortError> {
        let state = self.snapshot();
        let views = after(&state.catalog.views, mark).map(|(_, shown)| shown.view.clone());
        let asked = |view: &View| status.is_none_or(|is| view.product.content().status == is);
        Ok(page(views.filter(asked), limit, |view| view.product.id()))
    }

    async fn category_tree(&self) -> Result<Arc<Vec<CategoryNode>>, PortError> {
        let catalog = &self.snapshot().catalog;
        let build = || Arc::new(nodes(catalog, None, Category::MAX_DEPTH));
        Ok(catalog.tree.get_or_init(build).clone())
    }

    async fn category(&self, id: CategoryId) -> Result<Option<Arc<Category>>, PortError> {
        Ok(self.snapshot().catalog.categories.get(&id).cloned())
    }

    async fn category_by_slug(&self, slug: &Slug) -> Result<Option<Arc<Category>>, PortError> {
        let catalog = &self.snapshot().catalog;
        let id = catalog.category_slugs.get(slug);
        Ok(id.and_then(|id| catalog.categories.get(id)).cloned())
    }

    async fn category_by_name(
        &self,
        parent: Option<CategoryId>,
        name: &str,
    ) -> Result<Option<Arc<Category>>, PortError> {
        let catalog = &self.snapshot().catalog;
        let id = catalog.children.get(&(parent, name.trim().to_lowercase()));
        Ok(id.and_then(|id| catalog.categories.get(id)).cloned())
    }
}

impl CatalogState {
    fn view(&self, id: ProductId) -> Option<View> {
        self.views.get(&id).map(|shown| shown.view.clone())
    }
}

/// Which index a sort reads, and whether backwards.
fn direction(sort: ListSort) -> (ListOrder, bool) {
    match sort {
        ListSort::Newest => (ListOrder::Age, true),
        ListSort::PriceAscending => (ListOrder::Price, false),
        ListSort::PriceDescending => (ListOrder::Price, true),
        ListSort::Popularity => (ListOrder::Popularity, true),
        ListSort::Name => (ListOrder::Name, false),
    }
}

fn list(state: &State, query: &ListQuery) -> Page<View, ListMark> {
    let (order, backwards) = direction(query.sort);
    let Some(list) = state.catalog.lists.get(&query.category) else {
        return Page { items: Vec::new(), next: None };
    };
    let places = list.by(order);
    let mark = query.after.as_ref().map(|mark| ListPlace {
        number: mark.number,
        name: (order == ListOrder::Name).then(|| mark.name.as_str().into()),
        product: mark.product,
    });
    let bound = mark.map_or(Bound::Unbounded, Bound::Excluded);
    let found = if backwards {
        page(places.range((Bound::Unbounded, bound)).rev(), query.limit, mark_of)
    } else {
        page(places.range((bound, Bound::Unbounded)), query.limit, mark_of)
    };
    let items = found.items.iter().filter_map(|place| state.catalog.view(place.product)).collect();
    Page { items, next: found.next }
}

fn mark_of(place: &&ListPlace) -> ListMark {
    ListMark {
        number: place.number,
        name: place.name.as_deref().unwrap_or_default().to_owned(),
        product: place.product,
    }
}

/// The categories below `parent` with all that lies below them, in order.
fn nodes(catalog: &CatalogState, parent: Option<CategoryId>, levels: usize) -> Vec<CategoryNode> {
    if levels == 0 {
        return Vec::new();
    }
    let children = catalog.children_of(parent).filter_map(|id| catalog.categories.get(&id));
    let mut found: Vec<CategoryNode> = children
        .map(|category| CategoryNode {
            category: category.clone(),
            product_count: catalog.counts.get(&category.id).copied().unwrap_or(0),
            children: nodes(catalog, Some(category.id), levels.saturating_sub(1)),
        })
        .collect();
    // Children come by folded name, and the sort is stable.
    found.sort_by_key(|node| node.category.position);
    found
}
