//! The page of each problem code: compiled in, served under `/problems/{code}`.

macro_rules! pages {
    ($($code:literal),+ $(,)?) => {
        /// Each code with its page, in Markdown, by alphabet.
        pub const PAGES: &[(&str, &str)] =
            &[$(($code, include_str!(concat!("../problems/", $code, ".md"))),)+];
    };
}

pages![
    "M00",
    "M01",
    "M02",
    "M03",
    "M04",
    "M05",
    "M06",
    "M07",
    "M08",
    "M09",
    "M10",
    "M11",
    "M12",
    "M13",
    "M14",
    "M15",
    "M16",
    "M17",
    "M18",
    "M19",
    "M20",
    "M21",
    "M22",
    "M23",
    "M24",
    "M25",
    "M26",
    "M27",
    "answer-unknown",
    "bad-parameter",
    "behind",
    "body-broken",
    "body-too-large",
    "body-too-slow",
    "control-reused",
    "delivery-exhausted",
    "delivery-quarantined",
    "delivery-refused",
    "delivery-unexpected",
    "delivery-unsendable",
    "delivery-unwritable",
    "file-held",
    "file-too-large",
    "inside",
    "journal-closed",
    "key-reused",
    "letter-settled",
    "malformed-request",
    "method-not-allowed",
    "not-a-webhook",
    "not-admitted",
    "not-found",
    "not-signed-in",
    "partner-rejected",
    "peer-too-fast",
    "quota-spent",
    "raw-gone",
    "schema-mismatch",
    "too-busy",
    "trail-incomplete",
    "undecodable",
    "unknown-channel",
    "unknown-record",
    "unmappable",
    "unrenderable",
    "version-conflict",
    "wrong-party",
];

/// The page of `code`, in Markdown.
#[must_use]
pub fn markdown(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| *known == code).map(|(_, page)| *page)
}

/// The page of `code`, as an HTML document without scripts.
#[must_use]
pub fn html(code: &str) -> Option<String> {
    let page = markdown(code)?;
    let mut body = String::new();
    pulldown_cmark::html::push_html(&mut body, pulldown_cmark::Parser::new(page));
    Some(document(code, &body))
}

/// All codes with their titles, as an HTML document.
#[must_use]
pub fn index_html() -> String {
    let rows: String = PAGES
        .iter()
        .map(|(code, page)| {
            let title = |mark: &str| {
                let line = page.lines().find(|it| it.starts_with(mark)).unwrap_or_default();
                line.split_once(": ").map_or("", |(_, it)| it)
            };
            let (english, japanese) = (title("# "), title("## "));
            format!(
                "<li><a href=\"/problems/{code}\"><code>{code}</code></a> {english} \
                 <span lang=\"ja\">{japanese}</span></li>\n"
            )
        })
        .collect();
    document("Problems", &format!("<h1>Problems</h1>\n<ul>\n{rows}</ul>\n"))
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} – ChannelHub</title>\n\
         <style>body{{font:16px/1.6 system-ui,sans-serif;max-width:44rem;margin:2rem auto;\
         padding:0 1rem}}code{{background:#8882;padding:0 .2em}}h2{{margin-top:3rem}}</style>\
         </head>\n<body>\n{body}</body>\n</html>\n"
    )
}
