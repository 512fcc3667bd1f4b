//! Systems that answer by lists, each with its own habit of paging: an order
//! search that gives numbers only (Rakuten), an offset (freee), numbered pages,
//! newest first (Mazrica), a query with order and limit (kintone), stock that is
//! told apart for each article and place (Smaregi).

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{desk::Desk, server::Server};
use crate::Result;

/// One system, whichever of them it is asked to be.
#[derive(Debug)]
pub struct Lister {
    /// Its memory and its fault switches.
    pub desk: Arc<Desk>,
    records: Arc<Records>,
    server: Server,
}

type Records = Mutex<Vec<Value>>;
type Asked = Query<HashMap<String, String>>;

// === impl Lister ===

impl Lister {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> Result<Self> {
        let (desk, records) = (Arc::new(Desk::default()), Arc::new(Records::default()));
        let router = Router::new()
            .route("/es/2.0/order/searchOrder/", post(search_order))
            .route("/es/2.0/order/getOrder/", post(get_order))
            .route("/iv/invoices", get(invoices))
            .route("/v1/deals", get(deals))
            .route("/k/v1/records.json", get(kintone))
            .route("/transactions", get(of_kind::<'t'>))
            .route("/products", get(of_kind::<'p'>))
            .route("/customers", get(of_kind::<'c'>))
            .route("/stock", get(of_kind::<'s'>))
            .route("/stock/changes/{product}/{store}", get(stock_changes))
            .with_state(Arc::clone(&records));
        let server = Server::start(router, Arc::clone(&desk)).await?;
        Ok(Self { desk, records, server })
    }

    /// Where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Changes what it has.
    pub fn change<T>(&self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        change(&mut all(&self.records))
    }

    /// How often it was asked at a path that begins so.
    #[must_use]
    pub fn asked(&self, path: &str) -> usize {
        self.desk.received().iter().filter(|it| it.path.starts_with(path)).count()
    }
}

fn all(records: &Records) -> std::sync::MutexGuard<'_, Vec<Value>> {
    records.lock().unwrap_or_else(PoisonError::into_inner)
}

fn number(asked: &HashMap<String, String>, name: &str) -> usize {
    asked.get(name).and_then(|it| it.parse().ok()).unwrap_or(0)
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Numbers of the orders whose time of order is in the span; other kinds of
/// dates find nothing here.
async fn search_order(State(records): State<Arc<Records>>, asked: Json<Value>) -> Json<Value> {
    let wanted = asked.pointer("/orderProgressList").and_then(Value::as_array).cloned();
    let span = text(&asked, "/startDatetime")..text(&asked, "/endDatetime");
    let size = asked.pointer("/PaginationRequestModel/requestRecordsAmount");
    let page = asked.pointer("/PaginationRequestModel/requestPage").and_then(Value::as_u64);
    let size = size.and_then(Value::as_u64).unwrap_or(0) as usize;
    let before = page.unwrap_or(1).saturating_sub(1) as usize * size;
    let found: Vec<Value> = all(&records)
        .iter()
        .filter(|it| {
            asked.get("dateType") == Some(&json!(1)) && span.contains(&text(it, "/orderDatetime"))
        })
        .filter(|it| {
            let state = it.get("orderProgress");
            wanted.as_ref().is_none_or(|list| list.iter().any(|one| Some(one) == state))
        })
        .filter_map(|it| it.get("orderNumber").cloned())
        .collect();
    let listed: Vec<&Value> = found.iter().skip(before).take(size).collect();
    Json(json!({ "MessageModelList": [{ "messageType": "INFO" }], "orderNumberList": listed }))
}

async fn get_order(State(records): State<Arc<Records>>, asked: Json<Value>) -> Json<Value> {
    let numbers = asked.pointer("/orderNumberList").and_then(Value::as_array).cloned();
    let numbers = numbers.unwrap_or_default();
    let asked_for = |it: &&Value| it.get("orderNumber").is_some_and(|it| numbers.contains(it));
    let orders: Vec<Value> = all(&records).iter().filter(asked_for).cloned().collect();
    Json(json!({ "version": 8, "OrderModelList": orders }))
}

async fn invoices(State(records): State<Arc<Records>>, Query(asked): Asked) -> Json<Value> {
    let (offset, limit) = (number(&asked, "offset"), number(&asked, "limit"));
    let listed: Vec<Value> = all(&records).iter().skip(offset).take(limit).cloned().collect();
    Json(json!({ "invoices": listed }))
}

async fn deals(State(records): State<Arc<Records>>, Query(asked): Asked) -> Json<Value> {
    let mut sorted = all(&records).clone();
    sorted.sort_by(|one, other| text(other, "/updatedAt").cmp(text(one, "/updatedAt")));
    let (page, limit) = (number(&asked, "page"), number(&asked, "limit"));
    let before = page.saturating_sub(1) * limit;
    let listed: Vec<&Value> = sorted.iter().skip(before).take(limit).collect();
    Json(json!({ "deals": listed, "totalCount": sorted.len() }))
}

/// Reads the one query that the package asks: after a time and an id.
async fn kintone(State(records): State<Arc<Records>>, Query(asked): Asked) -> Json<Value> {
    let query = asked.get("query").map(String::as_str).unwrap_or_default();
    let time = query.split('"').nth(1).unwrap_or_default();
    let after = |sign: &str| query.split(sign).nth(1).and_then(|it| it.split([')', ' ']).next());
    let id: u64 = after("$id > ").and_then(|it| it.parse().ok()).unwrap_or(0);
    let limit: usize = after("limit ").and_then(|it| it.parse().ok()).unwrap_or(100);
    let key = |it: &Value| {
        let id: u64 = text(it, "/$id/value").parse().unwrap_or(0);
        (text(it, "/更新日時/value").to_owned(), id)
    };
    let mut found = all(&records).clone();
    found.retain(|it| key(it) > (time.to_owned(), id));
    found.sort_by_key(key);
    found.truncate(limit);
    Json(json!({ "records": found }))
}

/// Records of one kind, told apart by what only that kind has; those that changed
/// since.
async fn of_kind<const KIND: char>(
    State(records): State<Arc<Records>>,
    Query(asked): Asked,
) -> Json<Value> {
    let own = match KIND {
        't' => "transactionHeadId",
        'p' => "stockControlDivision",
        'c' => "mailReceiveFlag",
        _ => "layawayTotal",
    };
    let since = asked.get("upd_date_time-from").map(String::as_str).unwrap_or_default();
    let page = number(&asked, "page");
    let mut found = all(&records).clone();
    found.retain(|it| page < 2 && it.get(own).is_some() && text(it, "/updDateTime") >= since);
    Json(Value::Array(found))
}

async fn stock_changes(
    State(records): State<Arc<Records>>,
    Path((product, store)): Path<(String, String)>,
) -> Json<Value> {
    let mut found = all(&records).clone();
    found.retain(|it| {
        let of = (text(it, "/productId"), text(it, "/storeId"));
        it.get("stockDivision").is_some() && of == (product.as_str(), store.as_str())
    });
    Json(Value::Array(found))
}
