using System.Text.Json.Nodes;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Training.Pretraining;

public sealed class SequenceMakerTests
{
    static readonly string s_text = FictionWriter.Write(seed: 1, index: 0, words: 3000).Text;
    static readonly Tokenizer s_tokenizer = BpeTrainer.Train([s_text], 600, ChatFormat.SpecialTokens, ChatFormat.SpecialTokens[0]);
    static readonly ChatFormat s_format = ChatFormat.For(s_tokenizer);
    static readonly SequenceMaker s_maker = new(
        [new TokenCorpus([s_text], s_tokenizer)],
        s_tokenizer,
        s_format,
        new(Text: 0.5f, Question: 0.25f, Answer: 2, Value: 4, Copy: 1));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void Sequences_have_the_length_that_was_asked_for(double needles, double copies)
    {
        PretrainingPhase phase = new(1, [256], 256, needles, copies, MostNeedles: 3);
        for (int i = 0; i < 20; i++)
        {
            SeededRandom random = SeededRandom.For(1, "test", i);

            Assert.Equal(256, s_maker.Make(ref random, phase, 256, NeedleSplit.Training).Tokens.Count);
        }
    }

    [Fact]
    public void A_copy_drill_has_no_control_token_wherever_the_vocabulary_has_them()
    {
        using TemporaryFolder folder = new();
        s_tokenizer.Save(folder["tokenizer.json"]);
        JsonNode file = JsonNode.Parse(File.ReadAllText(folder["tokenizer.json"]))!;
        int Moved(JsonNode? id) => ((int)id! + s_tokenizer.AddedTokens.Count) % s_tokenizer.VocabSize; // control tokens first
        JsonObject vocabulary = file["model"]!["vocab"]!.AsObject();
        file["model"]!["vocab"] = new JsonObject(
            vocabulary.Select(t => KeyValuePair.Create(t.Key, (JsonNode?)Moved(t.Value))).OrderBy(t => (int)t.Value!));
        foreach (JsonNode? token in file["added_tokens"]!.AsArray())
        {
            token!["id"] = Moved(token["id"]);
        }
        File.WriteAllText(folder["tokenizer.json"], file.ToJsonString());
        Tokenizer tokenizer = Tokenizer.Load(folder["tokenizer.json"]);
        SequenceMaker maker = new([new TokenCorpus([s_text], tokenizer)], tokenizer, ChatFormat.For(tokenizer), new(1, 1, 1, 1, 1));
        HashSet<int> control = [.. tokenizer.AddedTokens.Select(t => t.Id)];
        Assert.Contains(0, control);
        PretrainingPhase phase = new(1, [256], 256, NeedleShare: 0, CopyShare: 1, MostNeedles: 3);
        HashSet<int> seen = [];
        for (int i = 0; i < 200; i++)
        {
            SeededRandom random = SeededRandom.For(3, "test", i);
            seen.UnionWith(maker.Make(ref random, phase, 256, NeedleSplit.Training).Tokens.Skip(1));
        }

        Assert.Empty(seen.Intersect(control));
        Assert.Equal(s_tokenizer.VocabSize - control.Count, seen.Count);
    }

    [Fact]
    public void Answers_repeat_a_sentence_of_the_document_and_the_value_counts_only_there()
    {
        for (int i = 0; i < 20; i++)
        {
            SeededRandom random = SeededRandom.For(2, "test", i);
            WeightedTokens sequence = s_maker.Needles(ref random, 384, 4, NeedleSplit.Training);

            Assert.NotEmpty(sequence.Answers);
            int question = sequence.Tokens.ToList().IndexOf(s_tokenizer.IdOf("<|user|>")!.Value);
            int[] document = [.. sequence.Tokens.Take(question)];
            foreach ((int start, int count) in sequence.Answers)
            {
                int[] answer = [.. sequence.Tokens.Skip(start).Take(count)];
                Assert.Equal(s_format.Eos, answer[^1]);
                int at = document.AsSpan().IndexOf(answer.AsSpan(0, count - 1));
                Assert.True(at > 0, "The answer's tokens are not in the document.");
                for (int t = 0; t < count - 1; t++)
                {
                    bool isValue = sequence.Weights[start + t] == 4;
                    Assert.Equal(isValue ? 0 : 0.5f, sequence.Weights[at + t]);
                }
                Assert.Contains(4f, sequence.Weights.Skip(start).Take(count));
            }
        }
    }

    [Fact]
    public void Only_the_second_occurrence_of_a_copied_string_counts()
    {
        PretrainingPhase phase = new(1, [128], 128, NeedleShare: 0, CopyShare: 1, MostNeedles: 1);
        SeededRandom random = SeededRandom.For(3, "test", 0);

        WeightedTokens sequence = s_maker.Make(ref random, phase, 128, NeedleSplit.Training);

        int first = sequence.Weights.ToList().IndexOf(1);
        int[] copy = [.. sequence.Tokens.Skip(first - 1).Take(1 + sequence.Weights.Count(w => w == 1))];
        Assert.True(copy.Length >= 4);
        Assert.True(sequence.Tokens.ToArray().AsSpan(0, first - 1).IndexOf(copy) > 0);
    }

    [Fact]
    public void The_same_step_is_made_of_the_same_sequences()
    {
        PretrainingWork work = new(s_maker, [new(10, [128, 256], 600, 0.6, 0.1, 2)], microBatchTokens: 512, seed: 5);

        int[] Tokens(int step) => [.. work.MicroSteps(step).SelectMany(m => m.Tree.Tokens)];

        Assert.Equal(Tokens(3), Tokens(3));
        Assert.NotEqual(Tokens(3), Tokens(4));
        Assert.True(Tokens(3).Length >= 600);
    }

    [Fact]
    public void Derivatives_are_the_weights_divided_by_the_weights_of_the_whole_step()
    {
        PretrainingWork work = new(s_maker, [new(10, [128], 500, 1, 0, 2)], microBatchTokens: 200, seed: 5);

        double sum = 0;
        foreach (var micro in work.MicroSteps(1))
        {
            float[] d = new float[micro.Tree.Scored.Count];
            micro.Loss(new Constant(micro.Tree), d, new());
            sum += d.Sum(v => (double)v);
        }

        Assert.Equal(-1, sum, 5);
    }

    /// <summary>A pass in which every token has the same log-probability.</summary>
    sealed class Constant(TokenTree tree) : Farsight.Alignment.Training.ITreePass
    {
        public ReadOnlySpan<float> LogProbs => new float[tree.Scored.Count];

        public ReadOnlySpan<int> TopTokens => new int[tree.Scored.Count];

        public void Backward(ReadOnlySpan<float> dLogProbs, IGradientStages? stages)
        {
        }

        public void Dispose()
        {
        }
    }
}
