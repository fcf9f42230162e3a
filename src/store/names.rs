//! What values are called that one module keeps and another reads.

use std::time::Duration;

/// How long a `component_verify_ticket` holds. Source: open platform, "Verify ticket".
pub const COMPONENT_TICKET_TTL: Duration = Duration::from_hours(12);

/// Until it is forgotten: about ten years.
pub const FOREVER: Duration = Duration::from_hours(24 * 365 * 10);

/// The newest ticket of an open platform, as WeChat sent it.
pub fn component_ticket(app_id: &str) -> String {
    format!("component/{app_id}/ticket")
}

/// That an account is served by an open platform: JSON with `code`, `code_expires` (Unix seconds)
/// and `pre_auth_code`, as far as WeChat told. The code is null once it was exchanged.
pub fn authorizer(component: &str, app_id: &str) -> String {
    format!("component/{component}/authorizer/{app_id}")
}
