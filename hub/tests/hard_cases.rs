//! The hard cases of retail data, each with the tests that keep it, by name: whoever
//! renames or drops one is told here, and whoever asks what is proved finds it here.

use std::{fs, path::Path};

/// A test: its file and its name.
type Kept = (&'static str, &'static str);

/// The cases in their order: number, what must come of it, and what keeps it.
const CASES: &[(u32, &str, &[Kept])] = &[
    (
        3,
        "a webhook delivered five times is one event",
        &[
            (JOURNAL, "h3_any_number_of_redeliveries_is_one_event"),
            (FOLD, "h3_a_webhook_delivered_five_times_is_one_event"),
        ],
    ),
    (
        4,
        "a file sent again applies exactly what is new",
        &[
            (JOURNAL, "h4_a_file_sent_again_applies_exactly_what_is_new"),
            (FOLDER, "h4_a_file_that_comes_again_with_one_record_more_applies_that_one"),
        ],
    ),
    (
        5,
        "versions out of order: the newest stands, the others are history",
        &[
            (JOURNAL, "h5_versions_in_any_order_are_kept_once_and_the_newest_stands"),
            (FOLD, "h5_paid_before_created_ends_as_paid"),
        ],
    ),
    (
        6,
        "offline sales count by when they were made",
        &[
            (STORE, "h6_sales_in_any_order_count_by_when_they_were_made"),
            (GOODS, "h6_offline_sales_count_by_when_they_were_made"),
        ],
    ),
    (
        7,
        "the business day is the journal's, whatever a register's clock says",
        &[(TILL, "h7_the_business_day_is_the_journals_and_not_the_clocks")],
    ),
    (
        8,
        "a sale after midnight is the day before",
        &[(FIXED, "h8_a_fixed_width_file_becomes_sales")],
    ),
    (
        9,
        "a missing number is raised, and cleared when it comes",
        &[
            (STORE, "h9_every_missing_number_is_raised_and_cleared"),
            (SEQUENCE, "h9_a_gap_is_there_until_the_late_number_comes"),
        ],
    ),
    (
        10,
        "a counter that starts again is no duplicate and no gap",
        &[
            (SEQUENCE, "h10_a_counter_that_starts_again_anywhere_leaves_no_gap"),
            (JOURNAL, "h10_a_counter_that_starts_again_is_no_duplicate"),
        ],
    ),
    (
        14,
        "a late order of a merged party is the survivor's",
        &[(PEOPLE, "h14_a_late_order_for_a_merged_party_is_the_survivors")],
    ),
    (
        15,
        "unmerging gives both parties back",
        &[(PEOPLE, "h15_unmerging_gives_both_parties_back_with_what_is_theirs")],
    ),
    (16, "a shared number joins nobody", &[(PEOPLE, "h16_a_stores_phone_number_joins_nobody")]),
    (
        19,
        "the void of a void leaves the sale",
        &[
            (STORE, "h19_an_even_chain_of_voids_leaves_the_sale"),
            (GOODS, "h19_the_void_of_a_void_leaves_the_sale"),
        ],
    ),
    (
        20,
        "training is seen and moves nothing",
        &[
            (STORE, "h20_training_among_sales_moves_nothing"),
            (GOODS, "h20_training_is_seen_and_not_counted"),
        ],
    ),
    (
        21,
        "the source's amounts stay as they are, whoever rounds otherwise",
        &[(TILL, "h21_amounts_stay_as_the_source_rounded_them")],
    ),
    (
        22,
        "the tax of a line is the line's and not the article's",
        &[(TILL, "h22_the_tax_class_of_a_line_wins_over_the_articles")],
    ),
    (
        23,
        "lines of nothing and lines that come back keep their sign",
        &[
            (STORE, "h23_quantities_of_lines_keep_their_sign"),
            (GOODS, "h23_a_line_coming_back_in_a_sale_goes_into_stock"),
        ],
    ),
    (
        24,
        "one text from two character sets is one text",
        &[
            (TEXT, "h24_names_match_across_character_sets"),
            (POLICY, "one_text_from_two_sets_is_one_text"),
        ],
    ),
    (
        25,
        "what a character set cannot write goes by the policy that is set",
        &[(POLICY, "what_cannot_be_written_is_refused_replaced_or_set_aside")],
    ),
    (
        26,
        "a file cut within a character is refused whole",
        &[(FOLDER, "h26_a_file_cut_within_a_character_is_refused_as_a_whole")],
    ),
    (
        27,
        "a file whose trailer does not add up is refused whole",
        &[(FOLDER, "h27_a_file_whose_trailer_does_not_add_up_is_refused_as_a_whole")],
    ),
    (
        28,
        "one bad line is set aside, or refuses all, as the channel says",
        &[
            (FOLDER, "h28_a_bad_row_is_set_aside_and_the_rest_is_committed"),
            (FIXED, "h28_a_bad_line_refuses_the_whole_file"),
        ],
    ),
    (
        29,
        "every way to say slow down is throttling",
        &[(CLASSIFY, "h29_every_way_to_say_slow_down_is_throttling")],
    ),
    (
        30,
        "a rotating refresh token is used once",
        &[
            (AUTH, "h30_many_workers_with_a_spent_rotating_token_refresh_it_once"),
            (CONNECTION, "a_rotating_token_survives_kills_and_is_never_used_twice"),
        ],
    ),
    (
        34,
        "a replay changes nothing for what comes live",
        &[(JOURNAL, "h34_a_replay_changes_nothing_for_what_comes_live")],
    ),
];

