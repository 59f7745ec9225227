//! From a draft to content that may be saved.

use super::draft::{CategoriesDraft, ImageDraft, ProductDraft};
use super::naming::SlugMaker;
use super::tree::TreePlan;
use super::{fields, variants};
use crate::app::faults::Faults;
use crate::app::{AppError, Ports};
use crate::domain::catalog::{
    Category, Image, Product, ProductContent, ProductError, ProductName, Variant,
};
use crate::domain::shared::{CategoryId, Sku, Slug};
use crate::ports::PortError;
use crate::ports::idempotency::Refusal;
use crate::ports::store::{Conflict, Unique, Write};

/// Content that was checked, with what must be saved beside it and what of it was made up.
pub(super) struct ContentPlan {
    /// The content.
    pub content: ProductContent,
    /// Saves the categories that were missing.
    pub categories: Vec<Write>,
    slug_made: bool,
    skus_made: Vec<Sku>,
}

impl ContentPlan {
    /// Checks `draft`, a new version of `known` or a new product. Everything that is wrong with it
    /// is told at once.
    pub async fn make(
        draft: &ProductDraft,
        known: Option<&Product>,
        ports: &Ports,
    ) -> Result<Self, AppError> {
        let mut faults = Faults::default();
        let mut tree = TreePlan::new(&*ports.catalog, &*ports.ids);
        let categories = categories(&draft.categories, &mut tree, ports, &mut faults).await?;
        let slug = slug(draft, known, ports, &mut faults).await?;
        let variants = variants::check(&draft.variants, known, ports, &mut faults);
        let resolved = Resolved { slug, categories, variants: variants.checked };
        let content = assemble(draft, known.map(Product::content), resolved, ports, &mut faults);
        Ok(Self {
            content: faults.finish(content)?,
            categories: tree.into_writes(),
            slug_made: draft.slug.is_none() && known.is_none(),
            skus_made: variants.skus_made,
        })
    }

    /// Whether a commit that was refused for `conflict` may go through once what was made up is
    /// made up anew.
    pub fn may_be_mended(&self, conflict: &Conflict) -> bool {
        match conflict {
            Conflict::Taken(Unique::ProductSlug, _) => self.slug_made,
            Conflict::Taken(Unique::CategorySlug | Unique::CategoryName, _)
            | Conflict::Stale("category") => true,
            Conflict::Taken(Unique::Sku, value) => {
                self.skus_made.iter().any(|sku| sku.as_str().eq_ignore_ascii_case(value))
            }
            _ => false,
        }
    }
}

/// What of the content needs the rest of the catalog to be checked.
struct Resolved {
    slug: Option<Slug>,
    categories: Vec<CategoryId>,
    variants: Vec<Variant>,
}

fn assemble(
    draft: &ProductDraft,
    before: Option<&ProductContent>,
    resolved: Resolved,
    ports: &Ports,
    faults: &mut Faults,
) -> Option<ProductContent> {
    let name = faults.note(|| "/name".into(), ProductName::try_new("name", &draft.name));
    let description = fields::description(draft.description.as_deref(), faults);
    let brand = fields::brand(draft.brand.as_deref(), faults);
    let attributes = fields::attributes(&draft.attributes, faults);
    let tags = fields::tags(&draft.tags, faults);
    let metadata = fields::metadata(&draft.metadata, faults);
    let images = images(&draft.images, before, ports, faults);
    Some(ProductContent {
        name: name?,
        slug: resolved.slug?,
        description,
        brand,
        status: draft.status.or(before.map(|content| content.status)).unwrap_or_default(),
        categories: resolved.categories,
        attributes,
        tags,
        published_in: before.map(|content| content.published_in.clone()).unwrap_or_default(),
        metadata,
        images,
        variants: resolved.variants,
        released_at: draft.released_at,
    })
}

fn images(
    drafts: &[ImageDraft],
    before: Option<&ProductContent>,
    ports: &Ports,
    faults: &mut Faults,
) -> Vec<Image> {
    let known = before.map_or(&[][..], |content| &content.images);
    let mut images = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        let place = format!("/images/{index}");
        let written = (&*draft.url, draft.alt.as_deref());
        images.extend(fields::image(&place, written, known, &*ports.ids, faults));
    }
    images
}

/// The slug that was asked for, else the one that the product has, else one of its name.
async fn slug(
    draft: &ProductDraft,
    known: Option<&Product>,
    ports: &Ports,
    faults: &mut Faults,
) -> Result<Option<Slug>, PortError> {
    if let Some(raw) = &draft.slug {
        return Ok(faults.note(|| "/slug".into(), Slug::try_new(raw)));
    }
    if let Some(product) = known {
        return Ok(Some(product.content().slug.clone()));
    }
    let mut maker = SlugMaker::default();
    maker.make(&draft.name, None, &*ports.catalog, &*ports.secrets).await.map(Some)
}

async fn categories(
    draft: &CategoriesDraft,
    tree: &mut TreePlan<'_>,
    ports: &Ports,
    faults: &mut Faults,
) -> Result<Vec<CategoryId>, PortError> {
    match draft {
        CategoriesDraft::None => Ok(Vec::new()),
        CategoriesDraft::Path(names) => {
            let path = fields::path(names, faults);
            if path.len() != names.len() {
                return Ok(Vec::new());
            }
            if path.len() > Category::MAX_DEPTH {
                let detail = format!("categories nest at most {} deep", Category::MAX_DEPTH);
                faults.add("/category_path", detail);
                return Ok(Vec::new());
            }
            Ok(tree.resolve(&path).await?.into_iter().collect())
        }
        CategoriesDraft::Ids(ids) => {
            for (index, id) in ids.iter().enumerate() {
                if ports.catalog.category(*id).await?.is_none() {
                    faults.unknown(format!("/category_ids/{index}"), "no category has this id");
                }
            }
            Ok(fields::without_repeats(ids.iter().copied()))
        }
    }
}

/// What the rules of a product mean to the author of a draft.
pub(super) fn product_fault(error: &ProductError) -> AppError {
    let pointer = match error {
        ProductError::NoWayBack => {
            let detail = "A product that was published cannot become a draft; archive it instead.";
            return AppError::refused(Refusal::InvalidTransition { detail: detail.to_owned() });
        }
        ProductError::VariantCount => "/variants".to_owned(),
        ProductError::RepeatedSku(index) => format!("/variants/{index}/sku"),
        ProductError::RepeatedOptions(index) => format!("/variants/{index}/options"),
        ProductError::TooMany("categories", _) => "/category_ids".to_owned(),
        ProductError::TooMany(what, _) => format!("/{what}"),
        ProductError::NothingToSell => "/status".to_owned(),
    };
    AppError::invalid(pointer, error.to_string())
}
