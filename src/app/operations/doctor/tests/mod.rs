mod delivery;
mod ledger;

use std::sync::Arc;

use uuid::Uuid;

use super::catalog::Counts;
use super::order::{against_cart, against_events, against_row, against_units, misfits};
use super::promotion::CustomerUses;
use super::report::Cure;
use super::*;
use crate::domain::catalog::{
    Attributes, Category, Metadata, OptionValues, PriceRow, Product, ProductContent, ProductName,
    ProductStatus, Variant,
};
use crate::domain::inventory::{HoldTold, Reservation, ReservationState};
use crate::domain::order::{
    CheckoutState, Effect, Lease, Order, OrderEvent, OrderLine, OrderNumber, Origin, PaymentMethod,
    Placed, PromotionUse, Saga, SagaPlan, TaxLine, Totals,
};
use crate::domain::shared::*;
use crate::ports::catalog::{CategoryNode, ProductView};
use crate::ports::upkeep::{FoundEmail, OrderRow, Repair};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

fn sku() -> Sku {
    Sku::try_new("LAMP-1").unwrap()
}

fn quantity(units: i64) -> Quantity {
    Quantity::try_new(units).unwrap()
}

fn allocation(units: i64) -> Allocation {
    Allocation { sku: sku(), location: Location::main(), quantity: quantity(units) }
}

/// Two lamps at 10.00, 1.00 off, shipped for 5.00 with 2.00 tax on top: 26.00.
fn placed() -> Placed {
    let line = OrderLine {
        id: LineId::new(uuid(10)),
        product: ProductId::new(uuid(11)),
        variant: VariantId::new(uuid(12)),
        sku: sku(),
        title: "Lamp".into(),
        quantity: quantity(2),
        unit_price: usd(1_000),
        discount: usd(100),
        total: usd(1_900),
        tax: usd(150),
        requires_shipping: true,
        stock: vec![allocation(2)],
    };
    let tax = TaxLine { name: "Tax".into(), rate_ppm: 80_000, amount: usd(200), included: false };
    Placed {
        id: OrderId::new(uuid(1)),
        number: OrderNumber::from_bits(7),
        origin: Origin::Cart,
        cart: Some(CartId::new(uuid(3))),
        customer: None,
        email: Email::try_new("ada@example.com").unwrap(),
        currency: Currency::USD,
        lines: vec![line],
        totals: Totals {
            subtotal: usd(2_000),
            discount: usd(100),
            shipping: usd(500),
            tax: usd(200),
            included_tax: usd(0),
            total: usd(2_600),
        },
        coupons: Vec::new(),
        uses: vec![PromotionUse { promotion: promotion(), customer_key: "ada".into() }],
        promotions: Vec::new(),
        tax_lines: vec![tax],
        shipping_address: None,
        billing_address: None,
        shipping: None,
        payment: PaymentId::new(uuid(2)),
        method: PaymentMethod::Card { token: "pm_card_visa".into() },
        at: NOW,
    }
}

fn promotion() -> PromotionId {
    PromotionId::new(uuid(20))
}

fn refund() -> RefundId {
    RefundId::new(uuid(30))
}

fn pending() -> Order {
    Order::place(placed()).order
}

fn confirmed() -> Order {
    pending().confirm(true, NOW).unwrap().order
}

fn cancelled() -> Order {
    confirmed().cancel("why not".into(), refund(), NOW).unwrap().order
}

fn failed() -> Order {
    pending().decline("no".into(), NOW).unwrap().order
}

fn reservation(state: ReservationState, units: i64) -> Reservation {
    Reservation {
        order: pending().id(),
        sku: sku(),
        location: Location::main(),
        quantity: quantity(units),
        state,
        held_until: NOW,
    }
}

fn checkout() -> Saga {
    Saga::checkout(pending().id(), Lease { owner: "me".into(), until: NOW }, NOW)
}

fn told(findings: impl IntoIterator<Item = Finding>) -> Vec<String> {
    findings.into_iter().map(|finding| finding.to_string()).collect()
}

#[track_caller]
fn tells(findings: impl IntoIterator<Item = Finding>, parts: &[&str]) {
    let told = told(findings);
    assert_eq!(told.len(), 1, "{told:?}");
    for part in parts {
        assert!(told[0].contains(part), "{told:?} lacks {part}");
    }
}

