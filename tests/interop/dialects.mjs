// Clients of npm for other push services against our dialects: pushoo, push-all-in-one, ntfy,
// gotify. Called by dialects.py; prints [name, fault or null, what must arrive] for each check.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const http = require('node:http');
const https = require('node:https');

// Some clients print what they do.
for (const level of ['debug', 'info', 'log']) console[level] = console.error;

const given = JSON.parse(process.env.INTEROP);
const origin = new URL(given.origin);

// What is meant for a service's own host goes to its dialect; the clients are as published.
for (const module of [http, https]) {
  const own = http.request;
  module.request = (options, ...rest) => {
    const base = given.hosts[options?.hostname];
    if (!base) return own(options, ...rest);
    const path = base + options.path;
    const { hostname, port } = origin;
    return own({ ...options, protocol: 'http:', hostname, host: hostname, port, path, agent: undefined }, ...rest);
  };
}

const pushoo = require('pushoo').default;
const { PushDeer, PushPlus, Qmsg, ServerChanTurbo, ServerChanV3, WxPusher, Ntfy } = require('push-all-in-one');
const { gotify } = require('gotify');
const { publish } = await import('ntfy');

const bark = { token: `${given.origin}/as/bark/${given.device}`, title: '磁盘', content: '满/了 7' };
const said = (options) => ({ token: given.hex, title: '磁盘', content: '**满**', ...options });

const checks = {
  async 'pushoo: Server酱'() {
    const answer = await pushoo('serverchan', said({ token: given.turbo }));
    assert.equal(answer.code, 0);
    return ['磁盘', '**满**', 'markdown'];
  },
  async 'pushoo: pushplus'() {
    const answer = await pushoo('pushplus', said());
    assert.equal(answer.code, 200);
    assert.equal(typeof answer.data, 'string');
    return ['磁盘', '**满**', 'markdown'];
  },
  async 'pushoo: Qmsg'() {
    const answer = await pushoo('qmsg', said());
    assert.equal(answer.success, true);
    return ['', '磁盘\n满', 'text'];
  },
  async 'pushoo: WxPusher'() {
    const answer = await pushoo('wxpusher', said({ token: `${given.app}#12,13` }));
    assert.equal(answer.code, 1000);
    assert.deepEqual(answer.data.map(one => one.topicId), [12, 13]);
    return ['磁盘', '**满**', 'markdown'];
  },
  async 'pushoo: Bark'() {
    const answer = await pushoo('bark', bark);
    assert.equal(answer.code, 200);
    return ['磁盘', '满/了 7', 'text'];
  },
  async 'push-all-in-one: Server酱 Turbo'() {
    const client = new ServerChanTurbo({ SERVER_CHAN_TURBO_SENDKEY: given.turbo });
    const { data } = await client.send('磁盘', '满', { noip: true });
    assert.equal(data.data.errno, 0);
    return ['磁盘', '满', 'markdown'];
  },
  async 'push-all-in-one: Server酱³'() {
    const client = new ServerChanV3({ SERVER_CHAN_V3_SENDKEY: given.three });
    const { data } = await client.send('磁盘', '满', { tags: ['a', 'b'] });
    assert.equal(data.code, 0);
    return ['磁盘', '满', 'markdown'];
  },
  async 'push-all-in-one: pushplus'() {
    const client = new PushPlus({ PUSH_PLUS_TOKEN: given.hex });
    const { data } = await client.send('磁盘', '满', { template: 'txt', channel: 'wechat' });
    assert.equal(data.code, 200);
    return ['磁盘', '满', 'text'];
  },
  async 'push-all-in-one: Qmsg'() {
    const client = new Qmsg({ QMSG_KEY: given.hex });
    const { data } = await client.send('磁盘', '满 & 100%', { type: 'send', qq: '10001' });
    assert.deepEqual([data.code, data.reason], [0, '操作成功']);
    return ['', '磁盘\n满 & 100%', 'text'];
  },
  async 'push-all-in-one: PushDeer'() {
    const client = new PushDeer({ PUSH_DEER_PUSH_KEY: given.device, PUSH_DEER_ENDPOINT: 'http://pushdeer.test' });
    const { data } = await client.send('磁盘', '**满**', { type: 'markdown' });
    assert.equal(data.content.result.length, 1);
    return ['磁盘', '**满**', 'markdown'];
  },
  async 'push-all-in-one: WxPusher'() {
    const client = new WxPusher({ WX_PUSHER_APP_TOKEN: given.app, WX_PUSHER_UID: 'UID_a' });
    const { data } = await client.send('磁盘', '满', { contentType: 1 });
    assert.equal(data.data[0].uid, 'UID_a');
    return ['', '磁盘\n满', 'text'];
  },
  async 'push-all-in-one: ntfy'() {
    const client = new Ntfy({ NTFY_URL: 'http://ntfy.test/', NTFY_TOPIC: given.device, NTFY_AUTH: '' });
    const { data } = await client.send('磁盘 满', '满', { tags: 'warning', priority: 5 });
    assert.deepEqual([data.event, data.priority], ['message', 5]);
    return ['磁盘 满', '满', 'text'];
  },
  async 'ntfy of npm'() {
    const answer = await publish({
      server: `${given.origin}/as/ntfy/`, topic: given.device, title: 'disk', message: '满', priority: 4, tags: ['warning'],
      fileURL: { url: 'https://a.example/a.png', filename: 'a.png' },
    });
    assert.deepEqual([answer.event, answer.tags], ['message', ['warning']]);
    return ['disk', '满\n\nhttps://a.example/a.png', 'text'];
  },
  async 'gotify of npm'() {
    const answer = await gotify({ server: `${given.origin}/as/gotify`, app: given.gotify, title: '磁盘', message: '满', priority: 5 });
    assert.ok(answer.id >= 1);
    return ['磁盘', '满', 'text'];
  },
};

for (const [name, run] of Object.entries(checks)) {
  let fault = null;
  let sent = null;
  try {
    sent = await run();
  } catch (error) {
    fault = String(error.stack ?? error).split('\n').slice(0, 2).join(' ');
  }
  process.stdout.write(`${JSON.stringify([name, fault, sent])}\n`);
}
