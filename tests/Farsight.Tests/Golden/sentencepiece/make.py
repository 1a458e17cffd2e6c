"""Makes the models and references.jsonl of this folder: python3 make.py, with SentencePiece 0.1.97 and its Python binding.

The text, the rules and so the models are our own. Run it in an empty folder and copy *.model and references.jsonl here.
"""
import json
import random

import sentencepiece as spm

rnd=random.Random(3)
names=['Ardmore','Belinda','Corvin','Dunmore','Ena','Fergus','Galway','Honora']
things=['lighthouse','ledger','harbour','lantern','bridge','letter','garden','clock','boat','island']
verbs=['keeps','writes','finds','repairs','forgets','counts','opens','sells','hides','returns']
rest=['in the morning','before the storm','after 7 days','at 18:45','for 1,250 crowns','without a word','near the old mill','once again']
lines=[]
for i in range(1500):
    a=rnd.choice
    l=f"{a(names)} {a(verbs)} the {a(things)} {a(rest)}; {a(names)}'s {a(things)} {a(verbs)} {rnd.randrange(10**rnd.randrange(1,7))}."
    if i%7==0: l+=f"  Ünder größe naïve café {a(things)}—“{a(names)}”."
    if i%11==0: l=l.replace(' the ',' the  ')
    lines.append(l)
open('text.txt','w').write('\n'.join(lines))
with open('rules.tsv','w') as f:
    def rule(src,dst): f.write(' '.join('%X'%ord(c) for c in src)+'\t'+' '.join('%X'%ord(c) for c in dst)+'\n')
    for k in range(0xFF01,0xFF5F): rule(chr(k),chr(k-0xFEE0))
    rule('\u00a0',' '); rule('\t',' '); rule('\n',' '); rule('\u2026','...'); rule('ﬁ','fi'); rule('ﬂ','fl'); rule('e\u0301','é'); rule('u\u0308','ü'); rule('\u200b',''); rule('½','1/2'); rule('①','1')
common=dict(input='text.txt',vocab_size=420,hard_vocab_limit=False,minloglevel=2,num_threads=1)
spm.SentencePieceTrainer.train(model_prefix='bpe',model_type='bpe',byte_fallback=True,normalization_rule_name='identity',remove_extra_whitespaces=False,user_defined_symbols=['<|user|>'],split_digits=True,character_coverage=0.99,**{**common,'vocab_size':700})
spm.SentencePieceTrainer.train(model_prefix='unigram',model_type='unigram',normalization_rule_tsv='rules.tsv',**common)
spm.SentencePieceTrainer.train(model_prefix='unigram-bytes',model_type='unigram',byte_fallback=True,normalization_rule_name='identity',remove_extra_whitespaces=False,add_dummy_prefix=False,**{**common,'vocab_size':640})
texts=["Ardmore keeps the lighthouse in the morning.","  two  spaces   and more ","","x"," ","Größe naïve café","tab\tand\nnew line","full width ＡＢＣ １２３！","ﬁnd the ﬂoor… ½ ①","e\u0301 u\u0308 a\u0301","日本語 text 🙂 mixed","1,250 crowns and 18:45 and 1234567890","<s> and </s> and <unk> stay text","zero\u200bwidth\u00a0space","Honora's ledger—“Ena”.","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","the the the  the","Ωmega αβγ","ends with space ","<0x41> is text","CamelCaseWords and snake_case","Fergus hides the clock; Galway's bridge returns 99."]
out={}
for m in ['bpe','unigram','unigram-bytes']:
    sp=spm.SentencePieceProcessor(model_file=m+'.model')
    out[m]=[{'text':t,'ids':sp.encode(t),'decoded':sp.decode(sp.encode(t))} for t in texts]
    print(m,sp.get_piece_size(),[sp.id_to_piece(i) for i in range(6)], sp.bos_id(),sp.eos_id(),sp.unk_id())
with open('references.jsonl', 'w') as f:
    for m, entries in out.items():
        for e in entries:
            f.write(json.dumps({'model': m, **e}, ensure_ascii=False) + '\n')
