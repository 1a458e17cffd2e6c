using System.Text.Json;
using System.Text.RegularExpressions;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>
/// Asks a language model whether a chosen response is supported by its chunks; the verdict is stored in the sample's provenance.
/// </summary>
/// <param name="model">The judge; samples store its name.</param>
public sealed partial class QualityJudge(ILanguageModel model)
{
    /// <summary>The drop reason of a sample that the judge did not accept.</summary>
    public const string Reason = "judge_rejected";

    /// <summary>The judge's name.</summary>
    public string Model => model.Name;

    const int MaxAnswerTokens = 256;
    const int MaxReasonLength = 300;
    const string Unreadable = "unreadable: ";

    const string Instruction =
        "You check answers. Read the text, the question and the answer below. "
        + "Accept the answer only if the text supports all of it and it does what\n"
        + "the question asks. Answer with one JSON object and nothing else: "
        + """{"accepted": true or false, "reason": "one short sentence"}.""";

    /// <summary>Returns the verdict. An unreadable answer of the judge does not accept the response, and the reason states this.</summary>
    /// <param name="question">The question.</param>
    /// <param name="chosen">The response.</param>
    /// <param name="seen">The chunks that the response was written from, as text.</param>
    /// <param name="cancel">Gives the request up.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<JudgeVerdict> Judge(string question, string chosen, IEnumerable<string> seen, CancellationToken cancel)
    {
        string prompt = $"{Instruction}\n\nText:\n{string.Join('\n', seen)}\n\nQuestion: {question}\n\nAnswer: {chosen}";
        CompletionRequest request = new(Prompt.User(prompt), new(MaxAnswerTokens));
        return await model.TryComplete(request, cancel).ConfigureAwait(false) is { } answer
            ? Read(answer.Text)
            : new(model.Name, false, $"{Unreadable}the answer has no text");
    }

    /// <summary>Tells whether a verdict does not accept a response only because the judge's answer could not be read.</summary>
    internal static bool IsUnreadable(JudgeVerdict verdict) =>
        !verdict.Accepted && verdict.Reason.StartsWith(Unreadable, StringComparison.Ordinal);

    internal JudgeVerdict Read(string answer)
    {
        foreach (Match part in Braces().Matches(answer))
        {
            try
            {
                using JsonDocument json = JsonDocument.Parse(part.Value);
                if (
                    json.RootElement.TryGetProperty("accepted", out JsonElement accepted)
                    && accepted.ValueKind is JsonValueKind.True or JsonValueKind.False)
                {
                    string? reason =
                        json.RootElement.TryGetProperty("reason", out JsonElement given) && given.ValueKind == JsonValueKind.String
                            ? given.GetString()
                            : null;
                    return new(model.Name, accepted.GetBoolean(), Short(reason ?? ""));
                }
            }
            catch (JsonException)
            {
                continue;
            }
        }
        return new(model.Name, false, Short($"{Unreadable}{answer.Trim()}"));
    }

    static string Short(string reason) => reason.Length <= MaxReasonLength ? reason : reason[..MaxReasonLength];

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Braces();
}
