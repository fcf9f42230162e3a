//! What a robot's webhook address says: the service keeps host and key in one text.

use url::Url;

/// Where the service is, if not at its own address, and the key.
pub(super) struct Address {
    pub(super) base_url: String,
    pub(super) key: String,
}

impl Address {
    /// Of an address whose path begins with `path`; the key is what follows, or the parameter
    /// `parameter`.
    pub(super) fn read(text: &str, own_host: &str, path: &str, parameter: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let rest = url.path().strip_prefix(path)?;
        let key = match parameter {
            "" => rest.trim_matches('/').to_owned(),
            name => url.query_pairs().find(|(it, _)| it == name)?.1.into_owned(),
        };
        let origin = url.origin().ascii_serialization();
        let is_own = origin == format!("https://{own_host}");
        let base_url = if is_own { String::new() } else { origin };
        (!key.is_empty()).then_some(Self { base_url, key })
    }
}
