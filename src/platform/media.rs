//! Files: temporary ones (3 days), permanent ones, pictures for articles, and their download.
//!
//! Source: "Temporary media" and "Permanent material", reference sections 8.3 and 12.5.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::Client;
use super::answer;
use super::api::Done;
use super::api::answers;
use super::api::api;
use super::call::Call;
use super::error::PlatformError;
use super::form::File;
use super::form::extension;
use super::limit;
use super::limit::Limit;
use crate::wechat::Platform;

/// What a file is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A picture.
    Image,
    /// A voice message, at most 60 s long.
    Voice,
    /// A video.
    Video,
    /// The cover of a video, of music, of a card; 公众号 only.
    Thumb,
    /// Any file; 企业微信 only.
    File,
}

impl Kind {
    /// Each kind with its name on the wire.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Image, "image"),
        (Self::Voice, "voice"),
        (Self::Video, "video"),
        (Self::Thumb, "thumb"),
        (Self::File, "file"),
    ];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;

/// What each platform takes: kind, bytes, extensions (none: any). ONE LINE EACH. WeChat's own
/// pages name 10 MB and 2 MB for a picture; under 2 MB is safe.
const TAKEN: &[(Platform, Kind, usize, &[&str])] = &[
    (Platform::OfficialAccount, Kind::Image, 10 * MB, &["png", "jpeg", "jpg", "gif"]),
    (Platform::OfficialAccount, Kind::Voice, 2 * MB, &["amr", "mp3"]),
    (Platform::OfficialAccount, Kind::Video, 10 * MB, &["mp4"]),
    (Platform::OfficialAccount, Kind::Thumb, 64 * KB, &["jpg", "jpeg"]),
    (Platform::MiniProgram, Kind::Image, 10 * MB, &["png", "jpeg", "jpg", "gif"]),
    (Platform::Wecom, Kind::Image, 10 * MB, &["jpg", "jpeg", "png"]),
    (Platform::Wecom, Kind::Voice, 2 * MB, &["amr"]),
    (Platform::Wecom, Kind::Video, 10 * MB, &["mp4"]),
    (Platform::Wecom, Kind::File, 20 * MB, &[]),
];

/// The largest picture of an article.
const ARTICLE_IMAGE: usize = MB - 1;

/// 企业微信 takes files that are larger than 5 bytes.
const LEAST_WECOM: usize = 6;

/// Checks size and type of a file.
///
/// # Errors
///
/// What the platform would refuse.
pub fn check(platform: Platform, kind: Kind, file: &File) -> Result<(), Limit> {
    let row = TAKEN.iter().find(|(on, of, ..)| (*on, *of) == (platform, kind));
    let Some((_, _, most, extensions)) = row else {
        return Err(Limit::Platform { what: kind.name(), platform: platform.name() });
    };
    let least = if platform.is_wecom() { LEAST_WECOM } else { 1 };
    limit::between(kind.name(), file.bytes.len(), least..=*most, "bytes")?;
    check_extension(file, extensions)
}

fn check_extension(file: &File, extensions: &[&str]) -> Result<(), Limit> {
    let own = extension(&file.name);
    let is_good = extensions.is_empty() || extensions.iter().any(|it| it.eq_ignore_ascii_case(own));
    limit::value("file name", is_good, rule(extensions))
}

fn rule(extensions: &[&str]) -> &'static str {
    match extensions {
        ["png", ..] => "one that ends in .png, .jpg, .jpeg or .gif",
        ["jpg", "jpeg", "png"] => "one that ends in .jpg, .jpeg or .png",
        ["jpg", "jpeg"] => "one that ends in .jpg or .jpeg",
        ["amr", "mp3"] => "one that ends in .amr or .mp3",
        ["amr"] => "one that ends in .amr",
        _ => "one that ends in .mp4",
    }
}

/// What a permanent video is called.
#[derive(Clone, Debug, Serialize)]
pub struct Description {
    /// Its title.
    pub title: String,
    /// Below the title.
    pub introduction: String,
}

/// What a download gave.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Downloaded {
    /// The file.
    File(File),
    /// Where a video is.
    VideoUrl(String),
}

answers! {
    /// A temporary file.
    Uploaded {
        /// What messages call it, for 3 days.
        #[serde(alias = "thumb_media_id")]
        media_id: String,
    }
    /// A permanent file.
    Added {
        /// What messages call it.
        media_id: String,
        /// Where a picture is.
        url: String,
    }
    /// A picture for articles.
    Hosted {
        /// Where it is; works within WeChat.
        url: String,
    }
}

api! {
    /// Removes a permanent file.
    #[derive(Default)]
    Post "/cgi-bin/material/del_material", Remove {
        /// Which.
        media_id: String,
    } -> Done;

    /// How many permanent files there are, by kind.
    Get "/cgi-bin/material/get_materialcount", Count {} -> Value;
}

impl Client {
    /// Uploads a file that works for 3 days, in any number of messages.
    ///
    /// # Errors
    ///
    /// [`PlatformError::Limit`] for what this platform does not take.
    pub async fn upload_media(&self, kind: Kind, file: File) -> Result<Uploaded, PlatformError> {
        check(self.platform, kind, &file)?;
        let form = self.form(Vec::new(), file);
        let call = Call::upload("/cgi-bin/media/upload", &form);
        self.run(&call.with_query([("type", kind.name())])).await
    }

