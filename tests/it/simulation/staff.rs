//! Staff: one fills the shelves, sends and takes back; one moves prices and money.

use std::sync::Arc;

use ecicomm::app::AppError;
use ecicomm::domain::order::{Order, OrderStatus, PaymentMethod, PaymentState};
use ecicomm::domain::shared::{Money, OrderId, Quantity, Sku, StockPolicy};
use ecicomm::ports::idempotency::Outcome;
use ecicomm::ports::order::OrderFilter;

use super::client::Client;
use super::plan::{RUSHES, rush_at};
use super::setup::{GOODS, Goods, draft_of, receipt};
use super::witness::Witness;

/// Rounds that a member of staff makes in a rush.
const ROUNDS: u32 = 8;

pub struct Warehouse {
    pub client: Client,
}

pub struct Clerk {
    pub client: Client,
    pub goods: Arc<Goods>,
}

/// The latest orders, as the list shows them.
async fn latest(client: &mut Client, status: Option<OrderStatus>) -> Vec<Arc<Order>> {
    let filter = OrderFilter { status, ..OrderFilter::default() };
    let read = client.ask("list orders", 4, move |shop| {
        let filter = filter.clone();
        async move { shop.orders.orders(&filter, None, 30).await }
    });
    let Some(Ok(page)) = read.await else { return Vec::new() };
    for order in &page.items {
        client.book.saw(client.id, order);
    }
    page.items
}

impl Warehouse {
    pub async fn live(mut self) {
        for rush in 0..RUSHES {
            self.client.world.until(rush_at(rush)).await;
            for _ in 0..ROUNDS {
                self.client.think(10_000, 60_000).await;
                self.stock().await;
                self.send().await;
                self.take_back().await;
            }
        }
    }

    /// Receives a little of what runs low, and counts something anew.
    async fn stock(&mut self) {
        let good = self.client.rng.pick(&GOODS).clone();
        if good.policy == StockPolicy::Untracked || good.sku == "LAST-1" {
            return;
        }
        let sku = Sku::try_new(good.sku).unwrap();
        let read = self.client.ask("read stock", 4, move |shop| {
            let sku = sku.clone();
            async move { shop.inventory.levels(&sku).await }
        });
        let Some(Ok(levels)) = read.await else { return };
        let free: i64 = levels.iter().map(ecicomm::domain::inventory::StockItem::free).sum();
        if free < 3 {
            let units = self.client.rng.between(1, 3);
            let location = self.client.rng.percent(25).then_some("east");
            let received = self.client.keyed("receive stock", move |shop, key| async move {
                shop.inventory.receive(receipt(good.sku, units, location), key).await
            });
            received.await;
        } else if self.client.rng.percent(30) {
            let units = *self.client.rng.pick(&[-2, -1, 1]);
            let adjusted = self.client.keyed("adjust stock", move |shop, key| async move {
                shop.inventory.adjust(receipt(good.sku, units, None), key).await
            });
            adjusted.await;
        }
    }

    async fn send(&mut self) {
        for order in latest(&mut self.client, None).await {
            if !self.client.rng.percent(35) {
                continue;
            }
            let id = order.id();
            match order.status() {
                OrderStatus::Confirmed | OrderStatus::PartiallyShipped => self.ship(&order).await,
                OrderStatus::Shipped => {
                    let Some(open) = order.shipments().iter().find(|s| s.delivered_at.is_none())
                    else {
                        continue;
                    };
                    let shipment = open.id;
                    let delivered = self.client.keyed("deliver", move |shop, key| async move {
                        shop.orders.deliver(id, shipment, key).await
                    });
                    delivered.await;
                }
                _ => {}
            }
        }
    }

    async fn ship(&mut self, order: &Order) {
        let id = order.id();
        let units = self.client.rng.percent(40).then(|| {
            let line = &order.placed().lines[0];
            vec![(line.sku.clone(), Quantity::try_new(1).unwrap())]
        });
        let shipped = self.client.keyed("ship", move |shop, key| {
            let units = units.clone();
            async move { shop.orders.ship(id, units, (None, None), key).await }
        });
        shipped.await;
    }

    async fn take_back(&mut self) {
        for order in latest(&mut self.client, None).await {
            let Some(open) = order.returns().iter().find(|asked| asked.received_at.is_none())
            else {
                continue;
            };
            let (id, asked, restock) = (order.id(), open.id, self.client.rng.percent(75));
            let received = self.client.keyed("receive return", move |shop, key| async move {
                shop.orders.receive_return(id, asked, restock, key).await
            });
            received.await;
        }
    }
}

impl Clerk {
    pub async fn live(mut self) {
        for rush in 0..RUSHES {
            self.client.world.until(rush_at(rush)).await;
            for _ in 0..ROUNDS {
                self.client.think(10_000, 60_000).await;
                self.replay_letters().await;
                match self.client.rng.below(5) {
                    0 => self.reprice().await,
                    1 => self.take_off_sale().await,
                    _ => self.money().await,
                }
            }
        }
    }

