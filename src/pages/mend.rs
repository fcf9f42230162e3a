//! Words that no rule was for: mended on a page, and said again as their sender.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::Pages;
use super::press;
use super::press::Posted;
use super::show;
use super::view::Action;
use super::view::Open;
use super::view::Said;
use super::view::View;
use super::words;
use super::words::Words;
use crate::page;
use crate::page::Content;
use crate::page::Mend;
use crate::page::Page;
use crate::page::PageId;
use crate::page::linked;
use crate::page::millis;
use crate::store::StoreError;

/// The longest words, in characters: what fits into a message of WeChat.
const LONGEST: usize = 600;

/// The page: what was said and answered, or the words to be mended.
pub(super) fn show(
    pages: &Pages,
    words: &'static Words,
    id: &PageId,
    (page, mend): (&Page, &Mend),
) -> HttpResponse {
    let frame = View { id: id.as_str(), notice: None, ..View::notice(words, "open", "") };
    if let Some(said) = &mend.said {
        let answer = said.answer.as_deref().unwrap_or(words.no_answer);
        let said = Said { words: &said.words, answer: linked(answer) };
        return show::html(StatusCode::OK, &View { said: Some(said), state: "decided", ..frame });
    }
    if page.is_expired(pages.forms.now()) {
        return show::expired(words);
    }
    let until = words::put(words.until, &pages.shown(page.expires));
    let form = open(words, mend, &mend.words, None);
    let title = words.mend_title;
    show::html(StatusCode::OK, &View { form: Some(form), until: Some(until), title, ..frame })
}

fn open<'v>(
    words: &'static Words,
    mend: &'v Mend,
    given: &'v str,
    fault: Option<String>,
) -> Open<'v> {
    let send = Action { name: "send", label: words.send, look: "primary" };
    Open { token: &mend.token, fault, words: Some(given), fields: Vec::new(), actions: vec![send] }
}

/// Says the mended words, once.
pub(super) async fn say(
    pages: &Pages,
    words: &'static Words,
    id: &PageId,
    (page, mend): (Page, Mend),
    posted: &Posted,
) -> Result<HttpResponse, StoreError> {
    if !press::has_token(posted, &mend.token) {
        return Ok(press::refuse(StatusCode::FORBIDDEN, words, words.stale));
    }
    if mend.said.is_some() {
        return Ok(press::see(id));
    }
    if page.is_expired(pages.forms.now()) {
        return Ok(show::expired(words));
    }
    let given = press::value(posted, "words").unwrap_or_default().trim();
    let fault = match given.chars().count() {
        0 => Some(words.empty),
        length if length > LONGEST => Some(words.too_large),
        _ => None,
    };
    if let Some(fault) = fault {
        let form = Some(open(words, &mend, given, Some(fault.to_owned())));
        let view = View { id: id.as_str(), notice: None, form, ..View::notice(words, "open", "") };
        let view = View { title: words.mend_title, ..view };
        return Ok(show::html(StatusCode::UNPROCESSABLE_ENTITY, &view));
    }
    let at = millis(pages.forms.now());
    let said = page::Said { words: given.to_owned(), at, answer: None };
    let saying = with(&page, &mend, said.clone());
    if !replace(pages, id, &page, &saying).await? {
        return Ok(press::see(id));
    }
    let answer = match pages.intake.say_again(&mend, id, given).await {
        Ok(answer) => answer,
        Err(error) => {
            let code = error.code().name;
            tracing::error!(code, "mended words were not worked on: {error}");
            Some(words.trouble.to_owned())
        }
    };
    if answer.is_some() {
        replace(pages, id, &saying, &with(&page, &mend, page::Said { answer, ..said })).await?;
    }
    Ok(press::see(id))
}

fn with(page: &Page, mend: &Mend, said: page::Said) -> Page {
    let content = Content::Mend(Mend { said: Some(said), ..mend.clone() });
    Page { content, ..page.clone() }
}

/// Puts one page in another's place, if it is still there. Whether it was.
async fn replace(pages: &Pages, id: &PageId, old: &Page, new: &Page) -> Result<bool, StoreError> {
    let (now, key) = (pages.forms.now(), page::key(id));
    let (expected, value) = (Some(old.to_json()), Some(new.to_json()));
    pages.forms.store().compare_and_set(now, &key, expected, value, old.keep(now)).await
}