    /// Uploads a picture (JPG or PNG under 1 MB; 企业微信 2 MB) for use inside of articles.
    ///
    /// # Errors
    ///
    /// [`PlatformError::Limit`] for what this platform does not take.
    pub async fn upload_image(&self, file: File) -> Result<Hosted, PlatformError> {
        let most = if self.platform.is_wecom() { 2 * MB } else { ARTICLE_IMAGE };
        limit::between("image", file.bytes.len(), 1..=most, "bytes")?;
        check_extension(&file, &["jpg", "jpeg", "png"])?;
        self.run(&Call::upload("/cgi-bin/media/uploadimg", &self.form(Vec::new(), file))).await
    }

    /// Adds a file to the account's material; a video needs a description.
    ///
    /// # Errors
    ///
    /// [`PlatformError::Limit`] for what this platform does not take.
    pub async fn add_material(
        &self,
        kind: Kind,
        file: File,
        description: Option<&Description>,
    ) -> Result<Added, PlatformError> {
        check(self.platform, kind, &file)?;
        let has_description = description.is_some() == (kind == Kind::Video);
        limit::value("description", has_description, "given for a video, and for nothing else")?;
        let description = description.map(|it| {
            let json = serde_json::to_string(it).expect("two texts are always JSON");
            ("description", json)
        });
        let form = self.form(description.into_iter().collect(), file);
        let call = Call::upload("/cgi-bin/material/add_material", &form);
        self.run(&call.with_query([("type", kind.name())])).await
    }

    /// Downloads a temporary file.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]
    pub async fn download_media(&self, media_id: &str) -> Result<Downloaded, PlatformError> {
        self.fetch(&Call::get("/cgi-bin/media/get", [("media_id", media_id)])).await
    }

    /// Downloads a voice message that JS-SDK recorded, as Speex of 16 kHz.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]
    pub async fn download_voice(&self, media_id: &str) -> Result<Downloaded, PlatformError> {
        self.fetch(&Call::get("/cgi-bin/media/get/jssdk", [("media_id", media_id)])).await
    }

    /// Downloads a permanent file. Of an article there is no file, but JSON.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]
    pub async fn download_material(&self, media_id: &str) -> Result<Downloaded, PlatformError> {
        let body = json!({"media_id": media_id});
        self.fetch(&Call::post("/cgi-bin/material/get_material", &body)).await
    }

    async fn fetch(&self, call: &Call<'_>) -> Result<Downloaded, PlatformError> {
        let response = self.respond(&call.clone().for_a_file()).await?;
        let disposition = response.headers.iter().find(|(name, _)| name == "content-disposition");
        if let Some((_, disposition)) = disposition {
            let name = file_name(disposition).to_owned();
            return Ok(Downloaded::File(File { name, bytes: response.body }));
        }
        if let Ok(Value::Object(fields)) = answer::read::<Value>(call.path, &response)
            && let Some(url) = ["video_url", "down_url"].iter().find_map(|it| fields.get(*it))
        {
            return Ok(Downloaded::VideoUrl(url.as_str().unwrap_or_default().to_owned()));
        }
        let bytes: Bytes = response.body;
        Ok(Downloaded::File(File { name: String::new(), bytes }))
    }
}

/// `attachment; filename="a.jpg"` → `a.jpg`, without any folder in it.
fn file_name(disposition: &str) -> &str {
    let name = disposition.split("filename=").nth(1).unwrap_or_default();
    let name = name.split(';').next().unwrap_or_default().trim().trim_matches('"');
    name.rsplit(['/', '\\']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::File;
    use super::Kind;
    use super::check;
    use super::file_name;
    use crate::wechat::Platform;

    fn refusal(platform: Platform, kind: Kind, name: &str, length: usize) -> String {
        let file = File { name: name.to_owned(), bytes: Bytes::from(vec![0; length]) };
        check(platform, kind, &file).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn size_and_type_are_checked_for_each_platform() {
        let oa = Platform::OfficialAccount;
        assert_eq!(refusal(oa, Kind::Thumb, "a.jpg", 65_536), "");
        let text = "`thumb` has 65537 bytes; 1 to 65536";
        assert_eq!(refusal(oa, Kind::Thumb, "a.jpg", 65_537), text);
        let text = "`file name` must be one that ends in .amr or .mp3";
        assert_eq!(refusal(oa, Kind::Voice, "a.wav", 9), text);
        let text = "`video` is nothing that `mini-program` can send";
        assert_eq!(refusal(Platform::MiniProgram, Kind::Video, "a.mp4", 9), text);
        assert_eq!(
            refusal(Platform::Wecom, Kind::File, "a.txt", 5),
            "`file` has 5 bytes; 6 to 20971520"
        );
        assert_eq!(refusal(Platform::Wecom, Kind::File, "a.TXT", 6), "");
    }

    #[test]
    fn a_downloaded_name_has_no_folder() {
        assert_eq!(file_name("attachment; filename=\"a.jpg\""), "a.jpg");
        assert_eq!(file_name("attachment; filename=../../b.mp3; x=1"), "b.mp3");
        assert_eq!(file_name("attachment"), "");
    }
}
