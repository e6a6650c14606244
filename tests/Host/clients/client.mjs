// A client of the gateway written from the protocol alone, in another language, with nothing but Node's own crypto and https.
// It shares no code with the gateway: where both agree, they agree on the protocol.
//
//   node client.mjs URL CA_PEM INST_ID PRIVATE_KEY_PEM GATEWAY_PUBLIC_PEM RECEIVER_URL
//
// RECEIVER_URL shows what the institution was notified of, a line each: the notifications of this client's own payments are verified as an institution would.
// Signs with RSA2 or ES256, as its private key is. Pays, repeats, queries, changes and breaks requests; verifies every answer over its own bytes. Exit 0: everything as the protocol says.
import { createHash, createPrivateKey, randomBytes, randomUUID, sign as makeSignature, verify as verifySignature } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';

const [url, caFile, instId, keyFile, gatewayKeyFile, receiverUrl] = process.argv.slice(2);
const agent = new https.Agent({ ca: readFileSync(caFile), keepAlive: true, minVersion: 'TLSv1.2' });
const privateKey = readFileSync(keyFile, 'utf8');
const gatewayKey = readFileSync(gatewayKeyFile, 'utf8');
const isEs256 = createPrivateKey(privateKey).asymmetricKeyType === 'ec';
const signType = isEs256 ? 'ES256' : 'RSA2';
// ES256: r and s as they are; Node's own default for EC keys is DER. RSA keys pay no attention to it.
const withKey = (key, dsaEncoding = 'ieee-p1363') => (isEs256 ? { key, dsaEncoding } : key);

const signingText = (members) => Object.keys(members).filter((name) => name !== 'sign')
  .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  .map((name) => `${name}=${members[name]}`).join('&');

const sign = (members, encoding) =>
  ({ ...members, sign: makeSignature('sha256', Buffer.from(signingText(members), 'utf8'), withKey(privateKey, encoding)).toString('base64') });

const beijingNow = (aheadMs = 0) => new Date(Date.now() + aheadMs + 8 * 3600e3).toISOString().replace(/\D/g, '').slice(0, 14);

const common = (bizType, more) => ({
  version: '1.3', charset: 'UTF-8', sign_type: signType, biz_type: bizType, req_time: beijingNow(),
  req_id: randomUUID(), inst_id: instId, ...more,
});

const payment = (more) => common('SCAN_PAY', {
  out_trade_no: randomUUID(), total_amount: '88.80', currency: 'HKD', trade_type: 'SCAN', qr_type: '02',
  qr_content: 'https://qr.example.hk/p?m=1&o=2', body: '咖啡 A&B "two" \\ 😀', terminal_type: '01', terminal_id: 'T01', ...more,
});

const post = (body) => new Promise((resolve, reject) => {
  const request = https.request(url, {
    method: 'POST', agent, headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
  }, (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString('utf8') }));
  });
  request.on('error', reject);
  request.end(body);
});

const check = (isTrue, what, seen) => {
  if (!isTrue) {
    console.error(`FAILED: ${what}`, seen ?? '');
    process.exit(1);
  }
  console.log(`ok: ${what}`);
};

const call = async (members, tries = 300) => {
  const { status, text } = await post(JSON.stringify(members));
  check(status === 200, 'answered with HTTP 200', status);
  const answer = JSON.parse(text);
  check(Object.values(answer).every((value) => typeof value === 'string' && value !== ''), 'every member is a non-empty string', answer);
  check(verifySignature('sha256', Buffer.from(signingText(answer), 'utf8'), withKey(gatewayKey), Buffer.from(answer.sign, 'base64')), 'answer verifies', answer);
  // System busy, nothing was recorded: the same again, as the protocol says. A machine that runs other tests too is busy.
  if (answer.resp_code === 'A001' && tries > 0) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return call(members, tries - 1);
  }
  return { answer, text };
};

const received = () => new Promise((resolve, reject) => {
  https.get(`${receiverUrl}notifications/${instId}`, { agent }, (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line).notification)));
  }).on('error', reject);
});

