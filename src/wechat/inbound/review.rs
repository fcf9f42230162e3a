//! What the platform decides about a mini program and what is in it: review, naming, punishment,
//! content checks. Sources: "Code management", "Content security", "Drama review" event pushes.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// 代码审核 passed.
    pub struct AuditPassed {
        /// In Unix seconds.
        pub succ_time: Option<i64> = "SuccTime";
    }

    /// 代码审核 refused.
    pub struct AuditFailed {
        /// Why; may contain `<br>`.
        pub reason: Option<String> = "Reason";
        /// In Unix seconds.
        pub fail_time: Option<i64> = "FailTime";
        /// Media ids of screenshots, joined by `|`.
        pub screen_shot: Option<String> = "ScreenShot";
    }

    /// 代码审核 takes longer.
    pub struct AuditDelayed {
        /// Why.
        pub reason: Option<String> = "Reason";
        /// In Unix seconds.
        pub delay_time: Option<i64> = "DelayTime";
    }

    /// 名称审核.
    pub struct NicknameAudit {
        /// 2 refused, 3 approved.
        pub ret: Option<i64> = "ret";
        /// The name.
        pub nickname: Option<String> = "nickname";
        /// Why it was refused.
        pub reason: Option<String> = "reason";
    }

    /// 类目审核.
    pub struct CategoryAudit {
        /// 2 refused, 3 approved.
        pub ret: Option<i64> = "ret";
        /// The upper category's id.
        pub first: Option<i64> = "first";
        /// The lower category's id.
        pub second: Option<i64> = "second";
        /// Why it was refused.
        pub reason: Option<String> = "reason" | "Reason";
    }

    /// 隐私接口 applied for: the answer.
    pub struct PrivacyAudit {
        /// The interface.
        pub api_name: Option<String> = "result_info.api_name";
        /// When it was applied for.
        pub apply_time: Option<String> = "result_info.apply_time";
        /// The application.
        pub audit_id: Option<String> = "result_info.audit_id";
        /// When it was decided.
        pub audit_time: Option<String> = "result_info.audit_time";
        /// Why it was refused.
        pub reason: Option<String> = "result_info.reason";
        /// How it was decided.
        pub status: Option<i64> = "result_info.status";
    }

    /// 申诉: what became of an appeal.
    pub struct AppealRecord {
        /// The appeal.
        pub appeal_record_id: Option<String> = "appeal_record_id";
        /// The mini program.
        pub app_id: Option<String> = "appid";
        /// In Unix seconds.
        pub appeal_time: Option<i64> = "appeal_time";
        /// How many appeals there have been.
        pub appeal_count: Option<i64> = "appeal_count";
        /// Who appealed.
        pub appeal_from: Option<i64> = "appeal_from";
        /// How it stands.
        pub appeal_status: Option<i64> = "appeal_status";
        /// What for, in words.
        pub punish_description: Option<String> = "punish_description";
        /// What was held against the mini program, and what it answered.
        pub material: Vec<AppealMaterial> = "material.item" | "material";
    }

    /// One point of an appeal.
    pub struct AppealMaterial {
        /// What is wrong.
        pub illegal_content: Option<String> = "illegal_material.content";
        /// Where.
        pub illegal_content_url: Option<String> = "illegal_material.content_url";
        /// Why it is not.
        pub appeal_reason: Option<String> = "appeal_material.reason";
        /// Media ids of proofs.
        pub proof_material_ids: Vec<String> = "appeal_material.proof_material_id";
    }

    /// 违规: the mini program is punished.
    pub struct Punished {
        /// The punishment.
        pub punish_id: Option<String> = "punish_id";
        /// The mini program.
        pub app_id: Option<String> = "appid";
        /// In Unix seconds.
        pub punish_time: Option<String> = "punish_time";
        /// Why.
        pub illegal_reason: Option<String> = "illegal_reason";
        /// What is wrong.
        pub illegal_content: Vec<String> = "illegal_content.item" | "illegal_content";
        /// More, as JSON in a text.
        pub detail: Option<String> = "detail";
        /// The rule that was broken.
        pub rule_name: Option<String> = "rule_name";
        /// Its text.
        pub rule_url: Option<String> = "rule_url";
        /// How to put it right.
        pub adjust_guide_url: Option<String> = "adjust_guide_url";
        /// What happened.
        pub event_type: Option<String> = "event_type";
    }

    /// 差评: a bad mark was given.
    pub struct BadScore {
        /// The comment.
        pub comment_id: Option<String> = "result.comment_id";
    }

    /// 服务卡片: whether it was sent.
    pub struct ServiceMessageResult {
        /// The user.
        pub openid: Option<String> = "openid";
        /// The card's code.
        pub notify_code: Option<String> = "notify_code";
        /// The card's kind.
        pub notify_type: Option<i64> = "notify_type";
        /// The card's status.
        pub card_status: Option<i64> = "card_status";
        /// 0 if it was sent.
        pub fail_ret: Option<i64> = "fail_ret";
        /// Why not.
        pub fail_msg: Option<String> = "fail_msg";
    }

    /// 内容安全: the result of `media_check_async`, within 30 minutes of the call.
    pub struct MediaCheck {
        /// Tells which call.
        pub trace_id: Option<String> = "trace_id";
        /// The app that asked.
        pub app_id: Option<String> = "appid";
        /// 2; other versions have other fields.
        pub version: Option<i64> = "version";
        /// 0; -1008 if the platform could not fetch the media.
        pub errcode: Option<i64> = "errcode";
        /// What went wrong.
        pub errmsg: Option<String> = "errmsg";
        /// `pass`, `review` or `risky`.
        pub suggest: Option<String> = "result.suggest";
        /// 100 normal, 20001 politics, 20002 sexual, 20006 illegal, 21000 other.
        pub label: Option<i64> = "result.label";
        /// What each strategy found.
        pub detail: Vec<MediaCheckDetail> = "detail.item" | "detail";
    }

    /// What one strategy of the content check found.
    pub struct MediaCheckDetail {
        /// Which one.
        pub strategy: Option<String> = "strategy";
        /// 0 if the rest counts.
        pub errcode: Option<i64> = "errcode";
        /// `pass`, `review` or `risky`.
        pub suggest: Option<String> = "suggest";
        /// As in the whole result.
        pub label: Option<i64> = "label";
        /// How sure it is, 0 to 100.
        pub prob: Option<f64> = "prob";
        /// The word that was found.
        pub keyword: Option<String> = "keyword";
    }

    /// 短剧: an upload ended.
    pub struct DramaUpload {
        /// The media.
        pub media_id: Option<String> = "upload_event.media_id";
        /// What the upload was given along.
        pub source_context: Option<String> = "upload_event.source_context";
        /// 0 if it was uploaded.
        pub errcode: Option<i64> = "upload_event.errcode";
        /// What went wrong.
        pub errmsg: Option<String> = "upload_event.errmsg";
    }

    /// 短剧: a review ended.
    pub struct DramaAudit {
        /// The drama.
        pub drama_id: Option<String> = "audit_event.drama_id";
        /// How it stands.
        pub status: Option<i64> = "audit_event.audit_detail.status";
        /// What was reviewed.
        pub audit_type: Option<i64> = "audit_event.audit_detail.audit_type";
        /// When it was handed in, in Unix seconds.
        pub create_time: Option<i64> = "audit_event.audit_detail.create_time";
        /// When it was decided, in Unix seconds.
        pub audit_time: Option<i64> = "audit_event.audit_detail.audit_time";
    }
}

types! {
    AuditPassed: Event "weapp_audit_success";
    AuditFailed: Event "weapp_audit_fail";
    AuditDelayed: Event "weapp_audit_delay";
    NicknameAudit: Event "wxa_nickname_audit";
    CategoryAudit: Event "wxa_category_audit";
    PrivacyAudit: Event "wxa_privacy_apply";
    AppealRecord: Event "wxa_appeal_record";
    Punished: Event "wxa_punish_event";
    BadScore: Event "wxa_comment_bad_score";
    ServiceMessageResult: Event "notify_service_msg_send_result";
    MediaCheck: Event "wxa_media_check";
    DramaUpload: Event "secvod_upload_event";
    DramaAudit: Event "secvod_audit_event";
}
