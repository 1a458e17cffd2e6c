using Farsight.Engine.Kernels.Assembled;

namespace Farsight.Tests.Engine.Kernels.Assembled;

public sealed unsafe class AmxTileTests
{
    /// <summary>Runs where the processor has AMX and the system permits it.</summary>
    sealed class AmxFactAttribute : FactAttribute
    {
        public AmxFactAttribute() => Skip = AmxTile.IsSupported ? null : "This processor has no TDPBF16PS, or the system refuses it.";
    }

    delegate void Product(Bf16TileCall* call);

    static readonly byte[] s_code = MachineCode.Assemble(AmxTile.Write, windows: false);

    [Fact]
    public void The_instructions_are_those_of_the_plan()
    {
        IEnumerable<string> all = AmxEmulator.Decode(s_code).Select(i => $"{i}");
        string[] body = [.. all.SkipWhile(i => i != "mov rbx,rdi").Skip(1).TakeWhile(i => i != "vzeroupper")];

        Assert.Equal(Body.Split('\n'), body);
    }

    // Numbers whose sums are exact, so that their order does not matter. c has gaps that must stay.
    [Theory, InlineData(16, 1, 0), InlineData(16, 2, 1), InlineData(48, 1, 1), InlineData(32, 3, 0)]
    public void The_emulated_kernel_gives_the_product(int pairs, int tiles, int add)
    {
        const int Gap = 3;
        Random random = new(pairs + tiles);
        int lines = tiles * AmxTile.Rows, line = pairs + Gap, stride = AmxTile.Columns + Gap;
        uint[] a = Draw(random, lines * line), b = Draw(random, pairs * AmxTile.Columns);
        float[] c = [.. Enumerable.Range(0, lines * stride).Select(_ => (float)random.Next(100))], before = [.. c];

        Run(a, b, c, pairs, tiles, line, stride, add, call => Assert.Equal(tiles * pairs / 16 * 4, AmxEmulator.Call(s_code, call)));

        for (int n = 0; n < c.Length; n++)
        {
            (int row, int column) = (n / stride, n % stride);
            float expected = column >= AmxTile.Columns ? before[n] : add * before[n] + Enumerable.Range(0, pairs)
                .Sum(p => Dot(a[row * line + p], b[p * AmxTile.Columns + column]));
            Assert.Equal(expected, c[n]);
        }
    }

    /// <summary>VDPBF16PS adds 1 to 2²⁴ and loses it; TDPBF16PS adds the odd terms apart and keeps it.</summary>
    [Fact]
    public void Sums_have_other_bits_than_those_of_VDPBF16PS()
    {
        const uint One = 0x3F80, Large24 = 0x4B80, MinusLarge24 = 0xCB80;
        uint[] a = new uint[16 * AmxTile.Rows], b = [.. Enumerable.Repeat(One | One << 16, 16 * AmxTile.Columns)];
        for (int row = 0; row < AmxTile.Rows; row++)
        {
            a[row * 16] = Large24 | One << 16;
            a[row * 16 + 1] = MinusLarge24 | One << 16;
        }
        float[] amx = new float[AmxTile.Rows * AmxTile.Columns], other = new float[amx.Length];

        Run(a, b, amx, 16, 1, 16, AmxTile.Columns, 0, call => AmxEmulator.Call(s_code, call));
        Run(a, b, other, 16, AmxTile.Rows / Bf16Tile.Rows, 16, AmxTile.Columns, 0, Bf16TileTwin.Compute);

        Assert.All(amx, x => Assert.Equal(2f, x));
        Assert.All(other, x => Assert.Equal(0f, x));
    }

    [Theory, InlineData(8, 16), InlineData(4, 17)]
    public void Operands_of_another_layout_are_refused(int step, int pairs)
    {
        Bf16TileCall call = new() { Step = step, Pairs = pairs };

        try
        {
            AmxTile.Compute(&call);
            Assert.Fail("The call was accepted.");
        }
        catch (ArgumentException e)
        {
            Assert.StartsWith("Tiles of AMX need a in rows and a multiple of 16 pairs.", e.Message, StringComparison.Ordinal);
        }
    }

