// Called by check-gguf. For each exported type: llama.cpp's tokens of texts are ours; in F32 its greedy tokens are ours; in the other
// types, led along our tokens, its most likely token is ours at nearly all positions. For families: the same of each in F32.
import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {getLlama, LlamaLogLevel} from 'node-llama-cpp';

const [farsight, work, families] = process.argv.slice(2);
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
    ...prompts, ' ', 'a', "it's 12345  and\t\ttabs\r\n\n", 'Zoë’s café – naïve 日本語 😀 <|user|> Ωmega', '   leading, trailing   ', 'x\u0301 e\u0301',
];

// All prompts in one run of ours: [{prompt_tokens, tokens}, …]. One prompt gives one object.
const ours = (model, prompts, ...more) => [JSON.parse(execFileSync(
    farsight, ['generate', '--model', model, '--raw', '--json', '--temperature', '0', '--max-new-tokens', String(count), ...prompts.flatMap(prompt => ['--prompt', prompt]), ...more],
    {stdio: ['ignore', 'pipe', 'ignore']}))].flat();

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

// A PEFT adapter of models/tiny that changes its answers: rank 4, values from a fixed sequence.
function makeAdapter(folder) {
    const rank = 4, shapes = {'self_attn.q_proj': [192, 192], 'self_attn.k_proj': [64, 192], 'mlp.down_proj': [192, 512]};
    const header = {}, values = [];
    let seed = 1;
    const add = (name, rows, columns) => {
        const start = 4 * values.length;
        for (let i = 0; i < rows * columns; i++) {
            seed = (seed * 48271) % 2147483647;
            values.push((seed / 2147483647 - 0.5) * 0.25);
        }
        header[`base_model.model.model.layers.${name}.weight`] = {dtype: 'F32', shape: [rows, columns], data_offsets: [start, 4 * values.length]};
    };
    for (let layer = 0; layer < 4; layer++) {
        for (const [module, [outputs, inputs]] of Object.entries(shapes)) {
            add(`${layer}.${module}.lora_A`, rank, inputs);
            add(`${layer}.${module}.lora_B`, outputs, rank);
        }
    }
    const json = Buffer.from(JSON.stringify(header)), length = Buffer.alloc(8);
    length.writeBigInt64LE(BigInt(json.length));
    mkdirSync(folder);
    writeFileSync(`${folder}/adapter_model.safetensors`, Buffer.concat([length, json, Buffer.from(Float32Array.from(values).buffer)]));
    writeFileSync(`${folder}/adapter_config.json`, JSON.stringify({
        peft_type: 'LORA', task_type: 'CAUSAL_LM', r: rank, lora_alpha: 8, target_modules: ['q_proj', 'k_proj', 'down_proj'],
    }));
}

async function check(llama, type, least, adapter, precision = 'f32') {
    const file = `${work}/${type}.gguf`;
    const model = await llama.loadModel({modelPath: file});
    const context = await model.createContext({contextSize: 256, sequences: 1, threads: 1, ...(adapter ? {lora: {adapters: [{filePath: adapter.gguf}]}} : {})});
    const sequence = context.getSequence();
    const name = adapter ? `${type} with adapter` : precision === 'f32' ? type : `${type} in ${precision}`;
    let asked = 0, equal = 0, exact = 0, changed = 0;
    const plain = adapter ? ours(file, prompts) : null;
    const answers = ours(file, prompts, '--precision', precision, ...(adapter ? ['--adapter', adapter.peft] : []));
    for (const [i, prompt] of prompts.entries()) {
        const own = answers[i];
        const tokens = [model.tokens.bos, ...model.tokenize(prompt)];
        if (!same(tokens, own.prompt_tokens)) {
            judge(false, `${name}: prompt ${JSON.stringify(prompt)} is ${tokens}, ours is ${own.prompt_tokens}`);
        }
        exact += same(await greedy(sequence, own.prompt_tokens, model.tokens.eos), own.tokens) ? 1 : 0;
        changed += plain && !same(plain[i].tokens, own.tokens) ? 1 : 0;
        const likely = await led(sequence, own.prompt_tokens, own.tokens);
        asked += likely.length;
        equal += likely.filter((token, at) => token === own.tokens[at]).length;
    }
    judge(equal >= least * asked && asked >= prompts.length * 10, `${name}: ${equal} of ${asked} most likely tokens are ours (at least ${100 * least} %), ${exact} of ${prompts.length} continuations whole`);
    if (type === 'f32') {
        judge(exact === prompts.length, `${name}: llama.cpp continues every prompt with the same tokens`);
    }
    if (adapter) {
        judge(changed > prompts.length / 2, `${name}: the adapter changes ${changed} of ${prompts.length} continuations`);
    } else if (type === 'f32') {
        const encoded = ours(file, texts).map(own => own.prompt_tokens.slice(1)); // without BOS
        const wrong = texts.filter((text, i) => !same(model.tokenize(text), encoded[i]));
        judge(wrong.length === 0, `tokens of ${texts.length} texts${wrong.map(text => ` ${JSON.stringify(text)}`)}`);
        judge(model.fileInfo.metadata.tokenizer.chat_template.includes('bos_token'), 'the file contains the chat template');
    }
    await context.dispose();
    await model.dispose();
}

