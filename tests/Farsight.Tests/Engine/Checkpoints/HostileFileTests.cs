using System.Buffers.Binary;
using System.Diagnostics;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;
using Farsight.Text.Templates;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>Files that are broken or made to break: always one sentence or a sound result, soon, and in little memory.</summary>
public sealed class HostileFileTests
{
    const int Count = 2000, Factor = 100;

    static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20); // a stalled machine, not a slow reader

    static readonly ModelConfig s_config = TinyModelFiles.Config with
    {
        ModelType = "llama",
        HiddenSize = 32,
        IntermediateSize = 32,
        HeadDim = 8,
        AttentionBias = false,
        BosTokenId = 1,
        EosTokenIds = [2, 3],
        RopeScaling = new RopeScaling.Llama3(8, 1, 4, 8192),
    };

    [Fact]
    public void A_config_that_is_too_long_to_be_read_is_named()
    {
        using TemporaryFolder folder = new();
        using (FileStream file = File.Create(folder["config.json"]))
        {
            file.SetLength(3L << 30); // a hole, which takes no space
        }

        Assert.StartsWith(
            $"{folder["config.json"]} cannot be read",
            Assert.Throws<InputException>(() => HuggingFaceConfig.Read(folder["config.json"])).Message);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Safetensors()
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter.Write(folder["sound"], TinyModelFiles.Weights(s_config));
        byte[] sound = File.ReadAllBytes(folder["sound"]);
        int header = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(sound);

        Attack(folder["damaged"], Mutations.OfBytes(sound, header, Count).Concat(Headers(sound, header)), path =>
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Touch(file.Tensors.Values);
        });
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Gguf()
    {
        using TemporaryFolder folder = new();
        byte[] sound = SoundGguf(folder);
        int header;
        using (GgufFile file = GgufFile.Open(folder["sound"]))
        {
            header = sound.Length - (int)file.Tensors.Values.Sum(t => (t.ByteCount + 31) / 32 * 32);
        }

        Attack(folder["damaged"], Mutations.OfBytes(sound, header, 2 * Count), path =>
        {
            using GgufWeights weights = GgufWeights.Open(path);
            using GgufFile file = GgufFile.Open(path);
            Touch(file.Tensors.Values);
            _ = GgufTokenizer.Read(file);
        });
    }

    [Fact]
    public void Config()
    {
        using TemporaryFolder folder = new();
        HuggingFaceConfig.Write(folder["sound"], s_config, NumberFormat.BF16);

        Attack(folder["damaged"], Mutations.OfJson(File.ReadAllBytes(folder["sound"]), Count), path => _ = HuggingFaceConfig.Read(path));
    }

    [Fact]
    public void A_model_directory_with_a_damaged_config()
    {
        using TemporaryFolder folder = new();
        TinyModelFiles.Write(folder.Path, s_config, TinyModelFiles.Weights(s_config));

        Attack(folder["config.json"], Mutations.OfJson(File.ReadAllBytes(folder["config.json"]), Count), _ =>
        {
            using ModelDirectory model = ModelDirectory.Open(folder.Path);
        });
    }

    [Fact]
    public void The_index_of_shards()
    {
        using TemporaryFolder folder = new();
        HuggingFaceConfig.Write(folder["config.json"], s_config, NumberFormat.BF16);
        ShardedSafetensors.Write(folder.Path, TinyModelFiles.Weights(s_config), shardBytes: 4096);
        string index = folder["model.safetensors.index.json"];

        Attack(index, Mutations.OfJson(File.ReadAllBytes(index), Count), _ =>
        {
            using ModelDirectory model = ModelDirectory.Open(folder.Path);
        });
    }

    [Theory]
    [InlineData("adapter_config.json")]
    [InlineData("config.json")]
    [InlineData("adapter_model.safetensors")]
    public void An_adapter(string name)
    {
        using TemporaryFolder folder = new();
        const string Query = "model.layers.0.self_attn.q_proj";
        PeftAdapter.Write(
            folder["adapter"],
            new(2, 4.5, ["q_proj"], ["norm"], "models/tiny"),
            [
                (Query + ".lora_A.weight", new RowsMatrix(Rows.Allocate(2, 32))),
                (Query + ".lora_B.weight", new RowsMatrix(Rows.Allocate(32, 2))),
                ("model.norm.weight", new RowsMatrix(Rows.Allocate(1, 32))),
            ],
            s_config);
        string file = Path.Combine(folder["adapter"], name);
        byte[] sound = File.ReadAllBytes(file);
        bool isJson = name.EndsWith(".json", StringComparison.Ordinal);

        Attack(
            file,
            isJson
                ? Mutations.OfJson(sound, Count)
                : Mutations.OfBytes(sound, 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(sound), Count),
            _ =>
            {
                using PeftAdapter adapter = PeftAdapter.Read(folder["adapter"]);
                Touch(adapter.Tensors.Values);
            });
    }

    [Theory]
    [InlineData(8, ulong.MaxValue)] // number of tensors
    [InlineData(16, 1UL << 60)] // number of keys
    [InlineData(24, ulong.MaxValue)] // length of the first key
    public void Counts_that_no_file_can_hold_are_not_believed(int at, ulong number)
    {
        using TemporaryFolder folder = new();
        byte[] bytes = SoundGguf(folder);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), number);
        File.WriteAllBytes(folder["damaged"], bytes);

        Assert.Contains("is damaged", Assert.Throws<InputException>(() => GgufFile.Open(folder["damaged"])).Message);
    }

    [Fact]
    public void Tensors_that_lie_on_each_other_or_outside_are_refused()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = SoundGguf(folder);
        int name = bytes.AsSpan().IndexOf("blk.0.attn_k.weight"u8);
        int offset = name + "blk.0.attn_k.weight".Length + 4 + 2 * 8 + 4;
        foreach (
            (ulong place, string says) in ((ulong, string)[])
                [
                    (0, "overlaps"),
                    (1, "exceed the file"),
                    (1UL << 62, "exceed the file"),
                    ((ulong)bytes.Length / 32 * 32, "exceed the file"),
                ])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(offset), place);
            File.WriteAllBytes(folder["damaged"], bytes);
            Assert.Contains(says, Assert.Throws<InputException>(() => GgufFile.Open(folder["damaged"])).Message);
        }
    }

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("a\\u0000b")]
    [InlineData("..\\\\x")]
    public void The_index_cannot_name_files_elsewhere(string file)
    {
        using TemporaryFolder folder = new();
        HuggingFaceConfig.Write(folder["config.json"], s_config, NumberFormat.BF16);
        File.WriteAllText(folder["model.safetensors.index.json"], "{\"weight_map\": {\"model.norm.weight\": \"" + file + "\"}}");

        Assert.Contains("a file in the same folder", Assert.Throws<InputException>(() => ModelDirectory.Open(folder.Path)).Message);
    }

    static byte[] SoundGguf(TemporaryFolder folder)
    {
        GgufTokenizer tokenizer = new()
        {
            Model = "gpt2",
            Pre = "qwen2",
            Tokens = [.. Enumerable.Range(0, 20).Select(i => $"t{i}")],
            Types = [.. Enumerable.Repeat(1, 20)],
            Scores = [.. Enumerable.Repeat(0.5f, 20)],
            Merges = ["a b", "c d"],
            Bos = 1,
            Eos = 2,
            AddBos = true,
            ChatTemplate = "{{ x }}",
        };
        GgufModelWriter.Write(folder["sound"], "m", s_config, TinyModelFiles.Weights(s_config), tokenizer, NumberFormat.Q8_0);
        return File.ReadAllBytes(folder["sound"]);
    }

    // The header of a safetensors file is JSON, so that it can be damaged as such; its length is set anew.
    static IEnumerable<byte[]> Headers(byte[] sound, int header) => Mutations.OfJson(sound[8..header], Count).Select(json =>
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return (byte[])[.. length, .. json, .. sound[header..]];
    });

    static void Touch(IEnumerable<StoredTensor> tensors)
    {
        foreach (StoredTensor tensor in tensors.Where(t => t.IsWeight))
        {
            float[] some = new float[Math.Min(40, tensor.Count)];
            tensor.Read(0, some);
            tensor.Read(tensor.Count - some.Length, some);
        }
    }

    /// <param name="path">Where each variant is written before it is read.</param>
    /// <param name="variants">The files.</param>
    /// <param name="read">Reads the file.</param>
    /// <param name="leastRefused">At least one in so many variants must be refused, or the damage is not seen.</param>
    /// <param name="allowance">Bytes that may be allocated beside a multiple of the file's size.</param>
    internal static void Attack(
        string path,
        IEnumerable<byte[]> variants,
        Action<string> read,
        int leastRefused = 4,
        int allowance = 1 << 20)
    {
        int number = 0, refused = 0;
        foreach (byte[] variant in variants)
        {
            File.WriteAllBytes(path, variant);
            long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            try
            {
                read(path);
            }
            catch (InputException e)
            {
                refused++;
                Assert.True(
                    (e.Message.EndsWith('.') || e is TemplateException) && !e.Message.Contains('\n'),
                    $"variant {number}: {e.Message}");
            }
            catch (Exception e)
            {
                Assert.Fail($"variant {number}: {e}");
            }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(
                allocated <= allowance + (long)Factor * variant.Length,
                $"variant {number}: {allocated} bytes for a file of {variant.Length}");
            Assert.True(Stopwatch.GetElapsedTime(start) < s_longest, $"variant {number}: it took {Stopwatch.GetElapsedTime(start)}");
            number++;
        }
        Assert.InRange(refused, number / leastRefused, number); // most damage is seen
        Assert.True(number >= Count);
    }
}
