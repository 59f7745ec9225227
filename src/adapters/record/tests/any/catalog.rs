use super::{Any, Draw};
use crate::domain::catalog::*;
use crate::domain::shared::*;

fn pairs(draw: &mut Draw) -> Vec<(String, String)> {
    (0..draw.below(3))
        .map(|_| (draw.text::<30>().to_string(), draw.text::<90>().to_string()))
        .collect()
}

fn lent(pairs: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

impl Any for Category {
    fn any(draw: &mut Draw) -> Self {
        Self {
            id: draw.any(),
            slug: draw.any(),
            name: draw.any(),
            parent: draw.any(),
            position: draw.any(),
            version: draw.any(),
        }
    }
}

impl Any for Image {
    fn any(draw: &mut Draw) -> Self {
        Self { id: draw.any(), url: draw.any(), alt: draw.any() }
    }
}

impl Any for PriceRow {
    fn any(draw: &mut Draw) -> Self {
        let (amount, other) = (draw.any::<Money>(), draw.amount());
        let former = draw.any::<bool>().then(|| Money::new(other, amount.currency()));
        let from = Timestamp::from_micros(5);
        let until = Timestamp::from_micros(6);
        let conditions = PriceConditions {
            list: draw.any::<bool>().then(|| draw.any::<String>().into()),
            min_quantity: draw.pick(&[1, 10, u32::MAX]),
            from: draw.pick(&[None, Some(from)]),
            until: draw.pick(&[None, Some(until)]),
        };
        Self::try_new(amount, former).unwrap().under(conditions).unwrap()
    }
}

impl Any for Component {
    fn any(draw: &mut Draw) -> Self {
        Self { sku: draw.any(), quantity: draw.any() }
    }
}

impl Any for Variant {
    fn any(draw: &mut Draw) -> Self {
        let mut options = pairs(draw);
        options.push(("number".to_owned(), draw.word()));
        Self {
            id: draw.any(),
            sku: draw.any(),
            options: OptionValues::try_new(lent(&options)).unwrap(),
            prices: draw.few(),
            stock_policy: draw.any(),
            requires_shipping: draw.any(),
            weight_grams: draw.any(),
            tax_category: draw.any(),
            components: draw.few(),
        }
    }
}

impl Any for Tag {
    fn any(draw: &mut Draw) -> Self {
        Self::try_new(draw.text::<40>().as_str()).unwrap()
    }
}

impl Any for ProductContent {
    fn any(draw: &mut Draw) -> Self {
        let mut variants: Vec<Variant> = draw.few();
        variants.push(Variant { prices: vec![draw.any()], ..draw.any() });
        if variants.len() == 1 && draw.any() {
            variants[0].options = OptionValues::default();
        }
        let (attributes, metadata) = (pairs(draw), pairs(draw));
        Self {
            name: draw.any(),
            slug: draw.any(),
            description: draw.any(),
            brand: draw.any(),
            status: draw.pick(&[
                ProductStatus::Draft,
                ProductStatus::Active,
                ProductStatus::Archived,
            ]),
            categories: draw.few(),
            attributes: Attributes::try_new(lent(&attributes)).unwrap(),
            tags: draw.few(),
            published_in: draw.few(),
            metadata: Metadata::try_new(lent(&metadata)).unwrap(),
            images: draw.few(),
            variants,
            released_at: draw.any(),
        }
    }
}

impl Any for Product {
    fn any(draw: &mut Draw) -> Self {
        let history = ProductHistory {
            version: draw.any(),
            former_slugs: draw.few(),
            import_key: draw.any(),
            starting_popularity: draw.any(),
            created_at: draw.any(),
            updated_at: draw.any(),
            published_at: draw.any(),
        };
        Self::restore(draw.any(), draw.any(), history).unwrap()
    }
}
