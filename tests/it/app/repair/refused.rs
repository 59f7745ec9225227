//! Repairs that do not go through: the others do, and nothing is told as done that was not.

use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::app::{Ports, Shop};
use ecicomm::ports::PortError;
use ecicomm::ports::store::{CommitError, Store, UnitOfWork, Write};
use ecicomm::ports::upkeep::Repair;

use super::postgres::{LAMP_3, LOST_EVENTS, Planted};
use super::{examined, repaired};

/// The shop over another store.
fn over(planted: &Planted, store: impl Store + 'static) -> Shop {
    let ports = Ports { store: Arc::new(store), ..Ports::clone(&planted.shop.ports) };
    ecicomm::bootstrap::assemble(ports, (*planted.shop.config).clone())
}

/// A store that fails whenever the stock of one SKU is to be mended.
struct Failing(Arc<dyn Store>);

#[async_trait]
impl Store for Failing {
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        let of_it = |write: &Write| {
            let Write::Mend(repair) = write else { return false };
            matches!(&**repair, Repair::Stock { told, .. } if told.sku().as_str() == "LAMP-1")
        };
        if unit.writes.iter().any(of_it) {
            return Err(PortError::timeout("it takes too long").into());
        }
        self.0.commit(unit).await
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.0.secret(name).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repair_that_fails_holds_up_no_other() {
    let planted = Planted::new().await;
    planted
        .plant("UPDATE stock SET on_hand = on_hand + 3 WHERE sku_key IN ('lamp-1', 'lamp-3')")
        .await;
    planted.plant("UPDATE promotion_totals SET uses = uses + 3").await;
    let shop = over(&planted, Failing(planted.shop.ports.store.clone()));
    let (done, mut told) = repaired(&shop).await;
    told.sort();
    assert!(told[0] == "stock of LAMP-3 at main" && told[1].starts_with("uses of "), "{told:?}");
    assert_eq!((told.len(), done.mended), (2, 2));
    let left: Vec<&str> = done.after.findings.iter().map(|left| left.what.as_str()).collect();
    assert_eq!(left, ["stock of LAMP-1 at main"]);
    assert_eq!(done.refused.keys().collect::<Vec<_>>(), ["stock of LAMP-1 at main"]);
    assert!(done.refused["stock of LAMP-1 at main"].to_string().contains("takes too long"));
}

/// A store in which another doctor is always a moment faster.
struct Late(Arc<dyn Store>);

#[async_trait]
impl Store for Late {
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        if unit.writes.iter().any(|write| matches!(write, Write::Mend(_))) {
            self.0.commit(unit.clone()).await?;
        }
        self.0.commit(unit).await
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.0.secret(name).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_mended_already_is_not_told_as_mended() {
    let planted = Planted::new().await;
    let shop = over(&planted, Late(planted.shop.ports.store.clone()));
    for statement in [
        "UPDATE stock SET on_hand = on_hand + 3 WHERE sku_key = 'lamp-3'".to_owned(),
        "UPDATE promotion_totals SET uses = uses + 3".to_owned(),
        "UPDATE orders SET status = 'pending' WHERE email = 'sold@example.com'".to_owned(),
        "UPDATE product_views SET sold = sold + 5".to_owned(),
        "UPDATE product_views SET bands = '{0}' WHERE bands = '{3}'".to_owned(),
        format!("DELETE FROM product_listing WHERE product = {LAMP_3}"),
        "UPDATE variants SET policy = 'untracked' WHERE sku_key = 'lamp-3'".to_owned(),
        "UPDATE sagas SET over = false, open = true WHERE kind = 1".to_owned(),
        "UPDATE orders SET email = 'eve@example.com' WHERE email = 'sold@example.com'".to_owned(),
        "UPDATE event_head SET position = position - 1".to_owned(),
        LOST_EVENTS.to_owned(),
        "UPDATE consumers SET lease_owner = 'gone', lease_until = now() + '9 days'".to_owned(),
        format!("DELETE FROM product_views WHERE product = {LAMP_3}"),
    ] {
        planted.plant(&statement).await;
        assert_ne!(examined(&shop).await.findings, [], "{statement}");
        let (done, told) = repaired(&shop).await;
        assert_eq!((done.mended, told), (0, Vec::new()), "{statement}");
        assert_eq!(examined(&shop).await.findings, [], "{statement}");
    }
}
