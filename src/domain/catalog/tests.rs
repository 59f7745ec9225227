use super::*;
use crate::domain::shared::*;
use uuid::Uuid;

const AT: Timestamp = Timestamp::from_micros(1_000);

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

fn variant(sku: &str, price: Option<i64>) -> Variant {
    Variant {
        id: VariantId::new(Uuid::nil()),
        sku: Sku::try_new(sku).unwrap(),
        options: OptionValues::try_new([("sku", sku)]).unwrap(),
        prices: price
            .map(|amount| PriceRow::try_new(usd(amount), None).unwrap())
            .into_iter()
            .collect(),
        stock_policy: StockPolicy::Tracked,
        requires_shipping: true,
        weight_grams: 100,
        tax_category: TaxCategory::default(),
        components: Vec::new(),
    }
}

fn content(status: ProductStatus, variants: Vec<Variant>) -> ProductContent {
    ProductContent {
        name: ProductName::try_new("name", "Lamp").unwrap(),
        slug: Slug::try_new("lamp").unwrap(),
        description: None,
        brand: None,
        status,
        categories: Vec::new(),
        attributes: Attributes::default(),
        tags: Vec::new(),
        published_in: Vec::new(),
        metadata: Metadata::default(),
        images: Vec::new(),
        variants,
        released_at: None,
    }
}

fn product(status: ProductStatus, variants: Vec<Variant>) -> Result<Product, ProductError> {
    Product::try_new(ProductId::new(Uuid::nil()), content(status, variants), AT)
}

#[test]
fn publishing_needs_a_priced_variant() {
    let draft = product(ProductStatus::Draft, vec![variant("a", None)]).unwrap();
    assert_eq!(draft.publish(AT), Err(ProductError::NothingToSell));
    let priced = product(ProductStatus::Draft, vec![variant("a", None), variant("b", Some(1))]);
    assert!(priced.unwrap().publish(AT).unwrap().is_published());
}

#[test]
fn skus_and_options_are_unique_within_a_product() {
    let twice = product(ProductStatus::Draft, vec![variant("a", None), variant("A", None)]);
    assert_eq!(twice, Err(ProductError::RepeatedSku(1)));
    let mut same = variant("b", None);
    same.options = variant("a", None).options;
    let twice = product(ProductStatus::Draft, vec![variant("a", None), same]);
    assert_eq!(twice, Err(ProductError::RepeatedOptions(1)));
    assert_eq!(product(ProductStatus::Draft, vec![]), Err(ProductError::VariantCount));
}

#[test]
fn an_edit_raises_the_version_and_remembers_the_slug() {
    let first = product(ProductStatus::Active, vec![variant("a", Some(1))]).unwrap();
    let mut renamed = first.content().clone();
    renamed.slug = Slug::try_new("new-lamp").unwrap();
    let second = first.revise(renamed.clone(), Timestamp::from_micros(2_000)).unwrap();
    assert_eq!(second.version(), Version::new(2));
    assert_eq!(second.former_slugs(), [Slug::try_new("lamp").unwrap()]);
    renamed.slug = Slug::try_new("lamp").unwrap();
    let third = second.revise(renamed, AT).unwrap();
    assert_eq!(third.former_slugs(), [Slug::try_new("new-lamp").unwrap()]);
}

#[test]
fn what_was_published_never_becomes_a_draft() {
    let archived =
        product(ProductStatus::Active, vec![variant("a", Some(1))]).unwrap().archive(AT).unwrap();
    let draft = ProductContent { status: ProductStatus::Draft, ..archived.content().clone() };
    assert_eq!(archived.revise(draft, AT), Err(ProductError::NoWayBack));
}

#[test]
fn newest_is_the_release_else_the_first_publication() {
    let product = product(ProductStatus::Draft, vec![variant("a", Some(1))]).unwrap();
    let published = product.publish(Timestamp::from_micros(5)).unwrap();
    let again = published.archive(AT).unwrap().publish(Timestamp::from_micros(9)).unwrap();
    assert_eq!(again.newest_at(), Timestamp::from_micros(5));
    let released = Timestamp::from_micros(3);
    let content = ProductContent { released_at: Some(released), ..again.content().clone() };
    assert_eq!(again.revise(content, AT).unwrap().newest_at(), released);
}