    [AmxFact]
    public void The_processor_gives_the_bits_of_the_emulator()
    {
        const int PairCount = 64, Tiles = 2;
        Random random = new(1);
        uint[] a = [.. Enumerable.Range(0, PairCount * Tiles * AmxTile.Rows).Select(_ => Any(random))];
        uint[] b = [.. Enumerable.Range(0, PairCount * AmxTile.Columns).Select(_ => Any(random))];
        float[] expected = new float[Tiles * AmxTile.Rows * AmxTile.Columns], actual = new float[expected.Length];

        Run(a, b, expected, PairCount, Tiles, PairCount, AmxTile.Columns, 0, call => AmxEmulator.Call(s_code, call));
        Run(a, b, actual, PairCount, Tiles, PairCount, AmxTile.Columns, 0, AmxTile.Compute);

        Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), actual.Select(BitConverter.SingleToUInt32Bits));
    }

    static void Run(uint[] a, uint[] b, float[] c, int pairs, int tiles, int line, int stride, int add, Product compute)
    {
        fixed (uint* left = a, right = b)
        {
            fixed (float* result = c)
            {
                Bf16TileCall call = new()
                {
                    A = (byte*)left,
                    Line = 4 * line,
                    Step = 4,
                    B = (byte*)right,
                    C = result,
                    Stride = 4 * stride,
                    Pairs = pairs,
                    Tiles = tiles,
                    Add = add,
                };
                compute(&call);
            }
        }
    }

    /// <summary>Returns pairs of whole numbers from −8 to 8.</summary>
    static uint[] Draw(Random random, int count)
    {
        uint One() => BitConverter.SingleToUInt32Bits(random.Next(-8, 9)) >> 16;
        return [.. Enumerable.Range(0, count).Select(_ => One() | One() << 16)];
    }

    /// <summary>Returns a pair of numbers of very different sizes.</summary>
    static uint Any(Random random)
    {
        uint One() => BitConverter.SingleToUInt32Bits((float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-70, 20)))) >> 16;
        return One() | One() << 16;
    }

    static float Dot(uint a, uint b) => Number(a << 16) * Number(b << 16) + Number(a & 0xFFFF0000) * Number(b & 0xFFFF0000);

    static float Number(uint bits) => BitConverter.UInt32BitsToSingle(bits);

    const string Body = """
        sub rsp,40h
        vpxord zmm0,zmm0,zmm0
        vmovups [rsp],zmm0
        mov byte ptr [rsp],1
        mov word ptr [rsp+10h],40h
        mov byte ptr [rsp+30h],10h
        mov word ptr [rsp+12h],40h
        mov byte ptr [rsp+31h],10h
        mov word ptr [rsp+14h],40h
        mov byte ptr [rsp+32h],10h
        mov word ptr [rsp+16h],40h
        mov byte ptr [rsp+33h],10h
        mov word ptr [rsp+18h],40h
        mov byte ptr [rsp+34h],10h
        mov word ptr [rsp+1Ah],40h
        mov byte ptr [rsp+35h],10h
        mov word ptr [rsp+1Ch],40h
        mov byte ptr [rsp+36h],10h
        mov word ptr [rsp+1Eh],40h
        mov byte ptr [rsp+37h],10h
        ldtilecfg [rsp]
        mov r8,[rbx+8]
        mov r12,[rbx+28h]
        mov r10,80h
        mov rax,[rbx]
        imul rdx,r8,10h
        add rdx,rax
        mov r11,[rbx+18h]
        mov rsi,[rbx+30h]
        mov rdi,[rbx+20h]
        imul r13,r12,10h
        add r13,rdi
        cmp qword ptr [rbx+40h],0
        je short 00000000000000DEh
        tileloadd tmm0,[rdi+r12]
        tileloadd tmm1,[rdi+r12+40h]
        tileloadd tmm2,[r13+r12]
        tileloadd tmm3,[r13+r12+40h]
        jmp short 00000000000000F2h
        tilezero tmm0
        tilezero tmm1
        tilezero tmm2
        tilezero tmm3
        tileloadd tmm4,[rax+r8]
        tileloadd tmm6,[r11+r10]
        tdpbf16ps tmm0,tmm4,tmm6
        tileloadd tmm7,[r11+r10+40h]
        tdpbf16ps tmm1,tmm4,tmm7
        tileloadd tmm5,[rdx+r8]
        tdpbf16ps tmm2,tmm5,tmm6
        tdpbf16ps tmm3,tmm5,tmm7
        add rax,40h
        add rdx,40h
        add r11,800h
        sub rsi,10h
        jne short 00000000000000F2h
        tilestored [rdi+r12],tmm0
        tilestored [rdi+r12+40h],tmm1
        tilestored [r13+r12],tmm2
        tilestored [r13+r12+40h],tmm3
        imul r14,r12,20h
        add [rbx+20h],r14
        imul r14,r8,20h
        add [rbx],r14
        dec qword ptr [rbx+38h]
        jne near ptr 000000000000009Dh
        tilerelease
        add rsp,40h
        """;
}
