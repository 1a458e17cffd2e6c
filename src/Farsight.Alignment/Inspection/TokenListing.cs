using Farsight.Alignment.Data;
using Farsight.Engine;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Inspection;

/// <summary>Represents a token of a sample as training sees it.</summary>
/// <param name="Part">"prompt", "chosen" or "rejected", with the number of the turn or question and of the response where there are
/// several. Of several questions, "prompt" is what they share.</param>
/// <param name="Position">Position in its sequence, from 0: responses to one prompt begin at the same position, and so do questions about
/// one context.</param>
/// <param name="Id">Token id.</param>
/// <param name="Text">Text of the token, with markers.</param>
/// <param name="Role">"template" for markup around a prompt and messages before it, "prompt" for its context and question, "scored" for
/// responses.</param>
public sealed record SampleToken(string Part, int Position, int Id, string Text, string Role);

/// <summary>Lists the tokens of a sample with their roles, to check what is trained after which prompt.</summary>
public static class TokenListing
{
    const string Template = "template", Prompt = "prompt", Scored = "scored";

    // A question that no sample has; tokens that do not depend on the question are markup.
    const string OtherQuestion = "\u0001\u0002\u0001";

    /// <summary>Lists the tokens of one sample.</summary>
    /// <param name="path">The dataset.</param>
    /// <param name="id">Id of the sample.</param>
    /// <param name="model">Directory of the model that the dataset is for.</param>
    /// <exception cref="InputException">Dataset or model cannot be read, or there is no such sample.</exception>
    public static IReadOnlyList<SampleToken> Of(string path, string id, string model)
    {
        PreferenceSample sample = PreferenceDataset.Stream(path).FirstOrDefault(s => s.Id == id)
            ?? throw new InputException(
                $"{path} has no sample '{id}'. Its ids are, for example, "
                    + $"{string.Join(", ", PreferenceDataset.Stream(path).Take(3).Select(s => $"'{s.Id}'"))}.");
        Tokenizer tokenizer = Tokenizer.Load(model);
        sample.RequireTokenizer(tokenizer);
        return Of(sample, ChatFormat.Load(model, tokenizer));
    }

    /// <summary>Lists the tokens of a sample.</summary>
    /// <exception cref="InputException">The template refuses the sample.</exception>
    public static IReadOnlyList<SampleToken> Of(PreferenceSample sample, ChatFormat format)
    {
        SampleTokens tokens = SampleTokens.Of(sample, format, int.MaxValue);
        List<SampleToken> all = [];
        int position = 0;
        Add("prompt", tokens.Prefix, _ => Template);
        foreach (int[] chunk in tokens.Chunks)
        {
            Add("prompt", chunk, _ => Prompt);
        }
        int[] other = format.Frame(OtherQuestion, tokens.Chunks.Count > 0, sample.History, sample.ToolUse).After;
        if (tokens.Questions.Count > 0)
        {
            AddQuestions();
            return all;
        }
        foreach ((int k, TurnTokens turn) in tokens.Turns.Index())
        {
            string turnName = tokens.Further.Count == 0 ? "" : $" of turn {k + 1}";
            other = k == 0 ? other : format.NextTurn(OtherQuestion, OtherQuestion);
            Add($"prompt{turnName}", turn.Question, RoleIn(turn.Question, other));
            AddResponses(turn, turnName);
        }
        return all;

        void AddQuestions()
        {
            int shared = tokens.SharedQuestionTokens;
            Add("prompt", tokens.Question[..shared], RoleIn(tokens.Question, other));
            int start = position;
            foreach ((int k, TurnTokens question) in tokens.All.Index())
            {
                Func<int, string> role = RoleIn(question.Question, other);
                position = start;
                Add($"prompt of question {k + 1}", question.Question[shared..], i => role(shared + i));
                AddResponses(question, $" of question {k + 1}");
            }
        }

        void AddResponses(TurnTokens turn, string turnName)
        {
            int before = position;
            for (int j = 0; j < turn.Rejected.Count; j++)
            {
                position = before;
                Add(turn.Rejected.Count == 1 ? $"rejected{turnName}" : $"rejected {j + 1}{turnName}", turn.Rejected[j], _ => Scored);
            }
            position = before;
            Add($"chosen{turnName}", turn.Chosen, _ => Scored);
        }

        void Add(string part, int[] ids, Func<int, string> role) =>
            all.AddRange(ids.Select((t, i) =>
                new SampleToken(part, position++, t, format.Tokenizer.Decode([t], skipSpecialTokens: false), role(i))));
    }

    /// <summary>Returns the role of each token of a question: what another question has too, before and after it, is markup.</summary>
    static Func<int, string> RoleIn(int[] question, int[] other)
    {
        int before = question.AsSpan().CommonPrefixLength(other), after = 0;
        while (after < Math.Min(question.Length, other.Length) - before && question[^(after + 1)] == other[^(after + 1)])
        {
            after++;
        }
        return i => i < before || i >= question.Length - after ? Template : Prompt;
    }
}
