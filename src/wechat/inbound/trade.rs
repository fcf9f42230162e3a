//! Orders, payment and delivery of mini programs. Sources: "Order and delivery management",
//! "Virtual payment", "Instant delivery", "Trade guarantee" event pushes.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// 发货管理: the platform says something in words.
    pub struct TradeNotice {
        /// What about: the event's name.
        pub event: String = "Event";
        /// What it says.
        pub msg: Option<String> = "msg";
    }

    /// 发货管理: a paid order waits to be shipped.
    pub struct ShippingReminder {
        /// The payment.
        pub transaction_id: Option<String> = "transaction_id";
        /// The merchant.
        pub merchant_id: Option<String> = "merchant_id";
        /// Its sub-merchant.
        pub sub_merchant_id: Option<String> = "sub_merchant_id";
        /// The merchant's number of the order.
        pub merchant_trade_no: Option<String> = "merchant_trade_no";
        /// In Unix seconds.
        pub pay_time: Option<i64> = "pay_time";
        /// What it says.
        pub msg: Option<String> = "msg";
    }

    /// 发货管理: an order is, or is about to be, settled.
    pub struct OrderSettlement {
        /// The payment.
        pub transaction_id: Option<String> = "transaction_id";
        /// The merchant.
        pub merchant_id: Option<String> = "merchant_id";
        /// Its sub-merchant.
        pub sub_merchant_id: Option<String> = "sub_merchant_id";
        /// The merchant's number of the order.
        pub merchant_trade_no: Option<String> = "merchant_trade_no";
        /// In Unix seconds.
        pub pay_time: Option<i64> = "pay_time";
        /// In Unix seconds.
        pub shipped_time: Option<i64> = "shipped_time";
        /// In Unix seconds.
        pub estimated_settlement_time: Option<i64> = "estimated_settlement_time";
        /// 1 by itself, 2 by the user.
        pub confirm_receive_method: Option<i64> = "confirm_receive_method";
        /// In Unix seconds.
        pub confirm_receive_time: Option<i64> = "confirm_receive_time";
        /// In Unix seconds.
        pub settlement_time: Option<i64> = "settlement_time";
    }

    /// 资金: an order was paid.
    pub struct FundsPaid {
        /// The merchant's number of the order.
        pub trade_no: Option<String> = "order_info.trade_no";
        /// The payment.
        pub transaction_id: Option<String> = "order_info.transaction_id";
        /// `YYYY-MM-DD hh:mm:ss`.
        pub pay_time: Option<String> = "order_info.pay_time";
    }

    /// 资金: an order was refunded.
    pub struct FundsRefunded {
        /// The refund.
        pub refund_no: Option<String> = "order_info.refund_no";
        /// How it stands.
        pub status: Option<String> = "order_info.status";
        /// `YYYY-MM-DD hh:mm:ss`.
        pub success_time: Option<String> = "order_info.success_time";
    }

    /// 资金: the income of an order was shared.
    pub struct FundsShared {
        /// The sharing.
        pub profit_sharing_no: Option<String> = "order_info.profit_sharing_no";
        /// In fen.
        pub amount: Option<i64> = "order_info.amount";
        /// How it ended.
        pub result: Option<String> = "order_info.result";
        /// `YYYY-MM-DD hh:mm:ss`.
        pub finish_time: Option<String> = "order_info.finish_time";
    }

    /// 虚拟支付: deliver the goods. Must be answered with `{"ErrCode":0,"ErrMsg":"success"}`.
    pub struct XpayGoods {
        /// The user.
        pub openid: Option<String> = "OpenId";
        /// Our number of the order.
        pub out_trade_no: String = "OutTradeNo";
        /// 0 production, 1 sandbox.
        pub env: Option<i64> = "Env";
        /// The payment.
        pub payment: Option<XpayPayment> = "WeChatPayInfo";
        /// What was bought.
        pub goods: Option<XpayItem> = "GoodsInfo";
    }

    /// 虚拟支付: coins were bought. Must be answered like [`XpayGoods`].
    pub struct XpayCoins {
        /// The user.
        pub openid: Option<String> = "OpenId";
        /// Our number of the order.
        pub out_trade_no: String = "OutTradeNo";
        /// 0 production, 1 sandbox.
        pub env: Option<i64> = "Env";
        /// The payment.
        pub payment: Option<XpayPayment> = "WeChatPayInfo";
        /// How many coins.
        pub coins: Option<XpayItem> = "CoinInfo";
    }

    /// A payment through 微信支付.
    pub struct XpayPayment {
        /// The merchant's number.
        pub mch_order_no: Option<String> = "MchOrderNo";
        /// The payment's number.
        pub transaction_id: Option<String> = "TransactionId";
        /// In Unix seconds.
        pub paid_time: Option<i64> = "PaidTime";
    }

    /// What was bought.
    pub struct XpayItem {
        /// The product; coins have none.
        pub product_id: Option<String> = "ProductId";
        /// How many.
        pub quantity: Option<i64> = "Quantity";
        /// Price, in fen.
        pub orig_price: Option<i64> = "OrigPrice";
        /// Price paid, in fen.
        pub actual_price: Option<i64> = "ActualPrice";
        /// What the order was given along.
        pub attach: Option<String> = "Attach";
    }

    /// 虚拟支付: money went back.
    pub struct XpayRefund {
        /// The user.
        pub openid: Option<String> = "OpenId";
        /// WeChat's number of the refund.
        pub wx_refund_id: Option<String> = "WxRefundId";
        /// Our number of the refund.
        pub mch_refund_id: Option<String> = "MchRefundId";
        /// WeChat's number of the order.
        pub wx_order_id: Option<String> = "WxOrderId";
        /// Our number of the order.
        pub mch_order_id: Option<String> = "MchOrderId";
        /// In fen.
        pub refund_fee: Option<i64> = "RefundFee";
        /// 0 if it went well.
        pub ret_code: Option<i64> = "RetCode";
        /// What went wrong.
        pub ret_msg: Option<String> = "RetMsg";
        /// In Unix seconds.
        pub started: Option<i64> = "RefundStartTimestamp";
        /// In Unix seconds.
        pub succeeded: Option<i64> = "RefundSuccTimestamp";
        /// How often this was pushed.
        pub retry_times: Option<i64> = "RetryTimes";
    }

    /// 虚拟支付: a complaint, or something about a subscription. The question about an iOS refund
    /// must be answered within 3 s.
    pub struct XpayNotice {
        /// What about: the event's name.
        pub event: String = "Event";
        /// The user.
        pub openid: Option<String> = "OpenId";
        /// Our number of the order.
        pub out_trade_no: Option<String> = "OutTradeNo";
        /// 0 production, 1 sandbox.
        pub env: Option<i64> = "Env";
    }

    /// 小游戏: coins were delivered. The sample names neither sender nor receiver.
    pub struct MiniGameDelivered {
        /// JSON in a text.
        pub payload: Option<String> = "MiniGame.Payload";
        /// Signs the payload.
        pub signature: Option<String> = "MiniGame.PayEventSig";
        /// `true` in a test.
        pub is_mock: Option<String> = "MiniGame.IsMock";
    }

    /// 物流助手: a parcel moved.
    pub struct ExpressPath {
        /// The carrier.
        pub delivery_id: Option<String> = "DeliveryID" | "DeliveryId";
        /// The waybill.
        pub waybill_id: Option<String> = "WayBillId" | "WaybillId";
        /// Our number of the order.
        pub order_id: Option<String> = "OrderId";
        /// Grows with each push.
        pub version: Option<i64> = "Version";
        /// How many actions.
        pub count: Option<i64> = "Count";
        /// Where it has been.
        pub actions: Vec<ExpressAction> = "Actions.item" | "Actions";
    }

    /// One step of a parcel.
    pub struct ExpressAction {
        /// In Unix seconds.
        pub action_time: Option<i64> = "ActionTime";
        /// `100001` picked up, `300003` signed for, …
        pub action_type: Option<i64> = "ActionType";
        /// In words.
        pub action_msg: Option<String> = "ActionMsg";
    }

    /// 即时配送: a courier's order changed.
    pub struct WaybillStatus {
        /// The shop.
        pub shop_id: Option<String> = "shopid";
        /// The shop's number of the order.
        pub shop_order_id: Option<String> = "shop_order_id";
        /// The waybill.
        pub waybill_id: Option<String> = "waybill_id";
        /// In Unix seconds.
        pub action_time: Option<i64> = "action_time";
        /// How it stands.
        pub order_status: Option<i64> = "order_status";
        /// In words.
        pub action_msg: Option<String> = "action_msg";
        /// The branch.
        pub shop_no: Option<String> = "shop_no";
        /// The courier's name.
        pub agent_name: Option<String> = "agent.name";
        /// The courier's telephone.
        pub agent_phone: Option<String> = "agent.phone";
    }
}

types! {
    TradeNotice: Event "trade_manage_remind_access_api" | "wxa_trade_controlled";
    ShippingReminder: Event "trade_manage_remind_shipping";
    OrderSettlement: Event "trade_manage_order_settlement";
    FundsPaid: Event "funds_order_pay";
    FundsRefunded: Event "funds_order_refund";
    FundsShared: Event "funds_order_profitsharing";
    XpayGoods: Event "xpay_goods_deliver_notify";
    XpayCoins: Event "xpay_coin_pay_notify";
    XpayRefund: Event "xpay_refund_notify";
    XpayNotice: Event "xpay_complaint_notify" | "xpay_subscribe_signing_result_notify"
        | "xpay_subscribe_pay_fail_notify" | "xpay_subscribe_ios_refund_query_notify";
    MiniGameDelivered: Event "minigame_coin_deliver_completed";
    ExpressPath: Event "add_express_path";
    WaybillStatus: Event "update_waybill_status";
}
