//! Yizhan (驿站): a relay station between WeChat and whatever its owner runs.

// In the order of the layers; `tests/it/layers.rs` holds them to it.
pub mod clock;
pub mod entropy;
mod generations;
pub mod wechat;

pub mod code;
pub mod exchange;
pub mod log;
pub mod metrics;
pub mod notification;
pub mod page;
pub mod simulator;
pub mod tasks;

pub mod config;
pub mod outcome;
pub mod watch;

pub mod access;
pub mod account;
pub mod capture;
pub mod store;

pub mod assistant;
pub mod held;
pub mod platform;
pub mod window;

pub mod channels;

pub mod dispatch;
pub mod inbox;
pub mod outbox;

pub mod forms;
pub mod intake;
pub mod submission;

pub mod api;
pub mod dialects;
pub mod pages;
pub mod receiver;

pub mod app;
pub mod cli;
