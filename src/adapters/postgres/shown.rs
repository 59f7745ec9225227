use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use moka::{future, sync::Cache};

use super::anew::Anew;
use crate::domain::catalog::Category;
use crate::domain::pricing::PricingRules;
use crate::domain::shared::{CouponCode, ProductId, Sku, Slug, VariantId};
use crate::ports::PortError;
use crate::ports::catalog::{CategoryNode, ProductView, SlugTarget};

type View = Arc<ProductView>;

/// How long a product is kept at most: the hour of the seeds.
const KEPT_FOR: Duration = Duration::from_hours(1);

/// Products share so many counters of change, so that a change of one outdates a few others too.
const COUNTERS: usize = 16_384;

/// When something was looked up: how often what it may hang on had changed by then. What was read
/// before a change has an earlier stamp and is never found again, even where the reading ends after
/// the change.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Stamp {
    all: u64,
    one: u64,
}

/// How often anything had changed when a reading began.
#[derive(Clone, Copy)]
pub struct Reading(u64);

/// What a product is asked for by.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Asked {
    /// Its id.
    Id(ProductId),
    /// A slug that it has or had.
    Slug(Slug),
}

/// What of the catalog this process keeps for shoppers. It is as fresh as the last notice, and
/// nothing is taken from it while no notices come, but by those who find the database away.
pub struct Shown {
    views: Cache<(ProductId, Stamp), View>,
    /// Products as they were read last, unless they are known to have changed since.
    last: Cache<ProductId, View>,
    /// Which product has a slug, an id of a variant, a SKU. Whether it still has is seen in the view.
    slugs: Cache<Slug, ProductId>,
    variants: Cache<VariantId, ProductId>,
    skus: Cache<Sku, ProductId>,
    tree: future::Cache<u64, Arc<Vec<CategoryNode>>>,
    categories: future::Cache<(Slug, u64), Arc<Category>>,
    rules: future::Cache<(Vec<CouponCode>, u64), Arc<PricingRules>>,
    /// What is being read: of several who want it at once one reads.
    readings: future::Cache<(Asked, u64), SlugTarget>,
    changed: Vec<AtomicU64>,
    /// How often everything changed.
    all_changed: AtomicU64,
    /// How often anything changed.
    any_changed: AtomicU64,
    /// Whether notices come.
    is_heard: AtomicBool,
    hasher: RandomState,
}

impl Shown {
    /// Room for `most` products; nothing is taken from it until notices come.
    pub fn new(most: u64) -> Self {
        Self {
            views: Cache::builder().max_capacity(most).time_to_live(KEPT_FOR).build(),
            last: Cache::builder().max_capacity(most).time_to_live(KEPT_FOR).build(),
            slugs: Cache::new(most),
            variants: Cache::new(most.saturating_mul(4)),
            skus: Cache::new(most.saturating_mul(4)),
            tree: future::Cache::new(2),
            categories: future::Cache::new(most.min(10_000)),
            rules: future::Cache::new(1_000),
            readings: future::Cache::builder()
                .max_capacity(most.min(10_000))
                .time_to_live(Duration::from_secs(1))
                .build(),
            changed: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(),
            all_changed: AtomicU64::new(0),
            any_changed: AtomicU64::new(0),
            is_heard: AtomicBool::new(false),
            hasher: RandomState::new(),
        }
    }

