//! What typed messages give, in the forms that real traffic takes.

use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::inbound::Payload;
use yizhan::wechat::inbound::approval::SysApprovalChange;
use yizhan::wechat::inbound::bot::BotText;
use yizhan::wechat::inbound::complaint::Complaint;
use yizhan::wechat::inbound::contact::ContactChange;
use yizhan::wechat::inbound::menu::Click;
use yizhan::wechat::inbound::menu::SendPictures;
use yizhan::wechat::inbound::message::Location;
use yizhan::wechat::inbound::message::Text;
use yizhan::wechat::inbound::report::MassSent;
use yizhan::wechat::inbound::report::Published;
use yizhan::wechat::inbound::subscription::SubscriptionSent;
use yizhan::wechat::inbound::wecom::TemplateCardEvent;

fn parse(document: &str) -> Inbound {
    Inbound::parse(document.as_bytes().to_vec()).unwrap()
}

fn read<P: Payload>(document: &str) -> P {
    parse(document).read().expect("it is of this type").unwrap()
}

fn event(name: &str, fields: &str) -> String {
    format!("<xml><MsgType>event</MsgType><Event><![CDATA[{name}]]></Event>{fields}</xml>")
}

#[test]
fn a_text_gives_what_was_typed_with_its_blanks() {
    let text: Text = read(
        "<xml><MsgType>text</MsgType><Content><![CDATA[ 你好 ]]></Content>\
         <bizmsgmenuid>7</bizmsgmenuid><Idx>2</Idx></xml>",
    );
    assert_eq!(text.content, " 你好 ");
    assert_eq!(text.biz_msg_menu_id.as_deref(), Some("7"));
    assert_eq!((text.origin.idx, text.origin.msg_data_id), (Some(2), None));
}

#[test]
fn a_message_is_not_read_as_another_type() {
    let inbound = parse(&event("CLICK", "<EventKey>K</EventKey>"));
    assert!(inbound.read::<Text>().is_none());
    assert!(inbound.read::<Click>().is_some());
}

#[test]
fn a_click_is_one_type_in_upper_and_in_lower_case() {
    assert_eq!(read::<Click>(&event("CLICK", "<EventKey>K</EventKey>")).event_key, "K");
    assert_eq!(read::<Click>(&event("click", "<EventKey>K</EventKey>")).event_key, "K");
}

