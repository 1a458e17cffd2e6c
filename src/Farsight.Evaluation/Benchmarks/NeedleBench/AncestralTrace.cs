using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.NeedleBench;

/// <summary>Specifies what the ancestral trace challenge asks about a chain of relatives.</summary>
enum TraceQuestion
{
    /// <summary>Asks for the oldest relative.</summary>
    EldestAncestor,

    /// <summary>Asks for the relative some generations before the youngest.</summary>
    NthAncestor,

    /// <summary>Asks for the relative some generations after the oldest.</summary>
    NthDescendant,

    /// <summary>Asks for the number of generations between the two.</summary>
    RelationshipDistance,
}

/// <summary>
/// Generates the ancestral trace challenge: a chain of relatives in shuffled sentences, all of which are needed for the answer.
/// </summary>
/// <remarks>
/// Source: NeedleBench, arXiv:2407.11963; open-compass/opencompass @a5acc4b, needlebench_v2/atc.py. Draws as there, so that with the same
/// list of names the prompts are the same: Python's random seeded with repeat + 1 + 10000 · question.
/// </remarks>
sealed class AncestralTrace
{
    static readonly string[] s_prompts =
    [
        "shuffled_story_with_prompt",
        "nth_ancestor_prompt",
        "nth_descendant_prompt",
        "relationship_distance_prompt",
    ];

    readonly string[] _sentences, _terms, _prompts;
    readonly Dictionary<string, int> _generations;
    readonly IReadOnlyList<string> _names;

    /// <summary>Reads templates and relations from the user's file.</summary>
    /// <param name="templates">atc_v2_prompts.json.</param>
    /// <param name="isChinese">Whether the language is Chinese; else it is English.</param>
    /// <param name="names">People; more than relations in a chain.</param>
    /// <exception cref="InputException">The file lacks some of them.</exception>
    internal AncestralTrace(DataRecord templates, bool isChinese, IReadOnlyList<string> names)
    {
        string language = isChinese ? "zh_CN" : "en";
        _sentences = Texts($"relationship_templates_{language}");
        _terms = Texts($"relationship_terms_{language}");
        DataRecord generations = templates.Inner(isChinese ? "relationship_generation_map_zh" : "relationship_generation_map_en");
        _generations = generations.Fields().Select(f => f.Name).Distinct().ToDictionary(n => n, generations.Number, StringComparer.Ordinal);
        _prompts = [.. s_prompts.Select(p => templates.Text($"{p}_{language}"))];
        _names = names;

        string[] Texts(string name) =>
            templates.Texts(name) is { Count: > 0 } texts ? [.. texts] : throw templates.Lacks($"texts in '{name}'");
    }

    /// <summary>Creates a prompt and its answer.</summary>
    /// <param name="question">The question.</param>
    /// <param name="relations">Links of the chain.</param>
    /// <param name="repeat">The repeat, from 0.</param>
    /// <exception cref="InputException">There are too few names.</exception>
    internal (string Prompt, string Answer) Make(TraceQuestion question, int relations, int repeat)
    {
        if (_names.Count <= relations)
        {
            throw new InputException(
                $"A chain of {relations} relations needs {relations + 1} names, but there are {_names.Count}; "
                    + "add more to needlebench/names.json."
            );
        }
        PythonRandom random = new(repeat + 1 + (10000L * (int)question));
        string[] people = random.Sample(_names, relations + 1);
        (List<string> story, int generations) = Tell(random, people);
        random.Shuffle(story);

        string distance = generations.ToString(CultureInfo.InvariantCulture);
        string asked = question is TraceQuestion.NthDescendant ? people[0] : people[^1];
        string prompt = PythonFormat.Fill(_prompts[(int)question], new Dictionary<string, string>
        {
            ["shuffled_story"] = string.Concat(story),
            ["last_person"] = people[^1],
            ["person"] = asked,
            ["n"] = distance,
            ["person_a"] = people[0],
            ["person_b"] = people[^1],
        }, AncestralTraceTask.Templates);
        return (prompt, question switch
        {
            TraceQuestion.NthDescendant => people[^1],
            TraceQuestion.RelationshipDistance => distance,
            _ => people[0],
        });
    }

    (List<string> Story, int Generations) Tell(PythonRandom random, string[] people)
    {
        List<string> story = [];
        int generations = 0;
        for (int i = 0; i + 1 < people.Length; i++)
        {
            string sentence = random.Choice(_sentences),
                term = random.Choice(_terms);
            story.Add(
                PythonFormat.Fill(
                    sentence,
                    new Dictionary<string, string>
                    {
                        ["A"] = people[i],
                        ["B"] = people[i + 1],
                        ["relationship"] = term,
                    },
                    AncestralTraceTask.Templates));
            generations += _generations.GetValueOrDefault(term, 1);
        }
        return (story, generations);
    }
}
