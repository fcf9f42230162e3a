//! Taps on the menu below the chat. Sources: "Custom menu event pushes" (公众号), 企业微信 document
//! 90240, which writes some names in lower case.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// A button that only says it was tapped.
    pub struct Click {
        /// The button's key.
        pub event_key: String = "EventKey";
    }

    /// A button that opens a page.
    pub struct View {
        /// The page's URL.
        pub event_key: String = "EventKey";
        /// The conditional menu it stands in.
        pub menu_id: Option<String> = "MenuId";
    }

    /// A button that opens a mini program.
    pub struct ViewMiniProgram {
        /// The page's path.
        pub event_key: String = "EventKey";
        /// The conditional menu it stands in.
        pub menu_id: Option<String> = "MenuId";
    }

    /// A button that scans; the client shows what was scanned.
    pub struct ScanCodePush {
        /// The button's key.
        pub event_key: String = "EventKey";
        /// `qrcode`, `barcode`.
        pub scan_type: Option<String> = "ScanCodeInfo.ScanType";
        /// What was read; of a bar code, its kind before a comma (`EAN_13,6901234567892`).
        pub scan_result: Option<String> = "ScanCodeInfo.ScanResult";
    }

    /// A button that scans; the client waits for our reply.
    pub struct ScanCodeWait {
        /// The button's key.
        pub event_key: String = "EventKey";
        /// `qrcode`, `barcode`.
        pub scan_type: Option<String> = "ScanCodeInfo.ScanType";
        /// What was read; of a bar code, its kind before a comma (`EAN_13,6901234567892`).
        pub scan_result: Option<String> = "ScanCodeInfo.ScanResult";
    }

    /// A button that sends pictures. Each follows as an `image` message of its own.
    pub struct SendPictures {
        /// Which of the three sorts of button: its event's name.
        pub event: String = "Event";
        /// The button's key.
        pub event_key: String = "EventKey";
        /// How many pictures.
        pub count: Option<i64> = "SendPicsInfo.Count";
        /// The MD5 of each picture, in hex.
        pub md5: Vec<String> =
            "SendPicsInfo.PicList.item.PicMd5Sum" | "SendPicsInfo.PicList.PicMd5Sum";
    }

    /// A button that sends a place. A `location` message follows.
    pub struct LocationSelect {
        /// The button's key.
        pub event_key: String = "EventKey";
        /// Degrees north.
        pub latitude: Option<f64> = "SendLocationInfo.Location_X";
        /// Degrees east.
        pub longitude: Option<f64> = "SendLocationInfo.Location_Y";
        /// Zoom of the map.
        pub scale: Option<f64> = "SendLocationInfo.Scale";
        /// The address in words.
        pub label: Option<String> = "SendLocationInfo.Label";
        /// The name of the place.
        pub poi_name: Option<String> = "SendLocationInfo.Poiname";
        /// `wxwork` from the 企业微信 client.
        pub app_type: Option<String> = "AppType";
    }
}

types! {
    Click: Event "CLICK" | "click";
    View: Event "VIEW" | "view";
    ViewMiniProgram: Event "view_miniprogram";
    ScanCodePush: Event "scancode_push";
    ScanCodeWait: Event "scancode_waitmsg";
    SendPictures: Event "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin";
    LocationSelect: Event "location_select";
}
