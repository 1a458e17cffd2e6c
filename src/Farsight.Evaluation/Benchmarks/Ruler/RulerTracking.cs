using System.Globalization;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>
/// Draws RULER's variable tracking: a chain of assignments in noise. The question asks for all variables with the first value.
/// </summary>
/// <param name="chains">Chains hidden; the first is asked for.</param>
/// <param name="hops">Assignments after the first.</param>
/// <param name="template">The question.</param>
/// <param name="setting">Length and seed.</param>
sealed class RulerTracking(int chains, int hops, RulerTemplate template, RulerSetting setting) : IRulerGenerator
{
    const string Capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const string ExampleValue = "12345";

    readonly PythonRandom _random = new(setting.Seed);
    readonly NumpyRandom _values = new((uint)setting.Seed);
    bool _isExample;

    /// <inheritdoc/>
    public int Available => int.MaxValue;

    /// <inheritdoc/>
    public int Increment => _isExample || (setting.MaxTokens < 4096 && setting.Edition == RulerEdition.Current) ? 5 : 10;

    /// <inheritdoc/>
    public int LargestSize => int.MaxValue;

    /// <inheritdoc/>
    public string CountedAnswers(IReadOnlyList<string> outputs) => " " + PythonList.Of(outputs);

    /// <summary>Creates the solved example before the question: a sample of 500 tokens with names of three letters.</summary>
    internal string MakeExample()
    {
        _isExample = true;
        RulerSetting small = setting with { MaxTokens = 500 };
        int reserved = setting.Edition == RulerEdition.Paper ? template.NewTokens : 0;
        int limit = small.MaxTokens - (setting.Edition == RulerEdition.Paper ? 0 : setting.TemplateTokens);
        int size = setting.Edition == RulerEdition.Paper
            ? RulerSize.StepUp(this, reserved, small)
            : RulerSearch.Bisected(this, 3.0, limit, d => setting.CountTokens(d.Text));
        RulerDraft example = Fitting(size, d => setting.CountTokens(d.Text) + reserved <= limit);
        _isExample = false;
        return $"{example.Text} {string.Join(' ', example.Outputs)}{(setting.Edition == RulerEdition.Paper ? "\n\n" : "\n")}";
    }

    // A tokenizer of short tokens may never fit an example into so few; the original then never ends, here the smallest example is taken.
    RulerDraft Fitting(int size, Func<RulerDraft, bool> fits)
    {
        RulerDraft draft = Draw(0, size);
        while (!fits(draft) && size > Increment)
        {
            size -= Increment;
            draft = Draw(0, size);
        }
        return draft;
    }

    /// <summary>Inserts the example before the question; in the current edition with other names and another value each time.</summary>
    internal RulerDraft WithExample(RulerDraft draft, string example)
    {
        int cut = draft.Input.IndexOf(template.Prompt[..20], StringComparison.Ordinal);
        string inserted = setting.Edition == RulerEdition.Paper ? $" {example}\n\n" : Renamed(example) + "\n";
        return draft with { Input = draft.Input.Insert(cut, inserted) };
    }

    /// <inheritdoc/>
    public RulerDraft Draw(int sample, int size)
    {
        List<string[]> names = DrawNames();
        List<string[]> statements = [.. names.Select(Statements)];
        string value = statements[0][0].Split('=')[^1].Trim();
        string context = setting.Edition == RulerEdition.Paper ? InPaperNoise(statements, size) : InNoise(statements, size);

        RulerTemplate asked = _isExample ? ExampleTemplate() : template.Around(setting.ModelTemplate);
        (string, string)[] fields =
        [
            ("context", context.Replace(". \n", ".\n", StringComparison.Ordinal)),
            ("query", value),
            ("num_v", (hops + 1).ToString(CultureInfo.InvariantCulture)),
        ];
        return new(RulerTemplate.Fill(asked.Prompt, fields), RulerTemplate.Fill(asked.AnswerPrefix, fields), names[0]);
    }

    // The paper's edition drops the last word of the template, meant to be the model's marker, with whatever white space there was.
    RulerTemplate ExampleTemplate()
    {
        if (setting.Edition == RulerEdition.Current)
        {
            return template;
        }
        string whole = template.Around(setting.ModelTemplate).Prompt;
        string[] parts = whole[whole.IndexOf(template.Prompt[..20], StringComparison.Ordinal)..]
            .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return template with { Prompt = string.Join(' ', parts[..^1]) };
    }

    List<string[]> DrawNames()
    {
        int letters = _isExample ? 3 : 5, inChain = (_isExample ? Math.Min(10, hops) : hops) + 1;
        List<string> names = [];
        while (names.Count < inChain * chains || names.Distinct(StringComparer.Ordinal).Count() < inChain * chains)
        {
            names.Add(_random.Letters(Capitals, letters));
        }
        return [.. names.Chunk(inChain).Where(c => c.Length == inChain)];
    }

    string[] Statements(string[] names)
    {
        bool fixedValue = _isExample && setting.Edition == RulerEdition.Current;
        string value = fixedValue ? ExampleValue : _values.RandInt(10000, 99999).ToString(CultureInfo.InvariantCulture);
        return [$"VAR {names[0]} = {value}", .. names.Skip(1).Zip(names, (to, from) => $"VAR {to} = VAR {from} ")];
    }

    string InNoise(List<string[]> statements, int size)
    {
        List<string> lines = [.. Enumerable.Repeat(RulerNoise.Line, size)];
        Insert(lines, statements);
        return string.Join('\n', lines);
    }

    string InPaperNoise(List<string[]> statements, int size)
    {
        List<string> lines = [.. Enumerable.Repeat(RulerNoise.Line + "\n", size)];
        if (lines.Count <= statements[0].Length)
        {
            lines = [.. lines.SelectMany(l => l.Split('.')).Select(l => l.Trim().Length > 0 ? l + "." : l)];
            statements = lines.Count > statements[0].Length
                ? statements
                : [.. statements.Select(s => s[..Math.Min(s.Length, Math.Max(0, lines.Count - 1))])];
        }
        Insert(lines, statements);
        return string.Join(' ', lines);
    }

    void Insert(List<string> lines, List<string[]> statements)
    {
        foreach (string[] chain in statements)
        {
            int[] places = [.. _random.Sample(lines.Count, chain.Length).Order()];
            for (int i = 0; i < chain.Length; i++)
            {
                lines.Insert(places[i] + i, chain[i]);
            }
        }
    }

    string Renamed(string example)
    {
        foreach (string name in example.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)[^(hops + 1)..])
        {
            example = example.Replace(name, _random.Letters(Capitals, name.Length), StringComparison.Ordinal);
        }
        return example.Replace(
            ExampleValue,
            _values.RandInt(10000, 99999).ToString(CultureInfo.InvariantCulture),
            StringComparison.Ordinal);
    }
}