#[test]
fn an_order_is_held_against_the_fold_of_its_events() {
    let change = Order::place(placed());
    let next = change.order.confirm(true, NOW).unwrap();
    let events = [change.events, next.events].concat();
    assert_eq!(against_events(&next.order, &events), None);
    tells(against_events(&change.order, &events), &["expected confirmed", "found pending"]);
    tells(against_events(&next.order, &events[1..]), &["2 events that tell no order"]);
    let mut other = placed();
    other.email = Email::try_new("eve@example.com").unwrap();
    let other = Order::place(other);
    tells(against_events(&change.order, &other.events), &["found other details"]);
}

#[test]
fn money_that_adds_up_is_no_finding() {
    for order in [pending(), confirmed(), cancelled(), failed()] {
        assert_eq!(money::adds_up(&order), [], "{}", order.status());
    }
}

#[test]
fn every_sum_of_an_order_is_checked() {
    let altered = |alter: &dyn Fn(&mut Placed)| {
        let mut placed = placed();
        alter(&mut placed);
        money::adds_up(&Order::place(placed).order)
    };
    let total = altered(&|placed| placed.totals.shipping = usd(501));
    tells(total, &["total of order", "expected 26.01 USD", "found 26.00 USD"]);
    let discount = altered(&|placed| {
        placed.totals.discount = usd(99);
        placed.totals.shipping = usd(499);
    });
    tells(discount, &["discount of order", "expected 1.00 USD", "found 0.99 USD"]);
    tells(altered(&|placed| placed.lines[0].total = usd(1)), &["line LAMP-1", "expected 19.00"]);
    tells(altered(&|placed| placed.tax_lines.clear()), &["tax on top", "expected 0.00"]);
    tells(altered(&|placed| placed.totals.included_tax = usd(1)), &["tax that prices contain"]);
    let price = altered(&|placed| placed.lines[0].unit_price = usd(1_001));
    assert_eq!(price.len(), 2, "subtotal and line: {price:?}");
    let euro = Money::new(100, Currency::try_new("EUR").unwrap());
    tells(altered(&|placed| placed.tax_lines[0].amount = euro), &["amounts that can be added"]);
}

#[test]
fn no_more_goes_back_than_was_taken() {
    let mut events = Order::place(placed()).events;
    let change = confirmed().request_refund(refund(), usd(2_600), None, NOW).unwrap();
    assert_eq!(money::adds_up(&change.order), []);
    // The same refund without the capture that it goes back on.
    events.extend(change.events);
    let order = Order::fold(&events).unwrap();
    tells(money::adds_up(&order), &["refunds of order", "at most 0.00 USD", "found 26.00 USD"]);
}

#[test]
fn an_order_that_failed_keeps_no_money() {
    let mut events = Order::place(placed()).events;
    events.push(OrderEvent::PaymentCaptured(placed().payment, NOW));
    events.push(OrderEvent::Failed("stock_lost".into(), NOW));
    let order = Order::fold(&events).unwrap();
    tells(money::adds_up(&order), &["all of 26.00 USD paid back", "found 0.00 USD"]);
}

#[test]
fn reservations_are_for_what_the_lines_take_and_fit_the_phase() {
    use ReservationState::{Committed, Expired, Held, Released};
    for (order, fitting) in [
        (pending(), vec![Held, Expired]),
        (confirmed(), vec![Committed]),
        (cancelled(), vec![Committed]),
        (failed(), vec![Released, Expired]),
    ] {
        for state in [Held, Committed, Released, Expired] {
            let kept = [reservation(state, 2)];
            let findings = misfits(&order, &kept).count();
            assert_eq!(findings == 0, fitting.contains(&state), "{state:?}");
            assert_eq!(against_units(&order, &kept), None);
        }
    }
    let short = against_units(&pending(), &[reservation(Held, 1)]);
    tells(short, &["expected 2 of LAMP-1 at main", "found 1 of LAMP-1 at main"]);
    tells(against_units(&pending(), &[]), &["found none"]);
}

#[test]
fn a_cart_leads_to_its_order_unless_that_failed() {
    let other = OrderId::new(uuid(99));
    assert_eq!(against_cart(&confirmed(), Some(confirmed().id())), None);
    assert_eq!(against_cart(&failed(), Some(other)), None);
    tells(against_cart(&confirmed(), None), &["found no order"]);
    tells(against_cart(&pending(), Some(other)), &[&other.to_string()]);
}

