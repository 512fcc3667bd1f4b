//! Quantiles and medians of what was measured.

/// The value that so much of `values` does not exceed; 0 of nothing.
pub(crate) fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len() as f64 * part) as usize;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or_default()
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

/// One row of a table of latencies: the ratio is filled in where there is one.
pub(crate) fn row(name: &str, round: usize, values: &mut [f64]) -> f64 {
    let (p50, p99) = (quantile(values, 0.5), quantile(values, 0.99));
    println!("{name:<24}  {round:>5}  {:>9}  {p50:>9.1}  {p99:>9.1}", values.len());
    p99
}

pub(crate) fn head() {
    println!("{:<24}  round  delivered     p50 ms     p99 ms", "");
}