// What this number's notification says, verified; it is the query's answer but for what belongs to the call.
const notified = async (notifyId, queried) => {
  for (let tries = 0; ; tries++) {
    const told = (await received()).find((one) => one?.notify_id === notifyId);
    if (told) {
      check(verifySignature('sha256', Buffer.from(signingText(told), 'utf8'), withKey(gatewayKey), Buffer.from(told.sign, 'base64')), `notification ${notifyId} verifies`, told);
      check(told.notify_type === (notifyId[0] === 'T' ? 'TRADE_NOTIFY' : 'REFUND_NOTIFY') && /^\d{14}$/.test(told.notify_time) && told.inst_id === instId, 'it says what it is', told);
      const ofTheCall = ['resp_code', 'resp_msg', 'resp_time', 'resp_id', 'req_id', 'biz_type', 'sign', 'key_id', 'total_refunded_amount',
        ...(notifyId[0] === 'T' ? ['refund_status'] : [])];
      const same = Object.keys(queried).filter((name) => !ofTheCall.includes(name));
      check(same.length > 4 && same.every((name) => told[name] === queried[name]), 'it says what the query says', { told, queried });
      return told;
    }
    check(tries < 200, `notification ${notifyId} came`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

// The vector: if this fails, look no further.
const vector = {
  biz_type: 'SCAN_PAY', body: '咖啡 A&B', charset: 'UTF-8', currency: 'HKD', inst_id: 'CN0001', out_trade_no: 'T1001',
  qr_content: 'https://qr.example.hk/p?m=1&o=2', qr_type: '01', req_id: 'R202609190001', req_time: '20260919103000', sign_type: 'RSA2',
  terminal_id: 'T01', terminal_type: '01', total_amount: '88.80', trade_type: 'SCAN', version: '1.3',
};
check(createHash('sha256').update(signingText(vector), 'utf8').digest('hex') ===
  '0e25fef90638c544eb4bf67d1bac5fce60f5d10eb57463fcf973d05bd92f57ed', 'signing string is the vector');

// The vector of notifications: signed with RSA2, whatever this institution has.
const notificationVector = {
  currency: 'JPY',
  inst_id: 'CN0001',
  key_id: 'gw-1',
  merchant_city: '東京',
  merchant_name: '咖啡 A&B',
  notify_id: 'T2026091910300012300100000001',
  notify_time: '20260919103002',
  notify_type: 'TRADE_NOTIFY',
  out_trade_no: 'T1001',
  refund_status: 'NONE',
  total_amount: '1500',
  total_refunded_amount: '0',
  trade_no: '2026091910300012300100000001',
  trade_status: 'SUCCESS',
  trade_time: '20260919103001',
  sign: 'X1VpLyYLBSNokYjWSsew73nJNnHIUyG8RUAxImQyUzzm0v5UuAmj+QMfYCsIvZ6ebZZgojFHwaDuw3EQnwdMD01lquSXxaYDHIhbth33mnzpjHypWQW1e+MdNQQQbIYd6Et079qoGSKE8qr6TwJ29xw87XyFnpAmd166f+/NdzSp9Gl7SrPuNCWXYPZX3BRpApLUy1Bd6GZC+iYlgzjND/Tf7c5xKSSc2jjCxaeUgMLgZl2+NwJZf9Qx/h6fgVwDoqdoLQntwrJx4gr2aBKpwITBiCBFC8+XapxKowDGy2hiJ+IVtJYzpx8go3t7l1Yue9RMz74+1YR6rIdrdWtfLQ==',
};
const notificationKey = [
  '-----BEGIN PUBLIC KEY-----',
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAlS2lvaZI8yvvsYHmKVVb',
  '7GILMwBQeadQRclK1O7zkYhmhHsr22EORTYHOuLe4ZYARvXi2qRV8eQKS51frorS',
  'EiGa82zivOcK+lekCPQj7rrBh2eL8g1b+I/eu2o47wTKgJ22UHX3liP9I4P+zBSc',
  'O9EKeASFcjJBCqoDCDCvgadJZ7AeV7uQNvjP3yH0G5ylFSlBSmkoh0dVVQPOnPu/',
  'lJUXLjtaFsSCfEaIYAv06GIY0r9PoenGHfTvw0NnqAE/kbU2KJgWS54eh8oG789x',
  'AU0Dl23L5B9OWIivXs5lyLuC0x11TZctJLAKI3ezICMXDCGknaR9n4xEf2DzHUxK',
  'BwIDAQAB',
  '-----END PUBLIC KEY-----',
].join('\n');
check(verifySignature('sha256', Buffer.from(signingText(notificationVector), 'utf8'), notificationKey, Buffer.from(notificationVector.sign, 'base64')),
  'the vector of notifications verifies');

const request = sign(payment());
const paid = await call(request);
check(paid.answer.resp_code === '0000' && paid.answer.trade_status === 'SUCCESS', 'payment succeeded', paid.answer);
check(paid.answer.req_id === request.req_id && paid.answer.inst_id === instId && paid.answer.biz_type === 'SCAN_PAY', 'answer is for this request');
check(paid.answer.out_trade_no === request.out_trade_no && paid.answer.total_amount === '88.80' && paid.answer.currency === 'HKD', 'answer repeats the order');
check(/^\d{28}$/.test(paid.answer.trade_no) && /^\d{28}$/.test(paid.answer.resp_id), 'numbers have 28 digits');
check(/^\d{14}$/.test(paid.answer.trade_time) && /^\d{14}$/.test(paid.answer.resp_time), 'times have 14 digits');

check((await call(request)).text === paid.text, 'the repeated request gets the same bytes');
const { sign: _, ...unsigned } = request;
const later = sign({ ...unsigned, req_time: beijingNow(), nonce: 'n-' + randomUUID(), version: '1.2', charset: 'utf-8' });
check((await call(later)).text === paid.text, 'so does one with another time, nonce, version and charset');
const stale = sign({ ...unsigned, req_time: '20200101000000' });
check((await call(stale)).text === paid.text, 'and one whose req_time is old: a known req_id is answered first');

const changed = await call(sign({ ...unsigned, total_amount: '88.81' }));
check(changed.answer.resp_code === 'C004' && !changed.answer.trade_no, 'same req_id, other content: C004', changed.answer);
const sameOrder = await call(sign({ ...unsigned, req_id: randomUUID() }));
check(sameOrder.answer.resp_code === 'B005' && sameOrder.answer.trade_no === paid.answer.trade_no, 'same order, new req_id: B005 with the trade', sameOrder.answer);

for (const by of [{ trade_no: paid.answer.trade_no }, { out_trade_no: request.out_trade_no },
  { trade_no: paid.answer.trade_no, out_trade_no: request.out_trade_no }]) {
  const { answer } = await call(sign(common('TRADE_QUERY', by)));
  check(answer.resp_code === '0000' && answer.trade_status === 'SUCCESS' && answer.trade_no === paid.answer.trade_no &&
    answer.trade_time === paid.answer.trade_time && answer.refund_status === 'NONE', `query by ${Object.keys(by)} finds it`, answer);
}
for (const by of [{ trade_no: '2026010100000000000100000001' }, { out_trade_no: 'none' }, { trade_no: paid.answer.trade_no, out_trade_no: 'other' }]) {
  check((await call(sign(common('TRADE_QUERY', by)))).answer.resp_code === 'B006', `query by unknown ${Object.keys(by)}: B006`);
}

for (const [amount, code] of [['1.02', 'B002'], ['1.03', 'B003'], ['1.04', 'B004']]) {
  const { answer } = await call(sign(payment({ total_amount: amount })));
  check(answer.resp_code === code && answer.trade_status === 'FAILED', `declined by the channel: ${code}`, answer);
  const { answer: asked } = await call(sign(common('TRADE_QUERY', { trade_no: answer.trade_no })));
  check(asked.resp_code === '0000' && asked.trade_status === 'FAILED' && asked.fail_code === code, 'query shows the reason', asked);
  await notified(`T${answer.trade_no}`, asked);
}
const refused = await call(sign(payment({ total_amount: '1.11' })));
check(refused.answer.resp_code === 'B001' && refused.answer.trade_status === 'FAILED', 'channel never received it: B001', refused.answer);

const pending = sign(payment({ total_amount: '1.05' }));
const first = await call(pending);
check(first.answer.resp_code === '0001' && first.answer.trade_status === 'PENDING', 'no result yet: 0001', first.answer);
const again = await call(pending);
check(again.answer.trade_no === first.answer.trade_no && ['0001', '0000'].includes(again.answer.resp_code), 'repeated while pending: the same trade');
let settled = again.answer;
for (let i = 0; i < 60 && settled.trade_status !== 'SUCCESS'; i++) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  settled = (await call(sign(common('TRADE_QUERY', { trade_no: first.answer.trade_no })))).answer;
}
check(settled.trade_status === 'SUCCESS', 'the late result is adopted');
const final = await call(pending);
check(final.answer.resp_code === '0000' && (await call(pending)).text === final.text, 'and repeated byte for byte');

// By face: the same trade, another way to say who pays. Its ciphertext may be another one in a repetition, and is in no answer.
const face = (more) => common('FACE_PAY', {
  out_trade_no: randomUUID(), total_amount: '88.80', currency: 'HKD', trade_type: 'FACEPAY', face_data: randomBytes(36_000).toString('base64'),
  face_device_id: '设备-01', merchant_id: 'M01', terminal_id: 'T01', ...more,
});
const faceRequest = face();
const faced = await call(sign(faceRequest));
check(faced.answer.resp_code === '0000' && faced.answer.trade_status === 'SUCCESS' && faced.answer.biz_type === 'FACE_PAY' &&
  faced.answer.out_trade_no === faceRequest.out_trade_no && !faced.answer.merchant_name, 'a payment by face of 48,000 bytes succeeded', faced.answer);
check((await call(sign({ ...faceRequest, face_data: 'ciphered anew' }))).text === faced.text, 'its repetition with other face_data gets the same bytes');
check((await call(sign({ ...faceRequest, merchant_id: 'M02' }))).answer.resp_code === 'C004', 'with another merchant: C004');
check((await call(sign(common('TRADE_QUERY', { trade_no: faced.answer.trade_no })))).answer.trade_status === 'SUCCESS', 'query finds it');
for (const [code, name, wrong] of [['C001', 'face_data', { face_data: undefined }], ['C001', 'merchant_id', { merchant_id: undefined }],
  ['C002', 'face_data', { face_data: 'x'.repeat(48 * 1024 + 1) }], ['C003', 'trade_type', { trade_type: 'SCAN' }], ['C003', 'qr_type', { qr_type: '01' }]]) {
  const { answer } = await call(sign(JSON.parse(JSON.stringify(face(wrong)))));
  check(answer.resp_code === code && answer.resp_msg.endsWith(': ' + name), `face payment is refused: ${code} ${name}`, answer);
}
check((await post(JSON.stringify(sign(face({ face_data: 'x'.repeat(64 * 1024) }))))).status === 413, 'more than 64 KiB: 413');

// Refunds: part, more than is left, the rest; by number and by id; in doubt until the channel knows.
const refund = (of, amount, more = {}) => common('REFUND', {
  orig_trade_no: of.trade_no, out_trade_no: of.out_trade_no, refund_no: randomUUID(), refund_amount: amount, refund_type: '02', ...more });
const partRequest = sign(refund(paid.answer, '30.00'));
const part = await call(partRequest);
check(part.answer.resp_code === '0000' && part.answer.refund_status === 'SUCCESS' && part.answer.total_refunded_amount === '30.00' &&
  part.answer.orig_trade_no === paid.answer.trade_no && part.answer.refund_no === partRequest.refund_no && part.answer.refund_amount === '30.00' &&
  /^\d{28}$/.test(part.answer.refund_id) && /^\d{14}$/.test(part.answer.refund_time), 'a part is refunded', part.answer);
check((await call(partRequest)).text === part.text, 'the repeated refund gets the same bytes');
const sameNumber = await call(sign({ ...refund(paid.answer, '30.00'), refund_no: partRequest.refund_no }));
check(sameNumber.answer.resp_code === '0000' && sameNumber.answer.refund_id === part.answer.refund_id, 'the same refund_no is that refund', sameNumber.answer);
for (const [code, wrong] of [['C004', refund(paid.answer, '31.00', { refund_no: partRequest.refund_no })], ['B008', refund(paid.answer, '58.81')],
  ['B008', refund(paid.answer, '88.80', { refund_type: '01' })], ['B006', refund(paid.answer, '1.00', { out_trade_no: 'other' })],
  ['B011', refund(refused.answer, '1.00')], ['C002', refund(paid.answer, '1.005')], ['C003', refund(paid.answer, '0.00')]]) {
  const { answer } = await call(sign(wrong));
  check(answer.resp_code === code && !answer.refund_id, `refund is refused: ${code}`, answer);
}
const rest = await call(sign(refund(paid.answer, '58.80')));
check(rest.answer.resp_code === '0000' && rest.answer.total_refunded_amount === '88.80', 'the rest is refunded', rest.answer);
const { answer: afterwards } = await call(sign(common('TRADE_QUERY', { trade_no: paid.answer.trade_no })));
check(afterwards.refund_status === 'FULL' && afterwards.total_refunded_amount === '88.80', 'the trade is refunded in full', afterwards);
for (const by of [{ refund_no: partRequest.refund_no }, { refund_id: part.answer.refund_id }]) {
  const { answer } = await call(sign(common('REFUND_QUERY', by)));
  check(answer.resp_code === '0000' && answer.refund_status === 'SUCCESS' && answer.refund_id === part.answer.refund_id, `refund query by ${Object.keys(by)}`, answer);
  await notified(`R${answer.refund_id}`, answer);
}
const other = (await call(sign(payment()))).answer;
const slow = sign(refund(other, '1.05'));
const doubt = await call(slow);
check(doubt.answer.resp_code === '0001' && doubt.answer.refund_status === 'PENDING' && doubt.answer.total_refunded_amount === '0.00', 'no result yet: 0001', doubt.answer);
check((await call(sign(refund(other, '87.76')))).answer.resp_code === 'B008', 'a refund in doubt holds its amount');
let given = doubt.answer;
for (let i = 0; i < 60 && given.refund_status !== 'SUCCESS'; i++) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  given = (await call(sign(common('REFUND_QUERY', { refund_id: doubt.answer.refund_id })))).answer;
}
check(given.refund_status === 'SUCCESS' && given.total_refunded_amount === '1.05', 'and is adopted', given);

// Cancels: of what succeeded, of what failed, of what is still in doubt; repeated byte for byte.
const cancel = (by) => sign(common('TRADE_CANCEL', by));
const tooLate = await call(cancel({ orig_trade_no: other.trade_no }));
check(tooLate.answer.resp_code === 'B007' && tooLate.answer.trade_status === 'SUCCESS' && tooLate.answer.trade_no === other.trade_no, 'what succeeded is not cancelled: B007', tooLate.answer);
const failedBefore = await call(cancel({ out_trade_no: refused.answer.out_trade_no }));
check(failedBefore.answer.resp_code === '0000' && failedBefore.answer.trade_status === 'FAILED' && failedBefore.answer.fail_code === 'B001', 'what failed is answered so', failedBefore.answer);
for (const by of [{ orig_trade_no: '2026010100000000000100000001' }, { out_trade_no: 'none' }, { orig_trade_no: other.trade_no, out_trade_no: 'none' }]) {
  check((await call(cancel(by))).answer.resp_code === 'B006', `cancel by unknown ${Object.keys(by)}: B006`);
}
check((await call(cancel({}))).answer.resp_code === 'C001', 'cancel by nothing: C001');
const unsure = sign(payment({ total_amount: '1.10' }));
const unsureAnswer = (await call(unsure)).answer;
check(unsureAnswer.resp_code === '0001', 'a payment that got lost is in doubt', unsureAnswer);
const wish = cancel({ orig_trade_no: unsureAnswer.trade_no, out_trade_no: unsure.out_trade_no });
const cancelled = await call(wish);
check(cancelled.answer.resp_code === '0000' && cancelled.answer.trade_status === 'CANCELLED' && cancelled.answer.biz_type === 'TRADE_CANCEL', 'it is cancelled', cancelled.answer);
check((await call(wish)).text === cancelled.text, 'the repeated cancel gets the same bytes');
const payer = await call(unsure);
check(payer.answer.resp_code === 'B001' && payer.answer.trade_status === 'CANCELLED' && (await call(unsure)).text === payer.text, 'the payment is answered B001', payer.answer);
check((await call(sign(common('TRADE_QUERY', { trade_no: unsureAnswer.trade_no })))).answer.trade_status === 'CANCELLED', 'and queried so');
check((await call(sign(refund(unsureAnswer, '1.00')))).answer.resp_code === 'B011', 'and not refunded');

// An EMVCo code of this client's own making: lengths in characters, the checksum over UTF-8.
const object = (id, value) => id + String([...value].length).padStart(2, '0') + value;
const checksum = (text) => {
  let crc = 0xffff;
  for (const byte of Buffer.from(text, 'utf8')) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc.toString(16).toUpperCase().padStart(4, '0');
};
const emv = (...objects) => {
  const text = '000201' + objects.map(([id, value]) => object(id, value)).join('') + '6304';
  return text + checksum(text);
};
const fps = ['26', object('00', 'hk.com.hkicl') + object('02', '0123456')];
const emvShop = (name) => emv(['01', '11'], fps, ['53', '344'], ['59', name], ['60', 'HK']);

// Many trades at once: by their numbers, and by a window whose pages stay the same while trades arrive. A list is a string that holds JSON.
const batch = (more) => common('TRADE_BATCH_QUERY', { page_no: '1', page_size: '100', ...more });
const byList = (await call(sign(batch({ trade_no_list: JSON.stringify([refused.answer.trade_no, '2026010100000000000100000001', paid.answer.trade_no]) })))).answer;
const listed = JSON.parse(byList.trade_list);
check(byList.resp_code === '0000' && byList.total_count === '2' && byList.has_more === 'false' && !byList.snapshot_no, 'a list is answered', byList);
check(listed[0].trade_no === paid.answer.trade_no && listed[0].refund_status === 'FULL' && listed[1].trade_no === refused.answer.trade_no &&
  listed[1].fail_code === 'B001', 'in order of trade_no, what does not exist left out', listed);
check(Object.entries(listed[0]).every(([name, value]) => afterwards[name] === value), 'each as the single query shows it', listed[0]);
const orders = (await call(sign(batch({ out_trade_no_list: JSON.stringify([request.out_trade_no]) })))).answer;
check(JSON.parse(orders.trade_list)[0].trade_no === paid.answer.trade_no, 'a list of order numbers too', orders);
const since = beijingNow();
const quoted = emvShop('咖啡 "A" \\\\ 😀');
const many = [];
for (let i = 0; i < 5; i++) many.push((await call(sign(payment({ qr_content: quoted })))).answer.trade_no);
const window = { start_time: since, end_time: beijingNow(3600e3) };
const pages = [];
for (let page = 1, answer = { has_more: 'true' }; answer.has_more === 'true'; page++) {
  answer = (await call(sign(batch({ ...window, page_no: `${page}`, page_size: '2', ...(page > 1 ? { snapshot_no: answer.snapshot_no } : {}) })))).answer;
  check(answer.resp_code === '0000' && answer.page_no === `${page}`, `page ${page} of a window`, answer);
  pages.push(...JSON.parse(answer.trade_list));
  await call(sign(payment()));
}
check(many.every((number) => pages.filter((row) => row.trade_no === number).length === 1), 'pages neither repeat nor skip', pages);
check(pages.every((row, i) => i === 0 || row.trade_no > pages[i - 1].trade_no), 'and are in order');
check(pages.some((row) => row.merchant_name === '咖啡 "A" \\\\ 😀'), 'what a merchant is called comes through both layers of JSON', pages[0]);
for (const [code, wrong] of [['C001', {}], ['C001', { start_time: since }], ['C001', { ...window, page_no: '2' }], ['C002', { out_trade_no_list: '["a", "b"]' }],
  ['C003', { ...window, page_size: '101' }], ['C003', { ...window, out_trade_no_list: '["a"]' }], ['C003', { ...window, snapshot_no: '1'.repeat(29) }]]) {
  const { answer } = await call(sign(batch(wrong)));
  check(answer.resp_code === code, `batch query is refused: ${code}`, answer);
}

const dynamic = payment({ qr_type: '01', qr_content: 'https://qr.example.hk/d/' + randomUUID() });
check((await call(sign(dynamic))).answer.resp_code === '0000', 'a dynamic code pays once');
const twice = await call(sign({ ...dynamic, req_id: randomUUID(), out_trade_no: randomUUID() }));
check(twice.answer.resp_code === 'B005', 'and not twice', twice.answer);

const shop = emvShop('咖啡 & Co 😀');
const byCode = (await call(sign(payment({ qr_content: shop })))).answer;
check(byCode.resp_code === '0000' && byCode.merchant_name === '咖啡 & Co 😀' && byCode.merchant_city === 'HK', 'an EMVCo code pays, and its merchant is shown', byCode);
const small = shop.slice(0, -4) + shop.slice(-4).toLowerCase();
check((await call(sign(payment({ qr_content: small })))).answer.resp_code === '0000', 'its checksum may be in small letters');
for (const [what, code] of [
  ['a checksum of the UTF-16 units', shop.slice(0, -4) + checksum([...shop.slice(0, -4)].map((letter) => String.fromCharCode(letter.charCodeAt(0) & 0x7f)).join(''))],
  ['another amount', emv(fps, ['54', '88.81'])], ['another currency', emv(fps, ['53', '156'])],
  ['a dynamic code as a static one', emv(['01', '12'], fps)], ['an object twice', emv(fps, ['58', 'HK'], ['58', 'HK'])],
]) {
  const { answer } = await call(sign(payment({ qr_content: code })));
  check(answer.resp_code === 'C003' && answer.resp_msg.endsWith(': qr_content'), `${what}: C003`, answer);
}

const broken = sign(payment());
broken.total_amount = '1.00';
const d001 = await call(broken);
check(d001.answer.resp_code === 'D001' && d001.answer.req_id === broken.req_id, 'a changed request does not authenticate', d001.answer);
check((await call(sign(common('TRADE_QUERY', { out_trade_no: broken.out_trade_no })))).answer.resp_code === 'B006', 'and left nothing behind');
if (isEs256) {
  check(Buffer.from(request.sign, 'base64').length === 64 && Buffer.from(paid.answer.sign, 'base64').length === 64, 'signatures are 64 bytes');
  check((await call(sign(payment(), 'der'))).answer.resp_code === 'D001', 'a signature in DER does not authenticate');
} else {
  // Known, and nobody's here: answered with the one key that this gateway has.
  check((await call(sign(payment({ sign_type: 'ES256' })))).answer.resp_code === 'D001', 'another sign_type than the registered does not authenticate');
}
check((await call(sign(payment({ req_time: '20200101000000' })))).answer.resp_code === 'D002', 'an old request is refused');
check((await call(sign(payment({ refund_no: 'R1' })))).answer.resp_msg.endsWith(': refund_no'), 'an unknown member is named');

// Reconciliation: the file of three days ago, on which nobody paid; its hash; a result that balances, one with a difference, and one that cannot be.
const threeDaysAgo = new Date(Date.now() + 8 * 3600e3 - 3 * 86400e3).toISOString().replace(/\D/g, '').slice(0, 8);
const told = (await call(sign(common('RECON_DOWNLOAD', { settle_date: threeDaysAgo, recon_type: '01' })))).answer;
check(told.resp_code === '0000' && told.file_name === `HP_${instId}_${threeDaysAgo}_TRADE.csv` && told.hash_type === 'SHA256' && told.amount_summary === '{}', 'a file is told', told);
const fetched = await new Promise((resolve, reject) => {
  https.get(told.download_url, { agent, headers: { Range: 'bytes=0-' } }, (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () => resolve({ status: response.statusCode, bytes: Buffer.concat(chunks) }));
  }).on('error', reject);
});
check(fetched.status === 206 && createHash('sha256').update(fetched.bytes).digest('hex') === told.hash_value, 'and fetched, as its hash says', fetched);
check(fetched.bytes.toString('utf8').endsWith('\n<END>,0,\n'), 'with a header and an end');
check((await call(sign(common('RECON_DOWNLOAD', { settle_date: beijingNow().slice(0, 8), recon_type: '01' })))).answer.resp_code === 'B012', 'today has no file yet');
const result = (more) => common('RECON_UPLOAD', {
  settle_date: threeDaysAgo, recon_type: '01', recon_result: '01', total_count: '0', amount_summary: '{}', file_hash: told.hash_value, diff_count: '0', ...more });
