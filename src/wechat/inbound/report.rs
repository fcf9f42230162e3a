//! How a job ended that we gave to a 公众号. Sources: "Template message", "Mass sending",
//! "Publishing", each with its event push.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// 模板消息: it arrived, or not.
    pub struct TemplateSent {
        /// The `msgid` of the send response.
        pub msg_id: Option<String> = "MsgID" | "MsgId";
        /// `success`, `failed:user block`, `failed: system failed`. Compare the beginning.
        pub status: String = "Status";
    }

    /// 群发: the mass message went out, or not.
    pub struct MassSent {
        /// The `msg_id` of the send response.
        pub msg_id: Option<String> = "MsgID" | "MsgId";
        /// `send success`, `send fail`, or `err(code)`.
        pub status: String = "Status";
        /// Followers in the chosen group.
        pub total_count: Option<i64> = "TotalCount";
        /// Of those, who may get it: about sent and failed together.
        pub filter_count: Option<i64> = "FilterCount";
        /// How many got it.
        pub sent_count: Option<i64> = "SentCount";
        /// How many did not.
        pub error_count: Option<i64> = "ErrorCount";
        /// 1: no reprint, may be sent. 2: a reprint that may be sent. 3: one that must not.
        pub check_state: Option<i64> = "CopyrightCheckResult.CheckState";
        /// What the originality check says of each article.
        pub copyright: Vec<CopyrightResult> =
            "CopyrightCheckResult.ResultList.item" | "CopyrightCheckResult.ResultList";
        /// The links of the articles.
        pub article_urls: Vec<ArticleUrl> =
            "ArticleUrlResult.ResultList.item" | "ArticleUrlResult.ResultList";
    }

    /// 原创校验 of one article.
    pub struct CopyrightResult {
        /// Which article, from 1.
        pub article_idx: Option<i64> = "ArticleIdx";
        /// What the account declared.
        pub user_declare_state: Option<i64> = "UserDeclareState";
        /// What the platform found.
        pub audit_state: Option<i64> = "AuditState";
        /// The original.
        pub original_article_url: Option<String> = "OriginalArticleUrl";
        /// The original's kind.
        pub original_article_type: Option<i64> = "OriginalArticleType";
        /// 1 if it may be reprinted.
        pub can_reprint: Option<i64> = "CanReprint";
        /// 1 if the content has to be replaced by the original's.
        pub need_replace_content: Option<i64> = "NeedReplaceContent";
        /// 1 if the source has to be named.
        pub need_show_reprint_source: Option<i64> = "NeedShowReprintSource";
    }

    /// One article of a mass message.
    pub struct ArticleUrl {
        /// Which article, from 1.
        pub article_idx: Option<i64> = "ArticleIdx";
        /// Its link.
        pub article_url: Option<String> = "ArticleUrl";
    }

    /// 发布: the draft is published, or not.
    pub struct Published {
        /// The `publish_id` of the submit response.
        pub publish_id: String = "PublishEventInfo.publish_id" | "publish_id";
        /// 0 done, 1 going on, 2 originality, 3 ordinary failure, 4 refused by the platform,
        /// 5 deleted by the account afterwards, 6 banned afterwards.
        pub publish_status: Option<i64> = "PublishEventInfo.publish_status" | "publish_status";
        /// The article, once it is published.
        pub article_id: Option<String> = "PublishEventInfo.article_id" | "article_id";
        /// Its parts.
        pub articles: Vec<PublishedArticle> = "PublishEventInfo.article_detail.item"
            | "article_detail.item";
        /// Which parts failed, from 1.
        pub fail_idx: Vec<i64> = "PublishEventInfo.fail_idx" | "fail_idx";
    }

    /// One part of a published article.
    pub struct PublishedArticle {
        /// Which, from 1.
        pub idx: Option<i64> = "idx";
        /// Its link.
        pub article_url: Option<String> = "article_url";
    }
}

types! {
    TemplateSent: Event "TEMPLATESENDJOBFINISH";
    MassSent: Event "MASSSENDJOBFINISH";
    Published: Event "PUBLISHJOBFINISH";
}
