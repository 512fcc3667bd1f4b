//! The story: one day at the tea house, step by step.

mod cast;
mod files;
mod webhooks;

pub(super) use cast::{Actors, Told};

use crate::Result;

/// One step. The order is the order of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The far systems are told to fail a little first.
    Trouble,
    Contact,
    ShopCustomer,
    Order,
    OrderRedelivered,
    BadSignature,
    OrderPaid,
    OrderCancelled,
    ShopArticles,
    ShopStock,
    Journal,
    JournalAgain,
    FixedJournal,
    BackOffice,
    Messages,
    Opportunities,
    Deliveries,
}

// === impl Step ===

impl Step {
    /// All of them, in order.
    pub(super) const ALL: &'static [Self] = &[
        Self::Trouble,
        Self::Contact,
        Self::ShopCustomer,
        Self::Order,
        Self::OrderRedelivered,
        Self::BadSignature,
        Self::OrderPaid,
        Self::OrderCancelled,
        Self::ShopArticles,
        Self::ShopStock,
        Self::Journal,
        Self::JournalAgain,
        Self::FixedJournal,
        Self::BackOffice,
        Self::Messages,
        Self::Opportunities,
        Self::Deliveries,
    ];

    /// For people.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Trouble => "four systems are about to fail at first",
            Self::Contact => "CRM sends a contact",
            Self::ShopCustomer => "Shopify sends the customer it knows",
            Self::Order => "Shopify sends an order",
            Self::OrderRedelivered => "Shopify sends the same order again",
            Self::BadSignature => "somebody sends an order with a bad signature",
            Self::OrderPaid => "Shopify says the order is paid",
            Self::OrderCancelled => "Shopify sends another order, and that it is cancelled",
            Self::ShopArticles => "Shopify sends its articles",
            Self::ShopStock => "Shopify sends its stock",
            Self::Journal => "a till drops its journal in Shift_JIS",
            Self::JournalAgain => "the till drops it again, corrected and with one receipt more",
            Self::FixedJournal => "an old till drops fixed-width records",
            Self::BackOffice => "the ERP is polled for goods receipts and stock counts",
            Self::Messages => "MA sends what became of a message",
            Self::Opportunities => "SFA sends opportunities: open, won, lost",
            Self::Deliveries => "everything is delivered",
        }
    }

    /// Plays it, and gives what there is to tell.
    pub(super) async fn act(self, actors: &Actors<'_>) -> Result<Vec<Told>> {
        match self {
            Self::Trouble => Ok(actors.make_trouble()),
            Self::Contact => webhooks::contact(actors).await,
            Self::ShopCustomer => webhooks::shop_customer(actors).await,
            Self::Order => webhooks::order(actors).await,
            Self::OrderRedelivered => webhooks::order_redelivered(actors).await,
            Self::BadSignature => webhooks::bad_signature(actors).await,
            Self::OrderPaid => webhooks::order_paid(actors).await,
            Self::OrderCancelled => webhooks::order_cancelled(actors).await,
            Self::ShopArticles => webhooks::shop_articles(actors).await,
            Self::ShopStock => webhooks::shop_stock(actors).await,
            Self::Journal => files::journal(actors).await,
            Self::JournalAgain => files::journal_again(actors).await,
            Self::FixedJournal => files::fixed_journal(actors).await,
            Self::BackOffice => files::back_office(actors).await,
            Self::Messages => webhooks::messages(actors).await,
            Self::Opportunities => webhooks::opportunities(actors).await,
            Self::Deliveries => actors.deliveries().await,
        }
    }
}
