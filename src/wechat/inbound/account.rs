//! The account's own standing, and users' rights over their data. Sources: "WeChat verification
//! event pushes", "Authorization revocation".

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// 认证: qualification or name approved, a renewal due, or verification expired.
    pub struct Verification {
        /// Which of these: the event's name.
        pub event: String = "Event";
        /// When the verification ends or ended, in Unix seconds.
        pub expired_time: Option<i64> = "ExpiredTime";
    }

    /// 认证: qualification or name refused.
    pub struct VerificationFailure {
        /// Which of these: the event's name.
        pub event: String = "Event";
        /// When it was refused, in Unix seconds.
        pub fail_time: Option<i64> = "FailTime";
        /// Why.
        pub fail_reason: Option<String> = "FailReason";
    }

    /// The user changed their profile, withdrew an authorization, or deleted their account. In the
    /// last case their personal data has to be removed.
    pub struct UserData {
        /// Which of these: the event's name.
        pub event: String = "Event";
        /// The user.
        pub openid: Option<String> = "OpenID" | "openid" | "OpenId";
        /// The app.
        pub app_id: Option<String> = "AppID" | "appid" | "AppId";
        /// Which class of data, as a number: 1 to 20 for mini programs, 2xx for web pages.
        pub revoke_info: Option<String> = "RevokeInfo";
        /// The plugin that had been authorized.
        pub plugin_id: Option<String> = "PluginID";
        /// The user as that plugin knows them.
        pub open_pid: Option<String> = "OpenPID";
    }

    /// What the console of a mini program pushes as a test.
    pub struct DebugDemo {
        /// What was typed there.
        pub debug_str: Option<String> = "debug_str";
    }
}

types! {
    Verification: Event "qualification_verify_success" | "naming_verify_success" | "annual_renew"
        | "verify_expired";
    VerificationFailure: Event "qualification_verify_fail" | "naming_verify_fail";
    UserData: Event "user_info_modified" | "user_authorization_revoke"
        | "user_authorization_cancellation";
    DebugDemo: Event "debug_demo";
}
