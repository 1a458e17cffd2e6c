// The other side of tools/bench-tokenizer: times Hugging Face's native library on the same files. Arguments: the folder that
// holds its npm package, a tokenizer.json, a folder of .txt files, passes. Prints one line of JSON, as farsight bench tokenizer does.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [packages, tokenizer, documents, passes] = process.argv.slice(2);
const { Tokenizer } = createRequire(resolve(packages, 'package.json'))('@anush008/tokenizers');
const texts = readdirSync(documents).filter(f => f.endsWith('.txt')).sort().map(f => readFileSync(join(documents, f), 'utf8'));

let start = performance.now();
const loaded = Tokenizer.fromFile(tokenizer);
const load = (performance.now() - start) / 1000;
const hash = createHash('sha256');
const seconds = [];
let tokens = 0;
for (let pass = 0; pass < Number(passes); pass++) {
    let total = 0;
    for (const text of texts) {
        start = performance.now();
        const encoding = await loaded.encode(text, null, { addSpecialTokens: false });
        total += performance.now() - start; // without reading the ids out into JavaScript
        if (pass === 0) {
            const ids = encoding.getIds();
            tokens += ids.length;
            hash.update(Buffer.from(Int32Array.from(ids).buffer));
        }
    }
    seconds.push(total / 1000);
}
const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
console.log(JSON.stringify({
    bytes, tokens, seconds_load: load, seconds, mb_per_second: bytes / 1e6 / Math.min(...seconds), sha256: hash.digest('hex'),
}));
