//! Queries: events, customers, orders, stock, parcels, channels.

use super::{
    ask::{App, Asked, Request},
    endpoint::Endpoint,
};
use crate::problem::Refusal;
use access::Scope;
use canon::entity::Entity;
use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};
use store::{
    ChannelCounters, Customer, CustomerSummary, EventFilter, EventView, GapView, Listed,
    MovementView, OrderDetail, OrderFilter, OrderView, Page, ParcelFilter, ParcelState, ParcelView,
    Reader, StockFilter, StockView,
};

/// What every list takes beside its filters.
macro_rules! list_request {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        struct $name {
            $($(#[$field_doc])* $field: Option<String>,)*
            /// Items on a page, 1 to 500.
            limit: Option<u32>,
            /// `next` of the page before.
            after: Option<String>,
            /// Answer from a state that has seen this sequence, or say 503 `behind`.
            min_sequence: Option<u64>,
        }

        impl Request for $name {
            const NEEDS: Scope = Scope::Personal;
        }

        impl Paged for $name {
            fn page(&self) -> Page {
                page(self.limit, self.after.clone())
            }

            fn min_sequence(&self) -> Option<u64> {
                self.min_sequence
            }
        }
    };
}

/// A request for one page of a list.
trait Paged: DeserializeOwned {
    fn page(&self) -> Page;
    fn min_sequence(&self) -> Option<u64>;
}

list_request! {
    /// Which events.
    Events {
        /// Entity name, `order`.
        entity,
        /// Channel it came by.
        channel,
        /// The far system's id.
        source_id,
        /// The hub's id.
        hub_id,
    }
}

list_request! {
    /// Which customers.
    Customers {
        /// Known under `source_id` at this channel.
        channel,
        /// The far system's id; goes with `channel`.
        source_id,
        /// `{scheme}:{value}`: `email:hanako@example.com`, `phone:+819012345678`,
        /// `member_code:M000077`.
        identifier,
    }
}

list_request! {
    /// Which orders.
    Orders {
        /// Channel it came by.
        channel,
        /// Order status.
        status,
        /// The number people know it by.
        number,
    }
}

list_request! {
    /// Which stock.
    Stock {
        /// Stock-keeping unit.
        sku,
        /// Location code.
        location,
    }
}

list_request! {
    /// Which movements of stock.
    Movements {
        /// Stock-keeping unit.
        sku,
        /// Location code.
        location,
    }
}

list_request! {
    /// Which gaps in the numbers of tills.
    Gaps {
        /// `true`: those that late data closed; else those still open.
        cleared,
    }
}

list_request! {
    /// Which deliveries.
    Parcels {
        /// Id of the event.
        event,
        /// Channel it goes to.
        destination,
        /// `pending`, `done`, `dead`, `discarded` or `superseded`.
        state,
    }
}

/// One thing by its hub id.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// The hub's id.
    id: String,
    /// Answer from a state that has seen this sequence, or say 503 `behind`.
    min_sequence: Option<u64>,
}

impl Request for ById {
    const NEEDS: Scope = Scope::Personal;
}

/// Which page of the channels.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Channels {
    /// Items on a page, 1 to 500.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
    /// Answer from a state that has seen this sequence, or say 503 `behind`.
    min_sequence: Option<u64>,
}

impl Request for Channels {
    const NEEDS: Scope = Scope::Read;
}

impl Paged for Channels {
    fn page(&self) -> Page {
        page(self.limit, self.after.clone())
    }

    fn min_sequence(&self) -> Option<u64> {
        self.min_sequence
    }
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(Method::GET, "/api/v1/events", "Events by sequence", events),
        Endpoint::new(Method::GET, "/api/v1/events/{id}", "One event", event),
        Endpoint::new(Method::GET, "/api/v1/customers", "Customers", customers),
        Endpoint::new(
            Method::GET,
            "/api/v1/customers/{id}",
            "One customer with its identities, evidence, consents and orders",
            customer,
        ),
        Endpoint::new(Method::GET, "/api/v1/orders", "Orders", orders),
        Endpoint::new(Method::GET, "/api/v1/orders/{id}", "One order", order),
        Endpoint::new(Method::GET, "/api/v1/stock", "Stock by SKU and location", stock),
        Endpoint::new(
            Method::GET,
            "/api/v1/stock/movements",
            "Movements of one stock-keeping unit at one location",
            movements,
        ),
        Endpoint::new(Method::GET, "/api/v1/gaps", "Gaps in the numbers of tills", gaps),
        Endpoint::new(Method::GET, "/api/v1/parcels", "Deliveries with their attempts", parcels),
        Endpoint::new(Method::GET, "/api/v1/channels", "Channels with their counters", channels),
    ]
}

async fn events(app: App, asked: Asked<Events>) -> Result<Listed<EventView>, Refusal> {
    let Events { entity, channel, source_id, hub_id, .. } = &asked.request;
    let entity = entity.as_deref().map(entity_named).transpose()?;
    let filter = EventFilter {
        entity,
        channel: channel.clone(),
        source_id: source_id.clone(),
        hub_id: hub_id.clone(),
        ..EventFilter::default()
    };
    list(app, asked, move |reader, page| reader.events(&filter, page)).await
}

async fn event(app: App, asked: Asked<ById>) -> Result<EventView, Refusal> {
    let ById { id, min_sequence } = asked.request;
    one(&app, min_sequence, format!("event {id}"), move |reader| reader.event(&id)).await
}

