using Farsight.Engine.Kernels.Assembled;
using Iced.Intel;

namespace Farsight.Tests.Engine.Kernels.Assembled;

/// <summary>Executes the bytes of a kernel for AMX, instruction by instruction, on memory of this process.</summary>
/// <remarks>
/// It knows the instructions that <see cref="AmxTile"/> uses and no others, and tiles of 16 rows of 64 bytes. Source of the tiles'
/// instructions: Intel SDM, volume 2, LDTILECFG, TILELOADD, TILESTORED, TDPBF16PS.
/// </remarks>
sealed unsafe class AmxEmulator
{
    const int TileRows = 16, TileColumns = 16, StackBytes = 4096;

    readonly Dictionary<Register, long> _registers = [];
    readonly uint[]?[] _tiles = new uint[8][];
    bool _isZero;

    /// <summary>Calls a function of one pointer and returns the number of TDPBF16PS that it executed.</summary>
    internal static int Call(byte[] code, Bf16TileCall* call)
    {
        byte* stack = stackalloc byte[StackBytes];
        AmxEmulator machine = new();
        long end = (long)(stack + StackBytes);
        machine._registers[Register.RSP] = end;
        machine._registers[Register.RDI] = (long)call;
        int products = machine.Run(code);
        Assert.Equal(end, machine._registers[Register.RSP]);
        Assert.All(machine._tiles, Assert.Null); // released
        return products;
    }

    int Run(byte[] code)
    {
        Dictionary<ulong, Instruction> instructions = Decode(code).ToDictionary(i => i.IP);
        ulong at = 0;
        for (int products = 0; ;)
        {
            Instruction i = instructions[at];
            products += i.Mnemonic == Mnemonic.Tdpbf16ps ? 1 : 0;
            if (i.Mnemonic == Mnemonic.Ret)
            {
                return products;
            }
            bool jumps = i.Mnemonic == Mnemonic.Jmp || i.Mnemonic == Mnemonic.Je && _isZero || i.Mnemonic == Mnemonic.Jne && !_isZero;
            at = jumps ? i.NearBranchTarget : i.NextIP;
            if (i.FlowControl == FlowControl.Next)
            {
                Execute(i);
            }
        }
    }

    /// <summary>Returns the instructions of code that begins at address 0.</summary>
    internal static IEnumerable<Instruction> Decode(byte[] code)
    {
        Decoder decoder = Decoder.Create(64, new ByteArrayCodeReader(code));
        while (decoder.IP < (ulong)code.Length)
        {
            yield return decoder.Decode();
        }
    }

