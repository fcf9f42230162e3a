//! Coming, going, entering a chat. Sources: "Receiving event pushes" (公众号), "Receiving customer
//! messages" (小程序), 企业微信 document 90240.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// 关注: somebody follows; in 企业微信, a member may use the application from now on.
    pub struct Subscribe {
        /// `qrscene_` and the scene, if a parametric QR code brought them.
        pub event_key: Option<String> = "EventKey";
        /// Fetches the picture of that QR code.
        pub ticket: Option<String> = "Ticket";
    }

    /// 取消关注. Cannot be replied to.
    pub struct Unsubscribe {
        /// Empty as documented.
        pub event_key: Option<String> = "EventKey";
    }

    /// A follower scanned a parametric QR code.
    pub struct Scan {
        /// The scene, without `qrscene_`.
        pub event_key: String = "EventKey";
        /// Fetches the picture of the QR code.
        pub ticket: Option<String> = "Ticket";
    }

    /// 上报地理位置: where the user is, on entering the chat or every 5 s.
    pub struct LocationReport {
        /// Degrees north.
        pub latitude: f64 = "Latitude";
        /// Degrees east.
        pub longitude: f64 = "Longitude";
        /// In metres.
        pub precision: Option<f64> = "Precision";
        /// `wxwork` from the 企业微信 client.
        pub app_type: Option<String> = "AppType";
    }

    /// 进入会话 of a mini program's customer service.
    pub struct EnterTempSession {
        /// The `session-from` of the contact button.
        pub session_from: Option<String> = "SessionFrom";
    }

    /// 进入应用: a member opened the application's chat.
    pub struct EnterAgent {
        /// Empty as documented.
        pub event_key: Option<String> = "EventKey";
    }
}

types! {
    Subscribe: Event "subscribe";
    Unsubscribe: Event "unsubscribe";
    Scan: Event "SCAN";
    LocationReport: Event "LOCATION";
    EnterTempSession: Event "user_enter_tempsession";
    EnterAgent: Event "enter_agent";
}
