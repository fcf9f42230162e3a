//! 审批 of 企业微信. Sources: documents 91815 (its own) and 90240 (of an application). Names are
//! spelt as they come: `Applyer`, `Notifyer`, `StatuChangeEvent`.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// 自建应用审批: a step of an approval that the application started.
    pub struct OpenApprovalChange {
        /// The application's number of it.
        pub third_no: Option<String> = "ApprovalInfo.ThirdNo";
        /// The template's name.
        pub template_name: Option<String> = "ApprovalInfo.OpenSpName";
        /// The template.
        pub template_id: Option<String> = "ApprovalInfo.OpenTemplateId";
        /// 1 under way, 2 approved, 3 refused, 4 withdrawn.
        pub status: Option<i64> = "ApprovalInfo.OpenSpStatus";
        /// In Unix seconds.
        pub apply_time: Option<i64> = "ApprovalInfo.ApplyTime";
        /// Who applied: name.
        pub user_name: Option<String> = "ApprovalInfo.ApplyUserName";
        /// Who applied: UserID.
        pub user_id: Option<String> = "ApprovalInfo.ApplyUserId";
        /// Who applied: department.
        pub user_party: Option<String> = "ApprovalInfo.ApplyUserParty";
        /// Who applied: picture.
        pub user_image: Option<String> = "ApprovalInfo.ApplyUserImage";
        /// The steps.
        pub nodes: Vec<ApprovalNode> =
            "ApprovalInfo.ApprovalNodes.ApprovalNode" | "ApprovalInfo.ApprovalNodes";
        /// Who is told.
        pub notified: Vec<ApprovalPerson> =
            "ApprovalInfo.NotifyNodes.NotifyNode" | "ApprovalInfo.NotifyNodes";
        /// Which step it is at, from 0.
        pub step: Option<i64> = "ApprovalInfo.ApproverStep" | "ApprovalInfo.approverstep";
    }

    /// One step of an approval.
    pub struct ApprovalNode {
        /// 1 under way, 2 approved, 3 refused, 4 handed on.
        pub status: Option<i64> = "NodeStatus";
        /// 1 any of them, 2 all of them.
        pub attr: Option<i64> = "NodeAttr";
        /// 1 named people, 2 people with a tag, 3 superiors.
        pub kind: Option<i64> = "NodeType";
        /// Those who decide.
        pub people: Vec<ApprovalPerson> = "Items.Item" | "Items";
    }

    /// Somebody who decides, or is told.
    pub struct ApprovalPerson {
        /// Name.
        pub name: Option<String> = "ItemName";
        /// UserID.
        pub user_id: Option<String> = "ItemUserid" | "ItemUserId";
        /// Department.
        pub party: Option<String> = "ItemParty";
        /// Picture.
        pub image: Option<String> = "ItemImage";
        /// 1 under way, 2 approved, 3 refused, 4 handed on.
        pub status: Option<i64> = "ItemStatus";
        /// What they said.
        pub speech: Option<String> = "ItemSpeech";
        /// When, in Unix seconds; 0 before they decide.
        pub op_time: Option<i64> = "ItemOpTime";
    }

    /// 审批应用: an approval changed.
    pub struct SysApprovalChange {
        /// Its number.
        pub sp_no: Option<String> = "ApprovalInfo.SpNo";
        /// The template's name.
        pub sp_name: Option<String> = "ApprovalInfo.SpName";
        /// 1 under way, 2 approved, 3 refused, 4 withdrawn, 6 withdrawn after approval,
        /// 7 deleted, 10 paid.
        pub sp_status: Option<i64> = "ApprovalInfo.SpStatus";
        /// The template.
        pub template_id: Option<String> = "ApprovalInfo.TemplateId";
        /// In Unix seconds.
        pub apply_time: Option<i64> = "ApprovalInfo.ApplyTime";
        /// Who applied: UserID.
        pub applicant: Option<String> = "ApprovalInfo.Applyer.UserId";
        /// Who applied: department.
        pub applicant_party: Option<String> = "ApprovalInfo.Applyer.Party";
        /// The steps.
        pub records: Vec<ApprovalRecord> = "ApprovalInfo.SpRecord";
        /// UserIDs of those who are told.
        pub notified: Vec<String> = "ApprovalInfo.Notifyer.UserId";
        /// Remarks.
        pub comments: Vec<ApprovalComment> = "ApprovalInfo.Comments";
        /// 1 handed in, 2 approved, 3 refused, 4 handed on, 5 urged, 6 withdrawn, 8 withdrawn
        /// after approval, 10 remarked on.
        pub change: Option<i64> = "ApprovalInfo.StatuChangeEvent";
    }

    /// One step of an approval.
    pub struct ApprovalRecord {
        /// 1 under way, 2 approved, 3 refused, 4 handed on.
        pub status: Option<i64> = "SpStatus";
        /// 1 any of them, 2 all of them.
        pub attr: Option<i64> = "ApproverAttr";
        /// Those who decide.
        pub details: Vec<ApprovalDetail> = "Details";
    }

    /// What one person decided.
    pub struct ApprovalDetail {
        /// UserID.
        pub approver: Option<String> = "Approver.UserId";
        /// What they said.
        pub speech: Option<String> = "Speech";
        /// 1 under way, 2 approved, 3 refused, 4 handed on.
        pub status: Option<i64> = "SpStatus";
        /// When, in Unix seconds; 0 before they decide.
        pub time: Option<i64> = "SpTime";
        /// Media ids of what they attached.
        pub attachments: Vec<String> = "Attach";
    }

    /// A remark.
    pub struct ApprovalComment {
        /// The remark's id.
        pub id: Option<String> = "CommentId";
        /// Who wrote it: UserID.
        pub user_id: Option<String> = "CommentUserInfo.UserId";
        /// When, in Unix seconds.
        pub time: Option<i64> = "CommentTime";
        /// What it says.
        pub content: Option<String> = "CommentContent";
        /// Media ids of what is attached.
        pub attachments: Vec<String> = "Attach";
    }
}

types! {
    OpenApprovalChange: Event "open_approval_change";
    SysApprovalChange: Event "sys_approval_change";
}
