using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>Represents pseudo_to_code: C++ from pseudocode, judged by the program's output.</summary>
/// <remarks>
/// The program that the model wrote is compiled with g++ and run on this computer, ten tests of at most 3 seconds each. Because that
/// code is not reviewed, this requires <see cref="CompiledProgram.Variable"/> to be 1. Otherwise, answers that hold a program are failed
/// examples with this reason.
/// </remarks>
sealed class PseudoToCode(string size) : LongProcTask("pseudo_to_code", size, "program passes all tests (needs g++)")
{
    const string Fence = "```cpp", Header = "header", Input = "input ", Output = "output ";
    const int MostTests = 10;

    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion)
    {
        string said = completion.Replace("```c++", Fence, StringComparison.Ordinal);
        int from = said.IndexOf(Fence, StringComparison.Ordinal), to = said.LastIndexOf("```", StringComparison.Ordinal);
        if (from < 0 || to <= from)
        {
            return ScoreOf(default);
        }
        IEnumerable<(string, string)> tests = Enumerable.Range(0, MostTests).Where(i => example.Details.ContainsKey(Input + i))
            .Select(i => (Lines(example.Details[Input + i]), Lines(example.Details[Output + i])));
        bool passes = CompiledProgram.Passes(example.Details[Header][0] + said[(from + Fence.Length)..to], tests);
        return ScoreOf(new(passes ? 1 : 0, passes ? 1 : 0, 1));
    }

    /// <inheritdoc/>
    protected override LongProcItem? Item(EvalData data, DataRecord record, string template)
    {
        Dictionary<string, IReadOnlyList<string>> details = new() { [Header] = [HeaderOf(template)] };
        foreach ((int i, (IReadOnlyList<string> input, IReadOnlyList<string> output)) in Tests(record).Take(MostTests).Index())
        {
            (details[Input + i], details[Output + i]) = (input, output);
        }
        string Joined(string key) => string.Join('\n', record.Texts(key));
        return new(
            new Dictionary<string, string> { ["pseudocode"] = Joined("pseudocode_lines") },
            Joined("code_lines"),
            record.Text("problem_id"))
        {
            Details = details,
        };
    }

    // Without a test every program that compiles would pass.
    static IReadOnlyList<(IReadOnlyList<string> Input, IReadOnlyList<string> Output)> Tests(DataRecord record) =>
        record.Records("testcases") is { Count: > 0 } tests
            ? [.. tests.Select(t => t.Items() is [var input, var output]
                ? (input.Texts(), output.Texts())
                : throw record.Lacks("pairs of input and output 'testcases'"))]
            : throw record.Lacks("tests in 'testcases'");

    // The prompt says what stands before the program already.
    string HeaderOf(string template)
    {
        int from = template.IndexOf(Fence, StringComparison.Ordinal) + Fence.Length + 1,
            to = template.IndexOf("```", Math.Max(0, from), StringComparison.Ordinal);
        return from > Fence.Length && to > from
            ? template[from..to]
            : throw new InputException($"{Folder}/prompts.yaml does not list the headers of programs; download it again.");
    }

    static string Lines(IReadOnlyList<string> lines) => string.Join('\n', lines) + "\n";
}
