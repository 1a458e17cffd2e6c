using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Farsight.Torch.Tests;

/// <summary>Lets the tests run on systems whose libstdc++ is older than that of GCC 13, such as Debian 12.</summary>
/// <remarks>
/// TorchSharp's library needs GLIBCXX_3.4.32 for one symbol, which makes sure that the standard streams are initialized. Older versions
/// have the constructor std::ios_base::Init::Init for that, which does not touch its object. The copy in the output folder is changed
/// to call it: the name of the symbol, and the name and hash of the version that it needs. Users are not offered this.
/// </remarks>
static class OldLibstdcxx
{
    const string Symbol = "_ZSt21ios_base_library_initv", OldSymbol = "_ZNSt8ios_base4InitC1Ev";
    const string Version = "GLIBCXX_3.4.32", OldVersion = "GLIBCXX_3.4";

    [ModuleInitializer]
    internal static void Adapt()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so");
        if (!OperatingSystem.IsLinux() || !File.Exists(path) || HasVersion())
        {
            return;
        }
        byte[] library = File.ReadAllBytes(path);
        if (library.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Symbol + "\0")) < 0)
        {
            return; // changed before
        }
        Replace(library, Text(Symbol, Symbol), Text(OldSymbol, Symbol));
        Replace(library, Text(Version, Version), Text(OldVersion, Version));
        Replace(library, BitConverter.GetBytes(Hash(Version)), BitConverter.GetBytes(Hash(OldVersion)));
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        File.WriteAllBytes(temporary, library);
        File.Move(temporary, path, overwrite: true);
    }

    static bool HasVersion()
    {
        nint library = NativeLibrary.Load("libstdc++.so.6");
        string path = File.ReadLines("/proc/self/maps").First(l => l.Contains("libstdc++.so.6", StringComparison.Ordinal));
        NativeLibrary.Free(library);
        byte[] content = File.ReadAllBytes(path[path.IndexOf('/', StringComparison.Ordinal)..]);
        return content.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Version)) >= 0;
    }

    /// <summary>Returns an entry of the table of names: a text between zeros, padded with zeros to the length of another.</summary>
    static byte[] Text(string text, string length) => Encoding.ASCII.GetBytes('\0' + text.PadRight(length.Length + 1, '\0'));

    static void Replace(byte[] bytes, byte[] old, byte[] with)
    {
        int at = bytes.AsSpan().IndexOf(old);
        if (at < 0 || bytes.AsSpan(at + 1).IndexOf(old) >= 0)
        {
            throw new InvalidDataException("libLibTorchSharp.so is not the version that this change was made for; update OldLibstdcxx.");
        }
        with.CopyTo(bytes, at);
    }

    /// <summary>Computes the hash of ELF's version entries (System V gABI, "Hash Table").</summary>
    static uint Hash(string name)
    {
        uint hash = 0;
        foreach (char c in name)
        {
            hash = (hash << 4) + c;
            uint high = hash & 0xF000_0000;
            hash = (hash ^ (high >> 24)) & ~high;
        }
        return hash;
    }
}
