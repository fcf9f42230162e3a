//! A store that is there: whether its key is, and whether all that was accepted is accounted for.

use super::report::Finding;
use super::report::Severity;
use crate::config;
use crate::config::places::Places;
use crate::store;
use crate::store::Books;
use crate::store::StoreError;

/// What is wrong with them; none where nothing is, or where there is no file yet.
pub(super) fn check(store: &config::outbox::Store, places: &Places) -> Option<Finding> {
    let (severity, message, advice) = match look(store) {
        Ok(None) => return None,
        Ok(Some((books, rows))) if books.balance() && books == rows => return None,
        Ok(Some((books, rows))) => {
            let message = format!(
                "the store's books do not balance: they say {}, and its rows {}",
                sum(&books),
                sum(&rows)
            );
            let advice = "keep a copy of the file and report it; `yizhan outbox list` shows what is \
                          there";
            (Severity::Fault, message, advice)
        }
        Err(
            error @ (StoreError::KeyGone { .. }
            | StoreError::OtherKey { .. }
            | StoreError::NoKey(_)),
        ) => (Severity::Fault, error.to_string(), "until then `yizhan serve` does not start"),
        Err(error) => {
            let message = format!("the store cannot be read: {error}");
            (Severity::Warning, message, "its books were not checked")
        }
    };
    let fault = places.section("store", "url", message).advise(advice);
    Some(Finding { severity, account: None, fault })
}

fn look(at: &config::outbox::Store) -> Result<Option<(Books, Books)>, StoreError> {
    store::look(at.url.expose(), &at.folder, &at.keys)
}

fn sum(books: &Books) -> String {
    let Books { accepted, waiting, delivered, refused, expired, unknown } = books;
    format!(
        "{accepted} accepted ({waiting} waiting, {delivered} delivered, {refused} refused, \
         {expired} expired, {unknown} unknown)"
    )
}
