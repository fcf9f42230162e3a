//! 交易投诉: what a buyer has against an order. Source: "Trade guarantee", complaint event push.
//! XML wraps the fields in `BussiCallBackInfo`; JSON has them beside the header.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// A complaint was made, or moved on.
    pub struct Complaint {
        /// What happened.
        pub option_type: Option<String> = "BussiCallBackInfo.option_type" | "option_type";
        /// The mini program.
        pub app_id: Option<String> = "BussiCallBackInfo.appid" | "appid";
        /// The complaint.
        pub complaint_order_id: Option<String> =
            "BussiCallBackInfo.complaint_order_id" | "complaint_order_id";
        /// Who complains.
        pub openid: Option<String> = "BussiCallBackInfo.open_id" | "open_id";
        /// What sort of complaint.
        pub kind: Option<i64> = "BussiCallBackInfo.type" | "type";
        /// How it stands.
        pub status: Option<i64> = "BussiCallBackInfo.status" | "status";
        /// The buyer's telephone.
        pub phone_number: Option<String> = "BussiCallBackInfo.phone_number" | "phone_number";
        /// What the buyer wrote.
        pub content: Option<String> =
            "BussiCallBackInfo.customer_material_content" | "customer_material_content";
        /// Media ids of the buyer's pictures, joined by commas.
        pub media_ids: Option<String> = "BussiCallBackInfo.customer_material_media_id_list"
            | "customer_material_media_id_list";
        /// The order.
        pub order_id: Option<String> = "BussiCallBackInfo.order_id" | "order_id";
        /// The merchant's number of the order.
        pub out_trade_no: Option<String> = "BussiCallBackInfo.out_trade_no" | "out_trade_no";
        /// What was bought.
        pub product_name: Option<String> = "BussiCallBackInfo.product_name" | "product_name";
        /// In Unix seconds.
        pub pay_time: Option<i64> = "BussiCallBackInfo.pay_time" | "pay_time";
        /// In fen.
        pub total_cost: Option<i64> = "BussiCallBackInfo.total_cost" | "total_cost";
        /// When it was made, in Unix seconds.
        pub create_time: Option<i64> = "BussiCallBackInfo.create_time" | "create_time";
        /// When its present status ends, in Unix seconds.
        pub expire_time: Option<i64> = "BussiCallBackInfo.expire_time" | "expire_time";
        /// What has been said so far.
        pub history: Vec<ComplaintStep> = "BussiCallBackInfo.history" | "history";
    }

    /// One step of a complaint.
    pub struct ComplaintStep {
        /// In Unix seconds.
        pub time: Option<i64> = "time";
        /// What was said.
        pub content: Option<String> = "content";
        /// Media ids of pictures.
        pub media_ids: Vec<String> = "media_id_list";
    }
}

types! {
    Complaint: Event "complaint_callback" | "complaint callback";
}
