using Farsight.Alignment.Answering;

namespace Farsight.Tests.Support;

/// <summary>Answers by a function of the request, and counts how often it was asked.</summary>
sealed class ScriptedCompleter(Func<CompletionRequest, string> answer) : ICompleter
{
    internal int Asked { get; private set; }

    public Completion Complete(CompletionRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Asked++;
        string text = answer(request);
        return new([.. new CharacterText().Encode(text)], text, FinishReason.Stop);
    }

    /// <summary>Finds the sentence in the prompt that shares most of the question's words, as a perfect model would.</summary>
    internal static string Read(CompletionRequest request)
    {
        string prompt = new CharacterText().Decode([.. request.PromptTokens]);
        string[] parts = prompt.Split("<2>");
        string key = parts[1].Split("<3>")[0].TrimEnd('?').Split(" for ")[^1];
        string mark = $"The special magic number for {key} is ";
        int at = parts[0].IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? "" : parts[0][at..(parts[0].IndexOf('.', at) + 1)];
    }
}
