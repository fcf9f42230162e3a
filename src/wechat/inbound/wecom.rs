//! Applications of 企业微信: cards, jobs, the state of the application. Source: document 90240.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// 异步任务: a batch job ended.
    pub struct BatchJobResult {
        /// The job.
        pub job_id: String = "BatchJob.JobId" | "JobId";
        /// `sync_user`, `replace_user`, `invite_user` or `replace_party`.
        pub job_type: Option<String> = "BatchJob.JobType" | "JobType";
        /// 0 if it went well.
        pub err_code: Option<i64> = "BatchJob.ErrCode" | "ErrCode";
        /// What went wrong.
        pub err_msg: Option<String> = "BatchJob.ErrMsg" | "ErrMsg";
    }

    /// 任务卡片 of old: a button was tapped.
    pub struct TaskCardClick {
        /// The button's key.
        pub event_key: String = "EventKey";
        /// The card.
        pub task_id: Option<String> = "TaskId";
    }

    /// 模板卡片: a button was tapped. The card stays as it is until we answer or update it.
    pub struct TemplateCardEvent {
        /// The button's key.
        pub event_key: Option<String> = "EventKey";
        /// The card.
        pub task_id: Option<String> = "TaskId";
        /// `button_interaction`, `vote_interaction`, `multiple_interaction`, …
        pub card_type: Option<String> = "CardType";
        /// Updates the card later, once, within 72 hours.
        pub response_code: Option<String> = "ResponseCode";
        /// What was chosen.
        pub selected: Vec<SelectedItem> = "SelectedItems.SelectedItem" | "SelectedItems";
    }

    /// What was chosen for one question of a card.
    pub struct SelectedItem {
        /// The question.
        pub question_key: Option<String> = "QuestionKey";
        /// The options. Both spellings come.
        pub option_ids: Vec<String> =
            "OptionIds.OptionId" | "OptionIds.OpitonId" | "OpitonIds.OpitonId" | "OpitonIds.OptionId";
    }

    /// 模板卡片: an entry of the card's menu was tapped.
    pub struct TemplateCardMenuEvent {
        /// The entry's key.
        pub event_key: Option<String> = "EventKey";
        /// The card.
        pub task_id: Option<String> = "TaskId";
        /// The card's type.
        pub card_type: Option<String> = "CardType";
        /// Updates the card later, once, within 72 hours.
        pub response_code: Option<String> = "ResponseCode";
    }

    /// 应用低活跃, 停用, 恢复: the application's state is about to change, or has changed.
    pub struct AgentState {
        /// What happened: the event's name.
        pub event: String = "Event";
        /// When it takes effect, in Unix seconds.
        pub effect_time: Option<i64> = "EffectTime";
    }

    /// 共享应用: what is shared with which company has changed.
    pub struct ShareChange {
        /// The company, where a suite is told.
        pub auth_corp_id: Option<String> = "AuthCorpId";
        /// The application, where a suite is told.
        pub app_id: Option<String> = "AppId";
    }

    /// 接口许可: a member without a licence used the application.
    pub struct UnlicensedNotice {}

    /// 异步上传: a big file was uploaded.
    pub struct UploadFinished {
        /// The job.
        pub job_id: String = "JobId";
    }

    /// 工作台: the application's way of showing itself there was changed.
    pub struct WorkbenchMode {
        /// The new one.
        pub mode: Option<String> = "Mode";
    }
}

types! {
    BatchJobResult: Event "batch_job_result";
    TaskCardClick: Event "taskcard_click";
    TemplateCardEvent: Event "template_card_event";
    TemplateCardMenuEvent: Event "template_card_menu_event";
    AgentState: Event "inactive_alert" | "low_active_alert" | "close_inactive_agent"
        | "reopen_inactive_agent" | "low_active" | "active_restored";
    ShareChange: Event "share_agent_change" | "share_chain_change", Platform "share_agent_change";
    UnlicensedNotice: Event "unlicensed_notify";
    UploadFinished: Event "upload_media_job_finish";
    WorkbenchMode: Event "switch_workbench_mode";
}
