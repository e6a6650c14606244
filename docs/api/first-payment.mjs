// A first payment with nothing but Node.js (18 or newer): signed, sent, verified, repeated while that is right, queried until it is final.
//
//   node first-payment.mjs URL INST_ID PRIVATE_KEY_PEM GATEWAY_PUBLIC_PEM [CA_PEM] [AMOUNT]
//
// Exit 0: paid. 1: not paid, and the answer says why. 2: nobody knows yet.
import { randomUUID, sign as makeSignature, verify as verifySignature } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';

const [url, instId, keyFile, gatewayKeyFile, caFile, amount = '88.80'] = process.argv.slice(2);
const privateKey = readFileSync(keyFile);
const gatewayKey = readFileSync(gatewayKeyFile);
// CA_PEM is for a sandbox, which has a certificate of its own making. A real gateway's is signed by a public authority.
const agent = new https.Agent({ keepAlive: true, minVersion: 'TLSv1.2', ca: caFile && readFileSync(caFile) });

// All members but sign, sorted by name, name=value joined by &. The names are ASCII: sort() is their byte order.
const signingString = (members) =>
  Object.keys(members).filter((name) => name !== 'sign').sort().map((name) => `${name}=${members[name]}`).join('&');

const signed = (members) => ({ ...members, sign: makeSignature('sha256', Buffer.from(signingString(members), 'utf8'), privateKey).toString('base64') });

const isGenuine = (message) =>
  verifySignature('sha256', Buffer.from(signingString(message), 'utf8'), gatewayKey, Buffer.from(message.sign, 'base64'));

const beijingNow = () => new Date(Date.now() + 8 * 3600e3).toISOString().replace(/\D/g, '').slice(0, 14);

const request = (bizType, own) =>
  ({ version: '1.3', charset: 'UTF-8', sign_type: 'RSA2', biz_type: bizType, req_id: randomUUID(), inst_id: instId, ...own });

const post = (body) => new Promise((resolve, reject) => {
  const call = https.request(url, {
    method: 'POST', agent, timeout: 15_000, headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
  }, (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString('utf8') }));
  });
  call.on('timeout', () => call.destroy(new Error('no answer in 15 s')));
  call.on('error', reject);
  call.end(body);
});

// One try: an answer that verifies and is ours, or null, which says nothing about what became of the request.
const ask = async (members) => {
  try {
    const { status, text } = await post(JSON.stringify(signed({ ...members, req_time: beijingNow() })));
    const answer = status === 200 ? JSON.parse(text) : null;
    if (answer && isGenuine(answer) && answer.req_id === members.req_id && answer.biz_type === members.biz_type) return answer;
    console.error(answer ? 'an answer that does not verify' : `HTTP ${status}`);
  } catch (failure) {
    console.error(failure.message);
  }
  return null;
};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms * (0.9 + 0.2 * Math.random())));

// "Same req_id": nothing was recorded. No answer: nobody knows. Both are repeated as they are, with the time of now.
const SAME_REQ_ID = ['A001', 'A002', 'A003', 'B012', 'D004'];
const askUntilAnswered = async (members) => {
  for (let wait = 1000; ; wait = Math.min(2 * wait, 30_000)) {
    const answer = await ask(members);
    if (answer && !SAME_REQ_ID.includes(answer.resp_code)) return answer;
    console.error(`${answer ? `${answer.resp_code} ${answer.resp_msg}` : 'no answer'}; the same req_id again`);
    await pause(wait);
  }
};

const order = randomUUID();
let trade = await askUntilAnswered(request('SCAN_PAY', {
  out_trade_no: order, total_amount: amount, currency: 'HKD', trade_type: 'SCAN', qr_type: '02', qr_content: 'https://qr.example.hk/p?m=1&o=2',
  body: '咖啡', terminal_type: '01', terminal_id: 'T01',
}));
console.log(trade.resp_code, trade.resp_msg, trade.trade_status ?? '', trade.trade_no ?? '');

for (let wait = 3000, tries = 0; trade.trade_status === 'PENDING' && tries < 10; wait = Math.min(2 * wait, 60_000), tries++) {
  await pause(wait);
  trade = await askUntilAnswered(request('TRADE_QUERY', { out_trade_no: order }));
  console.log(trade.resp_code, trade.resp_msg, trade.trade_status ?? '', trade.fail_code ?? '');
}
agent.destroy();
process.exit(trade.trade_status === 'SUCCESS' ? 0 : trade.trade_status === 'PENDING' ? 2 : 1);
