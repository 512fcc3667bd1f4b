//! The one place where a failure becomes an answer (RFC 9457).

use access::Pass;
use codec::layout::arrives::Reason;
use http::StatusCode;
use serde::Serialize;
use std::{sync::Arc, time::Duration};

mod language;
pub mod pages;
mod reasons;

pub use language::Language;

use reasons::Reasons;

/// Why a caller was turned away.
///
/// `Display` is for our log and may name internals. The caller sees only what
/// [`Refusal::to_problem`] copies out.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("no channel is named {name:?}")]
    UnknownChannel { name: String },
    #[error("channel {channel} takes nothing over HTTP")]
    NotAWebhook { channel: String },
    #[error("not admitted: {reason}")]
    NotAdmitted { reason: String },
    #[error("quota spent by {} on {}", pass.principal(), pass.channel())]
    QuotaSpent { pass: Pass, wait: Duration },
    #[error("peer {peer} calls too often")]
    PeerTooFast { peer: String, wait: Duration },
    #[error("more arrivals under way than {limit}")]
    TooBusy { limit: usize },
    #[error("bodies under way have more than {limit_bytes} bytes")]
    TooMuch { limit_bytes: u64 },
    #[error("body is larger than {limit_bytes} bytes")]
    BodyTooLarge { limit_bytes: u64 },
    #[error("the file has {bytes} bytes and is not taken piece by piece, because {because}")]
    FileTooLarge { bytes: u64, because: String },
    #[error("body did not arrive within {limit:?}")]
    BodyTooSlow { limit: Duration },
    #[error("body broke off: {reason}")]
    BodyBroken { reason: String },
    #[error("request is malformed: {detail}")]
    Malformed { detail: String },
    #[error("cannot be decoded: {}", reasons::told(fault))]
    Undecodable { fault: Fault },
    #[error("{}{}", Self::HELD_PREFIX, Reasons(reasons))]
    FileHeld { reasons: Vec<Reason> },
    #[error("no rule for records of this kind: {detail}")]
    UnknownRecord { detail: String },
    #[error("{} record(s) do not fit the source schema", faults.len())]
    SchemaMismatch { faults: Vec<Fault> },
    #[error("{} record(s) cannot be mapped", faults.len())]
    Unmappable { faults: Vec<Fault> },
    #[error("{} record(s) have a source version that came before with other data", faults.len())]
    VersionConflict { faults: Vec<Fault> },
    #[error("idempotency key was used for another body, entry {first_seq}")]
    KeyReused { first_seq: u64 },
    #[error("the interchange is from or for somebody else: {}", Reasons(parties))]
    WrongParty { parties: Vec<Reason> },
    #[error("control numbers came before, entry {first_seq}: {}", controls.join(", "))]
    ControlReused { first_seq: u64, controls: Vec<String> },
    #[error("letter {id} is not open any more")]
    LetterSettled { id: String },
    #[error("the raw bytes of entry {seq} are no longer kept")]
    RawGone { seq: u64 },
    #[error("journal cannot store: {source}")]
    JournalClosed { source: Arc<journal::Error> },
    #[error("arrival reached commit with a boundary missing from its trail")]
    TrailIncomplete,
    #[error("no operator's token")]
    NotSignedIn,
    #[error("no such thing: {what}")]
    NotFound { what: String },
    #[error("{method} is not for this address")]
    MethodNotAllowed { method: String },
    #[error("parameter {name}: {detail}")]
    BadParameter { name: String, detail: String },
    #[error("folds are at {at}, {wanted} was asked for")]
    Behind { at: u64, wanted: u64 },
    #[error("inside: {detail}")]
    Inside { detail: String },
}

/// One thing wrong with what was sent, as the caller sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Record number, from 1; 0 when it is the whole body.
    pub record: u64,
    /// Byte offset in the body, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Field or path at the source.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// What was found; escaped, shortened, masked where the field is personal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub found: String,
    /// What was expected.
    pub expected: String,
}

