//! The simulated accounts of one server, by name.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use super::Simulator;
use super::services::Services;

/// The accounts one can write to, and whose API is served; beside them other services.
#[derive(Default)]
pub struct Seats {
    seats: Vec<Seat>,
    pub(super) services: Services,
}

/// One of them.
pub(super) struct Seat {
    pub(super) name: String,
    pub(super) simulator: Arc<Simulator>,
    suggestions: Vec<String>,
}

impl Seats {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an account under its name, with a few texts worth trying. The first one added is
    /// meant where none is named.
    pub fn seat(mut self, name: &str, simulator: Arc<Simulator>, suggestions: &[&str]) -> Self {
        let suggestions = suggestions.iter().map(|text| (*text).to_owned()).collect();
        self.seats.push(Seat { name: name.to_owned(), simulator, suggestions });
        self
    }

    /// Delivers what the jobs of all accounts end in, for ever.
    pub async fn work_off(&self) {
        let working = self.seats.iter().map(|seat| seat.simulator.work_off());
        futures_util::future::join_all(working).await;
    }

    pub(super) fn find(&self, name: Option<&str>) -> Option<&Seat> {
        match name {
            None => self.seats.first(),
            Some(name) => self.seats.iter().find(|seat| seat.name == name),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter()
    }

    /// Name, platform, mode and suggestions of each.
    pub(super) fn to_json(&self) -> Value {
        let seats = self.seats.iter().map(|seat| {
            let account = &seat.simulator.account;
            json!({
                "name": seat.name,
                "platform": account.platform.name(),
                "mode": account.mode.name(),
                "suggestions": seat.suggestions,
            })
        });
        seats.collect()
    }
}
