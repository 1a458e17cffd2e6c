// Called by bench-server-peer. Starts `farsight serve` with a GGUF file and loads the same file with llama.cpp in this process. Both get the
// same token ids, one request at a time. The programs take turns, so that a change of the machine's speed meets both.
import {parseArgs} from 'node:util';
import {makeDocument, median, release, startFarsight, startLlama} from './llama-peer.mjs';

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

const server = await startFarsight(options.farsight, file, threads, window);
const llama = await startLlama(file, threads, window);
const ask = {farsight: (tokens, count) => server.ask(tokens, count, llama.eos), llama: llama.ask};
const names = ['farsight', 'llama'];

for (const name of names) await ask[name](await makeDocument(server, 0, 64), 8); // warm

const read = {farsight: [], llama: []}, generate = {farsight: [], llama: []};
for (let round = 1; round <= rounds; round++) {
    const tokens = await makeDocument(server, round, promptTokens);
    for (const name of names) {
        const answer = await ask[name](tokens, 2 * newTokens);
        read[name].push(promptTokens / answer.first);
        generate[name].push((answer.made - 1) / (answer.all - answer.first));
    }
}

const document = await makeDocument(server, 1000, documentTokens);
const questions = await Promise.all(Array.from({length: questionCount}, (_, i) =>
    server.tokenize(`\nQuestion ${i + 1}: what is the number in line ${i + 1}?\nAnswer:`)));
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
await llama.stop();
process.exit(0);
