// Called by bench-decode-peer. Loads one GGUF file in three programs, which take turns, so that a change of the machine's speed meets all.
import {execFileSync} from 'node:child_process';
import {closeSync, copyFileSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {makeDocument, median, release, startFarsight, startLlama} from './llama-peer.mjs';

const {values: options, positionals} = parseArgs({
    allowPositionals: true,
    options: {
        threads: {type: 'string', default: '2'},
        prompt: {type: 'string', default: '512'},
        new: {type: 'string', default: '64'},
        rounds: {type: 'string', default: '5'},
        layers: {type: 'string', default: '8'},
        hidden: {type: 'string', default: '2048'},
        farsight: {type: 'string', default: 'artifacts/bin/Farsight.Cli/release/farsight'},
    },
});
process.on('uncaughtException', error => {
    console.error(`bench-decode-peer: ${error.message}`);
    process.exit(1);
});
const size = name => {
    const value = Number(options[name]);
    if (!Number.isInteger(value) || value < 1) {
        console.error(`bench-decode-peer: --${name} is ${options[name]}; use a whole number from 1.`);
        process.exit(2);
    }
    return value;
};
const [threads, promptTokens, newTokens, rounds, layers, hidden] = ['threads', 'prompt', 'new', 'rounds', 'layers', 'hidden'].map(size);
if (hidden % 512 !== 0) {
    console.error('bench-decode-peer: --hidden must be a multiple of 512.');
    process.exit(2);
}

// A directory with a model of the Llama family and random weights in BF16, and the tokenizer of models/tiny.
function makeModel(folder) {
    mkdirSync(folder, {recursive: true});
    for (const name of ['tokenizer.json', 'tokenizer_config.json']) copyFileSync(`models/tiny/${name}`, `${folder}/${name}`);
    const config = {
        ...JSON.parse(readFileSync('models/tiny/config.json')), hidden_size: hidden, intermediate_size: 4 * hidden, num_hidden_layers: layers,
        num_attention_heads: hidden / 64, num_key_value_heads: hidden / 256, head_dim: 64, max_position_embeddings: 4096,
    };
    writeFileSync(`${folder}/config.json`, JSON.stringify(config));
    const tensors = [['model.embed_tokens.weight', [config.vocab_size, hidden]], ['model.norm.weight', [hidden]]];
    for (let layer = 0; layer < layers; layer++) {
        const add = (name, ...shape) => tensors.push([`model.layers.${layer}.${name}.weight`, shape]);
        add('input_layernorm', hidden);
        add('post_attention_layernorm', hidden);
        add('self_attn.q_proj', hidden, hidden);
        add('self_attn.k_proj', hidden / 4, hidden);
        add('self_attn.v_proj', hidden / 4, hidden);
        add('self_attn.o_proj', hidden, hidden);
        add('mlp.gate_proj', 4 * hidden, hidden);
        add('mlp.up_proj', 4 * hidden, hidden);
        add('mlp.down_proj', hidden, 4 * hidden);
    }
    const header = {};
    let end = 0;
    for (const [name, shape] of tensors) {
        const start = end;
        end += 2 * shape.reduce((a, b) => a * b);
        header[name] = {dtype: 'BF16', shape, data_offsets: [start, end]};
    }
    const text = Buffer.from(JSON.stringify(header));
    const file = openSync(`${folder}/model.safetensors`, 'w'), length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    writeSync(file, length);
    writeSync(file, text);
    // Uniform numbers of the deviation 1 / sqrt(hidden), from a fixed sequence; a prime number of them is repeated.
    const random = new Uint16Array(1_000_003), float = new Float32Array(1), bits = new Uint32Array(float.buffer);
    let seed = 1;
    for (let i = 0; i < random.length; i++) {
        seed = (seed * 48271) % 2147483647;
        float[0] = (seed / 2147483647 - 0.5) * Math.sqrt(12 / hidden);
        random[i] = bits[0] >>> 16;
    }
    const ones = new Uint16Array(hidden).fill(0x3F80);
    for (const [, shape] of tensors) {
        let left = shape.reduce((a, b) => a * b);
        const values = shape.length === 1 ? ones : random;
        for (; left > 0; left -= values.length) {
            writeSync(file, Buffer.from(values.buffer, 0, 2 * Math.min(left, values.length)));
        }
    }
    closeSync(file);
}

async function compare(file) {
    const window = promptTokens + newTokens + 64;
    const llama = await startLlama(file, threads, window);
    const servers = {
        'Farsight, 8-bit products': await startFarsight(options.farsight, file, threads, window, '--precision', 'q8'),
        'Farsight, F32 products': await startFarsight(options.farsight, file, threads, window),
    };
    const ask = {'llama.cpp': llama.ask};
    for (const [name, server] of Object.entries(servers)) ask[name] = (tokens, count) => server.ask(tokens, count, llama.eos);
    const names = Object.keys(ask), [eight] = Object.keys(servers), prefill = {}, decode = {};
    for (const name of names) {
        [prefill[name], decode[name]] = [[], []];
        await ask[name](await makeDocument(servers[eight], 0, 64), 8); // warm
    }
    for (let round = 1; round <= rounds; round++) {
        const tokens = await makeDocument(servers[eight], round, promptTokens);
        for (const name of names) {
            const answer = await ask[name](tokens, newTokens);
            prefill[name].push(promptTokens / answer.first);
            decode[name].push((answer.made - 1) / (answer.all - answer.first));
        }
    }
    // Ratios of the same round, so that each pair saw the machine in nearly the same state.
    const ratio = (rates, name) => median(rates[name].map((rate, i) => rate / rates['llama.cpp'][i])).toFixed(2);
    console.log(`\n${file.split('/').pop()}, ${threads} threads, medians of ${rounds} rounds; llama.cpp ${release}. A ratio above 1: faster than llama.cpp.\n`);
    console.log(`| | prefill of ${promptTokens} tokens | ratio | decoding of ${newTokens} tokens | ratio |\n|---|--:|--:|--:|--:|`);
    for (const name of names) {
        console.log(
            `| ${name} | ${median(prefill[name]).toFixed(0)} tokens/s | ${ratio(prefill, name)} | ` +
            `${median(decode[name]).toFixed(1)} tokens/s | ${ratio(decode, name)} |`);
    }
    for (const server of Object.values(servers)) server.stop();
    await llama.stop();
}

let files = positionals;
const work = `artifacts/llama.cpp/decode-peer.${process.pid}`;
process.on('exit', () => rmSync(work, {recursive: true, force: true}));
if (files.length === 0) {
    makeModel(`${work}/model`);
    files = ['q8_0', 'q4_0'].map(type => {
        const out = `${work}/random-${type}.gguf`;
        execFileSync(options.farsight, ['export', 'gguf', '--model', `${work}/model`, '--type', type, '--out', out], {stdio: ['ignore', 'ignore', 'inherit']});
        return out;
    });
}
for (const file of files) await compare(file);
process.exit(0);
