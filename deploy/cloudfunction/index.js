'use strict';

// A cloud function (云函数) that hands messages on to Yizhan, and what Yizhan answers back to WeChat.
// No packages: everything it needs comes with Node. Environment variables of the function:
//
//   YIZHAN_URL         https://bot.example.com/callback/shop: an account with source = "cloud-function"
//   YIZHAN_TOKEN       the `token` of that account
//   YIZHAN_TIMEOUT_MS  how long an answer may take; 4800 unless given. WeChat waits 5 s, so give the
//                      function itself a time limit of 6 s or more: 3 s, the default, is too short.
//
// What becomes of an answer:
//
//   200, a JSON object            that object: the reply
//   200, `success` or nothing     'success'
//   no connection, 502, 503, 504  once more, if there is time: Yizhan works on each message once
//   anything else, or too late    an error in the function's log, and 'success'. Otherwise WeChat
//                                 would tell the user that the service is down.
//   a variable is missing         an error, so that the first test in the console shows it

const http = require('http');
const https = require('https');

const LARGEST_ANSWER = 64 * 1024;
const TRIED_AGAIN = [502, 503, 504];

exports.main = async (event) => {
  const { YIZHAN_URL: url, YIZHAN_TOKEN: token } = process.env;
  if (!url || !token) {
    throw new Error('set YIZHAN_URL and YIZHAN_TOKEN among the environment variables');
  }
  const deadline = Date.now() + Number(process.env.YIZHAN_TIMEOUT_MS || 4800);
  for (let attempt = 1; ; attempt += 1) {
    let status = 0;
    try {
      const answer = await post(url, token, JSON.stringify(event), deadline - Date.now());
      status = answer.status;
      if (status === 200) {
        return reply(answer.body);
      }
      throw new Error(`the station answered ${status}`);
    } catch (error) {
      const isWorthIt = status === 0 || TRIED_AGAIN.includes(status);
      if (isWorthIt && attempt < 2 && Date.now() < deadline - 500) {
        continue;
      }
      console.error(`yizhan: ${error.message}`);
      return 'success';
    }
  }
};

function reply(body) {
  return body.startsWith('{') ? JSON.parse(body) : 'success';
}

function post(url, token, body, left) {
  return new Promise((resolve, reject) => {
    const { request } = url.startsWith('https:') ? https : http;
    const headers = {
      'Authorization': `Bearer ${token}`,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    };
    // No kept connections: between two messages the function is frozen, and they die unseen.
    const sent = request(url, { method: 'POST', headers, agent: false }, (response) => {
      const parts = [];
      let size = 0;
      response.on('data', (part) => {
        size += part.length;
        if (size > LARGEST_ANSWER) {
          sent.destroy(new Error('the answer is too long'));
        }
        parts.push(part);
      });
      response.on('error', reject);
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode, body: Buffer.concat(parts).toString('utf8') });
      });
    });
    const timer = setTimeout(() => sent.destroy(new Error('no answer in time')), Math.max(left, 0));
    sent.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(body);
  });
}
