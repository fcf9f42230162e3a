//! The cases: which account is sent what.

use yizhan::wechat::wire::Format;

/// One capture.
pub(super) struct Case {
    /// A name in `fixtures/accounts.toml`.
    pub(super) account: &'static str,
    /// The file's name, without its extension.
    pub(super) name: &'static str,
    /// The account's data format.
    pub(super) format: Format,
    /// Sealed with the key before today's.
    pub(super) has_previous_key: bool,
    /// Fields as the follower takes them, a whole document, or nothing: the URL check.
    pub(super) message: &'static str,
}

const fn xml(account: &'static str, name: &'static str, message: &'static str) -> Case {
    Case { account, name, format: Format::Xml, has_previous_key: false, message }
}

const fn json(account: &'static str, name: &'static str, message: &'static str) -> Case {
    Case { account, name, format: Format::Json, has_previous_key: false, message }
}

pub(super) const CASES: &[Case] = &[
    xml("oa-safe", "safe-url-check", ""),
    json("mini-plain", "plain-url-check", ""),
    xml("wecom", "url-check", ""),
    json("wecom-bot", "url-check", ""),
    xml("oa-plain", "plain-text", r#"{"MsgType":"text","Content":"帮助"}"#),
    xml(
        "oa-plain",
        "plain-image",
        r#"{"MsgType":"image","PicUrl":"http://pic.example.com/1.jpg","MediaId":"MEDIA-1"}"#,
    ),
    xml(
        "oa-plain",
        "plain-subscribe-by-code",
        r#"{"MsgType":"event","Event":"subscribe","EventKey":"qrscene_door-7","Ticket":"TICKET-1"}"#,
    ),
    xml(
        "oa-plain",
        "plain-unsubscribe",
        r#"{"MsgType":"event","Event":"unsubscribe","EventKey":""}"#,
    ),
    xml("oa-compatible", "compatible-text", r#"{"MsgType":"text","Content":"查询 订单 7"}"#),
    xml(
        "oa-compatible",
        "compatible-click",
        r#"{"MsgType":"event","Event":"CLICK","EventKey":"MENU_HELP"}"#,
    ),
    xml(
        "oa-compatible",
        "compatible-voice-recognized",
        r#"{"MsgType":"voice","MediaId":"MEDIA-2","Format":"amr","Recognition":"部署 网站 到 生产"}"#,
    ),
    xml(
        "oa-safe",
        "safe-text-with-markup",
        r#"{"MsgType":"text","Content":" 你好 👋🏽 <b>&amp;</b> ]]> \"quoted\"\nsecond line "}"#,
    ),
    xml(
        "oa-safe",
        "safe-location",
        r#"{"MsgType":"location","Location_X":"31.230416","Location_Y":"121.473701","Scale":"15","Label":"上海市 人民广场"}"#,
    ),
    xml(
        "oa-safe",
        "safe-scan",
        r#"{"MsgType":"event","Event":"SCAN","EventKey":"door-7","Ticket":"TICKET-1"}"#,
    ),
    xml(
        "oa-safe",
        "safe-template-sent",
        r#"{"MsgType":"event","Event":"TEMPLATESENDJOBFINISH","MsgID":200163836,"Status":"success"}"#,
    ),
    xml(
        "oa-safe",
        "safe-menu-pictures",
        r#"{"MsgType":"event","Event":"pic_photo_or_album","EventKey":"MENU_PHOTO","SendPicsInfo":{"Count":2,"PicList":{"item":[{"PicMd5Sum":"0cc175b9c0f1b6a831c399e269772661"},{"PicMd5Sum":"92eb5ffee6ae2fec3ad71c777531578f"}]}}}"#,
    ),
    xml(
        "oa-safe",
        "safe-unknown-event",
        r#"{"MsgType":"event","Event":"event_of_tomorrow","Outer":{"Inner":{"Deep":"kept"}}}"#,
    ),
    xml(
        "oa-safe",
        "safe-character-data",
        "<xml>
  <FromUserName>oFixtureUser000000000000001</FromUserName>
  <ToUserName>gh_0a1b2c3d4e5f</ToUserName>
  <MsgId>7300000000000000019</MsgId>
  <MsgType>text</MsgType>
  <Content>a &lt;b&gt; &amp;&#x4f60; &#22909;</Content>
  <CreateTime>
1767225600
  </CreateTime>
</xml>",
    ),
    Case {
        has_previous_key: true,
        ..xml(
            "oa-safe",
            "safe-previous-key",
            r#"{"MsgType":"text","Content":"sealed with yesterday's key"}"#,
        )
    },
    json(
        "oa-cloud-run",
        "cloud-run-text-json",
        r#"{"MsgType":"text","Content":"hello from the gateway"}"#,
    ),
    xml(
        "oa-cloud-run",
        "cloud-run-text-xml",
        r#"{"MsgType":"text","Content":"hello from the gateway"}"#,
    ),
    json(
        "oa-cloud-run",
        "cloud-run-click-json",
        r#"{"MsgType":"event","Event":"CLICK","EventKey":"MENU_HELP"}"#,
    ),
    json(
        "oa-cloud-run",
        "cloud-run-subscribe-popup-json",
        r#"{"MsgType":"event","Event":"subscribe_msg_popup_event","List":[{"TemplateId":"TEMPLATE-1","SubscribeStatusString":"accept","PopupScene":"2"},{"TemplateId":"TEMPLATE-2","SubscribeStatusString":"reject","PopupScene":"2"}]}"#,
    ),
    json("oa-cloud-run", "cloud-run-probe-json", r#"{"action":"CheckContainerPath"}"#),
    xml(
        "oa-cloud-run",
        "cloud-run-probe-xml",
        "<xml>\n<action>CheckContainerPath</action>\n</xml>",
    ),
    json("mini-plain", "plain-text-json", r#"{"MsgType":"text","Content":"在吗"}"#),
    xml("mini-plain", "plain-text-xml", r#"{"MsgType":"text","Content":"在吗"}"#),
    json(
        "mini-compatible",
        "compatible-card-json",
        r#"{"MsgType":"miniprogrampage","Title":"订单 7","AppId":"wx1a1b2c3d4e5f6072","PagePath":"pages/order/index?id=7","ThumbUrl":"https://pic.example.com/t.jpg","ThumbMediaId":"MEDIA-3"}"#,
    ),
    xml(
        "mini-compatible",
        "compatible-enter-xml",
        r#"{"MsgType":"event","Event":"user_enter_tempsession","SessionFrom":"order-7"}"#,
    ),
    json(
        "mini-safe",
        "safe-text-json",
        r#"{"MsgType":"text","Content":"emoji 🐎 \\ \" \u0001 end"}"#,
    ),
    xml(
        "mini-safe",
        "safe-image-xml",
        r#"{"MsgType":"image","PicUrl":"http://pic.example.com/2.jpg","MediaId":"MEDIA-4"}"#,
    ),
    json(
        "mini-safe",
        "safe-enter-json",
        r#"{"MsgType":"event","Event":"user_enter_tempsession","SessionFrom":"home"}"#,
    ),
    json(
        "mini-safe",
        "safe-media-check-json",
        r#"{"MsgType":"event","Event":"wxa_media_check","appid":"wx1a1b2c3d4e5f6073","trace_id":"6a00-1","version":2,"detail":[{"strategy":"content_model","errcode":0,"suggest":"pass","label":100,"prob":90}],"errcode":0,"errmsg":"ok","result":{"suggest":"pass","label":100}}"#,
    ),
    json(
        "mini-safe",
        "safe-subscribe-change-json",
        r#"{"MsgType":"event","Event":"subscribe_msg_change_event","List":{"TemplateId":"TEMPLATE-1","SubscribeStatusString":"reject"}}"#,
    ),
    json("mini-cloud-run", "cloud-run-text-json", r#"{"MsgType":"text","Content":"在吗"}"#),
    xml("wecom", "text", r#"{"MsgType":"text","Content":"请假 一天"}"#),
    xml("wecom", "click", r#"{"MsgType":"event","Event":"click","EventKey":"MENU_LEAVE"}"#),
    xml(
        "wecom",
        "location-event",
        r#"{"MsgType":"event","Event":"LOCATION","Latitude":"31.230416","Longitude":"121.473701","Precision":"30.0","AppType":"wxwork"}"#,
    ),
    xml(
        "wecom",
        "template-card-event",
        r#"{"MsgType":"event","Event":"template_card_event","EventKey":"approve","TaskId":"TASK-7","CardType":"vote_interaction","ResponseCode":"CODE-1","SelectedItems":{"SelectedItem":[{"QuestionKey":"Q1","OptionIds":{"OptionId":["A","B"]}},{"QuestionKey":"Q2","OptionIds":{"OptionId":"C"}}]}}"#,
    ),
    xml(
        "wecom",
        "change-contact",
        r#"{"FromUserName":"sys","MsgType":"event","Event":"change_contact","ChangeType":"update_user","UserID":"zhangsan","NewUserID":"zhangsan2","Department":"1,2","AgentID":null}"#,
    ),
    xml(
        "wecom",
        "customer-service",
        r#"{"FromUserName":null,"MsgType":"event","Event":"kf_msg_or_event","Token":"KF-TOKEN-1","OpenKfId":"wkFixture1","AgentID":null}"#,
    ),
    json("wecom", "text-json", r#"{"MsgType":"text","Content":"请假 一天"}"#),
    json("wecom-bot", "text", r#"{"msgtype":"text","text":{"content":"@小站 你好"}}"#),
    json("wecom-bot", "voice", r#"{"msgtype":"voice","voice":{"content":"今天天气如何"}}"#),
    json(
        "wecom-bot",
        "mixed-in-group",
        r#"{"chatid":"wrFixture1","chattype":"group","response_url":"https://reply.example.com/1","msgtype":"mixed","mixed":{"msg_item":[{"msgtype":"text","text":{"content":"看图"}},{"msgtype":"image","image":{"url":"https://pic.example.com/3"}}]}}"#,
    ),
    json("wecom-bot", "stream-refresh", r#"{"msgtype":"stream","stream":{"id":"STREAM-1"}}"#),
    json(
        "wecom-bot",
        "enter-chat",
        r#"{"create_time":1767225600,"msgtype":"event","event":{"eventtype":"enter_chat"}}"#,
    ),
    xml(
        "component",
        "ticket",
        r#"{"InfoType":"component_verify_ticket","ComponentVerifyTicket":"ticket@@@fixture-1"}"#,
    ),
    xml(
        "component",
        "authorized",
        r#"{"InfoType":"authorized","AuthorizerAppid":"wx0a1b2c3d4e5f6079","AuthorizationCode":"queryauthcode@@@1","AuthorizationCodeExpiredTime":1767229200,"PreAuthCode":"preauthcode@@@1"}"#,
    ),
    xml(
        "component",
        "unauthorized",
        r#"{"InfoType":"unauthorized","AuthorizerAppid":"wx0a1b2c3d4e5f6079"}"#,
    ),
    xml("component", "served-account-text", r#"{"MsgType":"text","Content":"hi"}"#),
    xml(
        "component",
        "served-account-click",
        r#"{"MsgType":"event","Event":"CLICK","EventKey":"MENU_HELP"}"#,
    ),
];
