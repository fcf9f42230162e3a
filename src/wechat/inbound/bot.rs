//! 智能机器人 of 企业微信: JSON alone, names in lower case, the fields below a member named after
//! the type. Source: "Intelligent robot", receiving messages and events.

use super::read::wire_structs;
use super::types;

wire_structs! {
    /// Where it was said, and how to say something later.
    pub struct BotChat {
        /// The robot.
        pub bot_id: Option<String> = "aibotid";
        /// The group; none in a chat of two.
        pub chat_id: Option<String> = "chatid";
        /// `single` or `group`.
        pub chat_type: Option<String> = "chattype";
        /// The speaker's company, if it is another one.
        pub corp_id: Option<String> = "from.corpid";
        /// Takes one message, within an hour.
        pub response_url: Option<String> = "response_url";
    }

    /// A message that was quoted, or a part of a mixed one.
    pub struct BotPart {
        /// Its type.
        pub msg_type: Option<String> = "msgtype";
        /// Words typed, or spoken and recognised.
        pub content: Option<String> = "text.content" | "voice.content";
        /// A picture or file: sealed with the account's key, gone after about 5 minutes.
        pub url: Option<String> = "image.url" | "file.url";
        /// The parts, if it is mixed itself.
        pub parts: Vec<BotPart> = "mixed.msg_item";
    }

    /// Words; in a group they begin with the robot's name.
    pub struct BotText {
        /// What was typed.
        pub content: String = "text.content";
        /// What it answers.
        pub quote: Option<BotPart> = "quote";
        /// Where it was said.
        pub chat: BotChat = ".";
    }

    /// A picture.
    pub struct BotImage {
        /// Sealed with the account's key, gone after about 5 minutes.
        pub url: String = "image.url";
        /// Where it was sent.
        pub chat: BotChat = ".";
    }

    /// Words and pictures together.
    pub struct BotMixed {
        /// Each of them.
        pub parts: Vec<BotPart> = "mixed.msg_item";
        /// What it answers.
        pub quote: Option<BotPart> = "quote";
        /// Where it was said.
        pub chat: BotChat = ".";
    }

    /// Something spoken.
    pub struct BotVoice {
        /// The recognised words.
        pub content: String = "voice.content";
        /// What it answers.
        pub quote: Option<BotPart> = "quote";
        /// Where it was said.
        pub chat: BotChat = ".";
    }

    /// A file.
    pub struct BotFile {
        /// Sealed with the account's key, gone after about 5 minutes.
        pub url: String = "file.url";
        /// Where it was sent.
        pub chat: BotChat = ".";
    }

    /// The platform asks how a streamed answer goes on; the whole text so far is due.
    pub struct BotStream {
        /// The answer.
        pub id: String = "stream.id";
        /// Where it is given.
        pub chat: BotChat = ".";
    }

    /// A member opened the chat with the robot. A welcome is due within 5 s.
    pub struct BotEnterChat {
        /// Which chat.
        pub chat: BotChat = ".";
    }

    /// A button of a template card was tapped.
    pub struct BotCardEvent {
        /// The button's key.
        pub event_key: Option<String> = "event.template_card_event.event_key";
        /// The card.
        pub task_id: Option<String> =
            "event.template_card_event.task_id" | "event.template_card_event.taskid";
        /// The card's type.
        pub card_type: Option<String> = "event.template_card_event.card_type";
        /// What was chosen.
        pub selected: Vec<BotSelectedItem> =
            "event.template_card_event.selected_items.selected_item";
        /// Where the card is.
        pub chat: BotChat = ".";
    }

    /// What was chosen for one question of a card.
    pub struct BotSelectedItem {
        /// The question.
        pub question_key: Option<String> = "question_key";
        /// The options.
        pub option_ids: Vec<String> = "option_ids.option_id";
    }

    /// Somebody marked an answer of the robot.
    pub struct BotFeedback {
        /// The `feedback` id the answer was given.
        pub id: Option<String> = "event.feedback_event.id";
        /// Which mark, as a number.
        pub mark: Option<i64> = "event.feedback_event.type";
        /// What was said about it.
        pub content: Option<String> = "event.feedback_event.content";
        /// What was wrong, as numbers.
        pub reasons: Vec<i64> = "event.feedback_event.inaccurate_reason_list"
            | "event.feedback_event.inaccurate_reasons";
        /// Where the answer is.
        pub chat: BotChat = ".";
    }
}

types! {
    BotText: BotMessage "text";
    BotImage: BotMessage "image";
    BotMixed: BotMessage "mixed";
    BotVoice: BotMessage "voice";
    BotFile: BotMessage "file";
    BotStream: BotMessage "stream";
    BotEnterChat: BotEvent "enter_chat";
    BotCardEvent: BotEvent "template_card_event";
    BotFeedback: BotEvent "feedback_event";
}
