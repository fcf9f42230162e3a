
'use strict';

const WORDS = {
  zh: {
    title: '驿站 · 试聊', other: 'English', otherLang: 'en', account: '账号', message: '消息', send: '发送', cancel: '取消',
    more: '其他消息', suggestions: '试试这些', identity: '身份', openid: 'OpenID',
    placeholder: '说点什么', hello: '你是一位关注者。说点什么，每次投递和耗时都会显示在气泡下方。',
    try: n => `第 ${n} 次`, waiting: '等待中…', answered: '已回答', silent: '已收到，没有回复', hung_up: '无应答，已断开',
    refused: s => `拒绝，状态 ${s}`, abnormal: r => `异常数据：${r}`, unreachable: r => `连接失败：${r}`, details: '数据',
    transfer: '已转给人工客服', pushed: '客服消息', failed: '页面无法发送', me: '我', bot: '驿',
    kinds: {
      click: '菜单点击', view: '菜单链接', scan: '扫码', location: '位置', subscribe: '关注', unsubscribe: '取消关注',
      voice: '语音', image: '图片', enter: '进入会话', card: '小程序卡片', raw: '任意消息',
    },
    fields: {
      key: '菜单 KEY', url: '链接', scene: '场景值', sceneOptional: '场景值（可不填）', label: '地名', latitude: '纬度',
      longitude: '经度', words: '识别出的文字', media: 'MediaId', from: '来源', title: '标题', path: '页面路径', json: 'JSON 字段',
    },
    badJson: '这不是一个 JSON 对象',
    platforms: {
      'official-account': '公众号', 'mini-program': '小程序', wecom: '企业微信', 'wecom-bot': '智能机器人', 'open-platform': '第三方平台',
    },
    modes: { plain: '明文模式', compatible: '兼容模式', safe: '安全模式' },
  },
  en: {
    title: 'Yizhan · playground', other: '中文', otherLang: 'zh-CN', account: 'Account', message: 'Message', send: 'Send', cancel: 'Cancel',
    more: 'Other messages', suggestions: 'Try these', identity: 'You are', openid: 'OpenID',
    placeholder: 'Say something', hello: 'You are a follower. Say something; each try and how long it took shows below.',
    try: n => `try ${n}`, waiting: 'waiting…', answered: 'answered', silent: 'received, no reply', hung_up: 'no answer, cut off',
    refused: s => `refused, status ${s}`, abnormal: r => `abnormal: ${r}`, unreachable: r => `no connection: ${r}`, details: 'data',
    transfer: 'handed over to a person', pushed: 'pushed', failed: 'the page cannot send', me: 'Me', bot: '驿',
    kinds: {
      click: 'Menu click', view: 'Menu link', scan: 'Scan', location: 'Place', subscribe: 'Follow', unsubscribe: 'Unfollow',
      voice: 'Voice', image: 'Picture', enter: 'Enter chat', card: 'Card', raw: 'Any message',
    },
    fields: {
      key: 'Menu key', url: 'Link', scene: 'Scene', sceneOptional: 'Scene (optional)', label: 'Place', latitude: 'Latitude',
      longitude: 'Longitude', words: 'Recognized words', media: 'MediaId', from: 'Source', title: 'Title', path: 'Page', json: 'JSON fields',
    },
    badJson: 'this is no JSON object',
    platforms: {
      'official-account': 'official account', 'mini-program': 'mini program', wecom: 'WeCom', 'wecom-bot': 'WeCom bot', 'open-platform': 'open platform',
    },
    modes: { plain: 'plain', compatible: 'compatible', safe: 'safe' },
  },
};

