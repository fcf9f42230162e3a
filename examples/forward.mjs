// A program behind `forward`: Yizhan hands it a message as JSON, and its answer goes to the user.
//
//     [server]
//     webhook_secret = "env:WEBHOOK_SECRET"    # whsec_ and 24 to 64 random bytes in base64
//     private_hosts = ["127.0.0.1"]            # this program is on the same machine
//
//     [[rule]]                                 # in a file of handlers/
//     name = "my-program"
//     forward = { url = "http://127.0.0.1:9000/events", timeout = "5s" }
//
//     WEBHOOK_SECRET=whsec_… PORT=9000 node examples/forward.mjs

import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const KEY = Buffer.from((process.env.WEBHOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64');
if (KEY.length < 24) throw new Error('WEBHOOK_SECRET is not whsec_ and 24 to 64 bytes in base64');
const OLDEST = 300; // seconds; what was signed longer ago, somebody may have kept and sent again
const LARGEST = 1 << 20;

/** Whether the holder of the secret signed this, just now. See standardwebhooks.com. */
function isGenuine(headers, body) {
  const stamp = headers['webhook-timestamp'] ?? '';
  const mac = createHmac('sha256', KEY).update(`${headers['webhook-id'] ?? ''}.${stamp}.`);
  const expected = Buffer.from(`v1,${mac.update(body).digest('base64')}`);
  const given = (headers['webhook-signature'] ?? '').split(' '); // two, while a secret is changed
  const isSigned = given.map((one) => Buffer.from(one))
    .some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  return isSigned && Math.abs(Date.now() / 1000 - Number(stamp)) <= OLDEST;
}

/** What is said, and what is pushed through a channel; {} says nothing. */
function answer({ fields }) {
  const text = fields.Content ?? '';
  if (text === 'ping') return { reply: 'pong' };
  if (text.startsWith('报告 ')) {
    const push = { channel: 'ops', title: '报告 A report', body: text.slice('报告 '.length) };
    return { reply: '已通知 / They have been told', push: [push] };
  }
  return {};
}

async function serve(request, response) {
  const chunks = []; // the bytes as they came: they are what is signed
  let length = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LARGEST) return response.writeHead(413, { connection: 'close' }).end();
  }
  const body = Buffer.concat(chunks);
  if (!isGenuine(request.headers, body)) return response.writeHead(401).end();
  const out = JSON.stringify(answer(JSON.parse(body)));
  return response.writeHead(200, { 'content-type': 'application/json' }).end(out);
}

createServer((request, response) => serve(request, response).catch(() => response.destroy()))
  .listen(Number(process.env.PORT ?? 9000), '127.0.0.1');
