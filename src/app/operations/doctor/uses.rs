//! Reading how often promotions were used.

use super::look::{Subject, Suspects};
use super::promotion::{self, CustomerUses, Used};
use super::{Doctor, Finding, PAGE, Progress, Report, count};
use crate::app::AppError;
use crate::domain::shared::PromotionId;
use crate::ports::PortError;

impl Doctor {
    pub(super) async fn promotions(
        &self,
        used: &Used,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let page = self.ports.pricing.promotions(after, PAGE).await?;
            let mut suspects = Suspects::default();
            for promotion in &page.items {
                let id = promotion.id();
                let taken = used.totals.get(&id).copied().unwrap_or(0);
                let counted = self.ports.pricing.uses(id, None).await?.total;
                let found = promotion::compare(id, None, taken, counted);
                suspects.add(Subject::Uses(id, None), found);
            }
            self.confirm(suspects, report).await?;
            count(&mut report.checked.promotions, page.items.len());
            progress("promotions", report.checked.promotions);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let shares = CustomerUses::shares(used.all);
        for share in 0..shares {
            self.customer_uses(CustomerUses::new(share, shares), report).await?;
        }
        Ok(())
    }

    /// Holds what each customer of a share used against the orders, which are read once more.
    async fn customer_uses(
        &self,
        mut uses: CustomerUses,
        report: &mut Report,
    ) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let (orders, next) = self.orders_page(after).await?;
            for order in &orders {
                uses.add(order);
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        let mut suspects = Suspects::default();
        for ((promotion, customer), taken) in &uses.counts {
            let counted = self.ports.pricing.uses(*promotion, Some(customer)).await?.by_customer;
            let found = promotion::compare(*promotion, Some(customer), *taken, counted);
            suspects.add(Subject::Uses(*promotion, Some(customer.clone())), found);
        }
        self.confirm(suspects, report).await?;
        self.unfounded_uses(&uses, report).await
    }

    /// Looks for uses that are counted of customers of a share who took none by any order.
    async fn unfounded_uses(
        &self,
        uses: &CustomerUses,
        report: &mut Report,
    ) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let page = self.ports.upkeep.customer_uses(after, PAGE).await?;
            let mut suspects = Suspects::default();
            for (used, counted) in page.items.iter().filter(|(used, _)| uses.is_unfounded(used)) {
                let (promotion, customer) = (used.promotion, used.customer_key.as_str());
                let found = promotion::compare(promotion, Some(customer), 0, *counted);
                suspects.add(Subject::Uses(promotion, Some(customer.to_owned())), found);
            }
            self.confirm(suspects, report).await?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Holds a count of uses against the orders that took one, both of one moment.
    pub(super) async fn look_at_uses(
        &self,
        promotion: PromotionId,
        customer: Option<&str>,
    ) -> Result<Option<Finding>, PortError> {
        let uses = self.ports.upkeep.counted_uses(promotion, customer).await?;
        Ok(promotion::compare(promotion, customer, u64::from(uses.taken), uses.counted))
    }
}
