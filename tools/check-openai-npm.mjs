// Called by check-openai-npm. Each check is a sentence; the program ends with 1 if one does not hold.
import OpenAI from 'openai';
import assert from 'node:assert/strict';

const [url, apiKey] = process.argv.slice(2);
const settings = {baseURL: `${url}/v1`, apiKey, maxRetries: 0, timeout: 60_000};
const client = new OpenAI(settings);
const model = (await client.models.list()).data[0].id;
const user = content => [{role: 'user', content}];
const schema = {type: 'object', properties: {city: {type: 'string', enum: ['Oslo']}}, required: ['city'], additionalProperties: false};
const tools = [{type: 'function', function: {name: 'weather', description: 'Weather of a city.', parameters: schema, strict: true}}];

const ask = (messages, fields = {}, options = {}) =>
    client.chat.completions.create({model, messages: typeof messages === 'string' ? user(messages) : messages, max_tokens: 12, temperature: 0, ...fields}, options);
const text = answer => answer.choices[0].message.content;

async function streamed(fields) {
    const chunks = [];
    for await (const chunk of await ask('Where is the lamp?', {stream: true, ...fields})) chunks.push(chunk);
    return chunks;
}

async function refused(request, status, expected = {}) {
    const error = await request.then(() => null, e => e);
    assert.equal(error?.status, status);
    for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value);
    return error;
}

