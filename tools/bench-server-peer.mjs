// Called by bench-server-peer. Starts `farsight serve` with a GGUF file and loads the same file with llama.cpp in this process. Both get the
// same token ids, one request at a time. The programs take turns, so that a change of the machine's speed meets both.
// Farsight is measured over HTTP, from the request to the event of each token; llama.cpp as a library, without a server around it.
import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {parseArgs} from 'node:util';
import {getLlama, LlamaLogLevel} from 'node-llama-cpp';

const {values: options, positionals} = parseArgs({
    allowPositionals: true,
    options: {
        threads: {type: 'string', default: '2'},
        document: {type: 'string', default: '4096'},
        questions: {type: 'string', default: '40'},
        new: {type: 'string', default: '32'},
        prompt: {type: 'string', default: '1024'},
        rounds: {type: 'string', default: '3'},
        farsight: {type: 'string', default: 'artifacts/bin/Farsight.Cli/debug/farsight'},
    },
});
process.on('uncaughtException', error => {
    console.error(`bench-server-peer: ${error.message}`);
    process.exit(1);
});
const size = name => {
    const value = Number(options[name]);
    if (!Number.isInteger(value) || value < 1) {
        console.error(`bench-server-peer: --${name} is ${options[name]}; use a whole number from 1.`);
        process.exit(2);
    }
    return value;
};
const [threads, documentTokens, questionCount, newTokens, promptTokens, rounds] =
    ['threads', 'document', 'questions', 'new', 'prompt', 'rounds'].map(size);
if (positionals.length !== 1) {
    console.error('bench-server-peer: give one GGUF file.');
    process.exit(2);
}
const file = positionals[0];
const window = Math.max(documentTokens, promptTokens) + newTokens + 64; // 64: more than a question has

async function startFarsight() {
    const child = spawn(
        options.farsight,
        ['serve', '--model', file, '--model-name', 'model', '--port', '0', '--threads', String(threads), '--max-context', String(window)],
        {stdio: ['ignore', 'pipe', 'pipe']});
    let log = '';
    child.stderr.on('data', text => { log += text; });
    for await (const line of createInterface({input: child.stdout})) {
        const url = / at (http:\/\/[^/]+)\/v1\./.exec(line)?.[1];
        if (url) return {child, url};
    }
    throw new Error(`farsight serve did not start:\n${log}`);
}

const server = await startFarsight();
process.on('exit', () => server.child.kill());