#[test]
fn every_order_has_a_checkout_that_tells_the_same() {
    let confirming =
        checkout().advance(SagaPlan::Checkout(CheckoutState::Confirmed), &[Effect::Confirmed], NOW);
    let failing = checkout().advance(
        SagaPlan::Checkout(CheckoutState::Compensated),
        &[Effect::PaymentFailed, Effect::Compensated],
        NOW,
    );
    for (order, fitting) in [
        (pending(), [true, false, false]),
        (confirmed(), [false, true, false]),
        (cancelled(), [false, true, false]),
        (failed(), [false, false, true]),
    ] {
        for (saga, fits) in [&checkout(), &confirming, &failing].into_iter().zip(fitting) {
            let findings = saga::checkout(&order, Some(saga), NOW);
            assert_eq!(findings.is_empty(), fits, "{findings:?}");
        }
    }
    tells(saga::checkout(&confirmed(), None, NOW), &["expected a saga", "found none"]);
    let mut illegal = checkout();
    illegal.journal.clear();
    tells(saga::checkout(&pending(), Some(&illegal), NOW), &["a journal that can be", "found []"]);
}

#[test]
fn a_checkout_that_waits_for_a_person_has_an_order_that_says_so() {
    let stuck = checkout().advance(
        SagaPlan::Checkout(CheckoutState::NeedsAttention),
        &[Effect::StockLost, Effect::RefundRefused],
        NOW,
    );
    tells(saga::checkout(&pending(), Some(&stuck), NOW), &["found one that waits for a person"]);
    let owing = pending().owe_back(refund(), "stock_lost", NOW).unwrap().order;
    let told = owing.refund_failed(refund(), "card closed".into(), NOW).unwrap().order;
    assert_eq!(saga::checkout(&told, Some(&stuck), NOW), []);
}

#[test]
fn a_refund_has_a_saga_just_as_long_as_it_is_to_be_paid() {
    let order = cancelled();
    let agreed = &order.refunds()[0];
    let paying = Saga::refund(order.id(), refund(), NOW);
    assert_eq!(saga::refund(&order, agreed, Some(&paying), NOW), []);
    tells(
        saga::refund(&order, agreed, None, NOW),
        &["refund of 26.00 USD", "found no saga that pays"],
    );
    let paid = order.refund_paid(refund(), NOW).unwrap().order;
    assert_eq!(saga::refund(&paid, &paid.refunds()[0], None, NOW), []);
    tells(
        saga::refund(&paid, &paid.refunds()[0], Some(&paying), NOW),
        &["found a saga that pays it"],
    );
    let owed = pending().owe_back(refund(), "stock_lost", NOW).unwrap().order;
    assert_eq!(saga::refund(&owed, &owed.refunds()[0], None, NOW), []);
}

#[test]
fn a_saga_belongs_to_an_order_that_knows_of_it() {
    assert_eq!(saga::belongs(checkout().id, Some(&pending())), None);
    tells(saga::belongs(checkout().id, None), &["expected an order that knows of it"]);
    let paying = Saga::refund(cancelled().id(), refund(), NOW).id;
    assert_eq!(saga::belongs(paying, Some(&cancelled())), None);
    tells(saga::belongs(paying, Some(&confirmed())), &["refund", "found none"]);
}

#[test]
fn orders_that_failed_or_were_cancelled_use_no_promotion() {
    let mut used = Used::default();
    for order in [pending(), confirmed(), cancelled(), failed()] {
        used.add(&order);
    }
    assert_eq!((used.all, used.totals.get(&promotion())), (4, Some(&2)));
    assert_eq!(promotion::compare(promotion(), None, 2, 2), None);
    tells(promotion::compare(promotion(), None, 2, 3), &["2 taken by orders", "found 3"]);
}

#[test]
fn each_customer_is_of_exactly_one_share() {
    let orders: Vec<Order> =
        (0..100).map(|number| used_by(&format!("customer-{number}"))).collect();
    let shares: Vec<CustomerUses> = (0..4)
        .map(|share| {
            let mut uses = CustomerUses::new(share, 4);
            for order in orders.iter().chain(&orders) {
                uses.add(order);
            }
            uses
        })
        .collect();
    assert_eq!(shares.iter().map(|uses| uses.counts.len()).sum::<usize>(), 100);
    assert!(shares.iter().all(|uses| uses.counts.len() < 100));
    assert!(shares.iter().flat_map(|uses| uses.counts.values()).all(|count| *count == 2));
    assert_eq!((CustomerUses::shares(0), CustomerUses::shares(1_000_000)), (1, 21));
}

#[test]
fn a_customer_who_got_a_use_back_is_looked_at_too() {
    let mut uses = CustomerUses::new(0, 1);
    uses.add(&failed());
    uses.add(&cancelled());
    assert_eq!(uses.counts, [((promotion(), "ada".to_owned()), 0)].into());
    uses.add(&confirmed());
    assert_eq!(uses.counts, [((promotion(), "ada".to_owned()), 1)].into());
}

