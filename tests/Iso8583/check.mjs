// Holds our ISO 8583 codec against one that is not ours (npm, iso_8583): every message of messages.json, which is what our codec writes (tests/Core keeps the file so),
// must have the same elements when that package reads its bytes, and the same bytes when it writes its elements. Exit 0: they agree.
import { readFileSync } from 'node:fs';
import Iso8583 from 'iso_8583';

const messages = JSON.parse(readFileSync(new URL('messages.json', import.meta.url), 'utf8'));

// The package has the standard's list of its own. Where it has another reading, and why ours is what it is:
const element = (ContentType, LenType, MaxLen) => ({ ContentType, Label: 'see DataElements.cs', LenType, MaxLen });
const ours = {
  // Of letters too, which the package does not take.
  34: element('ans', 'llvar', 28),
  // Numeric, 16, in 1987; the package has 48 bytes.
  53: element('n', 'fixed', 16),
  58: element('ans', 'lllvar', 999),
  59: element('ans', 'lllvar', 999),
  // Eight bytes: the package counts their hexadecimal digits, and has half of them for the codes.
  64: element('b', 'fixed', 16),
  96: element('b', 'fixed', 16),
  128: element('b', 'fixed', 16),
};
// Reserved: what is in them is a dialect's.
for (let number = 118; number <= 125; number++) ours[number] = element('ans', 'lllvar', 999);

let failures = 0;
const fail = (index, what) => { failures++; console.error(`message ${index}: ${what}`); };
const seen = new Set();

messages.forEach(({ Elements, Hex }, index) => {
  Object.keys(Elements).forEach((number) => seen.add(number));
  const framed = Buffer.concat([Buffer.from([Hex.length / 2 >> 8, Hex.length / 2 & 255]), Buffer.from(Hex, 'hex')]);
  const read = new Iso8583({}, ours).getIsoJSON(framed);
  const written = new Iso8583({ ...Elements }, ours).getBufferMessage();
  if (read.error) fail(index, `is not read: ${read.error}`);
  for (const number of new Set([...Object.keys(read), ...Object.keys(Elements)])) {
    if (read[number] !== Elements[number]) fail(index, `element ${number}: the package reads ${read[number]}, we wrote ${Elements[number]}`);
  }
  if (written.error) fail(index, `is not written: ${written.error}`);
  else if (!written.equals(framed)) fail(index, `the package writes ${written.toString('hex')}, we ${framed.toString('hex')}`);
});

// A file of a few elements would prove a few elements.
if (messages.length < 60 || seen.size < 120) fail('file', `${messages.length} messages with ${seen.size} elements are too few`);
console.log(`${messages.length} messages, ${seen.size} elements, ${failures} disagreements`);
process.exit(failures === 0 ? 0 : 1);