    /// Takes what changed for outdated from here on.
    pub fn outdate(&self, anew: &Anew) {
        if matches!(anew, Anew::Products(ids) if ids.is_empty()) {
            return;
        }
        // First, so that who finds a counter moved finds this moved: see `keep`.
        self.any_changed.fetch_add(1, Ordering::SeqCst);
        match anew {
            Anew::Products(ids) => ids.iter().for_each(|id| {
                self.last.invalidate(id);
                if let Some(counter) = self.counter(*id) {
                    counter.fetch_add(1, Ordering::SeqCst);
                }
            }),
            Anew::All => {
                self.all_changed.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    /// Says whether notices come. What changed while they did not is unknown.
    pub fn heard(&self, is_heard: bool) {
        if self.is_heard.load(Ordering::SeqCst) != is_heard {
            self.outdate(&Anew::All);
            self.is_heard.store(is_heard, Ordering::SeqCst);
        }
    }

    /// Whether anything may be taken from here.
    pub fn is_current(&self) -> bool {
        self.is_heard.load(Ordering::SeqCst)
    }

    /// The stamp of what is read of a product from here on.
    fn stamp(&self, id: ProductId) -> Stamp {
        let one = self.counter(id).map_or(0, |counter| counter.load(Ordering::SeqCst));
        Stamp { all: self.all_changed.load(Ordering::SeqCst), one }
    }

    /// A product that is known.
    pub fn known(&self, id: ProductId) -> Option<View> {
        if !self.is_current() {
            return None;
        }
        self.views.get(&(id, self.stamp(id)))
    }

    /// A product that is not known, read by `read`; of several who want it at once one reads.
    pub async fn read(
        &self,
        asked: Asked,
        read: impl Future<Output = Result<Option<SlugTarget>, PortError>>,
    ) -> Result<Option<SlugTarget>, PortError> {
        if !self.is_current() {
            return read.await;
        }
        let since = self.reading();
        let read = async { read.await.map_err(Failed::Port)?.ok_or(Failed::Absent) };
        let found = match self.readings.try_get_with((asked.clone(), since.0), read).await {
            Ok(found) => found,
            Err(failed) if matches!(*failed, Failed::Absent) => return Ok(None),
            Err(failed) => return Err(failed.told()),
        };
        if let SlugTarget::Current(view) = &found {
            self.keep(since, view);
            if let Asked::Slug(slug) = asked {
                self.slugs.insert(slug, view.product.id());
            }
        }
        Ok(Some(found))
    }

    /// Begins to read products that are not known by their ids yet.
    pub fn reading(&self) -> Reading {
        Reading(self.any_changed.load(Ordering::SeqCst))
    }

    /// Keeps a product that was read since, unless anything changed meanwhile.
    pub fn keep(&self, since: Reading, view: &View) {
        let id = view.product.id();
        let stamp = self.stamp(id);
        if self.any_changed.load(Ordering::SeqCst) == since.0 {
            self.views.insert((id, stamp), view.clone());
            self.last.insert(id, view.clone());
        }
    }

    /// What a product was asked for by leads to, as it was read within the last hour: for those who find
    /// that the database is away, while which nobody changes it.
    pub fn last(&self, asked: &Asked) -> Option<View> {
        match asked {
            Asked::Id(id) => self.last.get(id),
            Asked::Slug(slug) => {
                let view = self.last.get(&self.slugs.get(slug)?)?;
                (view.product.content().slug == *slug).then_some(view)
            }
        }
    }

    /// The product that has a slug now.
    pub fn of_slug(&self, slug: &Slug) -> Option<View> {
        let view = self.known(self.slugs.get(slug)?)?;
        (view.product.content().slug == *slug).then_some(view)
    }

    /// The product that has a variant.
    pub fn of_variant(&self, id: VariantId) -> Option<View> {
        let view = self.known(self.variants.get(&id)?)?;
        view.product.variant(id).is_some().then_some(view)
    }

    /// The product that has a SKU.
    pub fn of_sku(&self, sku: &Sku) -> Option<View> {
        let view = self.known(self.skus.get(sku)?)?;
        view.product.variant_by_sku(sku).is_some().then_some(view)
    }

    /// Remembers whose variant it is.
    pub fn variant_leads_to(&self, variant: VariantId, view: &View) {
        self.variants.insert(variant, view.product.id());
    }

    /// Remembers whose SKU it is.
    pub fn sku_leads_to(&self, sku: &Sku, view: &View) {
        self.skus.insert(sku.clone(), view.product.id());
    }

    /// The tree, read by `read` where it is not known.
    pub async fn tree(
        &self,
        read: impl Future<Output = Result<Arc<Vec<CategoryNode>>, PortError>>,
    ) -> Result<Arc<Vec<CategoryNode>>, Arc<Failed>> {
        let stamp = self.any_changed.load(Ordering::SeqCst);
        let read = async { read.await.map_err(Failed::Port) };
        self.tree.try_get_with(stamp, read).await
    }

    /// A category, read by `read` where it is not known.
    pub async fn category(
        &self,
        slug: &Slug,
        read: impl Future<Output = Result<Option<Arc<Category>>, PortError>>,
    ) -> Result<Option<Arc<Category>>, Arc<Failed>> {
        let stamp = self.all_changed.load(Ordering::SeqCst);
        let read = async { read.await.map_err(Failed::Port)?.ok_or(Failed::Absent) };
        match self.categories.try_get_with((slug.clone(), stamp), read).await {
            Ok(category) => Ok(Some(category)),
            Err(failed) if matches!(*failed, Failed::Absent) => Ok(None),
            Err(failed) => Err(failed),
        }
    }

    /// The rules of prices with the promotions of these codes, read by `read` where they are not
    /// known.
    pub async fn rules(
        &self,
        coupons: &[CouponCode],
        read: impl Future<Output = Result<Arc<PricingRules>, PortError>>,
    ) -> Result<Arc<PricingRules>, PortError> {
        if !self.is_current() {
            return read.await;
        }
        let stamp = self.all_changed.load(Ordering::SeqCst);
        let read = async { read.await.map_err(Failed::Port) };
        self.rules.try_get_with((coupons.to_vec(), stamp), read).await.map_err(Failed::told)
    }

    fn counter(&self, id: ProductId) -> Option<&AtomicU64> {
        let hash = usize::try_from(self.hasher.hash_one(id)).unwrap_or(usize::MAX);
        self.changed.get(hash % COUNTERS)
    }
}

/// Why a reading gave nothing to keep; shared by all who waited for it.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// There is no such thing.
    #[error("there is nothing")]
    Absent,
    /// It could not be read.
    #[error(transparent)]
    Port(PortError),
}

impl Failed {
    /// The failure, for one of those who waited.
    pub fn told(self: Arc<Self>) -> PortError {
        match &*self {
            Self::Port(error) => PortError::new(error.kind(), self),
            Self::Absent => PortError::internal(self),
        }
    }
}
