"""Makes block-formats.txt: python3 block-formats.py LIBGGML_BASE, the libggml-base.so of the npm package @node-llama-cpp/linux-x64."""
import ctypes
import random
import struct
import sys

g=ctypes.CDLL(sys.argv[1])
F=[('Q4_0',2,32,18,[0]),('Q4_1',3,32,20,[0,2]),('Q5_0',6,32,22,[0]),('Q5_1',7,32,24,[0,2]),('Q8_0',8,32,34,[0]),
('Q2_K',10,256,84,[80,82]),('Q3_K',11,256,110,[108]),('Q4_K',12,256,144,[0,2]),('Q5_K',13,256,176,[0,2]),('Q6_K',14,256,210,[208]),
('IQ4_NL',20,32,18,[0]),('IQ4_XS',23,256,136,[0])]
rnd=random.Random(7)
g.ggml_quantize_chunk.restype=ctypes.c_size_t
g.ggml_quantize_chunk.argtypes=[ctypes.c_int,ctypes.c_void_p,ctypes.c_void_p,ctypes.c_int64,ctypes.c_int64,ctypes.c_int64,ctypes.c_void_p]
out=[]
for name,t,vals,size,scales in F:
    deq=getattr(g,'dequantize_row_'+(name.lower() if '_K' not in name else name.lower()[:-1]+'K'))
    deq.restype=None; deq.argtypes=[ctypes.c_void_p,ctypes.c_void_p,ctypes.c_int64]
    blocks=[]
    n=2 if vals==32 else 1
    b=bytearray(rnd.randbytes(size*n))
    for k in range(n):
        for j,s in enumerate(scales):
            v=rnd.choice([-1,1])*rnd.uniform(1e-3,2e-2)
            b[k*size+s:k*size+s+2]=struct.pack('<e',v)
    blocks.append(bytes(b))
    src=(ctypes.c_float*(vals*n))(*[rnd.gauss(0,0.05) for _ in range(vals*n)])
    dst=(ctypes.c_uint8*(size*n))()
    r=g.ggml_quantize_chunk(t,src,dst,0,1,vals*n,None)
    assert r==size*n,(name,r)
    blocks.append(bytes(dst))
    for blk in blocks:
        buf=(ctypes.c_uint8*len(blk)).from_buffer_copy(blk)
        y=(ctypes.c_float*(vals*n))()
        deq(buf,y,vals*n)
        out.append((name,blk.hex(),bytes(y).hex()))
with open('block-formats.txt','w') as f:
    f.write('# Blocks of our own numbers and what ggml (the library of node-llama-cpp 3.22.1) widens them to.\n')
    f.write('# Format, bytes, values as little-endian F32, both hexadecimal.\n')
    for r in out: f.write(' '.join(r)+'\n')
