using System.Runtime.InteropServices;
using System.Text;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Farsight.Engine.Kernels.Assembled;

/// <summary>Names the assembled kernel in which a fault happens, on the error stream, before .NET ends the process.</summary>
/// <remarks>
/// .NET knows nothing about assembled code and ends the process with a signal's number only. A handler, itself assembled, stands before
/// .NET's: it compares the address of the fault with the kernels, writes a line for one of them, and jumps to .NET's handler with the
/// same arguments. It reads memory that is never freed and calls write(2) only, which a handler may. Faults elsewhere, such as the ones
/// that .NET turns into a NullReferenceException, only pass through. A signal for which .NET has no handler is left alone.
/// Linux on x64 only: the layouts of sigaction and of the saved registers are the system's.
/// </remarks>
static unsafe partial class FaultNote
{
    /// <summary>Kernels beyond this number are not named. A process has about ten.</summary>
    internal const int MaxKernels = 256;

    // Signals of a bad instruction, an int3, a bad address beyond a file, a bad address.
    static readonly int[] s_signals = [4, 5, 7, 11];

    // The table: .NET's handler by signal, the number of kernels, and for each its address, length, text, length of the text.
    const int CountAt = 32 * 8, KernelsAt = CountAt + 8, KernelSize = 4 * 8, TableSize = KernelsAt + MaxKernels * KernelSize;

    // Place of rip in ucontext_t: 40 bytes before the registers, of which it is number 16.
    const int SavedRip = 40 + 16 * 8;

    const int OffsetDigits = 4;

    static readonly Lock s_lock = new();

    static byte* s_table;

    /// <summary>Adds a kernel, and places the handler before the first one.</summary>
    internal static void Add(nint entry, int length, string name)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        lock (s_lock)
        {
            s_table = s_table == null ? Install() : s_table;
            long count = *(long*)(s_table + CountAt);
            if (count == MaxKernels)
            {
                return;
            }
            byte[] text = Encoding.UTF8.GetBytes($"farsight: fault in assembled kernel '{name}' at +0x");
            byte* copy = (byte*)NativeMemory.Alloc((nuint)text.Length);
            text.CopyTo(new Span<byte>(copy, text.Length));
            nint* kernel = (nint*)(s_table + KernelsAt + count * KernelSize);
            kernel[0] = entry;
            kernel[1] = length;
            kernel[2] = (nint)copy;
            kernel[3] = text.Length;
            // A handler on another thread sees a kernel only after all of it.
            Volatile.Write(ref *(long*)(s_table + CountAt), count + 1);
        }
    }

    static byte* Install()
    {
        byte* table = (byte*)NativeMemory.AllocZeroed(TableSize);
        if (!ExecutableMemory.TryWrite(MachineCode.Bytes(c => Write(c, (ulong)table)), out nint handler, out _))
        {
            return table;
        }
        foreach (int signal in s_signals)
        {
            SignalHandler action;
            const nint Default = 0, Ignore = 1;
            if (SignalAction(signal, null, &action) == 0 && action.Handler is not (Default or Ignore))
            {
                ((nint*)table)[signal] = action.Handler;
                action.Handler = handler;
                _ = SignalAction(signal, &action, null);
            }
        }
        return table;
    }

    /// <summary>Writes the handler: edi is the signal, rsi its information, rdx the saved registers.</summary>
    /// <remarks>rax is the address of the fault, r8 a kernel of the table, r9 how far the fault is from its start, r10 the table, rcx counts.</remarks>
    static void Write(Assembler c, ulong table)
    {
        Label kernel = c.CreateLabel(), found = c.CreateLabel(), forward = c.CreateLabel();
        c.mov(r10, table);
        c.mov(rax, __[rdx + SavedRip]);
        c.mov(rcx, __[r10 + CountAt]);
        c.lea(r8, __[r10 + KernelsAt]);

        c.Label(ref kernel);
        c.test(rcx, rcx);
        c.je(forward);
        c.mov(r9, rax);
        c.sub(r9, __[r8]);
        c.cmp(r9, __[r8 + 8]);
        c.jb(found); // unsigned, so that an address before the kernel is far behind it
        c.add(r8, KernelSize);
        c.dec(rcx);
        c.jmp(kernel);

        c.Label(ref found);
        c.push(rdi);
        c.push(rsi);
        c.push(rdx);
        c.sub(rsp, 8);
        WriteOut(c, () =>
        {
            c.mov(rsi, __[r8 + 16]);
            c.mov(rdx, __[r8 + 24]);
        });
        WriteDigits(c);
        WriteOut(c, () =>
        {
            c.mov(rsi, rsp);
            c.mov(edx, OffsetDigits + 1);
        });
        c.add(rsp, 8);
        c.pop(rdx);
        c.pop(rsi);
        c.pop(rdi);

        c.Label(ref forward);
        c.mov(eax, edi);
        c.jmp(__qword_ptr[r10 + rax * 8]);
    }

    /// <summary>Calls write(2), which changes rax, rcx and r11, for the error stream.</summary>
    static void WriteOut(Assembler c, Action text)
    {
        const int WriteCall = 1, ErrorStream = 2;
        c.mov(eax, WriteCall);
        c.mov(edi, ErrorStream);
        text();
        c.syscall();
    }

    /// <summary>Puts the low digits of r9 in base 16, and a line feed, at rsp.</summary>
    static void WriteDigits(Assembler c)
    {
        for (int digit = 0; digit < OffsetDigits; digit++)
        {
            Label isDecimal = c.CreateLabel();
            c.mov(eax, r9d);
            c.shr(eax, (byte)(4 * (OffsetDigits - 1 - digit)));
            c.and(eax, 15);
            c.add(eax, '0');
            c.cmp(eax, '9');
            c.jbe(isDecimal);
            c.add(eax, 'a' - '9' - 1);
            c.Label(ref isDecimal);
            c.mov(__byte_ptr[rsp + digit], al);
        }
        c.mov(__byte_ptr[rsp + OffsetDigits], '\n');
    }

    /// <summary>Represents sigaction of glibc and of musl; a handler runs on the stack that the flags name, as .NET's does.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct SignalHandler
    {
        internal nint Handler;
        internal fixed byte Mask[128];
        internal int Flags;
        internal nint Restorer;
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int SignalAction(int signal, SignalHandler* action, SignalHandler* old);
}