const balanced = sign(result());
const sent = await call(balanced);
check(sent.answer.resp_code === '0000' && /^\d{28}$/.test(sent.answer.recon_id) && sent.answer.diff_check === '[]', 'a result is taken', sent.answer);
check((await call(balanced)).text === sent.text, 'the repeated result gets the same bytes');
const missing = { recon_result: '02', total_count: '1', amount_summary: '{"JPY":{"count":"1","amount":"500"}}', diff_count: '1',
  diff_list: JSON.stringify([{ out_trade_no: randomUUID(), diff_type: '02', inst_amount: '500', currency: 'JPY', remark: '咖啡 "x"' }]) };
const differs = await call(sign(result(missing)));
check(differs.answer.resp_code === '0000' && differs.answer.diff_check === '["CONFIRMED"]', 'a difference is confirmed', differs.answer);
for (const [wrong, member] of [[{ ...missing, recon_result: '01' }, 'recon_result'], [{ ...missing, diff_count: '2' }, 'diff_count'],
  [{ ...missing, total_count: '2' }, 'total_count'], [{ file_hash: '0'.repeat(64) }, 'file_hash']]) {
  const { answer } = await call(sign(result(wrong)));
  check(answer.resp_code === 'C003' && answer.resp_msg.endsWith(`: ${member}`), `a result that cannot be is refused: ${member}`, answer);
}
agent.destroy();
console.log('all as the protocol says');
