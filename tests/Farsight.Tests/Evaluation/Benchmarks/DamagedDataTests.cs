using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks;

/// <summary>Damages every file of every benchmark's fixture in several ways and loads and scores the tasks that read it.</summary>
public sealed class DamagedDataTests
{
    const int Taken = 2, ManyReaders = 8, MaxNames = 45;

    static readonly string[] s_answers = ["", "The answer is (A). [1, 2] \\boxed{7}\n{\"a\": 1}"];

    public static TheoryData<string> Fixtures => EvalCatalogTests.Fixtures;

    [Theory, MemberData(nameof(Fixtures))]
    public void Damaged_data_are_refused_with_a_message_for_the_user(string fixture)
    {
        BenchmarkFixture benchmark = BenchmarkFixture.All.Single(f => f.GetType().Name == fixture);
        using TaskData data = new();
        benchmark.Write(data);
        EvalSetting setting = benchmark.Setting(data);
        IEvalTask[] tasks = [.. benchmark.Cases.Select(c => EvalTaskCatalog.Get(c.Task))];
        List<string> faults = [];
        int refused = 0, files = 0;
        foreach (string file in Directory.GetFiles(data.Setting.Data.Root!, "*", SearchOption.AllDirectories).Order())
        {
            string path = Path.GetRelativePath(data.Setting.Data.Root!, file).Replace('\\', '/'), whole = File.ReadAllText(file);
            IEvalTask[] readers = [.. tasks.Where(t => t.Card.Data.Any(f => IsOf(f, path)))];
            foreach ((string damage, string text) in Damages(path, whole, isShort: readers.Length > ManyReaders))
            {
                File.WriteAllText(file, text);
                foreach (IEvalTask task in readers)
                {
                    Exception? fault = Fault(() => Use(task, setting));
                    refused += fault is InputException ? 1 : 0;
                    if (fault is not (null or InputException))
                    {
                        faults.Add($"{task.Card.Name}: {path}, {damage}: {fault}");
                    }
                }
            }
            File.WriteAllText(file, whole);
            files++;
        }
        Assert.True(faults.Count == 0, $"{faults.Count} faults\n{string.Join("\n\n", faults.Take(12))}");
        Assert.True(files == 0 || refused > 0, "nothing was refused");
    }

    static bool IsOf(EvalDataFile file, string path) =>
        new[] { file.Path, file.Or, file.Substitute }.OfType<string>()
            .Any(p => p == path || (p.EndsWith('/') && path.StartsWith(p, StringComparison.Ordinal)));

    /// <summary>Makes examples, their follow-ups, judge prompts and scores.</summary>
    static void Use(IEvalTask task, EvalSetting setting)
    {
        task.Omission(setting);
        EvalExample[] examples = [.. task.Examples(setting).Take(Taken)];
        if (examples.Length == 0)
        {
            throw new InputException("the runner reports a task without examples as skipped");
        }
        foreach (EvalExample example in examples)
        {
            foreach (string answer in s_answers)
            {
                Score(task, example, answer);
            }
            (task as IAggregatedTask)?.Failure(example);
        }
    }

    static void Score(IEvalTask task, EvalExample example, string answer)
    {
        string[] answers = (task as IFollowUpTask)?.FollowUp(example, [answer]) is null ? [answer] : [answer, answer];
        switch (task)
        {
            case IGeneratedTask generated:
                generated.Score(example, answers);
                break;
            case IJudgedTask judged:
                judged.Judge(example, answers);
                judged.Score(example, answers, "[[5]] 1: yes");
                break;
            case IChoiceTask choices when example.Choices.Count > 0: // the runner fails an example without choices
                choices.Score(example, [.. example.Choices.Select((_, i) => new ChoiceLogProb(-1 - i, 1, false))]);
                break;
        }
    }

    static Exception? Fault(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    static IEnumerable<(string Damage, string Text)> Damages(string path, string whole, bool isShort)
    {
        yield return ("as {}", "{}");
        yield return ("as []", "[]");
        yield return ("empty", "");
        yield return ("cut in half", whole[..(whole.Length / 2)]);
        if (path.EndsWith(".json", StringComparison.Ordinal) || path.EndsWith(".jsonl", StringComparison.Ordinal))
        {
            bool areLines = path.EndsWith(".jsonl", StringComparison.Ordinal);
            string[] parts = areLines ? whole.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [whole];
            string[] names = [.. parts.SelectMany(p => Names(JsonElement.Parse(p))).Distinct()];
            foreach (string name in names.Take(names.Length > MaxNames ? 3 : MaxNames)) // so many are the numbers of a list
            {
                yield return ($"'{name}' null", string.Join('\n', parts.Select(p => With(p, name, () => null))));
                if (isShort)
                {
                    continue;
                }
                yield return ($"'{name}' []", string.Join('\n', parts.Select(p => With(p, name, () => new JsonArray()))));
                yield return (
                    $"'{name}' an object", string.Join('\n', parts.Select(p => With(p, name, () => new JsonObject { ["x"] = "y" }))));
            }
        }
    }

    static IEnumerable<string> Names(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(p => Names(p.Value).Prepend(p.Name)),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Names),
        _ => [],
    };

    /// <summary>Returns a JSON text in which every value of a name is another.</summary>
    static string With(string json, string name, Func<JsonNode?> value)
    {
        JsonNode root = JsonNode.Parse(json)!;
        Replace(root);
        return root.ToJsonString();

        void Replace(JsonNode? node)
        {
            if (node is JsonObject fields)
            {
                foreach (string key in fields.Select(f => f.Key).ToArray())
                {
                    if (key == name)
                    {
                        fields[key] = value();
                    }
                    else
                    {
                        Replace(fields[key]);
                    }
                }
            }
            else if (node is JsonArray items)
            {
                foreach (JsonNode? item in items)
                {
                    Replace(item);
                }
            }
        }
    }
}
