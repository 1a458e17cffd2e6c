using System.Globalization;
using System.IO.Compression;
using Farsight.Evaluation.Benchmarks.Ruler;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;
using Farsight.Tests.Evaluation.Metrics;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Evaluation.Benchmarks.Ruler;

/// <summary>The published predictions of Mistral-7B-Instruct-v0.2 at 4,096 tokens, scored against samples that are made here.</summary>
/// <remarks>
/// Needs the model's tokenizer, whose folder FARSIGHT_MISTRAL_TOKENIZER names, because sizes are sought with it. The predictions have no
/// references beside them: a score is right only if five hundred samples in a row have the right answers. Questions of SQuAD and
/// HotpotQA are left out, whose whole files are not at hand. Values do not depend on how essays are cut into sentences.
/// </remarks>
public class RulerPublishedScoresTests
{
    const string Folder = "evaldata/ruler/official_mistral_7b_instruct_v0.2";

    static readonly string? s_tokenizer = Environment.GetEnvironmentVariable("FARSIGHT_MISTRAL_TOKENIZER");

    [PublishedFact]
    [Trait("Category", "Slow")]
    [Trait("Category", "Golden")]
    public void Stored_predictions_earn_the_published_scores()
    {
        Tokenizer tokenizer = Tokenizer.Load(s_tokenizer!);
        RulerSetting setting = new(4096, t => tokenizer.Count(t), Edition: RulerEdition.Paper);
        ILookup<string, string> predictions = PythonCsv
            .ReadText(Text("submission_4096.csv.gz"))
            .Where(r => r.Length == 3)
            .ToLookup(r => r[0], r => r[2]);
        Dictionary<string, double> published = Published();

        int compared = 0;
        string[] tasks = [.. RulerGenerator.Tasks.Where(t => t is not "qa_1" and not "qa_2")];
        foreach (string task in tasks)
        {
            RulerSample[] samples = [.. RulerReferenceTests.Generator().Samples(task, setting)];
            double[] scores = [.. predictions[task].Zip(samples, (p, s) => RulerMatch.All(RulerMatch.Prepare(p), s.Outputs))];

            Assert.Equal((task, 500, published[task]), (task, scores.Length, RulerGoldenTests.Percent(scores)));
            compared++;
        }
        Assert.Equal(published.Keys.Count(tasks.Contains), compared);
    }

    static Dictionary<string, double> Published()
    {
        List<string[]> rows = PythonCsv.ReadText(Text("summary_4096.csv"));
        string[] Row(string name) => [.. rows.Single(r => r[0] == name).Skip(1)];
        return Row("Tasks").Zip(Row("Score")).ToDictionary(p => p.First, p => double.Parse(p.Second, CultureInfo.InvariantCulture));
    }

    static string Text(string file)
    {
        Stream stream = File.OpenRead(SharedMaterial.PathOf($"{Folder}/{file}"));
        using StreamReader reader = new(
            file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream);
        return reader.ReadToEnd();
    }

    [AttributeUsage(AttributeTargets.Method)]
    sealed class PublishedFactAttribute : FactAttribute
    {
        public PublishedFactAttribute() =>
            Skip =
                SharedMaterial.Missing(Folder)
                ?? (
                    s_tokenizer is { Length: > 0 }
                        ? null
                        : "Name the folder of Mistral-7B-Instruct-v0.2's tokenizer.json in FARSIGHT_MISTRAL_TOKENIZER.");
    }
}
