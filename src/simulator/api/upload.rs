//! Temporary files and pictures for articles.
//!
//! Sources: "Add temporary media", "Get temporary media"; 企业微信 90253, 90254, 90256.

use serde_json::json;

use super::call::Answer;
use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done_with;
use super::endpoint::ALL;
use super::endpoint::Endpoint;
use super::endpoint::MP;
use super::endpoint::OFFICIAL;
use super::endpoint::WECOM;
use super::endpoint::get;
use super::endpoint::post;
use super::multipart::Part;
use super::refusal::Refusal;
use super::refusal::refuse;
use crate::simulator::world::media::File;
use crate::wechat::Platform;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/media/upload", ALL, "upload a file for three days", upload),
    get("/cgi-bin/media/get", ALL, "download a temporary file", download),
    get("/cgi-bin/media/get/jssdk", OFFICIAL | WECOM, "download a voice recorded by the JS-SDK", download),
    post("/cgi-bin/media/uploadimg", OFFICIAL | WECOM, "upload a picture for use in articles", upload_image),
];

/// One kind of file: its limit, the file extensions, and the errcode of one too large.
pub(super) struct Kind {
    pub(super) name: &'static str,
    on: u8,
    pub(super) most: usize,
    extensions: &'static [&'static str],
    too_large: i64,
}

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { name: "image", on: MP, most: 10 * MB, extensions: &["png", "jpeg", "jpg", "gif", "bmp"], too_large: 40009 },
    Kind { name: "image", on: WECOM, most: 10 * MB, extensions: &["png", "jpeg", "jpg"], too_large: 40009 },
    Kind { name: "voice", on: OFFICIAL, most: 2 * MB, extensions: &["amr", "mp3"], too_large: 40010 },
    Kind { name: "voice", on: WECOM, most: 2 * MB, extensions: &["amr"], too_large: 40010 },
    Kind { name: "video", on: OFFICIAL | WECOM, most: 10 * MB, extensions: &["mp4"], too_large: 40011 },
    Kind { name: "thumb", on: OFFICIAL, most: 64 * KB, extensions: &["jpg", "jpeg"], too_large: 40012 },
    Kind { name: "file", on: WECOM, most: 20 * MB, extensions: &[], too_large: 45001 },
];

/// A file of 企业微信 has more bytes than this.
const WECOM_LEAST: usize = 5;

/// The largest picture of an article.
const ARTICLE_IMAGE: usize = MB;

/// The kind called `name` on this account's platform.
pub(super) fn kind(call: &Call<'_>, name: &str) -> Result<&'static Kind, Refusal> {
    let bit = match call.account.platform {
        Platform::Wecom | Platform::WecomBot => WECOM,
        Platform::MiniProgram => super::endpoint::MINI,
        _ => OFFICIAL,
    };
    let found = KINDS.iter().find(|it| it.name == name && it.on & bit != 0);
    found.ok_or_else(|| refuse(40004))
}

/// The part called `media`, if it is a file of this kind.
pub(super) fn take_file(call: &mut Call<'_>, kind: &Kind) -> Result<Part, Refusal> {
    let at = call.parts.iter().position(|part| part.name == "media");
    let part = at.map(|at| call.parts.swap_remove(at)).ok_or_else(|| refuse(41005))?;
    // Libraries that leave the file name out meet this.
    if part.file_name.is_empty() {
        return Err(refuse(41005));
    }
    let is_wecom = call.account.platform.is_wecom();
    match part.bytes.len() {
        0 => return Err(refuse(44001)),
        length if is_wecom && length <= WECOM_LEAST => return Err(refuse(40006)),
        length if length > kind.most => return Err(refuse(kind.too_large)),
        _ => {}
    }
    let extension = part.file_name.rsplit_once('.').map_or("", |(_, it)| it).to_ascii_lowercase();
    match kind.extensions.is_empty() || kind.extensions.contains(&extension.as_str()) {
        true => Ok(part),
        false => Err(refuse(40005)),
    }
}

/// The file of a part, which came at `now`.
pub(super) fn file(kind: &str, part: Part, now: i64) -> File {
    let content_type = match part.content_type.as_str() {
        "" => "application/octet-stream",
        given => given,
    };
    let mut file = File::new(kind, &part.file_name, content_type, now);
    file.bytes = part.bytes;
    file
}

fn upload(call: &mut Call<'_>) -> Outcome {
    let kind = kind(call, call.query.get("type"))?;
    let part = take_file(call, kind)?;
    let id = call.id(64);
    let (name, now) = (kind.name, call.now);
    call.world.media.keep(&id, file(name, part, now));
    match call.account.platform.is_wecom() {
        // A text, on this platform only.
        true => done_with(json!({"type": name, "media_id": id, "created_at": now.to_string()})),
        false if name == "thumb" => {
            answer(json!({"type": name, "thumb_media_id": id, "created_at": now}))
        }
        false => answer(json!({"type": name, "media_id": id, "created_at": now})),
    }
}

fn download(call: &mut Call<'_>) -> Outcome {
    let id = call.query.get("media_id");
    call.check_media(id, &[])?;
    let Some(file) = call.world.media.find(id, call.now) else { return Err(refuse(40007)) };
    if file.kind == "video" && !call.account.platform.is_wecom() {
        let url = format!("http://video.simulated.example/{id}.mp4");
        return answer(json!({"video_url": url}));
    }
    Ok(Answer::File {
        content_type: file.content_type.clone(),
        name: file.name.clone(),
        bytes: file.bytes.clone(),
    })
}

fn upload_image(call: &mut Call<'_>) -> Outcome {
    let most = if call.account.platform.is_wecom() { 2 * MB } else { ARTICLE_IMAGE };
    let extensions = &["png", "jpg", "jpeg"];
    let kind = Kind { name: "image", on: 0, most, extensions, too_large: 40009 };
    take_file(call, &kind)?;
    let url = format!("http://mmbiz.qpic.cn/simulated/{}/0", call.id(32));
    match call.account.platform.is_wecom() {
        true => done_with(json!({"url": url})),
        false => answer(json!({"url": url})),
    }
}
