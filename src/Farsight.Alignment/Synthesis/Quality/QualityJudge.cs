using System.Text.Json;
using System.Text.RegularExpressions;
using Farsight.Alignment.Data;
using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>
/// Asks a language model whether a chosen response is right by its chunks; the verdict is kept in the sample's provenance.
/// </summary>
/// <param name="client">Who judges.</param>
/// <param name="model">Its name, which stands in the samples.</param>
public sealed partial class QualityJudge(IChatClient client, string model)
{
    /// <summary>The reason for dropping a sample that the judge refuses.</summary>
    public const string Reason = "judge_rejected";

    /// <summary>The model's name.</summary>
    public string Model => model;

    const int MostAnswerTokens = 256;
    const int MostReason = 300;

    const string Instruction = """
        You check answers. Read the text, the question and the answer below. Accept the answer only if the text supports all of it and it does what
        the question asks. Answer with one JSON object and nothing else: {"accepted": true or false, "reason": "one short sentence"}.
        """;

    /// <summary>Asks for a verdict. An unreadable answer counts as a refusal, with that reason.</summary>
    /// <param name="question">The question.</param>
    /// <param name="chosen">The response.</param>
    /// <param name="seen">Text of the chunks that it was written from.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<JudgeVerdict> Judge(string question, string chosen, IEnumerable<string> seen, CancellationToken cancel)
    {
        string prompt = $"{Instruction}\n\nText:\n{string.Join('\n', seen)}\n\nQuestion: {question}\n\nAnswer: {chosen}";
        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = MostAnswerTokens };
        ChatResponse response = await client
            .GetResponseAsync([new ChatMessage(ChatRole.User, prompt)], options, cancel)
            .ConfigureAwait(false);
        return Read(response.Text);
    }

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
                        json.RootElement.TryGetProperty("reason", out JsonElement told) && told.ValueKind == JsonValueKind.String
                            ? told.GetString()
                            : null;
                    return new(model, accepted.GetBoolean(), Short(reason ?? ""));
                }
            }
            catch (JsonException)
            {
                continue;
            }
        }
        return new(model, false, Short($"unreadable: {answer.Trim()}"));
    }

    static string Short(string reason) => reason.Length <= MostReason ? reason : reason[..MostReason];

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Braces();
}
