//! Handlers that come along: they stand before those of the owner.

mod notices;
mod publication;

pub use self::notices::Notices;
pub use self::publication::Component;
pub use self::publication::PublicationCheck;
