//! The tests that need more than one module, in one binary.
#![expect(clippy::unwrap_used, reason = "a test ends where a step of it cannot go on")]

mod api;
mod captures;
mod capturing;
mod channel_pages;
mod channels;
mod config;
mod corpus;
mod deploy;
mod dialects;
mod email;
mod hooks;
mod import;
mod kinds;
mod late;
mod layers;
mod online;
mod outbox;
mod pages;
mod platform;
mod properties;
mod pushed;
mod readme;
mod readme_services;
mod refusals;
mod reload;
mod retries;
mod rules;
mod server;
mod services;
mod simulated;
mod standins;
mod support;
mod tables;
mod typed;
mod vectors;