const checks = {
    'models are listed and described': async () => {
        const described = await client.models.retrieve(model);
        assert.equal(described.id, model);
        await refused(client.models.retrieve('absent'), 404, {code: 'model_not_found'});
    },
    'a chat is answered with its usage': async () => {
        const answer = await ask('Where is the lamp?');
        assert.equal(answer.choices[0].finish_reason, 'length');
        assert.equal(answer.usage.completion_tokens, 12);
        assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + 12);
    },
    'a second turn is read and begins with what is cached': async () => {
        const first = await ask('Hi');
        const second = await ask([...user('Hi'), first.choices[0].message, ...user('And?')]);
        assert.ok(text(second).length > 0);
        assert.ok(second.usage.prompt_tokens > first.usage.prompt_tokens);
        assert.ok(second.usage.prompt_tokens_details.cached_tokens > 0);
    },
    'a stream without usage has the whole answer': async () => {
        const chunks = await streamed({});
        assert.equal(chunks.map(c => c.choices[0].delta.content ?? '').join(''), text(await ask('Where is the lamp?')));
        assert.equal(chunks[0].choices[0].delta.role, 'assistant');
        assert.ok(chunks.every(c => c.usage === undefined));
        assert.deepEqual(chunks.map(c => c.choices[0].finish_reason).filter(r => r), ['length']);
    },
    'a stream with usage ends with it': async () => {
        const chunks = await streamed({stream_options: {include_usage: true}});
        assert.deepEqual(chunks.at(-1).choices, []);
        assert.equal(chunks.at(-1).usage.completion_tokens, 12);
        assert.ok(chunks.slice(0, -1).every(c => c.usage === null));
    },
    'a cancelled stream ends on the server': async () => {
        const abort = new AbortController();
        const stream = await ask('Write.', {stream: true, max_tokens: 400}, {signal: abort.signal});
        for await (const _ of stream) {
            abort.abort();
            break;
        }
        for (let i = 0; i < 100; i++) {
            const metrics = await (await fetch(`${url}/metrics`, {headers: {Authorization: `Bearer ${apiKey}`}})).text();
            if (metrics.includes('farsight_requests_in_progress 0\n')) return;
            await new Promise(resolve => setTimeout(resolve, 50));
        }
        assert.fail('the request is still in progress');
    },
    'n choices are numbered': async () => {
        const answer = await ask('Hi', {n: 3, temperature: 1, seed: 1});
        assert.deepEqual(answer.choices.map(c => c.index), [0, 1, 2]);
        assert.equal(answer.usage.completion_tokens, 36);
    },
    'an answer ends before a stop text': async () => {
        const whole = text(await ask('Where is the lamp?'));
        const stop = whole.slice(6, 9);
        const cut = await ask('Where is the lamp?', {stop: [stop, '§']});
        assert.equal(text(cut), whole.slice(0, whole.indexOf(stop)));
        assert.equal(cut.choices[0].finish_reason, 'stop');
    },
    'a seed repeats an answer and another changes it': async () => {
        const of = async seed => text(await ask('Tell me a story.', {temperature: 1, seed}));
        assert.equal(await of(7), await of(7));
        assert.ok(new Set(await Promise.all([1, 2, 3, 4, 5].map(of))).size > 1);
    },
    'log-probabilities have the asked alternatives': async () => {
        const {content} = (await ask('Hi', {logprobs: true, top_logprobs: 2})).choices[0].logprobs;
        assert.equal(content.length, 12);
        assert.ok(content.every(t => t.logprob <= 0 && t.top_logprobs.length === 2 && t.top_logprobs[0].logprob >= t.top_logprobs[1].logprob));
    },
    'a demanded tool is called, whole and streamed, and its result is read': async () => {
        const fields = {tools, tool_choice: 'required', max_tokens: 120};
        const answer = await ask('Weather in Oslo?', fields);
        const [call] = answer.choices[0].message.tool_calls;
        assert.equal(answer.choices[0].finish_reason, 'tool_calls');
        assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ['weather', {city: 'Oslo'}]);
        let streamedArguments = '';
        for await (const chunk of await ask('Weather in Oslo?', {...fields, stream: true})) {
            for (const part of chunk.choices[0].delta.tool_calls ?? []) streamedArguments += part.function.arguments;
        }
        assert.deepEqual(JSON.parse(streamedArguments), {city: 'Oslo'});
        const after = await ask([...user('Weather in Oslo?'), answer.choices[0].message, {role: 'tool', tool_call_id: call.id, content: 'rain'}], {tools});
        assert.notEqual(after.choices[0].finish_reason, 'tool_calls');
    },
    'a JSON schema is enforced': async () => {
        const answer = await ask('Answer.', {max_tokens: 60, response_format: {type: 'json_schema', json_schema: {name: 'answer', strict: true, schema}}});
        assert.deepEqual(JSON.parse(text(answer)), {city: 'Oslo'});
    },
    'a wrong key is refused': () => refused(new OpenAI({...settings, apiKey: 'another-key-of-letters'}).models.list(), 401, {code: 'invalid_api_key'}),
    'a wrong model is refused': () => refused(ask('Hi', {model: 'absent'}), 404, {code: 'model_not_found', param: 'model'}),
    'a prompt beyond the window is refused with both numbers': async () => {
        const error = await refused(ask(' lamp'.repeat(900)), 400, {code: 'context_length_exceeded'});
        assert.match(error.message, /maximum context length is \d+ tokens.* \d+ tokens/);
    },
    'wrong and unknown fields are refused by name, also when streaming': async () => {
        await refused(ask('Hi', {temperature: 9}), 400, {param: 'temperature'});
        await refused(ask('Hi', {unknown_field: 1}), 400, {param: 'unknown_field'});
        await refused(ask('Hi', {stream: true, n: 0}), 400, {param: 'n'});
    },
    '64 requests at the same time have the answers that each has alone': async () => {
        const questions = Array.from({length: 64}, (_, i) => `Tell me about number ${i}.`);
        const alone = [];
        for (const question of questions) alone.push(text(await ask(question, {max_tokens: 6})));
        const together = await Promise.all(questions.map(question => ask(question, {max_tokens: 6})));
        assert.deepEqual(together.map(text), alone);
    },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
    try {
        await check();
        console.log(`ok     ${name}`);
    } catch (error) {
        failed++;
        console.log(`FAILED ${name}: ${error.message}`);
    }
}
console.log(`${Object.keys(checks).length - failed} of ${Object.keys(checks).length} checks hold`);
process.exit(failed ? 1 : 0);
