//! Customer service: sessions with operators, 导购, 微信客服, order and complaint talk. Sources:
//! "Customer service session events", "Guide", 企业微信 "微信客服" callbacks.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// 接入会话: an operator took the user on.
    pub struct KfCreateSession {
        /// The operator, `name@account`.
        pub kf_account: String = "KfAccount";
    }

    /// 关闭会话.
    pub struct KfCloseSession {
        /// The operator, `name@account`.
        pub kf_account: String = "KfAccount";
        /// Who or what closed it.
        pub close_type: Option<String> = "CloseType";
    }

    /// 转接会话: from one operator to another.
    pub struct KfSwitchSession {
        /// The operator who hands over.
        pub from_kf_account: Option<String> = "FromKfAccount";
        /// The operator who takes over.
        pub to_kf_account: String = "ToKfAccount";
    }

    /// 导购: the user scanned a guide's QR code.
    pub struct GuideScan {
        /// The guide's account.
        pub guide_account: Option<String> = "GuideScanEvent.qrcode_guide_account";
        /// The guide's OpenID.
        pub guide_openid: Option<String> = "GuideScanEvent.qrcode_guide_openid";
        /// The user's OpenID.
        pub openid: Option<String> = "GuideScanEvent.openid";
        /// What the user did.
        pub action: Option<String> = "GuideScanEvent.action";
        /// What the QR code carries.
        pub qrcode_info: Option<String> = "GuideScanEvent.qrcode_info";
    }

    /// 微信客服: there is something to fetch with `kf/sync_msg`. It has no sender.
    pub struct KfNotice {
        /// For that call; valid for 10 minutes.
        pub token: String = "Token";
        /// The customer-service account.
        pub open_kf_id: Option<String> = "OpenKfId";
    }

    /// 微信客服: which accounts the application may serve has changed.
    pub struct KfAccountAuthChange {
        /// The accounts it may serve from now on.
        pub added: Vec<String> = "AuthAddOpenKfId";
        /// The accounts it may not serve any more.
        pub removed: Vec<String> = "AuthDelOpenKfId";
    }

    /// 微信小店 of old: an order was paid.
    pub struct MerchantOrder {
        /// The order.
        pub order_id: String = "OrderId";
        /// Its status.
        pub order_status: Option<i64> = "OrderStatus";
        /// What was bought.
        pub product_id: Option<String> = "ProductId";
        /// Which variant of it.
        pub sku_info: Option<String> = "SkuInfo";
    }
}

types! {
    KfCreateSession: Event "kf_create_session";
    KfCloseSession: Event "kf_close_session";
    KfSwitchSession: Event "kf_switch_session";
    GuideScan: Event "guide_qrcode_scan_event";
    KfNotice: Event "kf_msg_or_event";
    KfAccountAuthChange: Event "kf_account_auth_change";
    MerchantOrder: Event "merchant_order";
}