/// Cases that no test here has by name, and why.
const WITHOUT: &[(u32, &str)] = &[
    (1, "stock is not reserved through the hub"),
    (2, "stock is not reserved through the hub"),
    (11, "refunds are taken as the source splits them"),
    (12, "a refund of an order not seen yet waits for nothing: it is kept as it came"),
    (13, "returns are not decided by the hub"),
    (17, "the hub runs no campaigns"),
    (18, "the hub writes no absolute stock over a channel's"),
    (31, "a thin webhook is not fetched yet"),
    (32, "a fixture of the package rakuten-rms"),
    (33, "what is gone when its details are asked for is passed over"),
    (35, "prices of an order are kept as they came"),
];

const JOURNAL: &str = "hub/crates/journal/tests/it/hard_cases.rs";
const FOLD: &str = "hub/crates/store/src/fold/tests.rs";
const STORE: &str = "hub/crates/store/src/fold/tests/hard_cases.rs";
const GOODS: &str = "hub/crates/store/src/fold/tests/goods.rs";
const PEOPLE: &str = "hub/crates/store/src/fold/tests/people.rs";
const SEQUENCE: &str = "hub/crates/retail/src/sequence.rs";
const TEXT: &str = "hub/crates/retail/src/text.rs";
const POLICY: &str = "hub/crates/codec/src/layout/tests/policy.rs";
const CLASSIFY: &str = "hub/crates/delivery/src/classify/tests.rs";
const AUTH: &str = "hub/crates/delivery/src/auth/tests.rs";
const FOLDER: &str = "integration-tests/tests/it/folder.rs";
const FIXED: &str = "integration-tests/tests/it/fixed.rs";
const TILL: &str = "integration-tests/tests/it/till.rs";
const CONNECTION: &str = "integration-tests/tests/it/connection.rs";

#[test]
fn every_hard_case_has_its_test_or_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut numbers: Vec<u32> =
        CASES.iter().map(|it| it.0).chain(WITHOUT.iter().map(|it| it.0)).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=35).collect::<Vec<_>>(), "each of H1 to H35 stands in one list");
    let mut gone = Vec::new();
    for (number, what, kept) in CASES {
        assert!(!kept.is_empty(), "H{number} ({what}) has no test");
        for (file, name) in *kept {
            let text = fs::read_to_string(root.join(file)).unwrap_or_default();
            if !text.contains(&format!("fn {name}(")) {
                gone.push(format!("H{number} ({what}): {name} in {file}"));
            }
        }
    }
    assert!(gone.is_empty(), "tests that are not there any more: {gone:#?}");
}
