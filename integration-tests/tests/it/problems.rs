//! Every problem has a page, and anybody may read it.

use testkit::{Result, TestHub};

#[tokio::test]
async fn each_problem_code_has_its_page() -> Result<()> {
    let hub = TestHub::start().await?;
    let pages = testkit::config::repository().join("hub/src/problems");
    let mut count = 0;
    for page in std::fs::read_dir(pages)?.flatten() {
        let path = page.path();
        let code = path.file_stem().and_then(|it| it.to_str()).expect("a name").to_owned();
        let text = hub.hub.stranger().text(&format!("/problems/{code}")).await?;
        assert!(text.contains(&code), "the page of {code} names it: {text}");
        count += 1;
    }
    assert!(count > 10, "{count} pages");
    Ok(())
}
