//! What users and members write. Sources: "Receiving standard messages" (公众号), "Receiving
//! customer messages" (小程序), 企业微信 document 90239.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// 文本消息.
    pub struct Text {
        /// What was typed. Emoji come as UTF-8, old faces as `/::)` or `[Smile]`.
        pub content: String = "Content";
        /// The `id` of the tapped item, if this answers a `msgmenu` customer-service message.
        pub biz_msg_menu_id: Option<String> = "bizmsgmenuid";
    }
}

types! {
    Text: Message "text";
}
