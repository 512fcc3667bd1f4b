//! Opens, pauses, probes, and forgets what is old news.

use super::*;

const RULE: BreakerRule = BreakerRule {
    failures: 3,
    pause: Duration::from_secs(10),
    pause_max: Duration::from_secs(35),
    probes: 2,
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds * 1000)
}

fn fail(breaker: &mut Breaker, now: Timestamp) {
    let permit = breaker.permit(now).expect("a permit");
    breaker.settle(permit, Health::Failing, now);
}

fn opened() -> Breaker {
    let mut breaker = Breaker::new(RULE);
    (0..3).for_each(|_| fail(&mut breaker, at(0)));
    breaker
}

#[test]
fn failures_in_a_row_open_it_and_a_success_between_does_not() {
    let mut breaker = Breaker::new(RULE);
    fail(&mut breaker, at(0));
    fail(&mut breaker, at(0));
    let permit = breaker.permit(at(0)).expect("a permit");
    breaker.settle(permit, Health::Alive, at(0));
    fail(&mut breaker, at(0));
    fail(&mut breaker, at(0));
    assert_eq!(breaker.position(), Position::Closed);
    fail(&mut breaker, at(0));
    assert_eq!(breaker.position(), Position::Open);
    assert_eq!(breaker.permit(at(9)), Err(Held::Until(at(10))));
}

#[test]
fn after_the_pause_probes_go_and_close_it() {
    let mut breaker = opened();
    let first = breaker.permit(at(10)).expect("a probe");
    let second = breaker.permit(at(10)).expect("a probe");
    assert_eq!(breaker.permit(at(10)), Err(Held::Probing));
    breaker.settle(first, Health::Alive, at(11));
    assert_eq!(breaker.permit(at(11)), Err(Held::Probing), "one success is not enough");
    breaker.settle(second, Health::Alive, at(12));
    assert_eq!(breaker.position(), Position::Closed);
    assert!(breaker.permit(at(12)).is_ok());
}

#[test]
fn a_failed_probe_opens_it_for_twice_as_long_up_to_the_maximum() {
    let mut breaker = opened();
    let mut now = at(10);
    for pause_s in [20, 35, 35] {
        fail(&mut breaker, now);
        let until = now.plus(Duration::from_secs(pause_s));
        assert_eq!(breaker.permit(now), Err(Held::Until(until)));
        now = until;
    }
}

#[test]
fn results_from_before_it_opened_are_old_news() {
    let mut breaker = Breaker::new(RULE);
    let mut slow: Vec<Permit> = (0..6).map(|_| breaker.permit(at(0)).expect("a permit")).collect();
    (0..3).for_each(|_| fail(&mut breaker, at(0)));
    breaker.settle(slow.remove(0), Health::Alive, at(1));
    assert_eq!(breaker.position(), Position::Open, "an old success does not close it");
    let probe = breaker.permit(at(10)).expect("a probe");
    breaker.settle(slow.remove(0), Health::Alive, at(10));
    breaker.settle(slow.remove(0), Health::Alive, at(10));
    assert_eq!(breaker.position(), Position::HalfOpen, "only probes close it");
    breaker.settle(slow.remove(0), Health::Failing, at(10));
    assert_eq!(breaker.position(), Position::HalfOpen, "only probes open it again");
    breaker.settle(probe, Health::Unknown, at(10));
    let probes = (breaker.permit(at(10)), breaker.permit(at(10)));
    assert!(matches!(probes, (Ok(_), Ok(_))), "a try that says nothing gives its place back");
}

#[test]
fn a_clock_set_back_does_not_keep_it_open() {
    let mut breaker = opened();
    assert_eq!(breaker.permit(at(-3600)), Err(Held::Until(at(-3590))));
    assert!(breaker.permit(at(-3590)).is_ok());
}
