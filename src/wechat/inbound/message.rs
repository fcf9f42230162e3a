//! What users and members write. Sources: "Receiving standard messages" (公众号), "Receiving
//! customer messages" (小程序), 企业微信 document 90239.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// Where a message to a 公众号 came from; empty for one that was simply typed.
    pub struct Origin {
        /// The article below which it was written.
        pub msg_data_id: Option<String> = "MsgDataId";
        /// Which article of a multi-article message that is, from 1.
        pub idx: Option<i64> = "Idx";
        /// The sub-merchant account it was written to.
        pub business_id: Option<String> = "BusinessId";
    }

    /// 文本消息.
    pub struct Text {
        /// What was typed. Emoji come as UTF-8, old faces as `/::)` or `[Smile]`.
        pub content: String = "Content";
        /// The `id` of the tapped item, if this answers a `msgmenu` customer-service message.
        pub biz_msg_menu_id: Option<String> = "bizmsgmenuid";
        /// The article it was written below, if any.
        pub origin: Origin = ".";
    }

    /// 图片消息.
    pub struct Image {
        /// A public link to the picture.
        pub pic_url: String = "PicUrl";
        /// For the media API, which keeps it for 3 days.
        pub media_id: Option<String> = "MediaId";
        /// The article it was sent below, if any.
        pub origin: Origin = ".";
    }

    /// 语音消息.
    pub struct Voice {
        /// For the media API, which keeps it for 3 days.
        pub media_id: String = "MediaId";
        /// `amr`; `speex` from old clients.
        pub format: Option<String> = "Format";
        /// The same at 16 kHz.
        pub media_id_16k: Option<String> = "MediaId16K";
        /// The recognised words, where the account has recognition; often none all the same.
        pub recognition: Option<String> = "Recognition";
        /// The article it was sent below, if any.
        pub origin: Origin = ".";
    }

    /// 视频消息.
    pub struct Video {
        /// For the media API, which keeps it for 3 days.
        pub media_id: String = "MediaId";
        /// The still shown before it plays.
        pub thumb_media_id: Option<String> = "ThumbMediaId";
        /// The article it was sent below, if any.
        pub origin: Origin = ".";
    }

    /// 小视频消息: shot in the chat by an old client.
    pub struct ShortVideo {
        /// For the media API, which keeps it for 3 days.
        pub media_id: String = "MediaId";
        /// The still shown before it plays.
        pub thumb_media_id: Option<String> = "ThumbMediaId";
        /// The article it was sent below, if any.
        pub origin: Origin = ".";
    }

    /// 地理位置消息: a place the user picked on the map.
    pub struct Location {
        /// Degrees north (`Location_X`).
        pub latitude: f64 = "Location_X";
        /// Degrees east (`Location_Y`).
        pub longitude: f64 = "Location_Y";
        /// Zoom of the map.
        pub scale: Option<f64> = "Scale";
        /// The address in words.
        pub label: Option<String> = "Label";
        /// `wxwork` if it was sent from the 企业微信 client.
        pub app_type: Option<String> = "AppType";
        /// The article it was sent below, if any.
        pub origin: Origin = ".";
    }

    /// 链接消息.
    pub struct Link {
        /// Where it leads.
        pub url: String = "Url";
        /// Its headline.
        pub title: Option<String> = "Title";
        /// The lines below the headline.
        pub description: Option<String> = "Description";
        /// Its cover; 企业微信 only.
        pub pic_url: Option<String> = "PicUrl";
        /// The article it was sent below, if any.
        pub origin: Origin = ".";
    }

    /// 小程序卡片消息: a page of a mini program.
    pub struct MiniProgramPage {
        /// The page, with its query.
        pub page_path: String = "PagePath";
        /// The mini program.
        pub app_id: Option<String> = "AppId";
        /// The card's headline.
        pub title: Option<String> = "Title";
        /// A link to the card's cover.
        pub thumb_url: Option<String> = "ThumbUrl";
        /// The cover for the media API.
        pub thumb_media_id: Option<String> = "ThumbMediaId";
    }
}

types! {
    Text: Message "text";
    Image: Message "image";
    Voice: Message "voice";
    Video: Message "video";
    ShortVideo: Message "shortvideo";
    Location: Message "location";
    Link: Message "link";
    MiniProgramPage: Message "miniprogrampage";
}
