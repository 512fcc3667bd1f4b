//! Retail rules: identity resolution, stock, orders. Pure.