#[test]
fn a_missing_field_is_named() {
    let error = parse(r#"{"MsgType":"text"}"#).read::<Text>().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "`Content` is not a text");
}

#[test]
fn an_odd_optional_value_does_not_keep_a_message_from_its_type() {
    let place: Location = read(
        r#"{"MsgType":"location","Location_X":"30.25","Location_Y":120,"Scale":"近","Label":null}"#,
    );
    assert_eq!((place.latitude, place.longitude), (30.25, 120.0));
    assert_eq!((place.scale, place.label), (None, None));
}

#[test]
fn pictures_are_found_in_one_list_in_several_and_in_json() {
    let md5 = |fields: &str| read::<SendPictures>(&event("pic_weixin", fields)).md5;
    let item = |md5: &str| format!("<item><PicMd5Sum>{md5}</PicMd5Sum></item>");
    let picture = |items: &str| format!("<PicList>{items}</PicList>");
    let info = |lists: &str| {
        format!("<EventKey>K</EventKey><SendPicsInfo><Count>2</Count>{lists}</SendPicsInfo>")
    };
    let together = info(&picture(&format!("{}{}", item("a"), item("b"))));
    let apart = info(&format!("{}{}", picture(&item("a")), picture(&item("b"))));
    assert_eq!(md5(&together), ["a", "b"]);
    assert_eq!(md5(&apart), ["a", "b"]);
    assert_eq!(md5(&info(&picture(&item("a")))), ["a"]);
    let json: SendPictures = read(
        r#"{"MsgType":"event","Event":"pic_sysphoto","EventKey":"K","SendPicsInfo":
            {"Count":"2","PicList":[{"PicMd5Sum":"a"},{"PicMd5Sum":"b"}]}}"#,
    );
    assert_eq!((json.count, json.md5), (Some(2), vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn subscription_entries_stand_in_a_wrapper_alone_or_in_an_array() {
    let wrapped = event(
        "subscribe_msg_sent_event",
        "<SubscribeMsgSentEvent><List><TemplateId>T</TemplateId><MsgID>1864323726461255680</MsgID>\
         <ErrorCode>0</ErrorCode></List></SubscribeMsgSentEvent>",
    );
    let json = |list: &str| {
        format!(r#"{{"MsgType":"event","Event":"subscribe_msg_sent_event","List":{list}}}"#)
    };
    let one = r#"{"TemplateId":"T","MsgID":"1864323726461255680","ErrorCode":"0"}"#;
    for document in [wrapped, json(one), json(&format!("[{one}]"))] {
        let sent: SubscriptionSent = read(&document);
        assert_eq!(sent.list.len(), 1, "{document}");
        assert_eq!(sent.list[0].msg_id.as_deref(), Some("1864323726461255680"));
        assert_eq!(sent.list[0].error_code, Some(0));
    }
}

#[test]
fn the_options_of_a_card_are_read_in_either_spelling() {
    for (ids, id) in [("OptionIds", "OptionId"), ("OpitonIds", "OpitonId")] {
        let card: TemplateCardEvent = read(&event(
            "template_card_event",
            &format!(
                "<SelectedItems><SelectedItem><QuestionKey>q</QuestionKey>\
                 <{ids}><{id}>1</{id}><{id}>2</{id}></{ids}></SelectedItem></SelectedItems>"
            ),
        ));
        assert_eq!(card.selected[0].question_key.as_deref(), Some("q"));
        assert_eq!(card.selected[0].option_ids, ["1", "2"]);
    }
}

#[test]
fn a_suite_is_told_of_contacts_as_an_application_is() {
    let fields = "<ChangeType>create_user</ChangeType><UserID>wu</UserID><ExtAttr>\
        <Item><Name>工号</Name><Type>0</Type><Text><Value>7</Value></Text></Item></ExtAttr>";
    let told: ContactChange = read(&event("change_contact", fields));
    let suite: ContactChange = read(&format!(
        "<xml><SuiteId>s</SuiteId><AuthCorpId>ww1</AuthCorpId><InfoType>change_contact</InfoType>\
         {fields}</xml>"
    ));
    assert_eq!(told.ext_attr, suite.ext_attr);
    assert_eq!(suite.ext_attr[0].text.as_deref(), Some("7"));
    assert_eq!((told.auth_corp_id, suite.auth_corp_id.as_deref()), (None, Some("ww1")));
}

#[test]
fn jobs_report_each_article() {
    let published: Published = read(&event(
        "PUBLISHJOBFINISH",
        "<PublishEventInfo><publish_id>9</publish_id><publish_status>2</publish_status>\
         <fail_idx>1</fail_idx><fail_idx>3</fail_idx></PublishEventInfo>",
    ));
    assert_eq!((published.publish_status, published.fail_idx), (Some(2), vec![1, 3]));
    let sent: MassSent = read(&event(
        "MASSSENDJOBFINISH",
        "<MsgID>1</MsgID><Status>send success</Status><CopyrightCheckResult><Count>0</Count>\
         <ResultList/><CheckState>1</CheckState></CopyrightCheckResult><ArticleUrlResult>\
         <ResultList><item><ArticleIdx>1</ArticleIdx><ArticleUrl>u</ArticleUrl></item></ResultList>\
         </ArticleUrlResult>",
    ));
    assert_eq!((sent.check_state, sent.copyright.len()), (Some(1), 0));
    assert_eq!(sent.article_urls[0].article_url.as_deref(), Some("u"));
}

#[test]
fn an_approval_gives_everybody_who_decides_and_everybody_who_is_told() {
    let change: SysApprovalChange = read(&event(
        "sys_approval_change",
        "<ApprovalInfo><Applyer><UserId>chen</UserId></Applyer><SpRecord><Details><Approver>\
         <UserId>a</UserId></Approver></Details><Details><Approver><UserId>b</UserId></Approver>\
         </Details></SpRecord><Notifyer><UserId>c</UserId></Notifyer><Notifyer><UserId>d</UserId>\
         </Notifyer><StatuChangeEvent>2</StatuChangeEvent></ApprovalInfo>",
    ));
    assert_eq!((change.applicant.as_deref(), change.change), (Some("chen"), Some(2)));
    let approvers: Vec<_> =
        change.records[0].details.iter().map(|detail| detail.approver.as_deref()).collect();
    assert_eq!(approvers, [Some("a"), Some("b")]);
    assert_eq!(change.notified, ["c", "d"]);
}

#[test]
fn a_complaint_has_one_step_or_several_with_a_wrapper_or_without() {
    let wrapped: Complaint = read(&event(
        "complaint_callback",
        "<BussiCallBackInfo><status>1</status><history><time>1</time></history>\
         <history><time>2</time></history></BussiCallBackInfo>",
    ));
    let flat: Complaint = read(
        r#"{"MsgType":"event","Event":"complaint callback","status":"1","history":{"time":"1"}}"#,
    );
    assert_eq!((wrapped.status, wrapped.history.len()), (Some(1), 2));
    assert_eq!((flat.status, flat.history.len(), flat.history[0].time), (Some(1), 1, Some(1)));
}

#[test]
fn a_robot_hears_the_words_and_what_they_answer() {
    let text: BotText = read(
        r#"{"aibotid":"b","chatid":"c","chattype":"group","from":{"userid":"u"},"msgtype":"text",
            "text":{"content":"@b 好"},"quote":{"msgtype":"mixed","mixed":{"msg_item":[
            {"msgtype":"image","image":{"url":"https://x.example/1"}}]}}}"#,
    );
    assert_eq!((text.content.as_str(), text.chat.chat_id.as_deref()), ("@b 好", Some("c")));
    let quote = text.quote.unwrap();
    assert_eq!(quote.parts[0].url.as_deref(), Some("https://x.example/1"));
}

#[test]
fn an_app_that_a_message_is_about_is_not_its_receiver() {
    let card = "<AppId>wx1</AppId><ToUserName>gh_1</ToUserName><MsgType>miniprogrampage</MsgType>";
    assert_eq!(parse(&format!("<xml>{card}<PagePath>p</PagePath></xml>")).to(), "gh_1");
    let notice = "<xml><AppId>wx1</AppId><InfoType>unauthorized</InfoType></xml>";
    assert_eq!(parse(notice).to(), "wx1");
}