async function post(path, body) {
    const response = await fetch(server.url + path, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response;
}

// Both functions return the seconds to the first token, those of all tokens, the number of tokens and their text.
async function askFarsight(tokens, count) {
    const started = performance.now();
    const response = await post('/v1/completions', {
        model: 'model', prompt: tokens, max_tokens: count, temperature: 0, stream: true, stream_options: {include_usage: true},
        logit_bias: {[model.tokens.eos]: -100}, // no answer ends early
        logprobs: 0, // an event for each token, also where its bytes are half a character
    });
    let first, rest = '', text = '', made = 0;
    for await (const bytes of response.body.pipeThrough(new TextDecoderStream())) {
        rest += bytes;
        const events = rest.split('\n\n');
        rest = events.pop();
        for (const event of events) {
            const data = event.split('\n').find(line => line.startsWith('data: '))?.slice(6);
            if (!data || data === '[DONE]') continue;
            const json = JSON.parse(data);
            if (json.error) throw new Error(json.error.message);
            made = json.usage?.completion_tokens ?? made;
            if (json.choices.length > 0) first ??= performance.now() - started;
            text += json.choices[0]?.text ?? '';
        }
    }
    return {first: first / 1000, all: (performance.now() - started) / 1000, made, text};
}

let known = []; // tokens whose keys and values llama.cpp has
async function askLlama(tokens, count) {
    const started = performance.now();
    let shared = 0;
    while (shared < Math.min(known.length, tokens.length - 1) && known[shared] === tokens[shared]) shared++;
    await sequence.eraseContextTokenRanges([{start: shared, end: sequence.nextTokenIndex}]);
    let first;
    const made = [];
    for await (const token of sequence.evaluate(tokens.slice(shared), {temperature: 0, yieldEogToken: true})) {
        first ??= performance.now() - started;
        made.push(token);
        if (made.length === count) break;
    }
    const all = performance.now() - started;
    known = [...tokens, ...made].slice(0, sequence.nextTokenIndex);
    return {first: first / 1000, all: all / 1000, made: made.length, text: model.detokenize(made)};
}

const llama = await getLlama({build: 'never', gpu: false, skipDownload: true, maxThreads: threads, logLevel: LlamaLogLevel.error});
const model = await llama.loadModel({modelPath: file});
const context = await model.createContext({contextSize: window, sequences: 1, threads, batchSize: 512});
const sequence = context.getSequence();

// Numbered lines until there are enough tokens; `seed` makes documents that share no beginning.
async function makeDocument(seed, length) {
    let text = `Document ${seed}.\n`;
    for (let line = 1; ; line++) {
        text += `Line ${line}: the number is ${(line * 7919 + seed * 104729) % 100000}.\n`;
        if (text.length < 2 * length) continue;
        const tokens = (await (await post('/tokenize', {content: text, add_special: true})).json()).tokens;
        if (tokens.length >= length) return tokens.slice(0, length);
    }
}

const median = values => {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
};
const ask = {farsight: askFarsight, llama: askLlama};
const names = ['farsight', 'llama'];

for (const name of names) await ask[name](await makeDocument(0, 64), 8); // warm

const read = {farsight: [], llama: []}, generate = {farsight: [], llama: []};
for (let round = 1; round <= rounds; round++) {
    const tokens = await makeDocument(round, promptTokens);
    for (const name of names) {
        const answer = await ask[name](tokens, 2 * newTokens);
        read[name].push(promptTokens / answer.first);
        generate[name].push((answer.made - 1) / (answer.all - answer.first));
    }
}

const document = await makeDocument(1000, documentTokens);
const questions = await Promise.all(Array.from({length: questionCount}, async (_, i) => (await (await post('/tokenize', {
    content: `\nQuestion ${i + 1}: what is the number in line ${i + 1}?\nAnswer:`})).json()).tokens));
const total = {farsight: 0, llama: 0}, opening = {}, later = {farsight: [], llama: []};
let equal = 0;
for (const question of questions) {
    const texts = [];
    for (const name of names) {
        const answer = await ask[name]([...document, ...question], newTokens);
        total[name] += answer.all;
        if (opening[name] === undefined) opening[name] = answer.first;
        else later[name].push(answer.first);
        texts.push(answer.text);
    }
    equal += texts[0] === texts[1] ? 1 : 0;
}

const release = JSON.parse(readFileSync('artifacts/llama.cpp/node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/_nlcBuildMetadata.json')).buildOptions.llamaCpp.release;
const row = (what, a, b, unit, digits, isRate) =>
    console.log(`| ${what} | ${a.toFixed(digits)} ${unit} | ${b.toFixed(digits)} ${unit} | ${(isRate ? a / b : b / a).toFixed(2)} |`);
console.log(`${file.split('/').pop()}, ${threads} threads, greedy, one request at a time. llama.cpp ${release}. A ratio above 1: Farsight is faster.\n`);
console.log('| | Farsight | llama.cpp | ratio |\n|---|--:|--:|--:|');
row(`read ${promptTokens} prompt tokens, median of ${rounds}`, median(read.farsight), median(read.llama), 'tokens/s', 0, true);
row(`generate ${2 * newTokens} tokens after them, median of ${rounds}`, median(generate.farsight), median(generate.llama), 'tokens/s', 1, true);
row(`first token of the first question about ${documentTokens} tokens`, opening.farsight, opening.llama, 's', 2, false);
if (questionCount > 1) {
    row('first token of a later question, median', median(later.farsight), median(later.llama), 's', 3, false);
}
row(`${questionCount} questions, ${newTokens} new tokens each`, total.farsight, total.llama, 's', 1, false);
console.log(`\n${equal} of ${questionCount} answers are equal.`);
await context.dispose();
process.exit(0);
