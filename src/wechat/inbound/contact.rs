//! 通讯录 and 客户联系 of 企业微信. Sources: "Contacts callback", "Customer
//! contact callback".
//!
//! One struct per event, not per `ChangeType`: the types of one event share nearly all fields, and
//! an update carries only those that changed. A suite is told the same under `InfoType`.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// 通讯录变更: a member, a department or a tag.
    pub struct ContactChange {
        /// `create_user`, `update_user`, `delete_user`, `create_party`, `update_party`,
        /// `delete_party` or `update_tag`.
        pub change_type: String = "ChangeType";
        /// The company, where a suite is told.
        pub auth_corp_id: Option<String> = "AuthCorpId";
        /// The member.
        pub user_id: Option<String> = "UserID";
        /// The member's id from now on.
        pub new_user_id: Option<String> = "NewUserID";
        /// The department.
        pub id: Option<i64> = "Id";
        /// The member's or the department's name.
        pub name: Option<String> = "Name";
        /// The department above.
        pub parent_id: Option<i64> = "ParentId";
        /// The department's place in the list; the highest comes first.
        pub order: Option<i64> = "Order";
        /// The member's departments, joined by commas.
        pub department: Option<String> = "Department";
        /// The first of them.
        pub main_department: Option<i64> = "MainDepartment";
        /// 1 or 0 for each department, joined by commas.
        pub is_leader_in_dept: Option<String> = "IsLeaderInDept";
        /// UserIDs of superiors, joined by commas.
        pub direct_leader: Option<String> = "DirectLeader";
        /// Job title.
        pub position: Option<String> = "Position";
        /// Mobile telephone.
        pub mobile: Option<String> = "Mobile";
        /// 1 male, 2 female.
        pub gender: Option<i64> = "Gender";
        /// Mail address.
        pub email: Option<String> = "Email";
        /// The mail address the company gave.
        pub biz_mail: Option<String> = "BizMail";
        /// 1 active, 2 disabled, 4 not activated, 5 left.
        pub status: Option<i64> = "Status";
        /// A link to the picture.
        pub avatar: Option<String> = "Avatar";
        /// Nickname.
        pub alias: Option<String> = "Alias";
        /// Landline.
        pub telephone: Option<String> = "Telephone";
        /// Postal address.
        pub address: Option<String> = "Address";
        /// Fields the company added.
        pub ext_attr: Vec<ExtAttr> = "ExtAttr.Item" | "ExtAttr";
        /// The tag.
        pub tag_id: Option<i64> = "TagId";
        /// UserIDs that got the tag, joined by commas.
        pub add_user_items: Option<String> = "AddUserItems";
        /// UserIDs that lost it.
        pub del_user_items: Option<String> = "DelUserItems";
        /// Departments that got it.
        pub add_party_items: Option<String> = "AddPartyItems";
        /// Departments that lost it.
        pub del_party_items: Option<String> = "DelPartyItems";
    }

    /// One field the company added.
    pub struct ExtAttr {
        /// Its name.
        pub name: Option<String> = "Name";
        /// 0 text, 1 web page.
        pub kind: Option<i64> = "Type";
        /// The text.
        pub text: Option<String> = "Text.Value" | "Value";
        /// The page's title.
        pub web_title: Option<String> = "Web.Title";
        /// The page.
        pub web_url: Option<String> = "Web.Url";
    }

    /// 企业客户变更.
    pub struct ExternalContactChange {
        /// `add_external_contact`, `edit_external_contact`, `add_half_external_contact`,
        /// `del_external_contact`, `del_follow_user`, `transfer_fail` or `msg_audit_approved`.
        pub change_type: String = "ChangeType";
        /// The company, where a suite is told.
        pub auth_corp_id: Option<String> = "AuthCorpId";
        /// The member.
        pub user_id: Option<String> = "UserID";
        /// The customer.
        pub external_user_id: Option<String> = "ExternalUserID";
        /// What the QR code carried through which they met.
        pub state: Option<String> = "State";
        /// For the welcome: once, within 20 s.
        pub welcome_code: Option<String> = "WelcomeCode";
        /// Why the customer is gone: `DELETE_BY_TRANSFER` if handed over.
        pub source: Option<String> = "Source";
        /// Why the handing over failed.
        pub fail_reason: Option<String> = "FailReason";
    }

    /// 客户群变更.
    pub struct ExternalChatChange {
        /// `create`, `update` or `dismiss`.
        pub change_type: String = "ChangeType";
        /// The company, where a suite is told.
        pub auth_corp_id: Option<String> = "AuthCorpId";
        /// The group.
        pub chat_id: Option<String> = "ChatId";
        /// `add_member`, `del_member`, `change_owner`, `change_name` or `change_notice`.
        pub update_detail: Option<String> = "UpdateDetail";
        /// How they joined.
        pub join_scene: Option<i64> = "JoinScene";
        /// How they left.
        pub quit_scene: Option<i64> = "QuitScene";
        /// How many.
        pub member_change_count: Option<i64> = "MemChangeCnt";
        /// Who.
        pub member_changes: Vec<String> = "MemChangeList.Item" | "MemChangeList";
        /// The member list's version before.
        pub last_member_version: Option<String> = "LastMemVer";
        /// And after.
        pub current_member_version: Option<String> = "CurMemVer";
    }

    /// 企业客户标签变更.
    pub struct ExternalTagChange {
        /// `create`, `update`, `delete` or `shuffle`.
        pub change_type: String = "ChangeType";
        /// The company, where a suite is told.
        pub auth_corp_id: Option<String> = "AuthCorpId";
        /// The tag, or the group of tags.
        pub id: Option<String> = "Id";
        /// `tag` or `tag_group`.
        pub tag_type: Option<String> = "TagType";
        /// The rule group it belongs to.
        pub strategy_id: Option<String> = "StrategyId";
    }
}

types! {
    ContactChange: Event "change_contact", Platform "change_contact";
    ExternalContactChange: Event "change_external_contact", Platform "change_external_contact";
    ExternalChatChange: Event "change_external_chat", Platform "change_external_chat";
    ExternalTagChange: Event "change_external_tag", Platform "change_external_tag";
}
