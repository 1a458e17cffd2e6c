using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Farsight.Evaluation.Core;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.Mrcr;

/// <summary>Represents OpenAI's MRCR: repeat one of several similar texts of a long conversation.</summary>
/// <remarks>
/// Version 1. The conversation is sent as it is. The data card reports bins of tokens of one tokenizer; here the results are broken down by
/// the size in characters that the data state, rounded up to a power of two.
/// </remarks>
sealed class MrcrTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks => from needles in (int[])[2, 4, 8] select new MrcrTask(needles);
}

/// <summary>Represents the conversations with one number of similar texts.</summary>
sealed class MrcrTask(int needles) : IGeneratedTask
{
    const string File = "mrcr/mrcr.jsonl", Start = "start";
    const int NewTokens = 4096;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        string.Create(CultureInfo.InvariantCulture, $"mrcr_{needles}needle"), 1,
        string.Create(CultureInfo.InvariantCulture, $"MRCR: one of {needles} similar texts"),
        "data set openai/mrcr (after arXiv:2409.12640)", "similarity behind the random string (difflib)", 0)
    {
        Benchmark = "mrcr",
        Data = [new(File, "Hugging Face openai/mrcr: the Parquet files as JSONL, one after the other")],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => DataRecord.Of(setting.Data, File).Index()
        .Where(r => r.Item.Number("n_needles") == needles)
        .Select(r => new EvalExample(
            r.Index.ToString(CultureInfo.InvariantCulture), new EvalPrompt.Messages(Turns(r.Item)), [r.Item.Text("answer")], NewTokens)
        {
            Question = Turns(r.Item)[^1].Content,
            Groups = new Dictionary<string, string> { ["characters"] = UpTo(r.Item.Number("n_chars")) },
            Details = new Dictionary<string, IReadOnlyList<string>> { [Start] = [r.Item.Text("random_string_to_prepend")] },
        });

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) =>
        new(MrcrScore.Grade(completion, example.References[0], example.Details[Start][0]));

    // The data hold the messages as JSON in a text.
    static ChatTurn[] Turns(DataRecord record)
    {
        try
        {
            DataRecord messages = new(JsonElement.Parse(record.Text("prompt")), "the messages of 'prompt'");
            ChatTurn[] turns = [.. messages.Items().Select(m => new ChatTurn(m.Text("role"), m.Text("content")))];
            return turns is [.., { Role: "user" }] ? turns : throw record.Lacks("a last message of the user in 'prompt'");
        }
        catch (JsonException)
        {
            throw record.Lacks("messages as JSON in 'prompt'");
        }
    }

    static string UpTo(int characters) =>
        BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, characters)).ToString(CultureInfo.InvariantCulture);
}
