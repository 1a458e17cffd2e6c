using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>What is said of a model that loads although its files contradict each other.</summary>
public sealed class ModelNoticesTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Fact]
    public void Of_sound_files_nothing_is_said()
    {
        Write(TinyModelFiles.Config with { EosTokenIds = [2] });
        File.WriteAllText(_folder["generation_config.json"], """{"eos_token_id":[2,3]}""");

        Assert.Empty(ModelNotices.Of(_folder.Path));
    }

    [Fact]
    public void End_tokens_that_generation_config_lacks_are_named()
    {
        Write(TinyModelFiles.Config with { EosTokenIds = [2, 5] });
        File.WriteAllText(_folder["generation_config.json"], """{"eos_token_id":[2,3]}""");

        Assert.Equal(
            $"{_folder["config.json"]}: eos_token_id names 5, but generation_config.json names 2, 3; "
                + "generation_config.json is used, as transformers does.",
            Assert.Single(ModelNotices.Of(_folder.Path)));
    }

    [Fact]
    public void A_begin_token_that_generation_config_states_otherwise_is_named()
    {
        Write(TinyModelFiles.Config with { EosTokenIds = [2], BosTokenId = 1 });
        File.WriteAllText(_folder["generation_config.json"], """{"bos_token_id":3}""");

        Assert.Equal(
            $"{_folder["config.json"]}: bos_token_id is 1, but generation_config.json has 3; prompts begin as the chat template or the "
                + "tokenizer says.",
            Assert.Single(ModelNotices.Of(_folder.Path)));
    }

    [Fact]
    public void A_window_that_the_scaling_stretches_is_reported_with_both_numbers()
    {
        Write(TinyModelFiles.Config with { RopeScaling = new RopeScaling.Yarn(4, 64) });

        string notice = Assert.Single(ModelNotices.Of(_folder.Path));

        Assert.Contains("max_position_embeddings is 64", notice, StringComparison.Ordinal);
        Assert.Contains("a window of 256 tokens is used", notice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_head_that_is_stored_beside_a_tied_embedding_is_said_when_it_differs(bool isCopy)
    {
        TensorToWrite[] weights = TinyModelFiles.Weights(TinyModelFiles.Config);
        TensorToWrite head = isCopy
            ? weights[0] with { Name = "lm_head.weight" }
            : TensorToWrite.From("lm_head.weight", NumberFormat.BF16, TestData.Normal(160, 99), 20, 8);
        TinyModelFiles.Write(_folder.Path, TinyModelFiles.Config, weights.Append(head));

        IReadOnlyList<string> notices = ModelNotices.Of(_folder.Path);

        Assert.Equal(isCopy ? 0 : 1, notices.Count);
        Assert.All(notices, n => Assert.Contains("lm_head.weight is stored and differs from the embedding", n));
    }

    public void Dispose() => _folder.Dispose();

    void Write(ModelConfig config) => TinyModelFiles.Write(_folder.Path, config, TinyModelFiles.Weights(config));
}
