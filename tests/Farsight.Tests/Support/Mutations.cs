using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Support;

/// <summary>Damaged and malicious variants of a sound file: the same ones in every run.</summary>
static partial class Mutations
{
    static readonly ulong[] s_numbers =
    [
        0,
        1,
        2,
        0x7F,
        0xFF,
        0x7FFF_FFFF,
        0x8000_0000,
        0xFFFF_FFFF,
        1UL << 40,
        long.MaxValue,
        1UL << 63,
        ulong.MaxValue,
        ulong.MaxValue - 7,
    ];

    static readonly string[] s_values =
    [
        "-1",
        "0",
        "1",
        "3",
        "2147483647",
        "2147483648",
        "9223372036854775807",
        "99999999999999999999999",
        "1e308",
        "1e999",
        "-1e-400",
        "0.5",
        "null",
        "true",
        "{}",
        "[]",
        "[[]]",
        "\"\"",
        "\"x\"",
        "\"../../etc/passwd\"",
        "\"/etc/passwd\"",
        "\"..\"",
        "\"\\ud800\"",
        "\"a\\u0000b\"",
        "NaN",
        "",
        new string('[', 60) + new string(']', 60),
        new string('[', 100_000),
        string.Concat(Enumerable.Repeat("{\"a\":", 20_000)),
        $"\"{new string('y', 5000)}\"",
    ];

    /// <summary>
    /// Variants of a binary file: cut off, bits flipped, numbers replaced, parts removed or doubled; mostly in its front.
    /// </summary>
    internal static IEnumerable<byte[]> OfBytes(byte[] sound, int front, int count)
    {
        for (int i = 0; i < count; i++)
        {
            SeededRandom random = SeededRandom.For(1, "mutation", i);
            yield return Bytes(sound, random.Next(8) == 0 ? sound.Length : front, ref random);
        }
    }

    /// <summary>Variants of a JSON text: values replaced, members doubled, and everything that can happen to bytes.</summary>
    internal static IEnumerable<byte[]> OfJson(byte[] sound, int count)
    {
        string text = Encoding.UTF8.GetString(sound);
        Match[] values = [.. Value().Matches(text).Cast<Match>()], members = [.. Member().Matches(text).Cast<Match>()];
        for (int i = 0; i < count; i++)
        {
            SeededRandom random = SeededRandom.For(2, "mutation", i);
            yield return random.Next(4) switch
            {
                0 => Bytes(sound, sound.Length, ref random),
                1 when members.Length > 0 => Encoding.UTF8.GetBytes(Doubled(text, random.Pick<Match>(members))),
                _ => Encoding.UTF8.GetBytes(Replaced(text, random.Pick<Match>(values), random.Pick(s_values))),
            };
        }
    }

    static byte[] Bytes(byte[] sound, int front, ref SeededRandom random)
    {
        switch (random.Next(5))
        {
            case 0:
                return sound[..random.Next(sound.Length)];
            case 1:
                int from = random.Next(front),
                    length = Math.Min(1 + random.Next(16), sound.Length - from);
                return random.Next(2) == 0
                    ? [.. sound[..from], .. sound[(from + length)..]]
                    : [.. sound[..(from + length)], .. sound[from..]];
            case 2:
                byte[] replaced = [.. sound];
                Replace(
                    replaced,
                    random.Next(Math.Max(1, Math.Min(front, sound.Length) - 8)),
                    random.Pick(s_numbers),
                    random.Next(2) == 0 ? 4 : 8);
                return replaced;
            default:
                byte[] flipped = [.. sound];
                for (int i = 1 + random.Next(3); i > 0; i--)
                {
                    flipped[random.Next(front)] ^= (byte)(1 << random.Next(8));
                }
                return flipped;
        }
    }

    static void Replace(byte[] bytes, int at, ulong number, int width)
    {
        byte[] value = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(value, number);
        value.AsSpan(0, Math.Min(width, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
    }

    static string Replaced(string text, Match match, string value) =>
        string.Concat(text.AsSpan(0, match.Index), value, text.AsSpan(match.Index + match.Length));

    static string Doubled(string text, Match match) => text.Insert(match.Index, match.Value + ",");

    [GeneratedRegex("""-?\d+(\.\d+)?([eE][-+]?\d+)?|true|false|null|"[^"]*"(?!\s*:)""")]
    private static partial Regex Value();

    [GeneratedRegex("""
        "[^"]*"\s*:\s*(-?\d+(\.\d+)?|true|false|null|"[^"]*"|\[[^\[\]]*\])
        """)]
    private static partial Regex Member();
}
