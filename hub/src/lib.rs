//! ChannelHub: one gateway daemon between POS, ERP, CRM, MA, SFA and EC systems.
//!
//! Reading order: [`walk`] (arrival → committed), [`dispatch`] (committed →
//! delivered), [`ingress`] and [`gates`] (how arrivals get to the walk),
//! [`app`] (what holds it all), then [`api`], [`settings`] and [`cli`].

pub mod walk;

pub mod again;
pub mod connection;
pub mod dispatch;
pub mod numbers;

pub mod arrival;
pub mod gates;
pub mod ingress;
pub mod trail;

pub mod api;
pub mod app;
pub mod observe;
pub mod problem;
pub mod settings;

pub mod cli;