    void Execute(in Instruction i)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Push:
                _registers[Register.RSP] -= 8;
                *(long*)_registers[Register.RSP] = Get(i.Op0Register);
                break;
            case Mnemonic.Pop:
                _registers[i.Op0Register] = *(long*)_registers[Register.RSP];
                _registers[Register.RSP] += 8;
                break;
            case Mnemonic.Mov:
                Write(i, Read(i, 1));
                break;
            case Mnemonic.Add:
                Write(i, Read(i, 0) + Read(i, 1));
                break;
            case Mnemonic.Sub:
                Write(i, Read(i, 0) - Read(i, 1));
                break;
            case Mnemonic.Dec:
                Write(i, Read(i, 0) - 1);
                break;
            case Mnemonic.Imul:
                _registers[i.Op0Register] = Read(i, 1) * Read(i, 2);
                break;
            case Mnemonic.Cmp:
                _isZero = Read(i, 0) == Read(i, 1);
                break;
            case Mnemonic.Vpxord:
                Assert.Equal(i.Op1Register, i.Op2Register); // sets the register to zero, the only value it has here
                break;
            case Mnemonic.Vmovups:
                new Span<byte>((void*)Address(i), 64).Clear();
                break;
            case Mnemonic.Vzeroupper:
                break;
            default:
                ExecuteOnTiles(i);
                break;
        }
    }

    void ExecuteOnTiles(in Instruction i)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Ldtilecfg:
                Configure((byte*)Address(i));
                break;
            case Mnemonic.Tilezero:
                Tile(i.Op0Register).AsSpan().Clear();
                break;
            case Mnemonic.Tileloadd:
                for (int row = 0; row < TileRows; row++)
                {
                    new Span<uint>(Row(i, row), TileColumns).CopyTo(Tile(i.Op0Register).AsSpan(row * TileColumns));
                }
                break;
            case Mnemonic.Tilestored:
                for (int row = 0; row < TileRows; row++)
                {
                    Tile(i.Op1Register).AsSpan(row * TileColumns, TileColumns).CopyTo(new Span<uint>(Row(i, row), TileColumns));
                }
                break;
            case Mnemonic.Tdpbf16ps:
                Multiply(Tile(i.Op0Register), Tile(i.Op1Register), Tile(i.Op2Register));
                break;
            case Mnemonic.Tilerelease:
                _tiles.AsSpan().Clear();
                break;
            default:
                Assert.Fail($"unknown instruction {i}");
                break;
        }
    }

    /// <summary>Palette 1; byte 16 + 2 t has the width of tile t in bytes, byte 48 + t its number of rows.</summary>
    void Configure(byte* memory)
    {
        Assert.Equal(1, memory[0]);
        Assert.Equal(0, memory[1]);
        for (int t = 0; t < _tiles.Length; t++)
        {
            Assert.Equal(4 * TileColumns, *(ushort*)(memory + 16 + 2 * t));
            Assert.Equal(TileRows, memory[48 + t]);
            _tiles[t] = new uint[TileRows * TileColumns];
        }
        Assert.All(new Span<byte>(memory + 2, 14).ToArray(), b => Assert.Equal(0, b));
        Assert.All(new Span<byte>(memory + 32, 16).ToArray(), b => Assert.Equal(0, b));
        Assert.All(new Span<byte>(memory + 56, 8).ToArray(), b => Assert.Equal(0, b));
    }

    /// <summary>Adds the even and the odd terms apart, from zero, and both to c at the end.</summary>
    static void Multiply(uint[] c, uint[] a, uint[] b)
    {
        for (int m = 0; m < TileRows; m++)
        {
            for (int n = 0; n < TileColumns; n++)
            {
                float even = 0, odd = 0;
                for (int k = 0; k < TileColumns; k++)
                {
                    uint left = a[m * TileColumns + k], right = b[k * TileColumns + n];
                    even = Flush(MathF.FusedMultiplyAdd(Number(left << 16), Number(right << 16), even));
                    odd = Flush(MathF.FusedMultiplyAdd(Number(left & 0xFFFF0000), Number(right & 0xFFFF0000), odd));
                }
                ref uint sum = ref c[m * TileColumns + n];
                sum = BitConverter.SingleToUInt32Bits(Flush(Number(sum) + Flush(even + odd)));
            }
        }
    }

    static float Number(uint bits) => Flush(BitConverter.UInt32BitsToSingle(bits));

    static float Flush(float x) => float.IsSubnormal(x) ? MathF.CopySign(0, x) : x;

    uint[] Tile(Register register) =>
        _tiles[register - Register.TMM0] ?? throw new InvalidOperationException("The tiles are not configured.");

    /// <summary>A tile's operand is an address and, in place of an index, the distance of its rows.</summary>
    uint* Row(in Instruction i, int row) =>
        (uint*)(Get(i.MemoryBase) + (long)i.MemoryDisplacement64 + row * i.MemoryIndexScale * Get(i.MemoryIndex));

    long Address(in Instruction i) =>
        Get(i.MemoryBase) + (long)i.MemoryDisplacement64 + (i.MemoryIndex == Register.None ? 0 : i.MemoryIndexScale * Get(i.MemoryIndex));

    /// <summary>A register that the kernel did not set has a value that is no address, so that its use is noticed.</summary>
    long Get(Register register) => _registers.GetValueOrDefault(register, 0x7BAD_0000_0000_0000);

    long Read(in Instruction i, int operand) => i.GetOpKind(operand) switch
    {
        OpKind.Register => Get(i.GetOpRegister(operand)),
        OpKind.Memory => *(long*)Address(i),
        _ => (long)i.GetImmediate(operand),
    };

    void Write(in Instruction i, long value)
    {
        if (i.Op0Kind == OpKind.Register)
        {
            _registers[i.Op0Register] = value;
        }
        else
        {
            int bytes = i.MemorySize.GetSize();
            new Span<byte>(&value, bytes).CopyTo(new Span<byte>((void*)Address(i), bytes));
        }
        _isZero = value == 0;
    }
}