    /// Mends what made a consumer give events up, mostly, and has it try them again.
    async fn replay_letters(&mut self) {
        let read = self.client.ask("read dead letters", 2, |shop| async move {
            shop.relay.dead_letters(Witness::NAME, None, 10).await
        });
        let Some(Ok(letters)) = read.await else { return };
        for letter in letters.items {
            let position = letter.event.position;
            if self.client.rng.percent(70) {
                self.client.cluster.backend.witness.mend(position);
            }
            let replayed = self.client.ask("replay dead letter", 4, move |shop| async move {
                shop.relay.replay(Witness::NAME, position).await
            });
            if let Some(Ok(())) = replayed.await {
                self.client.world.count(|tally| tally.letters_replayed += 1);
            }
        }
    }

    /// Another price, decided on the version just read. Being overtaken is fine.
    async fn reprice(&mut self) {
        let index = usize::try_from(self.client.rng.below(7)).unwrap();
        let (good, id) = (GOODS[index].clone(), self.goods.products[index]);
        let read = self
            .client
            .ask("read product", 4, move |shop| async move { shop.catalog.product(id).await });
        let Some(Ok(view)) = read.await else { return };
        if !view.product.is_published() {
            return;
        }
        let expected = view.product.version();
        let price = good.price + self.client.rng.between(-good.price / 10, good.price / 10);
        let revised = self.client.ask("revise product", 2, move |shop| {
            let draft = draft_of(&good, price);
            async move { shop.catalog.revise(id, expected, draft).await }
        });
        let refused = match revised.await {
            Some(Err(AppError::PreconditionFailed) | Ok(_)) | None => None,
            Some(Err(error)) => Some(error),
        };
        self.client.world.check(refused.is_none(), || format!("a price was refused: {refused:?}"));
    }

    /// Takes a product out of the shop for a moment.
    async fn take_off_sale(&mut self) {
        let id = self.goods.products[9];
        for step in ["archive", "publish"] {
            let read = self
                .client
                .ask("read product", 8, move |shop| async move { shop.catalog.product(id).await });
            let Some(Ok(view)) = read.await else { return };
            let expected = view.product.version();
            let moved = self.client.ask("move product", 8, move |shop| async move {
                if step == "archive" {
                    shop.catalog.archive(id, expected).await
                } else {
                    shop.catalog.publish(id, expected).await
                }
            });
            moved.await;
            self.client.think(1_000, 10_000).await;
        }
    }

    async fn money(&mut self) {
        for order in latest(&mut self.client, None).await {
            if !self.client.rng.percent(15) {
                continue;
            }
            let last = order.payments().last();
            let waits = last.is_some_and(|payment| {
                payment.method == PaymentMethod::Invoice && payment.state == PaymentState::Pending
            });
            if waits && order.status() != OrderStatus::Pending {
                self.settle_invoice(&order).await;
            } else if self.client.rng.percent(30) {
                self.refund_at_once(&order).await;
            } else if !order.captured().is_zero() {
                let most = order.captured().amount() + 5;
                let amount = self.client.rng.between(1, most);
                self.refund(order.id(), amount).await;
            } else {
                self.note(order.id()).await;
            }
        }
    }

    async fn settle_invoice(&mut self, order: &Order) {
        let (id, payment) = (order.id(), order.payments()[0].id);
        let paid = self.client.rng.percent(80);
        let settled = self.client.keyed("settle invoice", move |shop, key| async move {
            if paid {
                shop.orders.capture_invoice(id, payment, key).await
            } else {
                shop.orders.void_invoice(id, payment, key).await
            }
        });
        settled.await;
    }

    async fn refund(&mut self, id: OrderId, amount: i64) {
        let refunded = self.client.keyed("refund order", move |shop, key| async move {
            let amount = Money::new(amount, shop.config.currency);
            shop.orders.refund(id, amount, Some("goodwill".to_owned()), key).await
        });
        if let Some(Outcome::Order(_)) = refunded.await {
            self.client.world.count(|tally| tally.refunds += 1);
        }
    }

    /// Eight refunds of three tenths at the same moment: three at most can be paid.
    async fn refund_at_once(&mut self, order: &Order) {
        let amount = order.captured().amount() * 3 / 10;
        let id = order.id();
        let keys: Vec<_> = (0..8).map(|_| self.client.key()).collect();
        for key in &keys {
            self.client.book.open(key, None);
        }
        let answers = self.client.at_once("refund at once", 8, |index, shop| {
            let key = keys[index].clone();
            async move {
                let amount = Money::new(amount, shop.config.currency);
                shop.orders.refund(id, amount, None, key).await
            }
        });
        for (key, answer) in keys.iter().zip(answers.await) {
            if let Ok(Ok(answered)) = answer {
                self.client.book.acknowledge(key, &answered.outcome);
            }
        }
    }

    async fn note(&mut self, id: OrderId) {
        let noted = self.client.keyed("note", move |shop, key| async move {
            shop.orders.note(id, "looked at".to_owned(), "clerk".to_owned(), key).await
        });
        noted.await;
    }
}