async fn customers(app: App, asked: Asked<Customers>) -> Result<Listed<CustomerSummary>, Refusal> {
    let Customers { channel, source_id, identifier, .. } = &asked.request;
    let trust = app.rooms.house().trust.clone();
    let bad = |name: &str, detail: &str| {
        Err(Refusal::BadParameter { name: name.to_owned(), detail: detail.to_owned() })
    };
    let which = match (channel.clone(), source_id.clone(), identifier.as_deref()) {
        (None, None, None) => {
            return list(app, asked, move |reader, page| reader.customers(&trust, page)).await;
        }
        (Some(channel), Some(source_id), None) => Known::AtSource(channel, source_id),
        (None, None, Some(text)) => match text.split_once(':') {
            Some((scheme, value)) => Known::By(scheme.to_owned(), value.to_owned()),
            None => return bad("identifier", "write {scheme}:{value}"),
        },
        _ => return bad("source_id", "goes with `channel`, and not with `identifier`"),
    };
    list(app, asked, move |reader, _page| {
        let ids = match which {
            Known::AtSource(channel, id) => {
                reader.customer_at_source(&channel, &id)?.into_iter().collect()
            }
            Known::By(scheme, value) => reader.customers_with(&scheme, &value)?,
        };
        let mut items = Vec::new();
        for id in ids {
            items.extend(reader.customer(&trust, &id)?.map(summary));
        }
        Ok(Listed { items, next: None })
    })
    .await
}

/// How a customer is looked up.
enum Known {
    AtSource(String, String),
    By(String, String),
}

fn summary(customer: Customer) -> CustomerSummary {
    CustomerSummary {
        hub_id: customer.hub_id,
        name: customer.profile.get("name").cloned(),
        org_name: customer.profile.get("org_name").cloned(),
        identities: customer.identities,
    }
}

async fn customer(app: App, asked: Asked<ById>) -> Result<Customer, Refusal> {
    let ById { id, min_sequence } = asked.request;
    let trust = app.rooms.house().trust.clone();
    let what = format!("customer {id}");
    one(&app, min_sequence, what, move |reader| reader.customer(&trust, &id)).await
}

async fn orders(app: App, asked: Asked<Orders>) -> Result<Listed<OrderView>, Refusal> {
    let Orders { channel, status, number, .. } = &asked.request;
    let filter = OrderFilter {
        entity: Some(Entity::Order),
        channel: channel.clone(),
        status: status.clone(),
        number: number.clone(),
    };
    list(app, asked, move |reader, page| reader.orders(&filter, page)).await
}

async fn order(app: App, asked: Asked<ById>) -> Result<OrderDetail, Refusal> {
    let ById { id, min_sequence } = asked.request;
    one(&app, min_sequence, format!("order {id}"), move |reader| reader.order(&id)).await
}

async fn stock(app: App, asked: Asked<Stock>) -> Result<Listed<StockView>, Refusal> {
    let Stock { sku, location, .. } = &asked.request;
    let filter = StockFilter { sku: sku.clone(), location: location.clone() };
    list(app, asked, move |reader, page| reader.stock(&filter, page)).await
}

async fn movements(app: App, asked: Asked<Movements>) -> Result<Listed<MovementView>, Refusal> {
    let needed = |name: &str| Refusal::BadParameter {
        name: name.to_owned(),
        detail: "movements are of one SKU at one location".to_owned(),
    };
    let sku = asked.request.sku.clone().ok_or_else(|| needed("sku"))?;
    let location = asked.request.location.clone().ok_or_else(|| needed("location"))?;
    list(app, asked, move |reader, page| reader.movements(&sku, &location, page)).await
}

async fn gaps(app: App, asked: Asked<Gaps>) -> Result<Listed<GapView>, Refusal> {
    let cleared = asked.request.cleared.as_deref() == Some("true");
    list(app, asked, move |reader, page| reader.gaps(cleared, page)).await
}

async fn parcels(app: App, asked: Asked<Parcels>) -> Result<Listed<ParcelView>, Refusal> {
    let Parcels { event, destination, state, .. } = &asked.request;
    let state = state.as_deref().map(|name| {
        ParcelState::from_name(name).ok_or_else(|| Refusal::BadParameter {
            name: "state".into(),
            detail: format!("{name:?} is none of pending, done, dead, discarded, superseded"),
        })
    });
    let filter = ParcelFilter {
        event_id: event.clone(),
        destination: destination.clone(),
        state: state.transpose()?,
        ..ParcelFilter::default()
    };
    list(app, asked, move |reader, page| reader.parcels(&filter, page)).await
}

async fn channels(app: App, asked: Asked<Channels>) -> Result<Listed<ChannelCounters>, Refusal> {
    list(app, asked, Reader::channels_page).await
}

fn entity_named(name: &str) -> Result<Entity, Refusal> {
    Entity::from_name(name).ok_or_else(|| Refusal::BadParameter {
        name: "entity".into(),
        detail: format!("there is no entity {name:?}"),
    })
}

pub(super) fn page(limit: Option<u32>, after: Option<String>) -> Page {
    Page { limit: limit.unwrap_or(Page::default().limit), cursor: after }
}

async fn list<R: Paged, T: Send + 'static>(
    app: App,
    asked: Asked<R>,
    question: impl FnOnce(&Reader, &Page) -> store::Result<Listed<T>> + Send + 'static,
) -> Result<Listed<T>, Refusal> {
    app.rooms.reached(asked.request.min_sequence()).await?;
    let page = asked.request.page();
    app.rooms.ask_store(move |reader| question(reader, &page)).await
}

async fn one<T: Send + 'static>(
    app: &App,
    min_sequence: Option<u64>,
    what: String,
    question: impl FnOnce(&Reader) -> store::Result<Option<T>> + Send + 'static,
) -> Result<T, Refusal> {
    app.rooms.reached(min_sequence).await?;
    app.rooms.ask_store(question).await?.ok_or(Refusal::NotFound { what })
}
