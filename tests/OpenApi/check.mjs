// Holds docs/api/openapi.json's schemas against what the gateway says, with a validator that is not ours (Ajv): every case of cases.json, whose verdicts are the
// gateway's own reader's (tests/Core/Api/ApiCases.cs compares them), and every example that ran. Exit 0: they agree.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const document = read('../../docs/api/openapi.json');
const { Requests, Cases } = read('cases.json');
const examples = read('../../docs/api/examples.json');

const ajv = new Ajv({ strict: true, strictRequired: false, allErrors: true });
ajv.addVocabulary(['components', 'x-codes']);
ajv.addSchema({ $id: 'openapi', components: document.components });
const validator = (name) => ajv.getSchema(`openapi#/components/schemas/${name}`);
const pascal = (name) => name.split('_').map((word) => word[0] + word.slice(1).toLowerCase()).join('');

let failures = 0;
let held = 0;
const expect = (isRight, what, errors) => {
  held++;
  if (!isRight) {
    failures++;
    console.error(`${what}\n  ${JSON.stringify(errors)}`);
  }
};

for (const [name, request] of Object.entries(Requests)) {
  const validate = validator(`${pascal(request.biz_type)}Request`);
  expect(validate(request), `${name}: the gateway takes it and the schema does not`, validate.errors);
  for (const { Member, Value, Times, Says, IsBeyondSchema } of Cases.filter((one) => one.Of === name)) {
    const changed = { ...request };
    delete changed[Member];
    if (Value !== null) changed[Member] = Value.repeat(Times);
    const isValid = validate(changed);
    const shown = Value === null ? 'left out' : `${JSON.stringify(Value.slice(0, 40))} x ${Times}`;
    expect(isValid === (Says === 'OK' || IsBeyondSchema), `${name}, ${Member} ${shown}: the gateway says ${Says}, the schema ${isValid ? 'takes it' : 'refuses it'}`, validate.errors);
  }
}

// Which of the answers a schema takes: its own, and no other interface's.
const answers = document.paths['/api'].post.responses['200'].content['application/json'].schema.oneOf.map(({ $ref }) => $ref.split('/').pop());
for (const { Title, Request, Answer } of examples.Calls) {
  const taken = answers.filter((name) => validator(name)(Answer));
  expect(taken.length === 1 && taken[0] === `${pascal(Request.biz_type)}Answer`, `the answer of "${Title}" is one of ${taken}`, []);
}
for (const { Title, Message } of examples.Notifications) {
  const validate = validator(pascal(Message.notify_type));
  expect(validate(Message), `the notification of "${Title}"`, validate.errors);
}
for (const [name, { value }] of Object.entries(document.paths['/api'].post.requestBody.content['application/json'].examples)) {
  const validate = validator(`${pascal(value.biz_type)}Request`);
  expect(validate(value), `the request of ${name}`, validate.errors);
}

console.log(`${held - failures} of ${held} agree`);
process.exit(failures === 0 ? 0 : 1);