/// Body of `application/problem+json`.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Problem {
    /// Address of the page that explains the code.
    #[serde(rename = "type")]
    pub page: String,
    /// What happened, in the caller's language.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Stable code.
    pub code: &'static str,
    /// The id an operator searches the ledger for.
    pub instance: String,
    /// What the caller may do next.
    pub retry: Retry,
    /// What is specific to this occurrence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// All that is wrong, at most [`FAULTS_MAX`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// Most faults one answer lists; the dead letters hold the rest.
pub const FAULTS_MAX: usize = 20;

/// What the caller may do next. Said outright, never left to be guessed.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// The same bytes will fail again.
    Never,
    /// The same bytes may be sent again after that many seconds.
    AfterSeconds(u64),
}

/// One row of the table of failures.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code, also the name of its page.
    pub code: &'static str,
    english: &'static str,
    japanese: &'static str,
    /// Whether the same bytes may be sent again.
    pub retry: Retry,
}

const fn facts(
    status: StatusCode,
    code: &'static str,
    (english, japanese): (&'static str, &'static str),
    retry: Retry,
) -> Facts {
    Facts { status, code, english, japanese, retry }
}

// === impl Refusal ===

impl Refusal {
    /// Before the reasons of a held file.
    pub const HELD_PREFIX: &'static str = "held: ";
    /// Between them.
    pub const REASONS_BETWEEN: &'static str = " | ";

    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.facts().code
    }

    /// What the caller gets to see.
    #[must_use]
    pub fn to_problem(&self, instance: &str, language: Language) -> Problem {
        let Facts { status, code, english, japanese, retry } = self.facts();
        Problem {
            page: format!("/problems/{code}"),
            title: if language == Language::Japanese { japanese } else { english },
            status: status.as_u16(),
            code,
            instance: instance.to_owned(),
            retry,
            detail: self.detail(),
            faults: self.faults().iter().take(FAULTS_MAX).cloned().collect(),
        }
    }

    /// What may be said of this occurrence to the caller. Reasons of a failed
    /// admission and of our own inside are for the ledger only.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::UnknownChannel { .. }
            | Self::NotAWebhook { .. }
            | Self::BodyTooLarge { .. }
            | Self::FileTooLarge { .. }
            | Self::BodyTooSlow { .. }
            | Self::BodyBroken { .. }
            | Self::Malformed { .. }
            | Self::UnknownRecord { .. }
            | Self::FileHeld { .. }
            | Self::SchemaMismatch { .. }
            | Self::Unmappable { .. }
            | Self::VersionConflict { .. }
            | Self::KeyReused { .. }
            | Self::WrongParty { .. }
            | Self::ControlReused { .. }
            | Self::LetterSettled { .. }
            | Self::RawGone { .. }
            | Self::NotFound { .. }
            | Self::MethodNotAllowed { .. }
            | Self::BadParameter { .. }
            | Self::Behind { .. } => Some(self.to_string()),
            Self::Undecodable { fault } => Some(fault.expected.clone()),
            Self::NotAdmitted { .. }
            | Self::QuotaSpent { .. }
            | Self::PeerTooFast { .. }
            | Self::TooBusy { .. }
            | Self::TooMuch { .. }
            | Self::JournalClosed { .. }
            | Self::TrailIncomplete
            | Self::NotSignedIn
            | Self::Inside { .. } => None,
        }
    }

    /// What is wrong, fault by fault; empty when there is nothing to tell.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::SchemaMismatch { faults }
            | Self::Unmappable { faults }
            | Self::VersionConflict { faults } => faults,
            Self::Undecodable { fault } => std::slice::from_ref(fault),
            Self::UnknownChannel { .. }
            | Self::NotAWebhook { .. }
            | Self::NotAdmitted { .. }
            | Self::QuotaSpent { .. }
            | Self::PeerTooFast { .. }
            | Self::TooBusy { .. }
            | Self::TooMuch { .. }
            | Self::BodyTooLarge { .. }
            | Self::FileTooLarge { .. }
            | Self::BodyTooSlow { .. }
            | Self::BodyBroken { .. }
            | Self::Malformed { .. }
            | Self::FileHeld { .. }
            | Self::UnknownRecord { .. }
            | Self::KeyReused { .. }
            | Self::WrongParty { .. }
            | Self::ControlReused { .. }
            | Self::LetterSettled { .. }
            | Self::RawGone { .. }
            | Self::JournalClosed { .. }
            | Self::TrailIncomplete
            | Self::NotSignedIn
            | Self::NotFound { .. }
            | Self::MethodNotAllowed { .. }
            | Self::BadParameter { .. }
            | Self::Behind { .. }
            | Self::Inside { .. } => &[],
        }
    }

    /// One row for each variant, no `_` arm: a new variant must choose its row.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table: one row for each variant")]
    pub fn facts(&self) -> Facts {
        match self {
            Self::UnknownChannel { .. } => facts(
                StatusCode::NOT_FOUND,
                "unknown-channel",
                ("There is no channel of this name", "この名前のチャネルはありません"),
                Retry::Never,
            ),
            Self::NotAWebhook { .. } => facts(
                StatusCode::NOT_FOUND,
                "not-a-webhook",
                ("This channel takes nothing over HTTP", "このチャネルは HTTP では受け取りません"),
                Retry::Never,
            ),
            Self::NotAdmitted { .. } => facts(
                StatusCode::UNAUTHORIZED,
                "not-admitted",
                ("The sender could not be proven", "送信元を確認できませんでした"),
                Retry::Never,
            ),
            Self::QuotaSpent { wait, .. } => facts(
                StatusCode::TOO_MANY_REQUESTS,
                "quota-spent",
                (
                    "This caller has spent its quota on this channel",
                    "このチャネルの割り当てを使い切りました",
                ),
                after(*wait),
            ),
            Self::PeerTooFast { wait, .. } => facts(
                StatusCode::TOO_MANY_REQUESTS,
                "peer-too-fast",
                ("This address calls too often", "このアドレスからの呼び出しが多すぎます"),
                after(*wait),
            ),
            Self::TooBusy { .. } | Self::TooMuch { .. } => facts(
                StatusCode::SERVICE_UNAVAILABLE,
                "too-busy",
                ("The hub has as much under way as it takes", "処理中の件数が上限に達しています"),
                Retry::AfterSeconds(1),
            ),
            Self::BodyTooLarge { .. } => facts(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                ("The body is larger than the channel takes", "本文がチャネルの上限を超えています"),
                Retry::Never,
            ),
            Self::FileTooLarge { .. } => facts(
                StatusCode::PAYLOAD_TOO_LARGE,
                "file-too-large",
                ("The file is too large for its channel", "ファイルがチャネルには大きすぎます"),
                Retry::Never,
            ),
            Self::BodyTooSlow { .. } => facts(
                StatusCode::REQUEST_TIMEOUT,
                "body-too-slow",
                ("The body did not arrive in time", "本文が時間内に届きませんでした"),
                Retry::AfterSeconds(1),
            ),
            Self::BodyBroken { .. } => facts(
                StatusCode::BAD_REQUEST,
                "body-broken",
                ("The body broke off", "本文が途中で切れました"),
                Retry::AfterSeconds(1),
            ),
            Self::Malformed { .. } => facts(
                StatusCode::BAD_REQUEST,
                "malformed-request",
                ("The request is malformed", "リクエストの形式が正しくありません"),
                Retry::Never,
            ),
            Self::Undecodable { .. } => facts(
                StatusCode::UNPROCESSABLE_ENTITY,
                "undecodable",
                (
                    "The bytes are not what the channel declares",
                    "チャネルの宣言と異なる形式のデータです",
                ),
                Retry::Never,
            ),
            Self::FileHeld { .. } => facts(
                StatusCode::UNPROCESSABLE_ENTITY,
                canon::entry::FILE_HELD,
                (
                    "The file is not as expected and waits for an operator",
                    "ファイルが想定と異なるため、操作者の判断を待っています",
                ),
                Retry::Never,
            ),
            Self::UnknownRecord { .. } => facts(
                StatusCode::UNPROCESSABLE_ENTITY,
                "unknown-record",
                (
                    "The channel has no rule for records of this kind",
                    "この種類のレコードの規則がありません",
                ),
                Retry::Never,
            ),
            Self::SchemaMismatch { .. } => facts(
                StatusCode::UNPROCESSABLE_ENTITY,
                "schema-mismatch",
                (
                    "A record does not fit the schema of its source",
                    "レコードが送信元のスキーマに合いません",
                ),
                Retry::Never,
            ),
            Self::Unmappable { .. } => facts(
                StatusCode::UNPROCESSABLE_ENTITY,
                "unmappable",
                ("A record cannot be made canonical", "レコードを正準モデルに変換できません"),
                Retry::Never,
            ),
            Self::LetterSettled { .. } => facts(
                StatusCode::CONFLICT,
                "letter-settled",
                ("This dead letter is closed", "この保留レコードは処理済みです"),
                Retry::Never,
            ),
            Self::RawGone { .. } => facts(
                StatusCode::GONE,
                "raw-gone",
                ("The raw bytes are no longer kept", "元データの保存期間が過ぎています"),
                Retry::Never,
            ),
            Self::VersionConflict { .. } => facts(
                StatusCode::CONFLICT,
                "version-conflict",
                (
                    "The same version of a thing came with other content",
                    "同じ版なのに内容が異なります",
                ),
                Retry::Never,
            ),
            Self::KeyReused { .. } => facts(
                StatusCode::UNPROCESSABLE_ENTITY,
                "key-reused",
                (
                    "This idempotency key was used for another body",
                    "この冪等キーは別の本文で使われています",
                ),
                Retry::Never,
            ),
            Self::WrongParty { .. } => facts(
                StatusCode::UNPROCESSABLE_ENTITY,
                "wrong-party",
                ("The interchange is from or for somebody else", "送信者または宛先が異なります"),
                Retry::Never,
            ),
            Self::ControlReused { .. } => facts(
                StatusCode::CONFLICT,
                "control-reused",
                (
                    "A control number came before with other content",
                    "同じ管理番号が別の内容で届いています",
                ),
                Retry::Never,
            ),
            Self::JournalClosed { .. } => facts(
                StatusCode::SERVICE_UNAVAILABLE,
                "journal-closed",
                ("The hub cannot store events now", "現在イベントを保存できません"),
                Retry::AfterSeconds(5),
            ),
            Self::TrailIncomplete => facts(
                StatusCode::INTERNAL_SERVER_ERROR,
                "trail-incomplete",
                (
                    "The hub stopped this event to protect the ledger",
                    "台帳を守るためこのイベントを止めました",
                ),
                Retry::Never,
            ),
            Self::NotSignedIn => facts(
                StatusCode::UNAUTHORIZED,
                "not-signed-in",
                ("An operator's token is needed", "操作者のトークンが必要です"),
                Retry::Never,
            ),
            Self::NotFound { .. } => facts(
                StatusCode::NOT_FOUND,
                "not-found",
                ("There is no such thing", "該当するものがありません"),
                Retry::Never,
            ),
            Self::MethodNotAllowed { .. } => facts(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                ("This address does not take this method", "このアドレスでは使えないメソッドです"),
                Retry::Never,
            ),
            Self::BadParameter { .. } => facts(
                StatusCode::BAD_REQUEST,
                "bad-parameter",
                ("A parameter is not what it must be", "パラメーターの値が正しくありません"),
                Retry::Never,
            ),
            Self::Behind { .. } => facts(
                StatusCode::SERVICE_UNAVAILABLE,
                "behind",
                (
                    "The queries have not caught up with this sequence yet",
                    "照会側がまだこの番号まで追いついていません",
                ),
                Retry::AfterSeconds(1),
            ),
            Self::Inside { .. } => facts(
                StatusCode::INTERNAL_SERVER_ERROR,
                "inside",
                ("Something inside the hub failed", "ハブの内部で失敗しました"),
                Retry::AfterSeconds(5),
            ),
        }
    }
}

fn after(wait: Duration) -> Retry {
    Retry::AfterSeconds(wait.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
