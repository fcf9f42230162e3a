//! What is told to those who serve many accounts: 开放平台 第三方平台 and 企业微信 suites; and Cloud
//! Run's question whether anybody is there. All of it is answered with `success`.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// 第三方平台 ticket: every 10 minutes, valid for 12 hours. The newest counts.
    pub struct ComponentTicket {
        /// A secret.
        pub ticket: String = "ComponentVerifyTicket";
    }

    /// An account authorized the platform, or changed what it authorized.
    pub struct Authorization {
        /// Which of the two: the `InfoType`.
        pub info_type: String = "InfoType";
        /// The account.
        pub authorizer_app_id: String = "AuthorizerAppid";
        /// Buys the account's tokens.
        pub authorization_code: Option<String> = "AuthorizationCode";
        /// When that code ends, in Unix seconds.
        pub code_expired_time: Option<i64> = "AuthorizationCodeExpiredTime";
        /// The code with which the authorization began.
        pub pre_auth_code: Option<String> = "PreAuthCode";
    }

    /// An account withdrew its authorization.
    pub struct Unauthorization {
        /// The account.
        pub authorizer_app_id: String = "AuthorizerAppid";
    }

    /// 快速注册: a mini program was registered or verified on behalf of a company, or not.
    pub struct FastRegistration {
        /// What was asked for: the `InfoType`.
        pub info_type: String = "InfoType";
        /// The mini program.
        pub app_id: Option<String> = "appid";
        /// 0 if it went well.
        pub status: Option<i64> = "status";
        /// Buys the mini program's tokens.
        pub auth_code: Option<String> = "auth_code";
        /// What went wrong.
        pub msg: Option<String> = "msg";
        /// The company's name.
        pub name: Option<String> = "info.name";
        /// The company's number.
        pub code: Option<String> = "info.code";
        /// What sort of number that is.
        pub code_type: Option<i64> = "info.code_type";
        /// The WeChat account of its legal representative.
        pub legal_persona_wechat: Option<String> = "info.legal_persona_wechat";
        /// The name of its legal representative.
        pub legal_persona_name: Option<String> = "info.legal_persona_name";
        /// The platform's telephone.
        pub component_phone: Option<String> = "info.component_phone";
    }

    /// 认证: how the verification of a mini program goes on.
    pub struct VerificationTask {
        /// The mini program.
        pub app_id: Option<String> = "appid";
        /// The task.
        pub task_id: Option<String> = "taskid";
        /// How the task stands.
        pub task_status: Option<i64> = "task_status";
        /// How the application stands.
        pub apply_status: Option<i64> = "apply_status";
        /// In words.
        pub message: Option<String> = "message";
        /// Who reviews it.
        pub provider: Option<String> = "dispatch_info.provider";
        /// How to reach them.
        pub contact: Option<String> = "dispatch_info.contact";
        /// Since when, in Unix seconds.
        pub dispatch_time: Option<i64> = "dispatch_info.dispatch_time";
    }

    /// 认证: the verification of a mini program ends.
    pub struct VerificationExpiry {
        /// The mini program.
        pub app_id: Option<String> = "appid";
        /// When, in Unix seconds.
        pub expired: Option<i64> = "expired";
        /// In words.
        pub message: Option<String> = "message";
    }

    /// 备案: what became of the filing of a mini program.
    pub struct IcpFiling {
        /// The mini program.
        pub app_id: Option<String> = "authorizer_appid" | "appid";
        /// How it stands.
        pub status: Option<i64> = "beian_status" | "status";
    }

    /// 企业微信 suite ticket: every 10 minutes, valid for 30. The newest counts.
    pub struct SuiteTicket {
        /// A secret.
        pub ticket: String = "SuiteTicket";
    }

    /// A company installed the suite, changed what it authorized, took it out, or asked for a new
    /// permanent code.
    pub struct SuiteAuthorization {
        /// Which of these: the `InfoType`.
        pub info_type: String = "InfoType";
        /// The company; unknown until the code is used.
        pub auth_corp_id: Option<String> = "AuthCorpId";
        /// Buys the permanent code, within 10 minutes.
        pub auth_code: Option<String> = "AuthCode";
        /// What the installing link carried.
        pub state: Option<String> = "State";
    }

    /// A company ordered, paid, changed or gave back an edition of the suite.
    pub struct SuiteOrder {
        /// Which of these: the `InfoType`, `change_editon` so spelt.
        pub info_type: String = "InfoType";
        /// The company that pays.
        pub paid_corp_id: Option<String> = "PaidCorpId" | "AuthCorpId";
        /// The order.
        pub order_id: Option<String> = "OrderId";
        /// Who ordered it.
        pub operator_id: Option<String> = "OperatorId";
    }

    /// 接口许可: an order of licences was paid or given back.
    pub struct LicenseOrder {
        /// Which of the two: the `InfoType`.
        pub info_type: String = "InfoType";
        /// The provider.
        pub service_corp_id: Option<String> = "ServiceCorpId";
        /// The company the licences are for.
        pub auth_corp_id: Option<String> = "AuthCorpId";
        /// The order.
        pub order_id: Option<String> = "OrderId";
        /// Who ordered it.
        pub buyer_user_id: Option<String> = "BuyerUserId";
        /// Of a refund: 1 given back, 2 refused.
        pub order_status: Option<i64> = "OrderStatus";
    }

    /// Cloud Run asks whether anybody is there, before the setting is saved.
    pub struct Probe {
        /// `CheckContainerPath`.
        pub action: String = "action";
    }
}

types! {
    ComponentTicket: Platform "component_verify_ticket";
    Authorization: Platform "authorized" | "updateauthorized";
    Unauthorization: Platform "unauthorized";
    FastRegistration: Platform "notify_third_fasteregister" | "notify_third_fastregisterbetaapp"
        | "notify_third_fastverifybetaapp";
    VerificationTask: Platform "notify_3rd_wxa_auth";
    VerificationExpiry: Platform "notify_3rd_wxa_wxverify";
    IcpFiling: Platform "notify_apply_icpfiling_result";
    SuiteTicket: Platform "suite_ticket";
    SuiteAuthorization: Platform "create_auth" | "change_auth" | "cancel_auth"
        | "reset_permanent_code";
    SuiteOrder: Platform "open_order" | "change_editon" | "pay_for_app_success" | "refund";
    LicenseOrder: Platform "license_pay_success" | "license_refund";
    Probe: Probe "CheckContainerPath";
}
