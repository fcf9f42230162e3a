//! 订阅通知 and 订阅消息. XML wraps the entries in an element named after the event; JSON has `List`
//! alone, an object where there is one entry.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// The user answered the question whether they want such messages.
    pub struct SubscriptionPopup {
        /// One for each template asked for.
        pub list: Vec<PopupEntry> = "SubscribeMsgPopupEvent.List" | "List";
    }

    /// The answer for one template.
    pub struct PopupEntry {
        /// The template.
        pub template_id: Option<String> = "TemplateId";
        /// `accept` or `reject`; treat anything else as not accepted.
        pub status: Option<String> = "SubscribeStatusString";
        /// Where it was asked: 0, 1 or 2.
        pub popup_scene: Option<i64> = "PopupScene";
    }

    /// The user changed their mind in the settings.
    pub struct SubscriptionChange {
        /// One for each template.
        pub list: Vec<ChangeEntry> = "SubscribeMsgChangeEvent.List" | "List";
    }

    /// The change of one template.
    pub struct ChangeEntry {
        /// The template.
        pub template_id: Option<String> = "TemplateId";
        /// `reject`, or `accept` if enabled again.
        pub status: Option<String> = "SubscribeStatusString";
    }

    /// Messages arrived, or not.
    pub struct SubscriptionSent {
        /// One for each message.
        pub list: Vec<SentEntry> = "SubscribeMsgSentEvent.List" | "List";
    }

    /// The fate of one message.
    pub struct SentEntry {
        /// The template.
        pub template_id: Option<String> = "TemplateId";
        /// The `msgid` of the send response.
        pub msg_id: Option<String> = "MsgID" | "MsgId";
        /// 0 if it arrived.
        pub error_code: Option<i64> = "ErrorCode";
        /// `success`, or what went wrong.
        pub error_status: Option<String> = "ErrorStatus";
    }
}

types! {
    SubscriptionPopup: Event "subscribe_msg_popup_event";
    SubscriptionChange: Event "subscribe_msg_change_event";
    SubscriptionSent: Event "subscribe_msg_sent_event";
}