#[test]
fn the_lowest_price_whose_conditions_hold_is_picked() {
    let row = |amount, min_quantity, list: Option<&str>, until: Option<i64>| {
        let conditions = PriceConditions {
            min_quantity,
            list: list.map(Into::into),
            until: until.map(Timestamp::from_micros),
            ..PriceConditions::NONE
        };
        PriceRow::try_new(usd(amount), None).unwrap().under(conditions).unwrap()
    };
    let rows = [
        row(100, 1, None, None),
        row(80, 10, None, None),
        row(70, 1, Some("trade"), None),
        row(50, 1, None, Some(5)),
    ];
    let picked = |quantity, lists: &[Box<str>], at| {
        let asked =
            PriceAt { currency: Currency::USD, quantity, lists, at: Timestamp::from_micros(at) };
        pick(&rows, &asked).map(|row| row.amount().amount())
    };
    assert_eq!(picked(1, &[], 5), Some(100));
    assert_eq!(picked(1, &[], 4), Some(50));
    assert_eq!(picked(10, &[], 5), Some(80));
    assert_eq!(picked(1, &["trade".into()], 5), Some(70));
    let eur =
        PriceAt { currency: Currency::try_new("EUR").unwrap(), quantity: 1, lists: &[], at: AT };
    assert_eq!(pick(&rows, &eur), None);
}

#[test]
fn prices_are_never_negative_and_never_mix_currencies() {
    assert!(PriceRow::try_new(usd(-1), None).is_err());
    assert!(PriceRow::try_new(usd(PriceRow::MAX_AMOUNT + 1), None).is_err());
    let eur = Money::new(5, Currency::try_new("EUR").unwrap());
    assert!(PriceRow::try_new(usd(1), Some(eur)).is_err());
}

#[test]
fn a_category_slug_takes_its_parents_only_where_needed() {
    let slugs: Vec<_> = Category::slug_candidates(&["Home", "Bed Room", "Lamps"])
        .iter()
        .map(|s| s.as_str().to_owned())
        .collect();
    assert_eq!(slugs, ["lamps", "bed-room-lamps", "home-bed-room-lamps"]);
}

#[test]
fn a_category_never_lies_below_itself() {
    let id = |n| CategoryId::new(Uuid::from_u128(n));
    let category = Category {
        id: id(1),
        slug: Slug::try_new("a").unwrap(),
        name: Text::try_new("name", "A").unwrap(),
        parent: Some(id(2)),
        position: 0,
        version: Version::FIRST,
    };
    assert_eq!(category.check_place(&[id(2), id(1)], 0), Err(CategoryError::Circle));
    assert_eq!(category.check_place(&[id(2)], 0), Ok(()));
    let deep: Vec<_> = (2..12).map(id).collect();
    assert_eq!(category.check_place(&deep, 0), Err(CategoryError::TooDeep));
}

#[test]
fn empty_attribute_values_are_left_out_and_too_many_refused() {
    let attributes = Attributes::try_new([("color", " oak "), ("size", "  ")]).unwrap();
    assert_eq!(attributes.iter().collect::<Vec<_>>(), [("color", "oak")]);
    let names: Vec<String> = (0..=Attributes::MAX).map(|n| format!("n{n}")).collect();
    assert!(Attributes::try_new(names.iter().map(|name| (name.as_str(), "x"))).is_err());
}

#[test]
fn conditions_that_nobody_can_meet_are_refused() {
    let under = |conditions| PriceRow::try_new(usd(1), None).unwrap().under(conditions);
    let span = |from, until| {
        let (from, until) =
            (Some(Timestamp::from_micros(from)), Some(Timestamp::from_micros(until)));
        under(PriceConditions { from, until, ..PriceConditions::NONE })
    };
    assert!(under(PriceConditions { min_quantity: 0, ..PriceConditions::NONE }).is_err());
    assert!(span(2, 1).is_err() && span(1, 1).is_err());
    let row = span(1, 2).unwrap();
    assert!(!row.holds_always());
    assert!(row.under(PriceConditions::NONE).unwrap().holds_always());
}

#[test]
fn a_plain_price_is_set_in_its_currency_alone() {
    let euro = |amount| Money::new(amount, Currency::try_new("EUR").unwrap());
    let row = |amount| PriceRow::try_new(amount, None).unwrap();
    let bulk = PriceConditions { min_quantity: 10, ..PriceConditions::NONE };
    let bulk = row(usd(80)).under(bulk).unwrap();
    let mut rows = vec![bulk.clone(), row(usd(100))];
    set_plain(&mut rows, row(euro(90)));
    set_plain(&mut rows, row(usd(99)));
    assert_eq!(rows, [bulk, row(usd(99)), row(euro(90))]);
    assert_eq!(plain(&rows, Currency::USD), Some(&row(usd(99))));
}