fn used_by(customer: &str) -> Order {
    let used = PromotionUse { promotion: promotion(), customer_key: customer.into() };
    Order::place(Placed { uses: vec![used], ..placed() }).order
}

fn category(number: u128, parent: Option<u128>) -> Category {
    Category {
        id: CategoryId::new(uuid(number)),
        slug: Slug::try_new(&format!("category-{number}")).unwrap(),
        name: Text::try_new("name", &format!("Category {number}")).unwrap(),
        parent: parent.map(|parent| CategoryId::new(uuid(parent))),
        position: 0,
        version: Version::FIRST,
    }
}

/// Lamps (1) with table lamps (2) below.
fn tree(lamps: u64, table_lamps: u64) -> Vec<CategoryNode> {
    let below = CategoryNode {
        category: Arc::new(category(2, Some(1))),
        product_count: table_lamps,
        children: Vec::new(),
    };
    let top = Arc::new(category(1, None));
    vec![CategoryNode { category: top, product_count: lamps, children: vec![below] }]
}

fn product(status: ProductStatus, categories: &[u128]) -> Product {
    let name = ProductName::try_new("name", "Lamp").unwrap();
    let variant = Variant {
        id: VariantId::new(uuid(12)),
        sku: sku(),
        options: OptionValues::default(),
        prices: vec![PriceRow::try_new(usd(1_000), None).unwrap()],
        stock_policy: StockPolicy::Tracked,
        requires_shipping: true,
        weight_grams: 0,
        tax_category: TaxCategory::default(),
        components: Vec::new(),
    };
    let content = ProductContent {
        slug: Slug::from_name(name.as_str()),
        name,
        description: None,
        brand: None,
        status,
        categories: categories.iter().map(|id| CategoryId::new(uuid(*id))).collect(),
        attributes: Attributes::default(),
        tags: Vec::new(),
        published_in: Vec::new(),
        metadata: Metadata::default(),
        images: Vec::new(),
        variants: vec![variant],
        released_at: None,
    };
    Product::try_new(ProductId::new(uuid(11)), content, NOW).unwrap().imported(None, 40)
}

#[test]
fn categories_count_published_products_in_and_below_them_once() {
    let compare = |tree: &[CategoryNode]| {
        let mut counts = Counts::of(tree);
        assert_eq!(counts.add(&product(ProductStatus::Active, &[2, 1])), []);
        assert_eq!(counts.add(&product(ProductStatus::Active, &[1])), []);
        assert_eq!(counts.add(&product(ProductStatus::Draft, &[2])), []);
        counts.compare()
    };
    assert_eq!(compare(&tree(2, 1)), []);
    tells(compare(&tree(3, 1)), &["Category 1", "expected 2", "found 3"]);
    tells(compare(&tree(2, 0)), &["Category 2", "expected 1", "found 0"]);
    let lost = Counts::of(&tree(0, 0)).add(&product(ProductStatus::Draft, &[9]));
    tells(lost, &["expected a category", "found none"]);
}

#[test]
fn popularity_is_what_a_product_started_from_and_what_was_sold() {
    let mut sold = Sold::default();
    for order in [pending(), confirmed(), confirmed(), cancelled(), failed()] {
        sold.add(&order);
    }
    let view = |popularity| ProductView {
        product: Arc::new(product(ProductStatus::Active, &[])),
        version: 1,
        availability: Vec::new(),
        popularity,
        path: Vec::new(),
        categories: Arc::default(),
        labels: Vec::new(),
    };
    assert_eq!(sold.compare(&view(44), 0), None);
    tells(sold.compare(&view(46), 0), &["expected 44, 4 of them sold here", "found 46"]);
}

#[test]
fn findings_beyond_the_limit_are_counted() {
    let mut report = Report::default();
    assert!(report.agrees());
    let finding = Finding::new("a", 1, 2, "b");
    report.add(vec![finding; Report::MAX_FINDINGS + 2]);
    assert_eq!((report.findings.len(), report.further), (Report::MAX_FINDINGS, 2));
    assert!(!report.agrees());
}

