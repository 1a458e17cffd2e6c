// Called by check-gguf. For each exported type: llama.cpp's tokens of texts are ours; in F32 its greedy tokens are ours; in the other
// types, led along our tokens, its most likely token is ours at nearly all positions.
import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {getLlama, LlamaLogLevel} from 'node-llama-cpp';

const [farsight, work] = process.argv.slice(2);
const count = 64;
const prompts = [
    'Once upon a time there was a small town by the sea, and',
    'The flag of the town is',
    '"I do not know," said she,',
    'It was in 1843 that the old house',
    'He walked along the river until',
    'My dear Sir,\n\n',
];
const texts = [
    ...prompts, '', ' ', 'a', "it's 12345  and\t\ttabs\r\n\n", 'Zoë’s café – naïve 日本語 😀 <|user|> Ωmega', '   leading, trailing   ', 'x\u0301 e\u0301',
];

const ours = (model, prompt, ...more) => JSON.parse(execFileSync(
    farsight, ['generate', '--model', model, '--raw', '--json', '--temperature', '0', '--max-new-tokens', String(count), '--prompt', prompt, ...more],
    {stdio: ['ignore', 'pipe', 'ignore']}));

const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
let failed = 0;
const judge = (ok, what) => {
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${what}`);
    failed += ok ? 0 : 1;
};

async function greedy(sequence, tokens, eos) {
    const made = [];
    await sequence.clearHistory();
    for await (const token of sequence.evaluate(tokens, {temperature: 0})) {
        if (token === eos || made.push(token) === count) break;
    }
    return made;
}

// The most likely token after each of ours, and after the last token of the prompt.
async function led(sequence, tokens, answer) {
    await sequence.clearHistory();
    const all = [...tokens, ...answer].map(token => [token, {generateNext: {token: true, options: {temperature: 0}}}]);
    const out = await sequence.controlledEvaluate(all);
    return out.slice(tokens.length - 1, tokens.length - 1 + answer.length).map(step => step?.next?.token);
}

async function check(llama, type, least, adapter) {
    const file = `${work}/${type}.gguf`;
    const model = await llama.loadModel({modelPath: file});
    const context = await model.createContext({contextSize: 256, sequences: 1, ...(adapter ? {lora: {adapters: [{filePath: adapter.gguf}]}} : {})});
    const sequence = context.getSequence();
    const name = adapter ? `${type} with adapter` : type;
    let asked = 0, equal = 0, exact = 0;
    for (const prompt of prompts) {
        const own = ours(file, prompt, ...(adapter ? ['--adapter', adapter.peft] : []));
        const tokens = [model.tokens.bos, ...model.tokenize(prompt)];
        if (!same(tokens, own.prompt_tokens)) {
            judge(false, `${name}: prompt ${JSON.stringify(prompt)} is ${tokens}, ours is ${own.prompt_tokens}`);
        }
        exact += same(await greedy(sequence, own.prompt_tokens, model.tokens.eos), own.tokens) ? 1 : 0;
        const likely = await led(sequence, own.prompt_tokens, own.tokens);
        asked += likely.length;
        equal += likely.filter((token, i) => token === own.tokens[i]).length;
    }
    judge(equal >= least * asked && asked >= prompts.length * 10, `${name}: ${equal} of ${asked} most likely tokens are ours (at least ${100 * least} %), ${exact} of ${prompts.length} continuations whole`);
    if (least === 1) {
        judge(exact === prompts.length, `${name}: llama.cpp goes on from every prompt as we do`);
    }
    if (!adapter && type === 'f32') {
        const wrong = texts.filter(text => text !== '' && !same(model.tokenize(text), ours(file, text, '--max-new-tokens', '1').prompt_tokens.slice(1)));
        judge(wrong.length === 0, `tokens of ${texts.length} texts${wrong.map(text => ` ${JSON.stringify(text)}`)}`);
        judge(model.fileInfo.metadata.tokenizer.chat_template.includes('bos_token'), 'the chat template is inside');
    }
    await context.dispose();
    await model.dispose();
}

const llama = await getLlama({build: 'never', gpu: false, skipDownload: true, logLevel: LlamaLogLevel.error});
for (const [type, least] of [['f32', 1], ['f16', 0.95], ['bf16', 0.95], ['q8_0', 0.95], ['q4_0', 0.85]]) {
    await check(llama, type, least);
}
if (existsSync(`${work}/lora.gguf`)) {
    await check(llama, 'f32', 1, {gguf: `${work}/lora.gguf`, peft: `${work}/lora`});
}
process.exit(failed === 0 ? 0 : 1);