// A model of goldens-families with the tokenizer of models/tiny: its vocabulary gets more rows, of about the size of its own.
function widen(name, folder) {
    const from = `${families}/${name}`, config = JSON.parse(readFileSync(`${from}/config.json`));
    const bytes = readFileSync(`${from}/model.safetensors`), start = 8 + Number(bytes.readBigInt64LE());
    const header = JSON.parse(bytes.subarray(8, start)), parts = [];
    const vocab = Object.keys(JSON.parse(readFileSync('models/tiny/tokenizer.json')).model.vocab).length;
    const rows = Math.max(vocab, JSON.parse(readFileSync('models/tiny/config.json')).vocab_size);
    let seed = 1, length = 0;
    for (const [tensor, entry] of Object.entries(header)) {
        if (tensor === '__metadata__') continue;
        const [first, end] = entry.data_offsets, own = bytes.subarray(start + first, start + end);
        let data = own;
        if (/embed_tokens|lm_head/.test(tensor)) {
            const values = new Float32Array(own.buffer.slice(own.byteOffset, own.byteOffset + own.length));
            const width = entry.shape[1], wide = new Float32Array(rows * width);
            const size = Math.sqrt(3 * values.reduce((sum, x) => sum + x * x, 0) / values.length);
            wide.set(values);
            for (let i = values.length; i < wide.length; i++) {
                seed = (seed * 48271) % 2147483647;
                wide[i] = size * (2 * seed / 2147483647 - 1);
            }
            data = Buffer.from(wide.buffer);
            entry.shape = [rows, width];
        }
        entry.data_offsets = [length, length += data.length];
        parts.push(data);
    }
    const json = Buffer.from(JSON.stringify(header)), size = Buffer.alloc(8);
    size.writeBigInt64LE(BigInt(json.length));
    mkdirSync(folder);
    writeFileSync(`${folder}/model.safetensors`, Buffer.concat([size, json, ...parts]));
    writeFileSync(`${folder}/config.json`, JSON.stringify({...config, vocab_size: rows}));
    for (const file of ['tokenizer.json', 'tokenizer_config.json']) copyFileSync(`models/tiny/${file}`, `${folder}/${file}`);
    return config;
}

// Prompts must fit the context. LongRoPE needs a prompt above the first window: llama.cpp always takes the long factors in such a context.
// The folder gets a neutral name, because llama.cpp expects tokens of Phi-3 in a model that is called so.
async function checkFamily(llama, name) {
    const folder = `${work}/${name.replace('phi3', 'phi')}`, file = `${folder}.gguf`, config = widen(name, folder);
    try {
        execFileSync(farsight, ['export', 'gguf', '--model', folder, '--type', 'f32', '--out', file], {stdio: ['ignore', 'ignore', 'pipe']});
    } catch (error) {
        const reason = error.stderr.toString().trim();
        judge(reason.includes('cannot be exported to GGUF'), `${name}: not exported (${reason.split('\n').at(-1)})`);
        return;
    }
    const model = await llama.loadModel({modelPath: file});
    const window = Math.min(256, model.trainContextSize), least = config.original_max_position_embeddings ?? 0;
    const context = await model.createContext({contextSize: window, sequences: 1, threads: 1});
    const sequence = context.getSequence();
    const words = [...prompts, ...prompts, ...prompts].join(' ').split(' ');
    const fitting = [...words, ...words.map((_, i) => words.slice(0, i + 1).join(' '))].filter(prompt => {
        const length = model.tokenize(prompt).length + 1;
        return length > least && length + 4 < window;
    });
    const used = fitting.filter((_, i) => i % Math.ceil(fitting.length / 8) === 0);
    let asked = 0, equal = 0;
    for (const own of ours(file, used)) {
        const likely = await led(sequence, own.prompt_tokens, own.tokens);
        asked += likely.length;
        equal += likely.filter((token, at) => token === own.tokens[at]).length;
    }
    judge(equal >= 0.97 * asked && asked >= 10, `${name} as ${model.fileInfo.metadata.general.architecture}: ${equal} of ${asked} most likely tokens are ours, after ${used.length} prompts`);
    await context.dispose();
    await model.dispose();
}

// One thread: on a busy machine llama.cpp's threads wait for each other longer than they compute.
const llama = await getLlama({build: 'never', gpu: false, skipDownload: true, maxThreads: 1, logLevel: LlamaLogLevel.error});
if (families) {
    for (const name of readdirSync(families, {withFileTypes: true}).filter(entry => entry.isDirectory()).map(entry => entry.name).sort()) {
        await checkFamily(llama, name);
    }
    process.exit(failed === 0 ? 0 : 1);
}
for (const [type, least] of [['f32', 0.99], ['f16', 0.95], ['bf16', 0.95], ['q8_0', 0.95], ['q4_0', 0.85], ['stored', 0.95]]) {
    await check(llama, type, least);
}
for (const [type, least] of [['q8_0', 0.95], ['q4_0', 0.85]]) {
    await check(llama, type, least, undefined, 'q8');
}
makeAdapter(`${work}/lora`);
execFileSync(farsight, ['export', 'gguf', '--lora', '--model', 'models/tiny', '--adapter', `${work}/lora`, '--out', `${work}/lora.gguf`]);
await check(llama, 'f32', 0.99, {gguf: `${work}/lora.gguf`, peft: `${work}/lora`});
process.exit(failed === 0 ? 0 : 1);