// Each kind of message: its sign, the platforms that have it, its inputs, and the fields it makes.
const isWecom = () => current().platform === 'wecom';
const isRobot = () => current().platform === 'wecom-bot';
const event = (name, more) => ({ MsgType: 'event', Event: name, ...more });
const OFFICIAL = ['official-account', 'open-platform'];
const KINDS = {
  click: { sign: '☰', on: [...OFFICIAL, 'wecom'], inputs: { key: 'HELP' }, make: v => event(isWecom() ? 'click' : 'CLICK', { EventKey: v.key }) },
  view: { sign: '🔗', on: [...OFFICIAL, 'wecom'], inputs: { url: 'https://example.com/' }, make: v => event(isWecom() ? 'view' : 'VIEW', { EventKey: v.url }) },
  scan: { sign: '▣', on: OFFICIAL, inputs: { scene: 'door-7' }, make: v => event('SCAN', { EventKey: v.scene, Ticket: 'PLAYGROUND-TICKET' }) },
  location: {
    sign: '📍', on: [...OFFICIAL, 'wecom'], inputs: { label: '人民广场', latitude: '31.230416', longitude: '121.473701' },
    make: v => ({ MsgType: 'location', Location_X: v.latitude, Location_Y: v.longitude, Scale: '15', Label: v.label }),
  },
  voice: {
    sign: '🎙', on: [...OFFICIAL, 'wecom-bot'], inputs: { words: '帮助' },
    make: v => isRobot() ? { msgtype: 'voice', voice: { content: v.words } }
      : { MsgType: 'voice', MediaId: 'PLAYGROUND-VOICE', Format: 'amr', ...(v.words && { Recognition: v.words }) },
  },
  image: {
    sign: '🖼', on: [...OFFICIAL, 'mini-program', 'wecom'], inputs: { media: 'PLAYGROUND-IMAGE' },
    make: v => ({ MsgType: 'image', PicUrl: 'https://example.com/picture.jpg', MediaId: v.media }),
  },
  subscribe: {
    sign: '➕', on: [...OFFICIAL, 'wecom'], inputs: { sceneOptional: '' },
    make: v => event('subscribe', v.sceneOptional ? { EventKey: `qrscene_${v.sceneOptional}`, Ticket: 'PLAYGROUND-TICKET' } : { EventKey: '' }),
  },
  unsubscribe: { sign: '➖', on: [...OFFICIAL, 'wecom'], inputs: {}, make: () => event('unsubscribe', { EventKey: '' }) },
  enter: {
    sign: '🚪', on: ['mini-program', 'wecom', 'wecom-bot'], inputs: { from: 'home' },
    make: v => isRobot() ? { msgtype: 'event', event: { eventtype: 'enter_chat' } }
      : isWecom() ? event('enter_agent', { EventKey: '' }) : event('user_enter_tempsession', { SessionFrom: v.from }),
  },
  card: {
    sign: '▤', on: ['mini-program'], inputs: { title: '订单 7', path: 'pages/order/index?id=7' },
    make: v => ({ MsgType: 'miniprogrampage', Title: v.title, AppId: 'wx00112233445566aa', PagePath: v.path, ThumbUrl: 'https://example.com/t.jpg', ThumbMediaId: 'PLAYGROUND-THUMB' }),
  },
  raw: { sign: '{}', on: null, inputs: { json: '{\n  "MsgType": "event",\n  "Event": "SCAN",\n  "EventKey": "door-7"\n}' }, make: v => v.json },
};

const at = id => document.getElementById(id);
const log = at('log');
let seats = [{ name: '', platform: 'official-account', mode: '', suggestions: [] }];
let language = remembered('language') || (navigator.language.startsWith('zh') ? 'zh' : 'en');
const words = () => WORDS[language];
const current = () => seats.find(seat => seat.name === at('account').value) || seats[0];

