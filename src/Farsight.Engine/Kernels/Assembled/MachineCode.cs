using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Farsight.Engine.Kernels.Assembled;

/// <summary>Assembles kernels: functions of one pointer, which arrives in rbx.</summary>
/// <remarks>
/// A body may use rax, rcx, rdx, rsi, rdi, r8 to r14, all vector registers and the stack below rsp. Both calling conventions of x64 are
/// served: where one saves a register, the frame does. Frames are linked by rbp, so that profilers can walk them.
/// </remarks>
static class MachineCode
{
    static readonly AssemblerRegister64[] s_saved = [rbx, rsi, rdi, r12, r13, r14];

    static readonly AssemblerRegisterXMM[] s_savedOnWindows = [xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    /// <summary>The 512-bit registers by number.</summary>
    internal static IReadOnlyList<AssemblerRegisterZMM> Z { get; } =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    /// <summary>Returns the bytes of a kernel for this system: frame, body, return.</summary>
    internal static byte[] Assemble(Action<Assembler> body) => Assemble(body, OperatingSystem.IsWindows());

    /// <summary>Returns the bytes of a kernel for one of the two calling conventions.</summary>
    internal static byte[] Assemble(Action<Assembler> body, bool windows) => Bytes(c =>
    {
        Enter(c, windows);
        body(c);
        Leave(c, windows);
    });

    /// <summary>Returns the bytes of code that has no frame.</summary>
    internal static byte[] Bytes(Action<Assembler> write)
    {
        Assembler c = new(64);
        write(c);
        using MemoryStream stream = new();
        c.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    /// <summary>Assembles a kernel into executable memory.</summary>
    /// <param name="name">Name in profiles and crash notes.</param>
    /// <param name="body">Writes the body.</param>
    /// <returns>Address of the function; 0 if the system refuses executable memory.</returns>
    internal static nint Make(string name, Action<Assembler> body)
    {
        byte[] code = Assemble(body);
        if (!ExecutableMemory.TryWrite(code, out nint entry, out _))
        {
            return 0;
        }
        KernelMap.Add(entry, code.Length, name);
        return entry;
    }

    static void Enter(Assembler c, bool windows)
    {
        c.push(rbp);
        c.mov(rbp, rsp);
        foreach (AssemblerRegister64 register in s_saved)
        {
            c.push(register);
        }
        if (!windows)
        {
            c.mov(rbx, rdi);
            return;
        }
        c.sub(rsp, 16 * s_savedOnWindows.Length);
        for (int i = 0; i < s_savedOnWindows.Length; i++)
        {
            c.vmovups(__xmmword_ptr[rsp + 16 * i], s_savedOnWindows[i]);
        }
        c.mov(rbx, rcx);
    }

    static void Leave(Assembler c, bool windows)
    {
        c.vzeroupper();
        if (windows)
        {
            for (int i = 0; i < s_savedOnWindows.Length; i++)
            {
                c.vmovups(s_savedOnWindows[i], __xmmword_ptr[rsp + 16 * i]);
            }
            c.add(rsp, 16 * s_savedOnWindows.Length);
        }
        foreach (AssemblerRegister64 register in s_saved.Reverse())
        {
            c.pop(register);
        }
        c.pop(rbp);
        c.ret();
    }
}
