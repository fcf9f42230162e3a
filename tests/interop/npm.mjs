// @wecom/crypto against `yizhan serve`: an application of 企业微信, and a robot of it.
// Called by interop.py; prints [name, fault or null] for each check.

import assert from 'node:assert/strict';
import { decrypt, encrypt, getSignature } from '@wecom/crypto';

const { wecom, robot } = JSON.parse(process.env.INTEROP);
let nextId = 7600000000000000001n;

function query(account, sealed, more = {}) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = String(Math.floor(Math.random() * 2 ** 31));
  const signature = getSignature(account.token, timestamp, nonce, sealed);
  return new URLSearchParams({ msg_signature: signature, timestamp, nonce, ...more });
}

async function post(account, sealed, parameters = query(account, sealed)) {
  const isRobot = account === robot;
  const body = isRobot ? JSON.stringify({ encrypt: sealed })
    : `<xml><ToUserName><![CDATA[${account.id}]]></ToUserName><AgentID>1000002</AgentID><Encrypt><![CDATA[${sealed}]]></Encrypt></xml>`;
  const headers = { 'Content-Type': isRobot ? 'application/json' : 'text/xml' };
  const response = await fetch(`${account.url}?${parameters}`, { method: 'POST', headers, body });
  return { status: response.status, body: await response.text() };
}

function text(content) {
  nextId += 1n;
  return `<xml><ToUserName><![CDATA[${wecom.id}]]></ToUserName><FromUserName><![CDATA[lisi]]></FromUserName>`
    + `<CreateTime>${Math.floor(Date.now() / 1000)}</CreateTime><MsgType><![CDATA[text]]></MsgType>`
    + `<Content><![CDATA[${content}]]></Content><MsgId>${nextId}</MsgId><AgentID>1000002</AgentID></xml>`;
}

const element = (xml, name) => new RegExp(`<${name}>(?:<!\\[CDATA\\[)?([^]*?)(?:\\]\\]>)?</${name}>`).exec(xml)[1];

// Verifies and opens an answer of ours.
function open(account, answer) {
  assert.equal(answer.status, 200);
  const isRobot = account === robot;
  const envelope = isRobot ? JSON.parse(answer.body) : null;
  const [sealed, signature, timestamp, nonce] = isRobot
    ? [envelope.encrypt, envelope.msgsignature, envelope.timestamp, envelope.nonce]
    : ['Encrypt', 'MsgSignature', 'TimeStamp', 'Nonce'].map(name => element(answer.body, name));
  if (isRobot) assert.deepEqual([typeof timestamp, typeof nonce], ['number', 'string']);
  assert.equal(signature, getSignature(account.token, timestamp, nonce, sealed));
  const { message, id } = decrypt(account.key, sealed);
  assert.equal(id, account.id);
  return message;
}

async function echo(content) {
  const message = open(wecom, await post(wecom, encrypt(wecom.key, text(content), wecom.id)));
  assert.equal(element(message, 'ToUserName'), 'lisi');
  assert.equal(element(message, 'FromUserName'), wecom.id);
  return element(message, 'Content');
}

function isRefused(answer) {
  assert.ok([400, 401, 403].includes(answer.status), `status ${answer.status}`);
}

const checks = {
  async 'makes the URL check'() {
    for (const account of [wecom, robot]) {
      const sealed = encrypt(account.key, '1616140317555161061', account.id);
      const response = await fetch(`${account.url}?${query(account, sealed, { echostr: sealed })}`);
      assert.deepEqual([response.status, await response.text()], [200, '1616140317555161061']);
    }
  },
  async 'opens our answer'() {
    for (const content of ['hello', '请假 一天 👋', '<b>&amp;</b>', 'line\nline']) {
      assert.equal(await echo(content), `你说:${content}`);
    }
  },
  async 'agrees with us on every length of padding'() {
    for (let length = 1; length <= 64; length += 1) {
      assert.equal(await echo('x'.repeat(length)), `你说:${'x'.repeat(length)}`);
    }
  },
  async 'opens our answer of a robot, whose receiver is empty'() {
    const message = { msgid: 'INTEROP-1', aibotid: 'AIB1', chattype: 'single', from: { userid: 'lisi' }, msgtype: 'text', text: { content: '你好' } };
    const reply = JSON.parse(open(robot, await post(robot, encrypt(robot.key, JSON.stringify(message), ''))));
    assert.equal(reply.msgtype, 'stream');
    assert.deepEqual([reply.stream.content, reply.stream.finish], ['你说:你好', true]);
  },
  async 'is refused with another signature'() {
    const sealed = encrypt(wecom.key, text('forged'), wecom.id);
    isRefused(await post(wecom, sealed, query(wecom, sealed.slice(1))));
  },
  async 'is refused with an envelope for another company'() {
    isRefused(await post(wecom, encrypt(wecom.key, text('lost'), 'ww00000000000000ff')));
  },
  async 'is refused with the key of another account'() {
    isRefused(await post(wecom, encrypt(robot.key, text('lost'), wecom.id)));
  },
};

for (const [name, run] of Object.entries(checks)) {
  let fault = null;
  try {
    await run();
  } catch (error) {
    fault = error.message;
  }
  console.log(JSON.stringify([`@wecom/crypto: ${name}`, fault]));
}