// Storage may be refused, as in a private window.
function remembered(name) {
  try { return localStorage.getItem(`yizhan.${name}`); } catch { return null; }
}
function remember(name, value) {
  try { localStorage.setItem(`yizhan.${name}`, value); } catch { /* for this visit only */ }
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function seconds(ms) {
  return ms < 1000 ? `${ms} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}

function scroll() {
  log.scrollTop = log.scrollHeight;
}

function bubble(isMine, content) {
  const row = element('div', isMine ? 'row mine' : 'row');
  const face = element('div', 'face', isMine ? words().me : words().bot);
  face.setAttribute('aria-hidden', 'true');
  const body = element('div', 'bubble');
  body.append(...content);
  row.append(face, body);
  log.append(row);
  return row;
}

function system(text, isBad) {
  log.append(element('p', isBad ? 'system bad' : 'system', text));
}

// WeChat shows <a href> in a text as a link, and nothing else of HTML.
function texts(text) {
  const parts = [];
  let rest = text;
  const pattern = /<a\s[^>]*href=["']?(https?:\/\/[^"'\s>]+)["']?[^>]*>([^<]*)<\/a>/i;
  for (let found = pattern.exec(rest); found; found = pattern.exec(rest)) {
    parts.push(rest.slice(0, found.index), link(found[1], found[2]));
    rest = rest.slice(found.index + found[0].length);
  }
  parts.push(rest);
  return parts;
}

function link(url, text) {
  const made = element('a', '', text || url);
  made.href = /^https?:\/\//i.test(url) ? url : '#';
  made.target = '_blank';
  made.rel = 'noopener noreferrer';
  return made;
}

function articles(fields) {
  const list = fields.Articles && fields.Articles.item !== undefined ? fields.Articles.item : fields.Articles;
  return [].concat(list || []).map(article => {
    const made = element('span', 'article');
    made.append(element('b', '', String(article.Title || '')));
    if (article.Description) made.append(element('small', '', String(article.Description)));
    if (article.Url) made.append(link(String(article.Url), String(article.Url)));
    return made;
  });
}

function show(shown) {
  if (shown.type === 'system') return system(shown.text, true);
  if (shown.type === 'text' || shown.type === 'stream') return bubble(false, texts(shown.text));
  if (shown.type === 'news') return bubble(false, articles(shown.fields));
  if (shown.type === 'transfer_customer_service') return system(words().transfer);
  return bubble(false, [element('span', 'kind', shown.type), shown.text]);
}

// The tries of one exchange: a track of up to 15 s, and a line each.
function tries() {
  const box = element('div', 'tries');
  const track = element('div', 'track');
  track.setAttribute('aria-hidden', 'true');
  const list = element('ol');
  box.append(track, list);
  log.append(box);
  return { box, track, list };
}

function span(track, from, took, whole, name) {
  const part = element('i', name);
  part.style.left = `${from / whole * 100}%`;
  part.style.width = `${took / whole * 100}%`;
  track.append(part);
}

function line(list, index, name, text, took) {
  const item = element('li');
  item.append(element('span', '', words().try(index + 1)), element('span', `${name}-text`, `${text}${took === undefined ? '' : ` · ${seconds(took)}`}`));
  list.append(item);
}

function wait(parts) {
  const start = performance.now();
  const draw = () => {
    const ms = performance.now() - start;
    const whole = ms < 5000 ? 5000 : 15000;
    parts.track.classList.toggle('long', whole > 5000);
    parts.track.replaceChildren();
    parts.list.replaceChildren();
    const cut = Math.min(2, Math.floor(ms / 5000));
    for (let index = 0; index < cut; index += 1) {
      span(parts.track, index * 5000, 4950, whole, 'hung_up');
      line(parts.list, index, 'hung_up', words().hung_up, 5000);
    }
    span(parts.track, cut * 5000, ms - cut * 5000, whole, 'live');
    line(parts.list, cut, 'live', `${words().waiting} ${seconds(Math.round((ms - cut * 5000) / 100) * 100)}`);
  };
  draw();
  return setInterval(draw, 100);
}

function report(parts, exchange) {
  const last = exchange.tries[exchange.tries.length - 1];
  const end = last ? last.at_ms + last.took_ms : 0;
  const whole = end > 5000 ? 15000 : 5000;
  parts.track.classList.toggle('long', end > 5000);
  parts.track.replaceChildren();
  parts.list.replaceChildren();
  exchange.tries.forEach((one, index) => {
    span(parts.track, one.at_ms, Math.max(one.took_ms - whole / 300, 0), whole, one.what);
    const said = {
      answered: exchange.shown ? words().answered : words().silent,
      hung_up: words().hung_up,
      refused: words().refused(one.status),
      abnormal: words().abnormal(one.reason),
      unreachable: words().unreachable(one.reason),
    };
    line(parts.list, index, one.what, said[one.what] || one.what, one.took_ms);
  });
  const details = element('details');
  details.append(element('summary', '', words().details), element('pre', '', JSON.stringify(exchange, null, 2)));
  parts.box.append(details);
}

// What the bot sends through the API, beside its answers: asked for again and again, since a page
// that was reloaded has nothing to be told through.
const newest = {};
async function poll() {
  const [account, from] = [current().name, at('from').value.trim()];
  const query = new URLSearchParams({ from });
  if (account) query.set('account', account);
  const key = query.toString();
  try {
    const response = await fetch(`/playground/inbox?${key}&since=${newest[key] || 0}`);
    const { messages } = response.ok ? await response.json() : { messages: [] };
    // What was there before this page is not new.
    const isFirst = newest[key] === undefined;
    newest[key] = messages.reduce((most, message) => Math.max(most, message.seq), newest[key] || 0);
    if (!isFirst) messages.forEach(showPushed);
  } catch { /* the next one may come through */ }
  setTimeout(poll, 1000);
}

function showPushed(message) {
  const label = message.via.endsWith('/custom/send') ? words().pushed : message.type;
  bubble(false, [element('span', 'kind', label), ...texts(message.text)]);
  scroll();
}

async function say(own, saying) {
  bubble(true, own);
  const parts = tries();
  const timer = wait(parts);
  scroll();
  try {
    const body = { ...saying, from: at('from').value.trim() };
    if (current().name) body.account = current().name;
    const response = await fetch('/playground/say', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error ? answer.error.message : response.status);
    clearInterval(timer);
    report(parts, answer);
    if (answer.shown) show(answer.shown);
  } catch (error) {
    clearInterval(timer);
    parts.box.remove();
    system(`${words().failed}: ${error.message}`, true);
  }
  scroll();
}

function openForm(name) {
  const kind = KINDS[name];
  const form = at('extra');
  form.replaceChildren(element('h2', '', words().kinds[name]));
  const inputs = Object.entries(kind.inputs).map(([field, value]) => {
    const label = element('label', '', words().fields[field]);
    const input = element(field === 'json' ? 'textarea' : 'input');
    input.name = field;
    input.value = value;
    input.autocomplete = 'off';
    label.append(input);
    form.append(label);
    return input;
  });
  const buttons = element('div');
  const cancel = element('button', 'ghost', words().cancel);
  cancel.type = 'button';
  cancel.onclick = () => { form.hidden = true; };
  const send = element('button', '', words().send);
  send.type = 'submit';
  buttons.append(cancel, send);
  form.append(buttons);
  form.onsubmit = submitted => {
    submitted.preventDefault();
    const values = Object.fromEntries(inputs.map(input => [input.name, input.value.trim()]));
    let message = kind.make(values);
    if (name === 'raw') {
      try { message = JSON.parse(message); } catch { message = null; }
      if (message === null || typeof message !== 'object' || Array.isArray(message)) {
        inputs[0].setCustomValidity(words().badJson);
        inputs[0].reportValidity();
        inputs[0].oninput = () => inputs[0].setCustomValidity('');
        return;
      }
    }
    form.hidden = true;
    const told = Object.values(name === 'raw' ? { json: JSON.stringify(message) } : values).filter(Boolean).join(' · ');
    say([element('span', 'kind', `${kind.sign} ${words().kinds[name]}`), told], { message });
  };
  form.hidden = false;
  at('kinds').hidden = true;
  at('more').setAttribute('aria-expanded', 'false');
  scroll();
  (inputs[0] || send).focus();
}

function drawKinds() {
  const platform = current().platform;
  const buttons = Object.entries(KINDS).filter(([, kind]) => !kind.on || kind.on.includes(platform)).map(([name, kind]) => {
    const button = element('button');
    button.type = 'button';
    const sign = element('span', '', kind.sign);
    sign.setAttribute('aria-hidden', 'true');
    button.append(sign, words().kinds[name]);
    button.onclick = () => openForm(name);
    return button;
  });
  at('kinds').replaceChildren(...buttons);
}

function draw() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.title = words().title;
  for (const place of document.querySelectorAll('[data-t]')) place.textContent = words()[place.dataset.t];
  for (const place of document.querySelectorAll('[data-label]')) place.setAttribute('aria-label', words()[place.dataset.label]);
  at('language').textContent = words().other;
  at('language').lang = words().otherLang;
  at('text').placeholder = words().placeholder;
  at('from-shown').textContent = at('from').value;
  const seat = current();
  const about = [words().platforms[seat.platform] ?? seat.platform, words().modes[seat.mode] ?? seat.mode];
  at('about').textContent = about.filter(Boolean).join(' · ');
  at('chips').replaceChildren(...seat.suggestions.map(text => {
    const chip = element('button', '', text);
    chip.type = 'button';
    chip.onclick = () => say([text], { text });
    return chip;
  }));
  drawKinds();
}

at('from').value = remembered('from') || `oPlayground${Math.random().toString(36).slice(2, 10)}`;
at('from').onchange = () => { remember('from', at('from').value); draw(); };
remember('from', at('from').value);
at('language').onclick = () => {
  language = language === 'zh' ? 'en' : 'zh';
  remember('language', language);
  at('extra').hidden = true;
  draw();
};
at('account').onchange = () => { at('extra').hidden = true; draw(); };
at('more').onclick = () => {
  at('kinds').hidden = !at('kinds').hidden;
  at('more').setAttribute('aria-expanded', String(!at('kinds').hidden));
  scroll();
};
at('compose').onsubmit = submitted => {
  submitted.preventDefault();
  const text = at('text').value;
  if (!text) return;
  at('text').value = '';
  say([text], { text });
};
draw();
fetch('/playground/accounts').then(response => response.json()).then(found => {
  if (!found.length) return;
  seats = found;
  at('account').replaceChildren(...found.map(seat => {
    const option = element('option', '', seat.name);
    option.value = seat.name;
    return option;
  }));
  at('pick-account').hidden = found.length < 2;
  draw();
  poll();
}).catch(error => system(`${words().failed}: ${error.message}`, true));
