//! 卡券 and 电子发票. Sources: "Card and coupon event pushes", "Electronic invoice". The coupon
//! product is being wound down; its events still come.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// 审核: the card was approved or refused.
    pub struct CardReview {
        /// Which of the two: the event's name.
        pub event: String = "Event";
        /// The card.
        pub card_id: String = "CardId";
        /// Why it was refused.
        pub refuse_reason: Option<String> = "RefuseReason";
    }

    /// 领取: the user took a card.
    pub struct CardTaken {
        /// The card.
        pub card_id: String = "CardId";
        /// Its number.
        pub code: Option<String> = "UserCardCode";
        /// The number before a friend passed it on.
        pub old_code: Option<String> = "OldUserCardCode";
        /// 1 if it is a friend's gift.
        pub is_give_by_friend: Option<i64> = "IsGiveByFriend";
        /// That friend's OpenID.
        pub friend: Option<String> = "FriendUserName";
        /// Where it was taken, as a number chosen by the merchant.
        pub outer_id: Option<String> = "OuterId";
        /// The same as a text.
        pub outer_str: Option<String> = "OuterStr";
        /// 1 if a member card was restored.
        pub is_restore_member_card: Option<i64> = "IsRestoreMemberCard";
        /// 1 if a friend recommended it.
        pub is_recommend_by_friend: Option<i64> = "IsRecommendByFriend";
        /// The user across the apps of one owner.
        pub union_id: Option<String> = "UnionId";
    }

    /// 转赠: the user gives a card away.
    pub struct CardGifted {
        /// The card.
        pub card_id: String = "CardId";
        /// Its number.
        pub code: Option<String> = "UserCardCode";
        /// 1 if it came back, since nobody took it.
        pub is_return_back: Option<i64> = "IsReturnBack";
        /// Who gets it.
        pub friend: Option<String> = "FriendUserName";
        /// 1 if it was offered in a group.
        pub is_chat_room: Option<i64> = "IsChatRoom";
    }

    /// 删除: the user deleted a card.
    pub struct CardDeleted {
        /// The card.
        pub card_id: String = "CardId";
        /// Its number.
        pub code: Option<String> = "UserCardCode";
    }

    /// 核销: a card was used.
    pub struct CardConsumed {
        /// The card.
        pub card_id: String = "CardId";
        /// Its number.
        pub code: Option<String> = "UserCardCode";
        /// `FROM_API`, `FROM_MP`, `FROM_MOBILE_HELPER`.
        pub consume_source: Option<String> = "ConsumeSource";
        /// The shop.
        pub location_name: Option<String> = "LocationName";
        /// Who took it in.
        pub staff_openid: Option<String> = "StaffOpenId";
        /// The code typed in by hand.
        pub verify_code: Option<String> = "VerifyCode";
        /// The amount typed in by hand.
        pub remark_amount: Option<String> = "RemarkAmount";
        /// Where it was taken, chosen by the merchant.
        pub outer_str: Option<String> = "OuterStr";
    }

    /// 买单: the user paid from the card.
    pub struct CardPaid {
        /// The card.
        pub card_id: String = "CardId";
        /// Its number.
        pub code: Option<String> = "UserCardCode";
        /// The payment.
        pub transaction_id: Option<String> = "TransId";
        /// The shop.
        pub location_id: Option<String> = "LocationId";
        /// What was paid, in fen.
        pub fee: Option<i64> = "Fee";
        /// The price before the discount, in fen.
        pub original_fee: Option<i64> = "OriginalFee";
    }

    /// The user opened a card, or the chat from a card.
    pub struct CardViewed {
        /// Which of the two: the event's name.
        pub event: String = "Event";
        /// The card.
        pub card_id: String = "CardId";
        /// Its number.
        pub code: Option<String> = "UserCardCode";
        /// Where it was taken, chosen by the merchant.
        pub outer_str: Option<String> = "OuterStr";
    }

    /// 会员卡: points or balance changed.
    pub struct MemberCardUpdated {
        /// The card.
        pub card_id: String = "CardId";
        /// Its number.
        pub code: Option<String> = "UserCardCode";
        /// Points gained, or lost.
        pub modify_bonus: Option<i64> = "ModifyBonus";
        /// Balance gained, or lost, in fen.
        pub modify_balance: Option<i64> = "ModifyBalance";
    }

    /// 会员卡: the user filled in the form that activates it.
    pub struct MemberCardSubmitted {
        /// The card.
        pub card_id: String = "CardId";
        /// Its number.
        pub code: Option<String> = "UserCardCode";
    }

    /// 库存: few cards are left.
    pub struct CardStockLow {
        /// The card.
        pub card_id: String = "CardId";
        /// The warning in words.
        pub detail: Option<String> = "Detail";
    }

    /// 券点: an order for card points changed.
    pub struct CardPointsOrder {
        /// The order.
        pub order_id: String = "OrderId";
        /// `ORDER_STATUS_FINANCE_SUCC` and the like.
        pub status: Option<String> = "Status";
        /// In Unix seconds.
        pub create_order_time: Option<i64> = "CreateOrderTime";
        /// In Unix seconds; 0 until it is paid.
        pub pay_finish_time: Option<i64> = "PayFinishTime";
        /// How it was paid, in words.
        pub desc: Option<String> = "Desc";
        /// Free points.
        pub free_coin_count: Option<i64> = "FreeCoinCount";
        /// Bought points.
        pub pay_coin_count: Option<i64> = "PayCoinCount";
        /// Free points given back.
        pub refund_free_coin_count: Option<i64> = "RefundFreeCoinCount";
        /// Bought points given back.
        pub refund_pay_coin_count: Option<i64> = "RefundPayCoinCount";
        /// `ORDER_TYPE_SYS_ADD` and the like.
        pub order_type: Option<String> = "OrderType";
        /// A remark.
        pub memo: Option<String> = "Memo";
        /// The invoice.
        pub receipt_info: Option<String> = "ReceiptInfo";
    }

    /// 礼品卡: bought, sent to a friend, or taken.
    pub struct GiftCard {
        /// Which of these: the event's name.
        pub event: String = "Event";
        /// The order.
        pub order_id: String = "OrderId";
        /// The shop page.
        pub page_id: Option<String> = "PageId";
        /// Whether it was offered in a group.
        pub is_chat_room: Option<String> = "IsChatRoom";
        /// Whether it came back.
        pub is_return_back: Option<String> = "IsReturnBack";
    }

    /// 子商户: approved or refused.
    pub struct CardMerchantReview {
        /// The sub-merchant.
        pub merchant_id: String = "MerchantId";
        /// 1 if approved.
        pub is_pass: Option<i64> = "IsPass";
        /// Why not.
        pub reason: Option<String> = "Reason";
    }

    /// 电子发票: the user agreed to an invoice.
    pub struct InvoiceAuthorized {
        /// The order agreed to.
        pub succ_order_id: Option<String> = "SuccOrderId";
        /// The order refused.
        pub fail_order_id: Option<String> = "FailOrderId";
        /// The account through which.
        pub app_id: Option<String> = "AppId" | "AuthorizeAppId";
        /// `web`, `app`, `wxa`, `wxa_app`.
        pub source: Option<String> = "Source";
    }

    /// 电子发票: an invoice in the user's wallet changed its status.
    pub struct InvoiceStatus {
        /// `INVOICE_REIMBURSE_INIT`, `INVOICE_REIMBURSE_LOCK`, `INVOICE_REIMBURSE_CLOSURE`, …
        pub status: String = "Status";
        /// The invoice's card.
        pub card_id: Option<String> = "CardId";
        /// Its number.
        pub code: Option<String> = "Code";
    }

    /// 极速开发票: an invoice was issued, or not.
    pub struct InvoiceIssued {
        /// The request's serial number.
        pub serial_number: Option<String> = "fpqqlsh";
        /// How it ended.
        pub status: Option<String> = "status";
        /// The seller's taxpayer number.
        pub taxpayer_number: Option<String> = "nsrsbh";
    }
}

types! {
    CardReview: Event "card_pass_check" | "card_not_pass_check";
    CardTaken: Event "user_get_card";
    CardGifted: Event "user_gifting_card";
    CardDeleted: Event "user_del_card";
    CardConsumed: Event "user_consume_card";
    CardPaid: Event "user_pay_from_pay_cell";
    CardViewed: Event "user_view_card" | "user_enter_session_from_card";
    MemberCardUpdated: Event "update_member_card";
    MemberCardSubmitted: Event "submit_membercard_user_info";
    CardStockLow: Event "card_sku_remind";
    CardPointsOrder: Event "card_pay_order";
    GiftCard: Event "giftcard_pay_done" | "giftcard_send_to_friend" | "giftcard_user_accept";
    CardMerchantReview: Event "card_merchant_check_result";
    InvoiceAuthorized: Event "user_authorize_invoice";
    InvoiceStatus: Event "update_invoice_status";
    InvoiceIssued: Event "cloud_invoice_invoiceresult_event";
}
