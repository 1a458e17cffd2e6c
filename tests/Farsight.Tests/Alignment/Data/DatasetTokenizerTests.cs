using Farsight.Alignment.Data;
using Farsight.Alignment.Inspection;
using Farsight.Engine;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Data;

/// <summary>A dataset whose chunks are tokens of another tokenizer, with ids that the model's tokenizer has, too.</summary>
public sealed class DatasetTokenizerTests : IDisposable
{
    readonly TrainingFiles _files = new();

    static Tokenizer Other { get; } = BpeTrainer.Train(
        ["number number number number. door door door door. The lamp, the lamp, the lamp, the lamp."],
        275,
        ChatFormat.SpecialTokens,
        ChatFormat.SpecialTokens[0]);

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("plan RECIPE")]
    [InlineData("train RECIPE --out RUN")]
    [InlineData("synth reference --model MODEL --data DATA")]
    [InlineData("inspect DATA --tokens toy-0 --tokenizer MODEL")]
    [InlineData("inspect DATA --card --tokenizer MODEL")]
    [InlineData("inspect DATA --html PAGE --tokenizer MODEL")]
    public async Task Every_command_that_reads_the_tokens_refuses_a_dataset_of_another_tokenizer(string command)
    {
        Write(i => Readable(i, Other));

        (int code, string output, string error) = await CommandLine.Run([.. command.Split(' ').Select(Located)]);

        Assert.Equal(
            (2, "The tokenizer decodes sample toy-0 to another text than the dataset's tokenizer did; use the tokenizer of the model that "
                + "made the dataset, or make the dataset for this model."),
            (code, error.Trim()));
        Assert.Empty(output);
    }

    [Theory]
    [InlineData(2, "toy-2")]
    [InlineData(7, "toy-7")]
    [InlineData(11, "toy-11")]
    public void The_first_the_middle_and_the_last_sample_with_a_prompt_are_checked(int other, string named)
    {
        Tokenizer tokenizer = Tokenizer.Load(_files.In("model"));
        Write(i => i < 2 ? TrainingFiles.Sample(i, Other) : Readable(i, i == other ? Other : tokenizer));

        Assert.Contains(
            $"decodes sample {named} to",
            Assert.Throws<InputException>(() => Dataset().RequireTokenizer(tokenizer)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_dataset_without_prompts_or_of_the_same_tokenizer_passes()
    {
        Tokenizer tokenizer = Tokenizer.Load(_files.In("model"));
        Write(i => TrainingFiles.Sample(i, Other));
        Dataset().RequireTokenizer(tokenizer);
        Write(i => Readable(i, tokenizer));
        Dataset().RequireTokenizer(tokenizer);
        Assert.NotEmpty(TokenListing.Of(_files.In("data.jsonl"), "toy-3", _files.In("model")));
    }

    [Fact]
    public void Words_that_a_template_writes_before_a_context_make_no_other_text()
    {
        Tokenizer tokenizer = Tokenizer.Load(_files.In("model"));
        ContextChunk lead = new("toy.txt", 0, tokenizer.Encode("USER: \n"), 1, ChunkRole.Relevant);
        Write(i => Readable(i, tokenizer) is var sample ? sample with { Context = [lead, .. sample.Context] } : sample);
        Dataset().RequireTokenizer(tokenizer);
    }

    static PreferenceSample Readable(int i, Tokenizer tokenizer)
    {
        PreferenceSample sample = TrainingFiles.Sample(i, tokenizer);
        string context = tokenizer.Decode([.. sample.Context.SelectMany(c => c.Tokens)]).TrimStart();
        return sample with { Prompt = $"{context}\n\n{sample.Question}" };
    }

    PreferenceDataset Dataset() => PreferenceDataset.Read(_files.In("data.jsonl"));

    void Write(Func<int, PreferenceSample> sample) =>
        File.WriteAllLines(_files.In("data.jsonl"), Enumerable.Range(0, 12).Select(i => PreferenceLine.Format(sample(i))));

    string Located(string word) => word switch
    {
        "RECIPE" => _files.RecipePath,
        "RUN" => _files.In("run"),
        "MODEL" => _files.In("model"),
        "DATA" => _files.In("data.jsonl"),
        "PAGE" => _files.In("page.html"),
        _ => word,
    };
}