#[test]
fn what_can_be_mended_hides_behind_nothing() {
    let mut report = Report::default();
    let cure = Cure::of(Repair::Category { id: CategoryId::new(uuid(1)), found: 1 });
    let for_a_person = |number: usize| Finding::new(format!("a {number}"), 1, 2, "b");
    let mendable = |number: usize| for_a_person(number).mended_by(cure.clone());
    report.add([mendable(0)]);
    report.add((1..Report::MAX_FINDINGS).map(for_a_person));
    report.add([mendable(5_000), for_a_person(5_001), mendable(5_002)]);
    assert_eq!((report.findings.len(), report.further), (Report::MAX_FINDINGS, 3));
    let told =
        |number: usize| report.findings.iter().any(|finding| finding.what == format!("a {number}"));
    assert!(told(0) && told(5_000) && told(5_002) && told(1));
    assert!(!told(5_001) && !told(Report::MAX_FINDINGS - 1) && !told(Report::MAX_FINDINGS - 2));
    let mut full = Report::default();
    full.add((0..Report::MAX_FINDINGS + 3).map(mendable));
    assert_eq!((full.findings.len(), full.further), (Report::MAX_FINDINGS, 3));
}

#[test]
fn an_order_is_held_against_how_it_is_found() {
    let change = Order::place(placed());
    let row = OrderRow::of(&change.order);
    let compare = |row: Option<&OrderRow>| against_row(&change.order, &change.events, row);
    assert_eq!(compare(Some(&row)), None);
    let other = OrderRow { phase: "failed".into(), ..row.clone() };
    tells(compare(Some(&other)), &["expected pending (pending)", "found pending (failed)"]);
    assert!(compare(Some(&other)).unwrap().is_mendable());
    let unused = OrderRow { uses: Vec::new(), ..row.clone() };
    tells(compare(Some(&unused)), &["and 0 uses of promotions that are not its own"]);
    let other = OrderRow { email: FoundEmail("eve@example.com".into()), ..row.clone() };
    tells(compare(Some(&other)), &["as of another number, buyer or time"]);
    assert!(!told(compare(Some(&other)))[0].contains("example.com"), "nobody is named");
    assert!(!compare(None).unwrap().is_mendable(), "nobody knows what would have to be there");
}

#[test]
fn a_reservation_becomes_what_its_ledger_tells_and_ends_as_its_order_did() {
    use ReservationState::{Committed, Expired, Held, Released};
    let cure = |order: &Order, kept, told| {
        let told = HoldTold::Stands(told, 2);
        order::reservation_cure(order, &reservation(kept, 2), told).is_some()
    };
    assert!(cure(&pending(), Expired, Held) && cure(&confirmed(), Released, Committed));
    assert!(cure(&failed(), Held, Held) && cure(&cancelled(), Held, Held));
    assert!(!cure(&pending(), Held, Held) && !cure(&failed(), Committed, Committed));
    let of = |told| order::reservation_cure(&failed(), &reservation(Held, 2), told);
    assert!(of(HoldTold::Contradiction).is_none() && of(HoldTold::Nothing).is_none());
    assert!(of(HoldTold::Stands(Held, 3)).is_none(), "of other units than the ledger tells");
}

#[test]
fn a_checkout_ends_as_its_order_did_unless_money_is_owed() {
    let mendable = |order: &Order, saga: &Saga| {
        let findings = saga::checkout(order, Some(saga), NOW);
        findings.len() == 1 && findings[0].is_mendable()
    };
    assert!(mendable(&confirmed(), &checkout()) && mendable(&failed(), &checkout()));
    let refund = SagaPlan::Checkout(CheckoutState::PayingBack { refund: refund() });
    let owing = checkout().advance(refund, &[Effect::StockLost], NOW);
    assert!(!mendable(&confirmed(), &owing), "it may have been paid back");
    let mut events = Order::place(placed()).events;
    events.push(OrderEvent::PaymentCaptured(placed().payment, NOW));
    events.push(OrderEvent::Failed("stock_lost".into(), NOW));
    assert!(!mendable(&Order::fold(&events).unwrap(), &owing), "it was not paid back");
}

#[test]
fn a_refund_that_nobody_pays_is_begun_and_one_that_was_paid_is_over() {
    let order = cancelled();
    let mendable = |order: &Order, saga: Option<&Saga>| {
        let findings = saga::refund(order, &order.refunds()[0], saga, NOW);
        findings.len() == 1 && findings[0].is_mendable()
    };
    let paying = Saga::refund(order.id(), refund(), NOW);
    let paid = order.refund_paid(refund(), NOW).unwrap().order;
    assert!(mendable(&order, None) && mendable(&paid, Some(&paying)));
    let plan = SagaPlan::Refund(crate::domain::order::RefundJobState::Paid);
    let over = paying.advance(plan, &[Effect::RefundPaid], NOW);
    assert!(!mendable(&order, Some(&over)), "only the provider knows what was paid");
}
