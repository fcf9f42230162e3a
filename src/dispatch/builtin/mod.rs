//! Handlers that come along: they stand before those of the owner.

mod authorizations;
mod notices;
mod publication;

pub use self::authorizations::Authorizations;
pub use self::notices::Notices;
pub use self::publication::PublicationCheck;
