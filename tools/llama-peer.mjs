// Farsight's server and llama.cpp on one GGUF file, for programs that compare their speed. Both get token ids, one request at a time.
// Farsight is measured over HTTP, from the request to the event of each token; llama.cpp as a library, without a server around it.
import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {getLlama, LlamaLogLevel} from 'node-llama-cpp';

// The llama.cpp that node-llama-cpp was built from.
export const release = JSON.parse(
    readFileSync('artifacts/llama.cpp/node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/_nlcBuildMetadata.json')).buildOptions.llamaCpp.release;

export const median = values => {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
};

// Numbered lines until there are enough tokens; `seed` makes documents that share no beginning.
export async function makeDocument(server, seed, length) {
    let text = `Document ${seed}.\n`;
    for (let line = 1; ; line++) {
        text += `Line ${line}: the number is ${(line * 7919 + seed * 104729) % 100000}.\n`;
        if (text.length < 2 * length) continue;
        const tokens = await server.tokenize(text);
        if (tokens.length >= length) return tokens.slice(0, length);
    }
}

// Starts `farsight serve`. ask(tokens, count, bannedToken) returns the seconds to the first token, those of all tokens, the number of
// tokens and their text.
export async function startFarsight(program, file, threads, window, ...more) {
    const child = spawn(
        program,
        ['serve', '--model', file, '--model-name', 'model', '--port', '0', '--threads', String(threads), '--max-context', String(window), ...more],
        {stdio: ['ignore', 'pipe', 'pipe']});
    process.on('exit', () => child.kill());
    let log = '', url;
    child.stderr.on('data', text => { log += text; });
    for await (const line of createInterface({input: child.stdout})) {
        url = / at (http:\/\/[^/]+)\/v1\./.exec(line)?.[1];
        if (url) break;
    }
    if (!url) throw new Error(`farsight serve did not start:\n${log}`);

    async function post(path, body) {
        const response = await fetch(url + path, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
        if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
        return response;
    }

    async function ask(tokens, count, bannedToken) {
        const started = performance.now();
        const response = await post('/v1/completions', {
            model: 'model', prompt: tokens, max_tokens: count, temperature: 0, stream: true, stream_options: {include_usage: true},
            logit_bias: {[bannedToken]: -100}, // no answer ends early
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

    const tokenize = async content => (await (await post('/tokenize', {content, add_special: true})).json()).tokens;
    return {ask, tokenize, stop: () => child.kill()};
}

// Loads a file with llama.cpp in this process. ask(tokens, count) is that of startFarsight.
export async function startLlama(file, threads, window) {
    const llama = await getLlama({build: 'never', gpu: false, skipDownload: true, maxThreads: threads, logLevel: LlamaLogLevel.error});
    const model = await llama.loadModel({modelPath: file});
    const context = await model.createContext({contextSize: window, sequences: 1, threads, batchSize: 512});
    const sequence = context.getSequence();
    let known = []; // tokens whose keys and values llama.cpp has

    async function ask(tokens, count) {
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

    return {ask, eos: model.tokens.eos, stop: () => context.dispose()};
}
