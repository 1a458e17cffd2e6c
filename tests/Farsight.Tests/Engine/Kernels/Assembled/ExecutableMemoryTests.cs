using System.Globalization;
using System.Runtime.InteropServices;
using Farsight.Engine.Kernels.Assembled;

namespace Farsight.Tests.Engine.Kernels.Assembled;

public sealed unsafe class ExecutableMemoryTests
{
    /// <summary>Runs on Linux on x64, where memory can be made executable and the system lists it.</summary>
    sealed class MapsTheoryAttribute : TheoryAttribute
    {
        public MapsTheoryAttribute() => Skip = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64
            && ExecutableMemory.TryWrite([0xC3], out _, out _)
            ? null
            : "Only Linux on x64 with executable memory has this test.";
    }

    [MapsTheory, InlineData(1, 1), InlineData(4096, 1), InlineData(4097, 2)]
    public void Code_is_not_writable_and_lies_between_pages_without_access(int length, int pages)
    {
        byte[] code = new byte[length];
        code.AsSpan().Fill(0x90); // nop
        code[^1] = 0xC3; // ret
        Assert.True(ExecutableMemory.TryWrite(code, out nint entry, out string refusal));

        Assert.Equal("", refusal);
        nint end = entry + pages * ExecutableMemory.Page;
        Assert.Contains((entry, end, "r-xp"), Maps());
        Assert.Equal("---p", AccessOf(entry - 1));
        Assert.Equal("---p", AccessOf(end));
        ((delegate* unmanaged<void>)entry)();
        Assert.Equal(code, new Span<byte>((void*)entry, length).ToArray());
        Assert.All(new Span<byte>((byte*)entry + length, pages * ExecutableMemory.Page - length).ToArray(), b => Assert.Equal(0xCC, b));
    }

    static string AccessOf(nint address) => Maps().Single(m => m.Start <= address && address < m.End).Access;

    /// <summary>Returns the process's memory, from lines "start-end access ...".</summary>
    static List<(nint Start, nint End, string Access)> Maps() =>
    [
        .. File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')).Where(words => words[0].Length <= MaxRange).Select(words =>
            (Address(words[0].Split('-')[0]), Address(words[0].Split('-')[1]), words[1])),
    ];

    // Addresses of the system itself have more digits than those of programs.
    const int MaxRange = 2 * 12 + 1;

    static nint Address(string digits) => nint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
