#!/usr/bin/env python3
"""Compares transformers and PEFT with Farsight on the exported files in tests/exports.

    tools/check-exports.py [FOLDER]

Needs torch, transformers and peft. Each model scores the text of log-probs.json; log-probabilities and the last logits must agree with
Farsight's within 1e-4. Prints one line per model, then the versions. Exit code 1 if a model differs.
"""
import json
import pathlib
import sys

import peft
import torch
import transformers

TOLERANCE = 1e-4
folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "tests/exports")
expected = json.loads((folder / "log-probs.json").read_text())
tokens = torch.tensor([expected["tokens"]])


def load(name):
    base, _, adapter = name.partition(" + ")
    model = transformers.AutoModelForCausalLM.from_pretrained(folder / base, torch_dtype=torch.float32, attn_implementation="eager")
    return (peft.PeftModel.from_pretrained(model, folder / adapter) if adapter else model).eval()


def difference(name, scores):
    with torch.no_grad():
        logits = load(name)(tokens).logits[0, :-1].double()
    log_probs = logits.log_softmax(-1).gather(1, tokens[0, 1:, None])[:, 0]
    return max(
        (log_probs - torch.tensor(scores["log_probs"], dtype=torch.float64)).abs().max().item(),
        (logits[-1] - torch.tensor(scores["last_logits"], dtype=torch.float64)).abs().max().item(),
    )


ids = transformers.AutoTokenizer.from_pretrained(folder / "base")(expected["text"], add_special_tokens=False)["input_ids"]
failed = ids != expected["tokens"]
print(f"{'FAILED' if failed else 'ok    '} tokens of {len(expected['text'])} characters")
for name, scores in expected["models"].items():
    if name.endswith(".gguf"):
        continue  # tools/check-gguf runs llama.cpp on it
    found = difference(name, scores)
    failed |= not found <= TOLERANCE
    print(f"{'ok    ' if found <= TOLERANCE else 'FAILED'} {name}: largest difference {found:.1e}")
rows = [json.loads(line) for line in (folder / "trl.jsonl").read_text().splitlines()]
sound = bool(rows) and all({"prompt", "chosen", "rejected"} <= row.keys() for row in rows)
failed |= not sound
print(f"{'ok    ' if sound else 'FAILED'} trl.jsonl: {len(rows)} lines with prompt, chosen and rejected")
print(f"transformers {transformers.__version__}, peft {peft.__version__}, torch {torch.__version__}")
sys.exit(1 if failed else 0)
